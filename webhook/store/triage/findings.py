"""Vulnerabilities, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, not_, or_, select, tuple_

from webhook.model.purls import Purl
from webhook.model.triage import Key, VulnerabilityLine, VulnerabilityOrder, VulnerabilityScan
from webhook.store.columns import to_microseconds, to_moment
from webhook.store.queries import among, raw_rows
from webhook.store.rows import VULNERABILITY_COLUMNS, read_vulnerability
from webhook.store.tables import affected_packages, assessments, components, findings, identifiers, vulnerabilities
from webhook.store.triage.patterns import ESCAPE, containing

_V = vulnerabilities.c
_BRIEF = VULNERABILITY_COLUMNS[:-1]  # without the description
_ORDERS = {
    VulnerabilityOrder.SCORE: (_V.rank, _V.id),
    VulnerabilityOrder.NEWEST: (_V.first_seen, _V.id),
    VulnerabilityOrder.ID: (_V.id,),
}


def vulnerability_lines(
    connection: Connection, scan: VulnerabilityScan, after: Key | None, most: int
) -> list[VulnerabilityLine]:
    """A page in the order of the scan, each with what it affects."""
    order = _ORDERS[scan.order]
    is_upwards = scan.order is VulnerabilityOrder.ID
    query = select(*_BRIEF, _V.first_seen, _V.rank).where(*_conditions(connection, scan))
    query = query.order_by(*(column.asc() if is_upwards else column.desc() for column in order)).limit(literal(most))
    if after is not None:
        here, there = tuple_(*order), tuple_(*(literal(part) for part in after))
        query = query.where(here > there if is_upwards else here < there)
    rows = [row for portion in raw_rows(connection, query) for row in portion]
    affected = _affected(connection, [row[0] for row in rows])
    return [
        VulnerabilityLine(
            read_vulnerability(row[:-2]), to_moment(row[-2]), _key(scan.order, row), tuple(affected.get(row[0], ()))
        )
        for row in rows
    ]


def vulnerability_line(connection: Connection, identifier: str) -> VulnerabilityLine | None:
    """One by id or alias, with its description."""
    named = select(identifiers.c.vulnerability_id).where(identifiers.c.name == identifier.casefold())
    found = connection.execute(named).scalars().all()
    if not found:
        return None
    key = min(found, key=lambda item: (item.casefold() != identifier.casefold(), item))  # an id before an alias
    query = select(*VULNERABILITY_COLUMNS, _V.first_seen).where(_V.id == literal(key))
    row = next(row for portion in raw_rows(connection, query) for row in portion)
    affected = _affected(connection, [key])
    return VulnerabilityLine(read_vulnerability(row[:-1]), to_moment(row[-1]), (key,), tuple(affected.get(key, ())))


def named_vulnerabilities(connection: Connection, spellings: Sequence[str]) -> list[str]:
    """Ids of the vulnerabilities that have one of these identifiers, in any case."""
    folded = sorted({spelling.casefold() for spelling in spellings})
    query = select(identifiers.c.vulnerability_id).where(among(connection, identifiers.c.name, folded)).distinct()
    return sorted(key for portion in raw_rows(connection, query) for (key,) in portion)


def _key(order: VulnerabilityOrder, row: Sequence[Any]) -> Key:
    if order is VulnerabilityOrder.ID:
        return (row[0],)
    return (row[-1] if order is VulnerabilityOrder.SCORE else row[-2], row[0])


def _conditions(connection: Connection, scan: VulnerabilityScan) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [exists().where(findings.c.vulnerability_id == _V.id)]
    if scan.ids is not None:
        found.append(among(connection, _V.id, sorted(scan.ids)))
    if scan.rank_low is not None:
        found.append(_V.rank >= scan.rank_low)
    if scan.rank_high is not None:
        found.append(_V.rank <= scan.rank_high)
    if scan.since is not None:
        found.append(_V.first_seen >= literal(to_microseconds(scan.since)))
    if scan.text:
        pattern = containing(scan.text)
        named = exists().where(identifiers.c.vulnerability_id == _V.id, identifiers.c.name.like(pattern, escape=ESCAPE))
        found.append(or_(named, func.lower(_V.title).like(pattern, escape=ESCAPE)))
    if scan.uncovered_at is not None:
        found.append(_perhaps_unassessed(scan.uncovered_at))
    return found


def _perhaps_unassessed(now: dt.datetime) -> ColumnElement[bool]:
    """Some package was ever affected, and has no assessment that certainly counts for every version of it."""
    one, other = assessments.alias(), assessments.alias()
    withdrawn = exists().where(other.c.vulnerability == one.c.vulnerability, other.c.type.is_(None))
    counts = exists().where(
        one.c.vulnerability == affected_packages.c.vulnerability_id,
        one.c.package == affected_packages.c.package,
        one.c.type.is_not(None),
        and_(one.c.version_range.is_(None), one.c.image.is_(None), one.c.namespace.is_(None)),
        or_(one.c.until.is_(None), one.c.until > literal(to_microseconds(now))),
        not_(withdrawn),
    )
    return exists().where(affected_packages.c.vulnerability_id == _V.id, not_(counts))


def _affected(connection: Connection, keys: Sequence[str]) -> dict[str, list[tuple[int, Purl]]]:
    """Number and purl of each component that these vulnerabilities affect."""
    rows = select(findings.c.vulnerability_id, components.c.id, components.c.purl).join_from(findings, components)
    found: dict[str, list[tuple[int, Purl]]] = {}
    for portion in raw_rows(connection, rows.where(among(connection, findings.c.vulnerability_id, keys))):
        for key, number, purl in portion:
            found.setdefault(key, []).append((number, Purl(purl)))
    for some in found.values():
        some.sort(key=lambda pair: pair[1])
    return found
