"""Reading: the parts of an answer that are not about vulnerabilities, from bytes and headers, trusting neither."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import msgspec

from webhook.errors import Final, Retryable

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters (but tab and line feed), characters that turn the direction of text, and halves of pairs."""


class Report(msgspec.Struct, frozen=True):
    """An entry as documented, its vulnerabilities unread: most components have none, and nobody looks at the rest."""

    coordinates: str
    vulnerabilities: list[msgspec.Raw]


_REPORTS = msgspec.json.Decoder(list[Report])


def clean_text(value: object, limit: int) -> str:
    """A string that any terminal, page and database takes; empty when ``value`` is none.

    Args:
        value: anything.
        limit: most characters; longer text ends in an ellipsis.
    """
    if not isinstance(value, str):
        return ""
    # Most texts are printable as they are, and asking is far cheaper than looking for what is not.
    text = (value if value.isprintable() else _CONTROLS.sub("", value)).strip()
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def one_line(value: object, limit: int) -> str:
    """The same, with line feeds and whatever else is no plain space made spaces."""
    if isinstance(value, str) and not value.isprintable():
        value = " ".join(value.split())
    return clean_text(value, limit)


def decode_json(body: bytes) -> object:
    """Decode JSON, also with the oddities that Python's own decoder takes (NaN, half surrogates, a byte order mark).

    Raises:
        ValueError: it is not JSON, or nested too deep.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except RecursionError as problem:
        raise ValueError("nested too deep") from problem


def decode_reports(body: bytes) -> Sequence[object]:
    """The entries of a successful answer, whatever its content type says.

    Returns:
        A :class:`Report` for each, or, where one entry is not as documented, every entry as JSON has it.

    Raises:
        Retryable: it ends too early.
        Final: it is something else: a web page, an object that is no report.
    """
    try:
        return _REPORTS.decode(body)
    except (ValueError, RecursionError):
        return decode_others(body)


def decode_others(body: bytes) -> list[object]:
    """The same, each entry as JSON has it."""
    if body.lstrip()[:1] == b"<":
        raise Final(
            "The address of OSS Index answered with a web page.",
            remedy="Check ossindex.url, and whether a proxy on the way shows its own page.",
        )
    try:
        content = decode_json(body)
    except ValueError:
        raise Retryable("The answer of OSS Index is not complete JSON.") from None
    if isinstance(content, dict) and "coordinates" in content:
        return [content]
    if not isinstance(content, list):
        said = message_of(body)
        raise Final(
            f"OSS Index did not answer with a list of reports{f': {said}' if said else '.'}",
            remedy="Check ossindex.url; if it is right, the service has changed and bomgate needs an update.",
        )
    return content


def message_of(body: bytes) -> str:
    """What an error body says, one line; empty for pages and for shapes that say nothing."""
    if len(body) > 65536 or body.lstrip()[:1] not in (b"{", b"["):
        return ""
    try:
        content = decode_json(body)
    except ValueError:
        return ""
    if isinstance(content, list) and content:
        content = content[0]
    if not isinstance(content, dict):
        return ""
    for key in ("message", "detail", "error", "title"):
        if text := one_line(content.get(key), 200):
            return text
    return ""


def number_of(value: str | None) -> float | None:
    """A header's number, not negative; None when it is none."""
    try:
        number = float(value) if value else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
