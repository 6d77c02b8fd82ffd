"""Durations as Go writes and reads them, such as ``500ms`` or ``1h2m3.5s``; the API server and the kubelet use them.

Source: ``time.ParseDuration`` of Go's standard library.
"""

from __future__ import annotations

from webhook.errors import InvalidInput

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # the micro sign
    "μs": 1_000,  # the Greek letter
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_LONGEST = 2**63
_MAX_TEXT = 256
_DIGITS = frozenset("0123456789")


def parse_duration(text: str) -> float:
    """Seconds in a duration, which may be negative.

    Args:
        text: numbers with units, possibly with a sign in front; ``0`` needs no unit.

    Raises:
        InvalidInput: Go would not read it either.
    """
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned == "0":
        return 0.0
    if not unsigned or len(text) > _MAX_TEXT:
        raise _no_duration(text)
    total, position = 0, 0
    while position < len(unsigned):
        start = position
        position = _past_digits(unsigned, position)
        whole, fraction = unsigned[start:position], ""
        if unsigned.startswith(".", position):
            start = position + 1
            position = _past_digits(unsigned, start)
            fraction = unsigned[start:position]
        start = position
        while position < len(unsigned) and unsigned[position] not in _DIGITS and unsigned[position] != ".":
            position += 1
        unit = _NANOSECONDS.get(unsigned[start:position])
        if unit is None or not (whole or fraction):
            raise _no_duration(text)
        total += int(whole or "0") * unit + int(fraction or "0") * unit // 10 ** len(fraction)
    # Go's numbers reach from -2^63 to 2^63 - 1 nanoseconds.
    if total > (_LONGEST if text[0] == "-" else _LONGEST - 1):
        raise _no_duration(text)
    return (-total if text[0] == "-" else total) / 1_000_000_000


def _past_digits(text: str, position: int) -> int:
    while position < len(text) and text[position] in _DIGITS:
        position += 1
    return position


def _no_duration(text: str) -> InvalidInput:
    return InvalidInput(
        f"{text[:60]!r} is not a duration", remedy="Write a number with a unit: ns, us, ms, s, m or h, such as 1h30m."
    )
