"""Names of packages that advisories spell otherwise than SBOMs do.

The keys of both are in one spelling as far as a type's rules say that two spellings are one package. Beyond that tools
change names: they write the paths of Go modules in lower case, as the purl specification once asked for. A name that no
advisory has is then no proof that nobody knows of a vulnerability. So advisories of names that differ in nothing but
case are looked at, too: in some ecosystems such names cannot be two packages, and in the others nobody can tell.
Sources: the Go Modules Reference, *Module cache* and *Case-insensitive import collision*; crates.io, by whose rules
``-`` and ``_`` are one; the CRAN Repository Policy on names that differ in case; the purl specification before 2023.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webhook.policy.advisorykeys import LANGUAGES

_ONE_PACKAGE = frozenset(["cargo", "cran", "golang"])
"""Types of which two such names are one package."""
_SEPARATED = frozenset(["cargo"])
"""Types of which ``-`` and ``_`` are one letter in names."""


def folded(name: str) -> str:
    """What the keys of names that may be one package have in common.

    Args:
        name: such as ``pkg:golang/github.com/Azure/go-autorest``; those of distributions stay as they are.
    """
    if not name.startswith("pkg:"):
        return name
    lower = name.lower()
    return lower.replace("_", "-") if name[4:].partition("/")[0] in _SEPARATED else lower


class OtherNames:
    """Finds the names in a set of advisories that may be another spelling of one.

    Args:
        ecosystem: of the set.
        names: under which it has advisories.
    """

    def __init__(self, ecosystem: str, names: Iterable[str]) -> None:
        kind = LANGUAGES.get(ecosystem, "")
        self.are_certain = kind in _ONE_PACKAGE
        self._names: Mapping[str, list[str]] = {}
        if kind:
            self._names = found = dict[str, list[str]]()
            for name in names:
                fold = folded(name)
                if fold != name:
                    found.setdefault(fold, []).append(name)

    def of(self, name: str, names: Iterable[str]) -> tuple[str, ...]:
        """Other spellings that have advisories; where two may be two packages, only of one without advisories.

        Args:
            name: of a component.
            names: under which the set has advisories.
        """
        fold = folded(name)
        if not self.are_certain and name in names:
            return ()
        others = self._names.get(fold, ())
        plain = (fold,) if fold != name and fold in names else ()
        return (*plain, *(other for other in others if other != name))
