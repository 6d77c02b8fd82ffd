"""Response headers: what a server says of its answer, read in linear time, within bounds, and without any trust.

Whoever pushes an image chooses the registry that answers, so each value here may be made up to do harm. What cannot be
understood counts as not said; an address that is none is an error for the caller to raise.

Sources: RFC 9110 (``WWW-Authenticate``, ``Retry-After``, ``Location``, ``Content-Length``), RFC 8288 (``Link``).
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_HEADER = 8 * 1024
"""Characters of one header that are read; nothing in the field comes near."""
_MAX_DATE = 64
_MAX_CHALLENGES = 16
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]++")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]++=*+(?=[ \t]*+(?:,|\Z))")
_BLANKS = re.compile(r"\s*+")
_BLANKS_AND_COMMAS = re.compile(r"[\s,]*+")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a 401.

    Attributes:
        scheme: in lower case, such as ``bearer`` or ``basic``.
        parameters: such as ``realm``, ``service`` and ``scope``; names in lower case.
    """

    scheme: str
    parameters: Mapping[str, str]


def read_challenges(header: str) -> tuple[Challenge, ...]:
    """Read a ``WWW-Authenticate`` header, which may hold several challenges; what cannot be understood ends the list.

    Source: RFC 9110 section 11.6.1, and the token authentication of the distribution project.
    """
    header = header[:MAX_HEADER]
    challenges: list[Challenge] = []
    position = _after(_BLANKS_AND_COMMAS, header, 0)
    while len(challenges) < _MAX_CHALLENGES and (scheme := _TOKEN.match(header, position)):
        position = _after(_BLANKS, header, scheme.end())
        if header.startswith("=", position) or (position == scheme.end() < len(header) and header[position] != ","):
            break  # a scheme ends at a blank, at a comma or at the end
        parameters: dict[str, str] = {}
        if token := _TOKEN68.match(header, position):
            # A word alone may as well be the next scheme, if a comma stands between the two.
            position = token.end()
        for name, value, end in _parameters(header, _after(_BLANKS_AND_COMMAS, header, position), ","):
            position = end
            if value is not None:
                parameters.setdefault(name.lower(), value)
        challenges.append(Challenge(scheme[0].lower(), parameters))
        position = _after(_BLANKS_AND_COMMAS, header, position)
    return tuple(challenges)


def next_link(header: str) -> str:
    """The target of the first link of a ``Link`` header whose relation is ``next``; empty when there is none."""
    header = header[:MAX_HEADER]
    position = _after(_BLANKS_AND_COMMAS, header, 0)
    while header.startswith("<", position):
        end = header.find(">", position)
        if end < 0:
            return ""
        target, position = header[position + 1 : end], end + 1
        relations: list[str] = []
        position = _after(_BLANKS, header, position)
        while header.startswith(";", position):
            position = _after(_BLANKS, header, position + 1)
            found = next(_parameters(header, position, ""), None)
            if found is None:
                continue  # an empty parameter
            name, value, position = found
            position = _after(_BLANKS, header, position)
            if name.lower() == "rel" and not relations:
                relations = (value or "").lower().split()
        if "next" in relations:
            return target.strip()
        position = _after(_BLANKS_AND_COMMAS, header, position)
    return ""


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3); None when it asks for nothing understandable.

    A date is compared with the answer's own ``Date``, so that a wrong clock here does no harm.

    Args:
        headers: of the answer.
        now: what a date counts from when the answer has none.
    """
    value = (headers.get("Retry-After") or "").strip()
    if len(value) < 10 and value.isascii() and value.isdigit():
        return float(value)
    moment = http_date(value)
    if moment is None:
        return None
    return max(0.0, (moment - (http_date(headers.get("Date") or "") or now)).total_seconds())


def http_date(text: str) -> dt.datetime | None:
    """The time that a header states, UTC; None when nothing understandable is said."""
    if len(text) > _MAX_DATE:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError, TypeError, AttributeError):
        return None
    try:
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None


def content_length(headers: Mapping[str, str]) -> int | None:
    """The size that a body is said to have; None when nothing understandable is said."""
    value = (headers.get("Content-Length") or "").strip()
    return int(value) if len(value) <= 18 and value.isascii() and value.isdigit() else None


def web_address(text: str) -> SplitResult | None:
    """The parts of an absolute address of the web with a host; None when the text is something else.

    A name before the host (``user@``) and control characters are never part of an address that a server may give.
    """
    if len(text) > MAX_HEADER or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and port != 0
    return parts if usable else None


def joined(base: str, reference: str) -> str:
    """The address that a reference in an answer means, as RFC 3986 resolves it; empty when it is no web address.

    Args:
        base: what was asked.
        reference: as the server wrote it.
    """
    if len(reference) > MAX_HEADER:
        return ""
    try:
        target = urljoin(base, reference)
    except ValueError:
        return ""
    return target if web_address(target) is not None else ""


def _parameters(header: str, position: int, separator: str) -> Iterator[tuple[str, str | None, int]]:
    """Parameters ``name=value`` from a position on, each with the position after it.

    Args:
        header: the text.
        position: of the first name.
        separator: with a comma, names without a value end the list, because they begin the next challenge; empty for
            links, whose parameters may be without a value.
    """
    while name := _TOKEN.match(header, position):
        after = _after(_BLANKS, header, name.end())
        value: str | None = None
        if header.startswith("=", after):
            after = _after(_BLANKS, header, after + 1)
            if quoted := _QUOTED.match(header, after):
                value, after = _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
            elif bare := _TOKEN.match(header, after):
                value, after = bare[0], bare.end()
            elif separator:
                return
        elif separator:
            return
        else:
            after = name.end()
        yield name[0], value, after
        position = _after(_BLANKS_AND_COMMAS, header, after)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return position if match is None else match.end()
