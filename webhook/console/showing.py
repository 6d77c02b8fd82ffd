"""Showing: what templates need to show values, and the style sheet of the assessment types."""

from __future__ import annotations

import re

from flask import Flask, Response

from webhook.console.colors import palette
from webhook.console.face import ConsoleFace
from webhook.console.lists.findings import counted, package_path, vulnerability_path
from webhook.console.lists.running import image_path
from webhook.policy.plaintext import plain


def add_filters(app: Flask, face: ConsoleFace) -> None:
    """Give templates their filters, and serve the colours of the types.

    Args:
        app: where to.
        face: has the types.
    """
    app.jinja_env.filters.update(
        moment=_moment,
        day=_day,
        counted=counted,
        plain=plain,
        short=_short,
        slug=slug,
        vulnerability_path=vulnerability_path,
        package_path=package_path,
        image_path=image_path,
    )

    @app.get("/types.css")
    def type_colors() -> Response:
        lines = []
        for kind in face.rules().types:
            light, dark = palette(kind.color)
            name = f".type-{slug(kind.name)}"
            lines.append(f"{name}{{background:{light.back};color:{light.text};border-color:{light.edge}}}")
            lines.append(
                f"@media (prefers-color-scheme:dark){{{name}{{background:{dark.back};color:{dark.text};"
                f"border-color:{dark.edge}}}}}"
            )
        return Response("\n".join(lines), mimetype="text/css")


def slug(text: str) -> str:
    """A text as a part of the name of a style; texts that differ may share one."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "none"


def _moment(text: str | None) -> str:
    """``2026-11-29 02:00``, UTC as all times in the console; a dash for none."""
    return "–" if not text else text[:16].replace("T", " ")


def _day(text: str | None) -> str:
    return "–" if not text else text[:10]


def _short(digest: str | None) -> str:
    """The beginning of a digest."""
    return "–" if not digest else digest.removeprefix("sha256:")[:12]
