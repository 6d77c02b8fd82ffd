"""Guessed groups: Maven components whose group equals their artifact, and whether the source knows their package.

Scanners that find no POM in a JAR write its name for the group, too. Some packages are really named so, such as
log4j:log4j; a vulnerability that the source once told of the package shows that it knows it under that name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.store.snapshots import Snapshot, select

_MAVEN, _AFTER_MAVEN = "pkg:maven/", "pkg:maven0"
_IS_MAVEN = "substr(purl, 1, 10) = :maven"
_IS_MAVEN_BY_INDEX = "purl >= :maven AND purl < :after_maven"
"""The same condition, for all components: SQLite has all that is asked in the index of the purls."""
_REST = "substr(purl, 11)"
_SLASH = f"instr({_REST}, '/')"
_REPEATS_ON_SQLITE = f"substr({_REST}, {_SLASH}, {_SLASH} + 1) = '/' || substr({_REST}, 1, {_SLASH} - 1) || '@'"
_REPEATS_ON_POSTGRESQL = "split_part(split_part(purl, '/', 3), '@', 1) = split_part(purl, '/', 2)"


def doubtful(snapshot: Snapshot, after: int | None) -> dict[int, Purl]:
    """Maven components whose group equals their artifact, by id.

    Args:
        snapshot: the transaction.
        after: only those that changed after this revision; None means all.
    """
    repeats = _REPEATS_ON_SQLITE if snapshot.is_sqlite else _REPEATS_ON_POSTGRESQL
    query = ("id", "purl"), "components", "WHERE", repeats, "AND"
    if after is None:
        portions = snapshot.rows(select(*query, _IS_MAVEN_BY_INDEX), maven=_MAVEN, after_maven=_AFTER_MAVEN)
    else:
        portions = snapshot.rows(select(*query, _IS_MAVEN, "AND revision > :after"), maven=_MAVEN, after=after)
    return {number: Purl(text) for rows in portions for number, text in rows}


def told(snapshot: Snapshot, packages: Collection[str]) -> frozenset[str]:
    """Those of the packages of which the source ever told a vulnerability."""
    if not packages:
        return frozenset()
    query = select(("DISTINCT package",), "affected_packages", "WHERE", snapshot.among("package", "packages"))
    return frozenset(package for rows in snapshot.rows(query, packages=sorted(packages)) for (package,) in rows)


def guessed(snapshot: Snapshot, contents: Iterable[tuple[Purl, ComponentState]]) -> frozenset[Purl]:
    """The clean components whose group was perhaps guessed."""
    clean = (purl for purl, state in contents if state is ComponentState.CLEAN)
    found = [purl for purl in clean if purl.type == "maven" and purl.namespace == purl.name]
    known = told(snapshot, {purl.package for purl in found})
    return frozenset(purl for purl in found if purl.package not in known)
