"""Showing: what templates need to show values, and the style sheet of the assessment types."""

from __future__ import annotations

import datetime as dt
import re

from flask import Flask, Response, request
from markupsafe import Markup, escape

from webhook.console.face import ConsoleFace
from webhook.console.lists.findings import bounded, counted, package_path, vulnerability_path
from webhook.console.lists.running import image_path, workload_path
from webhook.model.uncovered import WORDS
from webhook.policy.colors import hex_color, palette
from webhook.policy.phrases import count
from webhook.policy.plaintext import plain
from webhook.policy.scores import severity


def add_filters(app: Flask, face: ConsoleFace) -> None:
    """Give templates their filters, and serve the colours of the types.

    Args:
        app: where to.
        face: has the types.
    """
    app.jinja_env.filters.update(
        moment=_moment,
        ago=lambda at: _ago(face.clock.now() - at),
        severity=severity,
        day=_day,
        bounded=bounded,
        breakable=breakable,
        coded=coded,
        counted=counted,
        plain=plain,
        short=_short,
        uncovered=WORDS.get,
        slug=slug,
        vulnerability_path=vulnerability_path,
        package_path=package_path,
        workload_path=workload_path,
        image_path=image_path,
        hex_color=hex_color,
    )

    @app.get("/types.css")
    def type_colors() -> Response:
        lines = []
        for name, color in (*_type_colors(face), ("of-draft", request.args.get("color", "grey"))):
            light, dark = palette(color)
            name = f".type-{name}"
            lines.append(f"{name}{{background:{light.back};color:{light.text};border-color:{light.edge}}}")
            lines.append(
                f"@media (prefers-color-scheme:dark){{{name}{{background:{dark.back};color:{dark.text};"
                f"border-color:{dark.edge}}}}}"
            )
        return Response("\n".join(lines), mimetype="text/css")


def _type_colors(face: ConsoleFace) -> list[tuple[str, str]]:
    """Styles and colours of the types, the retired ones first: one that counts may share its style with them."""
    return [(slug(row.type.name), row.type.color) for row in reversed(face.types.rows())]


def slug(text: str) -> str:
    """A text as a part of the name of a style; texts that differ may share one."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "none"


def breakable(text: str) -> Markup:
    """A purl or a name that a line may end in behind a slash, and be copied whole all the same."""
    return escape(text).replace("/", Markup("/<wbr>"))


def coded(text: str) -> Markup:
    """A sentence in which what stands in backticks is shown as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def _moment(text: str | None) -> str:
    """``2026-11-29 02:00``, UTC as all times in the console; a dash for none."""
    return "–" if not text else text[:16].replace("T", " ")


def _ago(age: dt.timedelta) -> str:
    """``5 minutes ago``, or in hours, or in days."""
    minutes = max(0, int(age.total_seconds() // 60))
    number, word = (minutes, "minute") if minutes < 120 else (minutes // 60, "hour")
    if number >= 48 and word == "hour":
        number, word = number // 24, "day"
    return f"{count(number, word)} ago"


def _day(text: str | None) -> str:
    return "–" if not text else text[:10]


def _short(digest: str | None) -> str:
    """The beginning of a digest."""
    return "–" if not digest else digest.removeprefix("sha256:")[:12]
