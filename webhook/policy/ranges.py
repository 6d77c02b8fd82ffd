"""Version ranges, such as ``>=2.0,<2.17.1``, for assessments limited to some versions.

A range is one or several alternatives, an alternative one or several constraints, all of which must hold; how one is
written is in :mod:`webhook.policy.rangetexts`. Which version is older is said by ``policy.versions``; a pre-release
belongs to a range when the order puts it there, so ``<2.0`` holds 2.0-rc1. Whether a version belongs to a range is not
known when one of the two has no place in the order; then only equal texts are equal. Two ecosystems have rules for
ranges besides their order:

- pypi: a bound without a local part leaves it out of the version, so that ``=2.0.1`` holds 2.0.1+cpu (PEP 440).
- rpm and deb: SBOMs and advisories leave out epochs at will. Where only one of bound and version has an epoch, it is
  not known which one is older; nor, where all else is equal, whether they are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from webhook.policy.versions import VersionKey, version_key

_WITH_EPOCHS = frozenset(["deb", "rpm"])


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
    """A set of versions; :func:`webhook.policy.rangetexts.parse_range` makes one.

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
