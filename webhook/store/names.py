"""Names of vulnerabilities: those that share one in any case are the same, however long the chain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Select, exists, select

from webhook.store.queries import VULNERABILITY_COLUMNS, among_values, raw_rows, rows_among
from webhook.store.rows import read_vulnerability
from webhook.store.tables.decisions import assessments
from webhook.store.tables.vulnerabilities import findings, identifiers, vulnerabilities

if TYPE_CHECKING:
    from webhook.model.vulnerabilities import Vulnerability


def all_names(connection: Connection, names: Iterable[str]) -> set[str]:
    """Names with all others of the same vulnerabilities, in lower case; a query for each step of the chain."""
    found, new = set[str](), {name.casefold() for name in names}
    while new:
        found |= new
        ids = _first_values(connection, _vulnerabilities_named, sorted(new))
        new = _first_values(connection, _names_of, sorted(ids)) - found if ids else set()
    return found


def spellings(connection: Connection, names: Collection[str]) -> list[str]:
    """How records of assessments spell names that are given in lower case."""
    query = select(assessments.c.vulnerability).distinct()
    return [text for portion in raw_rows(connection, query) for (text,) in portion if text.casefold() in names]


def same_vulnerabilities(connection: Connection, names: Iterable[str]) -> Mapping[str, Sequence[Vulnerability]]:
    """What sources say of vulnerabilities that affect a known component, by their names in lower case.

    Args:
        connection: inside a transaction.
        names: in any case; what nobody knows is left out.
    """
    wanted = {name.casefold() for name in names}
    every = all_names(connection, wanted)
    ids = sorted(_first_values(connection, _vulnerabilities_named, sorted(every)))
    by_name: dict[str, list[Vulnerability]] = {}
    for portion in rows_among(connection, _described, ids):
        for vulnerability in map(read_vulnerability, portion):
            for name in {name.casefold() for name in vulnerability.identifiers}:
                by_name.setdefault(name, []).append(vulnerability)
    found: dict[str, Sequence[Vulnerability]] = {}
    for name in sorted(wanted & by_name.keys()):
        if name not in found:
            same, visited = _walked(by_name, name)
            found.update(dict.fromkeys(visited & wanted, same))
    return found


def _walked(by_name: Mapping[str, Sequence[Vulnerability]], start: str) -> tuple[Sequence[Vulnerability], set[str]]:
    """The vulnerabilities that a chain of names leads to, and these names."""
    same: dict[str, Vulnerability] = {}
    visited, names = {start}, [start]
    for name in names:  # grows while it is walked
        for vulnerability in by_name.get(name, ()):
            if vulnerability.id not in same:
                same[vulnerability.id] = vulnerability
                new = {each.casefold() for each in vulnerability.identifiers} - visited
                visited |= new
                names += new
    return [same[key] for key in sorted(same)], visited


def _first_values(connection: Connection, question: Any, values: Sequence[str]) -> set[str]:
    return {text for portion in rows_among(connection, question, values) for (text,) in portion}


def _vulnerabilities_named(dialect: Dialect) -> Select[Any]:
    return select(identifiers.c.vulnerability_id).where(among_values(dialect, identifiers.c.name))


def _names_of(dialect: Dialect) -> Select[Any]:
    return select(identifiers.c.name).where(among_values(dialect, identifiers.c.vulnerability_id))


def _described(dialect: Dialect) -> Select[Any]:
    affects = exists().where(findings.c.vulnerability_id == vulnerabilities.c.id)
    return select(*VULNERABILITY_COLUMNS).where(among_values(dialect, vulnerabilities.c.id), affects)
