"""Recording a batch of answers: components, vulnerabilities, findings and automatic assessments, in one transaction.

Each step reads what is there for the whole batch, compares, and writes only what differs, so that a batch costs a dozen
statements whatever its size, and so that what did not change keeps its revision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Dialect, Integer, Select, Update, bindparam, delete, select, update

from webhook.model.assessments import Assessment
from webhook.model.components import ComponentState
from webhook.model.downloads import RecordResult
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.automatic import AnsweredPair, assessments_by_score, named_pairs, with_move
from webhook.ports import AutoAssess
from webhook.store.assessments import append
from webhook.store.columns import to_seconds
from webhook.store.componentids import give_ids
from webhook.store.database import Change, among, among_values, change_among, insert_rows, rows_among
from webhook.store.inheriting import with_former
from webhook.store.rows import (
    ASSESSMENT_COLUMNS,
    VULNERABILITY_COLUMNS,
    read_assessment,
    read_vulnerability,
    vulnerability_values,
)
from webhook.store.tables import affected_packages, assessments, components, findings, identifiers, vulnerabilities


@dataclass(frozen=True, slots=True)
class Batch:
    """What a source said about some components, and how it is to be taken."""

    answers: Mapping[Purl, ComponentAnswer]
    unanswered: Sequence[Purl]
    assess: AutoAssess
    now: dt.datetime
    reassess: bool


def record(change: Change, batch: Batch) -> RecordResult:
    """Write a batch in a transaction that has raised the revision."""
    connection = change.connection
    ids = give_ids(change, [*batch.answers, *batch.unanswered])
    answers = _newer_answers(connection, batch.answers.values(), ids)
    _write_vulnerabilities(change, answers, batch.now)
    _write_findings(connection, answers, ids)
    _write_components(change, answers, ids, batch.now)
    _note_asked(connection, [ids[purl] for purl in batch.unanswered if purl not in batch.answers], batch.now)
    pairs, seen = _write_pairs(connection, answers, batch.now)
    pairs, inherited = with_former(connection, pairs, seen, batch.assess)
    # What was recorded only matters for pairs that were there before.
    records = _records(connection, [one for one in pairs if one.is_rescored or (batch.reassess and not one.is_new)])
    made = [*inherited, *assessments_by_score(batch.assess, pairs, records, reassess=batch.reassess)]
    append(change, made)
    vulnerable = sum(bool(one.vulnerabilities) for one in batch.answers.values())
    return RecordResult(sum(one.is_new for one in pairs), len(made), vulnerable, change.revision)


def _newer_answers(
    connection: Connection, answers: Collection[ComponentAnswer], ids: Mapping[Purl, int]
) -> list[ComponentAnswer]:
    """Those answers that are not older than what is there."""
    numbers = [ids[one.purl] for one in answers]
    rows = rows_among(connection, _answer_times, numbers)
    known: dict[int, int] = {number: at for portion in rows for number, at in portion}
    seconds = {at: to_seconds(at) for at in {one.answered_at for one in answers}}
    return [one for one in answers if seconds[one.answered_at] >= known[ids[one.purl]]]


def _answer_times(dialect: Dialect) -> Select[Any]:
    return select(components.c.id, components.c.answered_at).where(among_values(dialect, components.c.id))


# -- vulnerabilities ------------------------------------------------------------------------------------------------


def _write_vulnerabilities(change: Change, answers: Sequence[ComponentAnswer], now: dt.datetime) -> None:
    """Add new vulnerabilities and bring changed ones up to date."""
    told: dict[str, Vulnerability] = {}
    for answer in answers:
        for one in answer.vulnerabilities:
            if one.id not in told or not _alike(told[one.id], one):
                told[one.id] = one
    there = _stored(change.connection, list(told))
    new = [one for one in told.values() if one.id not in there]
    told = {key: with_move(one, there.get(key), now) for key, one in told.items()}
    changed = [one for one in told.values() if one.id in there and not _alike(there[one.id], one)]
    if new:
        rows = [{**vulnerability_values(one), "first_seen": now, "revision": change.revision} for one in new]
        insert_rows(change.connection, vulnerabilities, rows)
    if changed:
        rows = [{**vulnerability_values(one), "key": one.id, "revision": change.revision} for one in changed]
        change.connection.execute(update(vulnerabilities).where(vulnerabilities.c.id == bindparam("key")), rows)
    _write_identifiers(change.connection, [*new, *changed], [one.id for one in changed])


def _stored(connection: Connection, names: Sequence[str]) -> dict[str, Vulnerability]:
    rows = rows_among(connection, _descriptions, names)
    return {row[0]: read_vulnerability(row) for portion in rows for row in portion}


def _descriptions(dialect: Dialect) -> Select[Any]:
    return select(*VULNERABILITY_COLUMNS).where(among_values(dialect, vulnerabilities.c.id))


def _alike(one: Vulnerability, other: Vulnerability) -> bool:
    """Whether two descriptions say the same.

    The query of the reference does not count: OSS Index names the component there, so that one vulnerability has
    another reference in each package, and would change with each answer.
    """
    if one == other:
        return True
    same_page = one.reference.partition("?")[0] == other.reference.partition("?")[0]
    return same_page and replace(one, reference="") == replace(other, reference="")


def _write_identifiers(connection: Connection, written: Sequence[Vulnerability], changed: Sequence[str]) -> None:
    if changed:
        connection.execute(delete(identifiers).where(among(connection, identifiers.c.vulnerability_id, changed)))
    names = sorted({(name.casefold(), one.id) for one in written for name in one.identifiers})
    if names:
        insert_rows(connection, identifiers, [{"name": name, "vulnerability_id": key} for name, key in names])


# -- components -------------------------------------------------------------------------------------------------------


def _write_findings(connection: Connection, answers: Sequence[ComponentAnswer], ids: Mapping[Purl, int]) -> None:
    """Make the findings of the answered components equal to the answers; incomplete answers only add to them."""
    wanted = {(ids[answer.purl], one.id) for answer in answers for one in answer.vulnerabilities}
    numbers = [ids[answer.purl] for answer in answers]
    there = {pair for portion in rows_among(connection, _pairs_found, numbers) for pair in portion}
    kept = {ids[answer.purl] for answer in answers if not answer.complete}
    if gone := sorted(one for one in there - wanted if one[0] not in kept):
        one_row = delete(findings).where(
            findings.c.component_id == bindparam("number"), findings.c.vulnerability_id == bindparam("key")
        )
        connection.execute(one_row, [{"number": number, "key": key} for number, key in gone])
    if new := sorted(wanted - there):
        rows = [{"component_id": number, "vulnerability_id": key} for number, key in new]
        insert_rows(connection, findings, rows)


def _pairs_found(dialect: Dialect) -> Select[Any]:
    query = select(findings.c.component_id, findings.c.vulnerability_id)
    return query.where(among_values(dialect, findings.c.component_id))


def _write_components(
    change: Change, answers: Sequence[ComponentAnswer], ids: Mapping[Purl, int], now: dt.datetime
) -> None:
    seconds = {at: to_seconds(at) for at in {one.answered_at for one in answers}}
    alike: dict[tuple[ComponentState, int], list[int]] = {}
    for answer in answers:
        state = ComponentState.VULNERABLE if answer.vulnerabilities else ComponentState.CLEAN
        alike.setdefault((state, seconds[answer.answered_at]), []).append(ids[answer.purl])
    for (state, answered_at), numbers in alike.items():
        written = {"now_state": state.value, "now_answered_at": answered_at, "now_asked_at": to_seconds(now)}
        change_among(change.connection, _answered, numbers, **written, now_revision=change.revision)


def _answered(dialect: Dialect) -> Update:
    columns = ("state", "answered_at", "asked_at", "revision")
    written = {name: bindparam(f"now_{name}", type_=Integer()) for name in columns}
    return update(components).where(among_values(dialect, components.c.id)).values(written)


def _note_asked(connection: Connection, numbers: Sequence[int], now: dt.datetime) -> None:
    if numbers:
        asked = update(components).where(among(connection, components.c.id, numbers))
        connection.execute(asked.values(asked_at=to_seconds(now)))


# -- automatic assessment ----------------------------------------------------------------------------------------------


def _write_pairs(
    connection: Connection, answers: Sequence[ComponentAnswer], now: dt.datetime
) -> tuple[list[AnsweredPair], dict[tuple[str, str], Decimal | None]]:
    """Note each (vulnerability, package) with its latest score.

    Returns:
        Those that the answers name, as they were before; and all that were seen before of these vulnerabilities, with
        their scores.
    """
    named = named_pairs(answers)
    latest = rows_among(connection, _affected, sorted({key for key, _ in named}))
    there = {
        (key, package): None if score is None else Decimal(score)
        for portion in latest
        for key, package, score in portion
    }
    pairs = [
        AnsweredPair(one, package, (key, package) not in there, there.get((key, package)))
        for (key, package), one in named.items()
    ]
    new = [(one.vulnerability, one.package) for one in pairs if one.is_new]
    if new:
        rows = [
            {"vulnerability_id": one.id, "package": package, "first_seen": now, "score": one.cvss_score}
            for one, package in new
        ]
        insert_rows(connection, affected_packages, rows)
    rescored = [one for one in pairs if not one.is_new and one.former != one.vulnerability.cvss_score]
    if rescored:
        rows = [
            {"key": one.vulnerability.id, "of": one.package, "latest": one.vulnerability.cvss_score} for one in rescored
        ]
        connection.execute(
            update(affected_packages)
            .where(
                affected_packages.c.vulnerability_id == bindparam("key"), affected_packages.c.package == bindparam("of")
            )
            .values(score=bindparam("latest", type_=affected_packages.c.score.type)),
            rows,
        )
    return pairs, there


def _affected(dialect: Dialect) -> Select[Any]:
    of = affected_packages.c
    return select(of.vulnerability_id, of.package, of.score).where(among_values(dialect, of.vulnerability_id))


def _records(connection: Connection, pairs: Iterable[AnsweredPair]) -> list[Assessment]:
    """What was recorded about the vulnerabilities of some pairs."""
    # People may have written an identifier in another case than the source does.
    names = {name for pair in pairs for name in pair.vulnerability.identifiers}
    spellings = sorted({spelling for name in names for spelling in (name, name.lower(), name.upper())})
    if not spellings:
        return []
    return [read_assessment(row) for portion in rows_among(connection, _recorded, spellings) for row in portion]


def _recorded(dialect: Dialect) -> Select[Any]:
    return select(*ASSESSMENT_COLUMNS).where(among_values(dialect, assessments.c.vulnerability))
