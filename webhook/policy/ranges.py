"""Ranges of versions, such as ``>=2.0,<2.17.1``, for assessments that count for some versions only.

A range is one or several alternatives joined by ``||``; an alternative is one or several constraints joined by
commas, all of which must hold; ``*`` alone is every version. ``vers:`` ranges are read too. Which version is older is
said by ``policy.versions``; a pre-release belongs to a range when the order puts it there, so ``<2.0`` holds 2.0-rc1.
Source for ``vers:``: the VERS specification of package-url (version-range-spec).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from webhook.errors import InvalidInput
from webhook.policy.versions import MAX_LENGTH, VersionKey, version_key

MAX_RANGE_LENGTH = 1_000
_CONSTRAINT = re.compile(r"\s*(>=|<=|==|!=|=|<|>|)\s*([^\s,|<>=]+)\s*(?:,|(?=[\s<>=!])|\Z)")
_VERS = re.compile(r"vers:([a-z][a-z0-9.+-]*)/(.+)\Z")
_NOT_SUPPORTED = re.compile(r"[\^~]|.*\*|(?:[0-9]+\.)+[xX](?:\.|\Z)")
_REMEDY = "Write it such as `>=2.0,<2.17.1`, `=1.2.3`, `<1.4 || >=2.0,<2.3`, or `*` for every version."


@dataclass(frozen=True, slots=True)
class Constraint:
    """One comparison.

    Attributes:
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        version: what to compare with.
    """

    operator: str
    version: str

    def __str__(self) -> str:
        return f"{self.operator}{self.version}"

    def holds(self, key: VersionKey, purl_type: str) -> bool:
        """Whether a version, given by its key, passes."""
        bound = version_key(self.version, purl_type)
        match self.operator:
            case "=":
                return key == bound
            case "!=":
                return key != bound
            case "<":
                return key < bound
            case "<=":
                return key <= bound
            case ">":
                return key > bound
            case _:
                return key >= bound


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions; make one with :func:`parse_range`.

    Attributes:
        alternatives: of which one must hold; one without constraints is every version.
    """

    alternatives: tuple[tuple[Constraint, ...], ...]

    def __str__(self) -> str:
        return " || ".join(",".join(map(str, one)) or "*" for one in self.alternatives)

    @property
    def is_everything(self) -> bool:
        """Whether it narrows nothing."""
        return () in self.alternatives

    @property
    def is_exact(self) -> bool:
        """Whether it only names single versions."""
        return all(any(constraint.operator == "=" for constraint in one) for one in self.alternatives)

    def contains(self, version: str, purl_type: str) -> bool:
        """Whether a version of a package of this purl type belongs to it; no version belongs to ``*`` only."""
        if self.is_everything:
            return True
        if not version:
            return False
        key = version_key(version, purl_type)
        return any(all(constraint.holds(key, purl_type) for constraint in one) for one in self.alternatives)


def parse_range(text: str) -> VersionRange:
    """Read a range.

    Args:
        text: see the module.

    Raises:
        InvalidInput: it is no range; the remedy shows how one is written.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_RANGE_LENGTH:
        raise _bad(text, "it is empty" if not stripped else f"it is longer than {MAX_RANGE_LENGTH} characters")
    if stripped.startswith("vers:"):
        return _parse_vers(stripped)
    return VersionRange(tuple(_parse_alternative(one, text) for one in stripped.split("||")))


def _parse_alternative(part: str, text: str) -> tuple[Constraint, ...]:
    part = part.strip()
    if part == "*":
        return ()
    found: list[Constraint] = []
    place = 0
    while place < len(part) or not found:
        match = _CONSTRAINT.match(part, place)
        if match is None:
            raise _bad(text, f"{part[place:][:50]!r} is no constraint")
        found.append(_constraint(match[1], match[2], text))
        place = match.end()
    if part.endswith(","):
        raise _bad(text, "it ends with a comma")
    return tuple(found)


def _constraint(operator: str, version: str, text: str) -> Constraint:
    if _NOT_SUPPORTED.match(version):
        raise _bad(text, f"{version[:50]!r} is a shorthand of one ecosystem")
    if len(version) > MAX_LENGTH or not any(character.isalnum() for character in version):
        raise _bad(text, f"{version[:50]!r} is no version")
    return Constraint("=" if operator in ("", "==") else operator, version)


def _parse_vers(text: str) -> VersionRange:
    match = _VERS.match(text)
    if match is None:
        raise _bad(text, "after vers: come a type, a slash and constraints")
    purl_type, rest = match[1], match[2].strip()
    if rest == "*":
        return VersionRange(((),))
    found = [_vers_constraint(one, text) for one in rest.split("|")]
    found.sort(key=lambda one: version_key(one.version, purl_type))
    excluded = tuple(one for one in found if one.operator == "!=")
    single = [(one,) for one in found if one.operator == "="]
    intervals = _intervals([one for one in found if one.operator not in ("=", "!=")], text)
    alternatives = [*single, *((*interval, *excluded) for interval in intervals)]
    return VersionRange(tuple(alternatives) or (excluded,))


def _vers_constraint(one: str, text: str) -> Constraint:
    match = _CONSTRAINT.fullmatch(one)
    if match is None:
        raise _bad(text, f"{one[:50]!r} is no constraint")
    return _constraint(match[1], unquote(match[2]), text)


def _intervals(bounds: Sequence[Constraint], text: str) -> list[tuple[Constraint, ...]]:
    """Lower and upper bounds, in order of their versions, as intervals: a lower bound with the upper one behind it."""
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
