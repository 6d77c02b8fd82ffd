"""Vulnerabilities, page by page."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, literal, select

from webhook.model.purls import Purl
from webhook.model.triage import VulnerabilityLine
from webhook.store.queries import VULNERABILITY_COLUMNS, among, page_rows, raw_rows
from webhook.store.rows import read_vulnerability
from webhook.store.tables.components import components
from webhook.store.tables.vulnerabilities import findings, identifiers, vulnerabilities
from webhook.store.values import to_moment

_V = vulnerabilities.c
_BRIEF = VULNERABILITY_COLUMNS[:-1]  # without the description


def vulnerability_lines(connection: Connection, identifiers: Sequence[str]) -> list[VulnerabilityLine]:
    """Vulnerabilities by id with what each affects; without those that affect nothing."""
    query = select(*_BRIEF, _V.first_seen).where(among(connection, _V.id, identifiers))
    affected = _affected(connection, identifiers)
    return [
        VulnerabilityLine(read_vulnerability(row[:-1]), to_moment(row[-1]), tuple(affected[row[0]]))
        for row in page_rows(connection, query)
        if row[0] in affected
    ]


def first_seen(connection: Connection, identifiers: Sequence[str]) -> dict[str, int]:
    """When vulnerabilities entered the store, in microseconds since 1970, by id."""
    query = select(_V.id, _V.first_seen).where(among(connection, _V.id, identifiers))
    return {key: moment for portion in raw_rows(connection, query) for key, moment in portion}


def vulnerability_line(connection: Connection, identifier: str) -> VulnerabilityLine | None:
    """One by id or alias, with its description."""
    named = select(identifiers.c.vulnerability_id).where(identifiers.c.name == identifier.casefold())
    found = connection.execute(named).scalars().all()
    if not found:
        return None
    key = min(found, key=lambda item: (item.casefold() != identifier.casefold(), item))  # an id before an alias
    query = select(*VULNERABILITY_COLUMNS, _V.first_seen).where(_V.id == literal(key))
    (row,) = page_rows(connection, query)
    affected = _affected(connection, [key])
    return VulnerabilityLine(read_vulnerability(row[:-1]), to_moment(row[-1]), tuple(affected.get(key, ())))


def _affected(connection: Connection, keys: Sequence[str]) -> dict[str, list[tuple[int, Purl]]]:
    """Number and purl of each component that these vulnerabilities affect."""
    rows = select(findings.c.vulnerability_id, components.c.id, components.c.purl).join_from(findings, components)
    found: dict[str, list[tuple[int, Purl]]] = {}
    for key, number, purl in page_rows(connection, rows.where(among(connection, findings.c.vulnerability_id, keys))):
        found.setdefault(key, []).append((number, Purl(purl)))
    for some in found.values():
        some.sort(key=lambda pair: pair[1])
    return found
