"""Texts of version ranges: ``>=2.0,<2.17.1``, ``=1.2.3``, ``<1.4 || >=2.0,<2.3``, ``*`` and ``vers:``.

Alternatives are joined by ``||``, constraints by commas; ``*`` alone is every version. Source for ``vers:``: the VERS
specification of package-url (version-range-spec).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cmp_to_key
from urllib.parse import unquote

from webhook.errors import InvalidInput
from webhook.policy.ranges import Constraint, VersionRange
from webhook.policy.versions import MAX_LENGTH, compare_versions

MAX_RANGE_LENGTH = 1_000
_CONSTRAINT = re.compile(r"\s*+(>=|<=|==|!=|=|<|>|)\s*+([^\s,|<>=]++)(?:\s*+(?:,|\Z)|(?=[\s<>=!]))")
_VERS = re.compile(r"vers:([a-z][a-z0-9.+-]*)/(.+)\Z")
_NOT_SUPPORTED = re.compile(r"[\^~]|.*\*|(?:[0-9]+\.)+[xX](?:\.|\Z)")
_IN_NO_VERSION = re.compile(r"[\[\](){};\"'`\u2264\u2265\u2260]")
_PLAIN_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_REMEDY = "Write it such as `>=2.0,<2.17.1`, `=1.2.3`, `<1.4 || >=2.0,<2.3`, or `*` for every version."


def parse_range(text: str) -> VersionRange:
    """Parse a range that somebody wrote.

    Args:
        text: see the module.

    Raises:
        InvalidInput: it is no range, or can hold no version at all; the remedy shows how one is written.
    """
    found = read_range(text)
    for alternative in found.alternatives:
        _refuse_impossible(alternative, text)
    return found


def read_range(text: str) -> VersionRange:
    """Parse a range that was kept; builds before 0.1.0 kept some that hold no version, and they go on doing so.

    Raises:
        InvalidInput: it is no range.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_RANGE_LENGTH:
        raise _bad(text, "it is empty" if not stripped else f"it is longer than {MAX_RANGE_LENGTH} characters")
    if stripped.startswith("vers:"):
        return _parse_vers(stripped)
    return VersionRange(tuple(_parse_alternative(part, text) for part in stripped.split("||")))


def _parse_alternative(part: str, text: str) -> tuple[Constraint, ...]:
    part = part.strip()
    if part == "*":
        return ()
    found: list[Constraint] = []
    place = 0
    while place < len(part) or not found:
        match = _CONSTRAINT.match(part, place)
        if match is None:
            raise _bad(text, f"{part[place:][:50]!r} is not a constraint")
        found.append(_constraint(match[1], match[2], text))
        place = match.end()
    if part.endswith(","):
        raise _bad(text, "it ends with a comma")
    return tuple(found)


def _constraint(operator: str, version: str, text: str) -> Constraint:
    if _NOT_SUPPORTED.match(version):
        raise _bad(text, f"{version[:50]!r} is a shorthand of one ecosystem")
    if len(version) > MAX_LENGTH or not any(character.isalnum() for character in version):
        raise _bad(text, f"{version[:50]!r} is not a version")
    return Constraint("=" if operator in ("", "==") else operator, version)


def _refuse_impossible(alternative: Sequence[Constraint], text: str) -> None:
    """Refuse what holds no version, in whatever order; it is a list, an interval, or a sentence that was misread."""
    for constraint in alternative:
        if _IN_NO_VERSION.search(constraint.version):
            raise _bad(text, f"{constraint.version[:50]!r} holds characters that are in no version")
    exact = list(dict.fromkeys(constraint.version for constraint in alternative if constraint.operator == "="))
    if len(exact) > 1:
        raise _bad(text, f"no version is both {exact[0][:50]} and {exact[1][:50]}; join several by ||")
    if (pair := _contradiction(alternative)) is not None:
        raise _bad(text, f"no version is both {pair[0]} and {pair[1]}")


def _contradiction(alternative: Sequence[Constraint]) -> tuple[Constraint, Constraint] | None:
    """Two bounds that exclude each other in every order; only of plain numbers do all orders say the same."""
    plain = [bound for bound in alternative if _PLAIN_NUMBERS.fullmatch(bound.version)]
    lowest = [bound for bound in plain if bound.operator in (">", ">=", "=")]
    highest = [bound for bound in plain if bound.operator in ("<", "<=", "=")]
    for lower in lowest:
        for upper in highest:
            is_open = "<" in (lower.operator, upper.operator) or ">" in (lower.operator, upper.operator)
            if (lower.version == upper.version and is_open) or _numbers(lower.version) > _numbers(upper.version):
                return lower, upper
    return None


def _numbers(version: str) -> tuple[int, ...]:
    numbers = tuple(map(int, version.split(".")))
    return numbers[: max((place for place, number in enumerate(numbers, 1) if number), default=0)]


def _parse_vers(text: str) -> VersionRange:
    match = _VERS.match(text)
    if match is None:
        raise _bad(text, "after vers: come a type, a slash and constraints")
    purl_type, rest = match[1], match[2].strip()
    if purl_type == "none":
        raise _bad(text, "vers:none holds no version")
    if rest == "*":
        return VersionRange(((),))
    found = [_vers_constraint(part, text) for part in rest.split("|")]
    found.sort(key=cmp_to_key(lambda constraint, other: _compare(constraint.version, other.version, purl_type, text)))
    excluded = tuple(constraint for constraint in found if constraint.operator == "!=")
    single = [(constraint,) for constraint in found if constraint.operator == "="]
    intervals = _intervals([constraint for constraint in found if constraint.operator not in ("=", "!=")], text)
    alternatives = [*single, *((*interval, *excluded) for interval in intervals)]
    return VersionRange(tuple(alternatives) or (excluded,))


def _compare(left: str, right: str, purl_type: str, text: str) -> int:
    answer = 0 if left == right else compare_versions(left, right, purl_type)
    if answer is None:
        raise _bad(text, f"{left[:50]} and {right[:50]} have no order in {purl_type}")
    return answer


def _vers_constraint(one: str, text: str) -> Constraint:
    match = _CONSTRAINT.fullmatch(one)
    if match is None:
        raise _bad(text, f"{one[:50]!r} is not a constraint")
    return _constraint(match[1], unquote(match[2]), text)


def _intervals(bounds: Sequence[Constraint], text: str) -> list[tuple[Constraint, ...]]:
    """Bounds sorted by version, paired into intervals: each lower bound with the next upper one."""
    intervals: list[tuple[Constraint, ...]] = []
    lower: Constraint | None = None
    for place, bound in enumerate(bounds):
        if bound.operator in (">", ">="):
            if lower is not None:
                raise _bad(text, f"{lower} and {bound} follow each other")
            lower = bound
        elif lower is not None:
            intervals.append((lower, bound))
            lower = None
        elif place == 0:
            intervals.append((bound,))
        else:
            raise _bad(text, f"there is no lower bound before {bound}")
    return [*intervals, (lower,)] if lower is not None else intervals


def _bad(text: str, why: str) -> InvalidInput:
    return InvalidInput(f"{text[:100]!r} is not a range of versions: {why}.", remedy=_REMEDY)
