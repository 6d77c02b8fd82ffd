"""Rows of reports: how answers are written, and taken from what the store has for the hub's own components."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, Select, Update, bindparam, delete, literal, select, update

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ASKED, ComponentAnswer, Vulnerability
from webhook.policy.answers import same_description
from webhook.store.bulk import change_each
from webhook.store.database import Change
from webhook.store.fleet.questions import DESCRIBED, ReportRow, reports_of
from webhook.store.queries import VULNERABILITY_COLUMNS, among, among_values, raw_rows, rows_among
from webhook.store.rows import read_vulnerability
from webhook.store.tables.components import components, spellings
from webhook.store.tables.fleet import fleet_reports as table
from webhook.store.tables.fleet import fleet_wanted as claims
from webhook.store.tables.vulnerabilities import findings, vulnerabilities
from webhook.store.values import to_json, to_seconds

ByKey = Callable[[Sequence[Purl]], Collection[Purl]]
"""Says which of some components are asked for by their key alone, so that one answer serves for both."""


def write_answers(
    change: Change,
    answers: Sequence[ComponentAnswer],
    unanswered: Sequence[Purl],
    now: int,
    *,
    is_news: bool = True,
) -> int:
    """Keep answers, and take note of what was asked for in vain; how many answers differ from what was there.

    Args:
        change: the transaction.
        answers: by coordinates; those of which there is no row are nobody's any more.
        unanswered: coordinates that the source left out.
        now: when they were asked for, in seconds since 1970.
        is_news: whether members are told of answers that differ.
    """
    connection = change.connection
    rows = reports_of(connection, [*(answer.purl for answer in answers), *unanswered])
    written = [(answer, rows[answer.purl]) for answer in answers if answer.purl in rows]
    written = [pair for pair in written if to_seconds(pair[0].answered_at) >= pair[1].answered_at]
    differ = {row.id for answer, row in written if _differs(answer, row)}
    if written:
        columns: dict[str, Sequence[object]] = {
            "key": [row.id for _, row in written],
            "now_state": [_state(answer).value for answer, _ in written],
            "now_answered_at": [to_seconds(answer.answered_at) for answer, _ in written],
            "now_asked_at": [max(now, to_seconds(answer.answered_at)) for answer, _ in written],
            "now_vulnerabilities": [to_json(answer.vulnerabilities) for answer, _ in written],
        }
        change_each(connection, _answered, columns)
    if differ and is_news:
        changed = update(table).where(among(connection, table.c.id, sorted(differ)))
        connection.execute(changed.values(changed=change.revision))
    if silent := sorted(rows[purl].id for purl in unanswered if purl in rows):
        connection.execute(update(table).where(among(connection, table.c.id, silent)).values(asked_at=now))
    _let_wait_no_more(connection, sorted({row.id for row in rows.values()}))
    return len(differ)


def _state(answer: ComponentAnswer) -> ComponentState:
    return ComponentState.VULNERABLE if answer.vulnerabilities else ComponentState.CLEAN


def _differs(answer: ComponentAnswer, row: ReportRow) -> bool:
    """Whether an answer tells members anything new."""
    if not row.answered_at:
        return True
    former = {said.id: said for said in DESCRIBED.decode(row.vulnerabilities)}
    now = {said.id: said for said in answer.vulnerabilities}
    return former.keys() != now.keys() or not all(same_description(former[key], now[key]) for key in now)


def _answered(_: Dialect) -> Update:
    names = ("state", "answered_at", "asked_at", "vulnerabilities")
    written = {name: bindparam(f"now_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(table.c.id == bindparam("key", type_=table.c.id.type)).values(written)


def _let_wait_no_more(connection: Connection, numbers: Sequence[int]) -> None:
    connection.execute(delete(claims).where(among(connection, claims.c.report_id, numbers)))


def adopt_answers(
    change: Change, due: int, by_key: ByKey, coordinates: Collection[Purl] | None = None, *, is_news: bool = True
) -> int:
    """Take what the source said of the hub's own components since, so that nothing is paid for twice.

    Args:
        change: the transaction.
        due: what was asked for in that second or earlier.
        by_key: which of some components are asked for by their key alone.
        coordinates: which ones; None for all.
        is_news: whether members are told of answers that differ.

    Returns:
        How many answers differ from what was there.
    """
    connection = change.connection
    fresh = select(table.c.coordinates, components.c.id, components.c.state, components.c.answered_at)
    fresh = fresh.join_from(table, components, components.c.purl == table.c.coordinates)
    fresh = fresh.where(table.c.asked_at <= due, components.c.answered_at > due)
    fresh = fresh.where(~select(spellings.c.component_id).where(spellings.c.component_id == components.c.id).exists())
    if coordinates is not None:
        fresh = fresh.where(among(connection, table.c.coordinates, list(map(str, coordinates))))
    rows = [(Purl(text), *row) for portion in raw_rows(connection, fresh) for text, *row in portion]
    plain = by_key([row[0] for row in rows]) if rows else ()
    rows = [row for row in rows if row[0] in plain]
    if not rows:
        return 0
    said = asked_findings(connection, [number for _, number, state, _ in rows if state == ComponentState.VULNERABLE])
    answers = [
        ComponentAnswer(purl, said.get(number, ()), dt.datetime.fromtimestamp(at, dt.UTC))
        for purl, number, _, at in rows
    ]
    return write_answers(change, answers, (), 0, is_news=is_news)


def changed_reports(connection: Connection, after: int, to: int) -> tuple[str, ...]:
    """Coordinates that were answered differently after a revision, and up to one, in order."""
    query = select(table.c.coordinates).where(table.c.changed > literal(after), table.c.changed <= literal(to))
    return tuple(sorted(text for portion in raw_rows(connection, query) for (text,) in portion))


def asked_findings(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Vulnerability, ...]]:
    """What the asked source says of components, by their ids."""
    found: dict[int, list[Vulnerability]] = {}
    for portion in rows_among(connection, _findings_of, numbers):
        for number, *row in portion:
            described = msgspec.structs.replace(read_vulnerability(row), rescored=None, exploitation=None, fixed="")
            found.setdefault(number, []).append(described)
    return {number: tuple(sorted(some, key=lambda one: one.id)) for number, some in found.items()}


def _findings_of(dialect: Dialect) -> Select[Any]:
    query = select(findings.c.component_id, *VULNERABILITY_COLUMNS).join_from(findings, vulnerabilities)
    return query.where(among_values(dialect, findings.c.component_id), vulnerabilities.c.source == ASKED)
