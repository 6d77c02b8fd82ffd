"""Version ranges, such as ``>=2.0,<2.17.1``, for assessments limited to some versions.

A range is one or several alternatives joined by ``||``; an alternative is one or several constraints joined by
commas, all of which must hold; ``*`` alone is every version. ``vers:`` ranges are read too. Which version is older is
said by ``policy.versions``; a pre-release belongs to a range when the order puts it there, so ``<2.0`` holds 2.0-rc1.
Whether a version belongs to a range is not known when one of the two has no place in the order; then only equal texts
are equal. Two ecosystems have rules for ranges besides their order:

- pypi: a bound without a local part leaves it out of the version, so that ``=2.0.1`` holds 2.0.1+cpu (PEP 440).
- rpm and deb: SBOMs and advisories leave out epochs at will. Where only one of bound and version has an epoch, it is
  not known which one is older; nor, where all else is equal, whether they are the same.

Source for ``vers:``: the VERS specification of package-url (version-range-spec).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from operator import eq, ge, gt, le, lt, ne
from typing import Any
from urllib.parse import unquote

from webhook.errors import InvalidInput
from webhook.policy.versions import MAX_LENGTH, VersionKey, compare_versions, version_key

MAX_RANGE_LENGTH = 1_000
_WITH_EPOCHS = frozenset(["deb", "rpm"])
_CONSTRAINT = re.compile(r"\s*+(>=|<=|==|!=|=|<|>|)\s*+([^\s,|<>=]++)(?:\s*+(?:,|\Z)|(?=[\s<>=!]))")
_VERS = re.compile(r"vers:([a-z][a-z0-9.+-]*)/(.+)\Z")
_NOT_SUPPORTED = re.compile(r"[\^~]|.*\*|(?:[0-9]+\.)+[xX](?:\.|\Z)")
_IN_NO_VERSION = re.compile(r"[\[\](){};\"'`\u2264\u2265\u2260]")
_PLAIN_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
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


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class _Bound:
    """A constraint with its version parsed for one purl type."""

    constraint: Constraint
    purl_type: str
    key: VersionKey | None

    def holds(self, version: str) -> bool | None:
        """Whether a version satisfies it; None if it cannot be compared with the bound."""
        operator, bound = self.constraint.operator, self.constraint.version
        if operator in ("=", "!=") and version == bound:
            return operator == "="
        key = None if self.key is None else self._key_of(version)
        if key is not None:
            return bool(_COMPARISONS[operator](key, self.key))
        if self.purl_type in _WITH_EPOCHS and self._differs_by_epoch(version):
            return None
        return {"=": False, "!=": True}.get(operator)

    def _differs_by_epoch(self, version: str) -> bool:
        """Whether the same version and release are behind an epoch that only one of the two states."""
        bound = self.constraint.version
        if (":" in bound) == (":" in version):
            return False
        found, wanted = (version_key(text.partition(":")[2] or text, self.purl_type) for text in (version, bound))
        return found is not None and wanted is not None and found == wanted

    def _key_of(self, version: str) -> VersionKey | None:
        bound = self.constraint.version
        if self.purl_type == "pypi" and "+" not in bound:
            version = version.partition("+")[0]
        if self.purl_type in _WITH_EPOCHS and (":" in bound) != (":" in version) and not _is_zero(bound, version):
            return None
        return version_key(version, self.purl_type)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions; :func:`parse_range` makes one.

    Attributes:
        alternatives: of which one must hold; one without constraints is every version.
    """

    alternatives: tuple[tuple[Constraint, ...], ...]
    _bounds: dict[str, tuple[tuple[_Bound, ...], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # by purl type, each parsed once

    def __str__(self) -> str:
        return " || ".join(",".join(map(str, alternative)) or "*" for alternative in self.alternatives)

    @property
    def is_everything(self) -> bool:
        """Whether it contains every version."""
        return () in self.alternatives

    @property
    def is_exact(self) -> bool:
        """Whether it names individual versions only."""
        return all(any(constraint.operator == "=" for constraint in alternative) for alternative in self.alternatives)

    def contains(self, version: str, purl_type: str) -> bool | None:
        """Whether it contains a version of a package of this purl type; an empty version is in ``*`` only.

        Returns:
            None when that is not known, because the version, or a bound that decides, cannot be ordered.
        """
        if self.is_everything:
            return True
        version = version.strip()
        if not version:
            return False
        return _any(_all(bound.holds(version) for bound in pair) for pair in self._read(purl_type))

    def respelled(self, spelling: Callable[[str], str]) -> VersionRange:
        """The same range with each version respelled."""
        return VersionRange(
            tuple(
                tuple(Constraint(constraint.operator, spelling(constraint.version)) for constraint in alternative)
                for alternative in self.alternatives
            )
        )

    def _read(self, purl_type: str) -> tuple[tuple[_Bound, ...], ...]:
        there = self._bounds.get(purl_type)
        if there is None:
            there = tuple(
                tuple(
                    _Bound(constraint, purl_type, version_key(constraint.version, purl_type))
                    for constraint in alternative
                )
                for alternative in self.alternatives
            )
            self._bounds[purl_type] = there
        return there


def _is_zero(*versions: str) -> bool:
    """Whether the epochs that some versions state are all 0, which is what no epoch means."""
    return all(not epoch.strip("0") for epoch, colon, _ in (text.partition(":") for text in versions) if colon)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued AND: False if any is False, else None if any is None."""
    found = set(answers)
    return False if False in found else None if None in found else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued OR: True if any is True, else None if any is None."""
    found = set(answers)
    return True if True in found else None if None in found else False


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
