"""Descriptions of vulnerabilities, as sources give them: written where they are new or other than before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Delete, Dialect, Select, Text, Update, bindparam, delete, select, update

from webhook.policy.answeredpairs import with_move
from webhook.policy.answers import descriptions, same_description
from webhook.store.bulk import change_each, insert_columns
from webhook.store.columns import stored_values
from webhook.store.database import Change
from webhook.store.queries import VULNERABILITY_COLUMNS, among_values, rows_among
from webhook.store.rows import read_vulnerability, vulnerability_columns
from webhook.store.tables.vulnerabilities import identifiers, vulnerabilities

if TYPE_CHECKING:
    from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability


def write_vulnerabilities(change: Change, answers: Sequence[ComponentAnswer], now: dt.datetime) -> list[str]:
    """Add new vulnerabilities and bring changed ones up to date; the ids of those that got other names."""
    described = descriptions(answers)
    if not described:
        return []
    there = _stored(change.connection, list(described))
    new = [vulnerability for vulnerability in described.values() if vulnerability.id not in there]
    known = [with_move(vulnerability, there[key], now) for key, vulnerability in described.items() if key in there]
    changed = [vulnerability for vulnerability in known if not same_description(there[vulnerability.id], vulnerability)]
    if new:
        more: dict[str, Sequence[object]] = {"first_seen": [now] * len(new), "revision": [change.revision] * len(new)}
        insert_columns(change.connection, vulnerabilities, {**vulnerability_columns(new), **more})
    if changed:
        columns = vulnerability_columns(changed)
        stored = {f"now_{name}": stored_values(vulnerabilities.c[name].type, of) for name, of in columns.items()}
        change_each(change.connection, _described, {**stored, "now_revision": [change.revision] * len(changed)})
    renamed = [
        vulnerability for vulnerability in changed if vulnerability.identifiers != there[vulnerability.id].identifiers
    ]
    _write_identifiers(change.connection, new, renamed)
    return [vulnerability.id for vulnerability in renamed]


def _described(_: Dialect) -> Update:
    names = [column.name for column in VULNERABILITY_COLUMNS if column.name != "id"] + ["rank", "revision"]
    written = {name: bindparam(f"now_{name}", type_=vulnerabilities.c[name].type) for name in names}
    return update(vulnerabilities).where(vulnerabilities.c.id == bindparam("now_id", type_=Text())).values(written)


def _stored(connection: Connection, names: Sequence[str]) -> dict[str, Vulnerability]:
    rows = rows_among(connection, _descriptions, names)
    return {row[0]: read_vulnerability(row) for portion in rows for row in portion}


def _descriptions(dialect: Dialect) -> Select[Any]:
    return select(*VULNERABILITY_COLUMNS).where(among_values(dialect, vulnerabilities.c.id))


def _write_identifiers(connection: Connection, new: Sequence[Vulnerability], renamed: Sequence[Vulnerability]) -> None:
    if renamed:
        change_each(connection, _nameless, {"key": [vulnerability.id for vulnerability in renamed]})
    names = sorted(
        {
            (name.casefold(), vulnerability.id)
            for vulnerability in (*new, *renamed)
            for name in vulnerability.identifiers
        }
    )
    if names:
        spelt, keys = zip(*names, strict=True)
        insert_columns(connection, identifiers, {"name": spelt, "vulnerability_id": keys})


def _nameless(_: Dialect) -> Delete:
    return delete(identifiers).where(identifiers.c.vulnerability_id == bindparam("key", type_=Text()))
