"""Recording a batch of answers: components, vulnerabilities, findings and automatic assessments, in one transaction.

Each step reads what is there for the whole batch, compares, and writes only what differs, so that a batch costs a dozen
statements whatever its size, and so that what did not change keeps its revision.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Delete, Dialect, Integer, Select, Text, Update, bindparam, delete, select, update

from webhook.model.components import ComponentState
from webhook.model.downloads import RecordResult
from webhook.model.vulnerabilities import ASKED
from webhook.policy.answeredpairs import AnsweredPair, named_pairs
from webhook.policy.answers import counts, is_outdated
from webhook.policy.automatic import assessments_by_score
from webhook.store.assessmentrows import append
from webhook.store.bulk import change_among, change_each, insert_columns
from webhook.store.columns import stored_values
from webhook.store.componentids import IdHints, Known, give_ids, known_rows
from webhook.store.database import Change
from webhook.store.descriptions import write_vulnerabilities
from webhook.store.exploited import with_exploitation
from webhook.store.fixends import end_fixed
from webhook.store.formerkeys import with_former
from webhook.store.queries import ASSESSMENT_COLUMNS, among_values, rows_among
from webhook.store.rows import read_assessment
from webhook.store.spellings import note_settled, spellings_of
from webhook.store.tables.components import components
from webhook.store.tables.decisions import assessments
from webhook.store.tables.vulnerabilities import affected_packages, findings, vulnerabilities
from webhook.store.values import to_seconds

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment
    from webhook.model.purls import Purl
    from webhook.model.vulnerabilities import ComponentAnswer
    from webhook.ports import AutoAssess


@dataclass(frozen=True, slots=True)
class Batch:
    """What a source said about some components, and how it is to be taken; see ``ComponentRepository.record``."""

    answers: Sequence[ComponentAnswer]
    unanswered: Sequence[Purl]
    settled: Sequence[tuple[Purl, Purl]]
    assess: AutoAssess
    now: dt.datetime
    reassess: bool


def record(change: Change, batch: Batch, hints: IdHints) -> RecordResult:
    """Write a batch in a transaction that has raised the revision."""
    connection, now = change.connection, to_seconds(batch.now)
    by_purl = {answer.purl: answer for answer in batch.answers}
    asked = list(dict.fromkeys([*by_purl, *batch.unanswered]))
    known = known_rows(connection, asked, hints)
    ids = known.ids
    _drop_outdated(connection, by_purl, ids)
    if len(ids) < len(asked):
        ids |= give_ids(change, [purl for purl in asked if purl not in ids])
    answers = _counting(by_purl.values(), known)
    vulnerable = with_exploitation(connection, [answer for answer in answers if answer.vulnerabilities])
    renamed = write_vulnerabilities(change, vulnerable, batch.now)
    _write_findings(connection, answers, known)
    _write_components(change, answers, ids, now)
    _note_asked(connection, [ids[purl] for purl in batch.unanswered if purl not in by_purl], now)
    if batch.settled:
        note_settled(connection, batch.settled, ids, now)
    new, assessed = assess_answers(change, vulnerable, batch)
    end_fixed(change, renamed, batch.now)  # a name may be that of a vulnerability whose fixed version is known
    named = sum([bool(answer.vulnerabilities) for answer in by_purl.values()])
    return RecordResult(new, assessed, named, change.revision)


def assess_answers(change: Change, answers: Sequence[ComponentAnswer], batch: Batch) -> tuple[int, int]:
    """Note which packages have vulnerabilities, and assess what is new or scored into one by the CVSS ranges.

    Args:
        change: a transaction that has raised the revision.
        answers: those that name a vulnerability.
        batch: how that is done.

    Returns:
        How many pairs of vulnerability and package are new, and how many were assessed.
    """
    connection = change.connection
    made: list[Assessment] = []
    pairs, seen = _write_pairs(connection, answers, batch.now)
    if pairs:
        pairs, inherited = with_former(connection, pairs, seen, batch.assess)
        # What was recorded only matters for pairs that were there before.
        records = records_of(
            connection, [pair for pair in pairs if pair.is_rescored or (batch.reassess and not pair.is_new)]
        )
        made = [*inherited, *assessments_by_score(batch.assess, pairs, records, reassess=batch.reassess)]
        append(change, made)
    return sum([pair.is_new for pair in pairs]), len(made)


def _drop_outdated(connection: Connection, answers: dict[Purl, ComponentAnswer], ids: Mapping[Purl, int]) -> None:
    """Leave out components that would become clean, and of which an SBOM brought a spelling after they were asked."""
    if written := spellings_of(connection, list(ids.values())):
        for purl, number in ids.items():
            if number in written and purl in answers and is_outdated(answers[purl], written[number]):
                del answers[purl]


def _counting(answers: Collection[ComponentAnswer], known: Known) -> list[ComponentAnswer]:
    """Those answers that replace what is stored."""
    if not (stored := known.answered_at):
        return list(answers)
    seconds = {at: to_seconds(at) for at in {answer.answered_at for answer in answers}}
    return [answer for answer in answers if counts(seconds[answer.answered_at], stored.get(answer.purl, 0))]


# -- components -------------------------------------------------------------------------------------------------------


def _write_findings(connection: Connection, answers: Sequence[ComponentAnswer], known: Known) -> None:
    """Make the findings of the answered components equal to the answers; incomplete answers only add to them."""
    ids, there = known.ids, set[tuple[int, str]]()
    wanted = {(ids[answer.purl], vulnerability.id) for answer in answers for vulnerability in answer.vulnerabilities}
    if known.vulnerable:
        numbers = [number for answer in answers if (number := ids[answer.purl]) in known.vulnerable]
        there = {pair for portion in rows_among(connection, _pairs_found, numbers) for pair in portion}
    if gone := sorted(there - wanted):
        kept = {ids[answer.purl] for answer in answers if not answer.complete}
        gone = [pair for pair in gone if pair[0] not in kept]
        asked = _of_asked_sources(connection, [key for _, key in gone])
        gone = [pair for pair in gone if pair[1] in asked]  # another source's findings are not this one's to take back
    if gone:
        change_each(connection, _gone, {"number": [number for number, _ in gone], "key": [key for _, key in gone]})
    if new := sorted(wanted - there):
        components_of, keys = zip(*new, strict=True)
        insert_columns(connection, findings, {"component_id": components_of, "vulnerability_id": keys})


def _of_asked_sources(connection: Connection, names: Sequence[str]) -> set[str]:
    rows = rows_among(connection, _asked_ones, list(dict.fromkeys(names)))
    return {name for portion in rows for (name,) in portion}


def _asked_ones(dialect: Dialect) -> Select[Any]:
    named = among_values(dialect, vulnerabilities.c.id)
    return select(vulnerabilities.c.id).where(named, vulnerabilities.c.source == ASKED)


def _pairs_found(dialect: Dialect) -> Select[Any]:
    query = select(findings.c.component_id, findings.c.vulnerability_id)
    return query.where(among_values(dialect, findings.c.component_id))


def _gone(_: Dialect) -> Delete:
    return delete(findings).where(
        findings.c.component_id == bindparam("number", type_=Integer()),
        findings.c.vulnerability_id == bindparam("key", type_=Text()),
    )


def _write_components(change: Change, answers: Sequence[ComponentAnswer], ids: Mapping[Purl, int], now: int) -> None:
    seconds = {at: to_seconds(at) for at in {answer.answered_at for answer in answers}}
    alike = defaultdict[tuple[bool, int], list[int]](list)
    for purl, named, at, _, _ in answers:
        alike[not named, seconds[at]].append(ids[purl])
    for (is_clean, answered_at), numbers in alike.items():
        state = ComponentState.CLEAN if is_clean else ComponentState.VULNERABLE
        written = {"now_state": state.value, "now_answered_at": answered_at, "now_asked_at": now}
        change_among(change.connection, _answered, numbers, **written, now_revision=change.revision)


def _answered(dialect: Dialect) -> Update:
    columns = ("state", "answered_at", "asked_at", "revision")
    written = {name: bindparam(f"now_{name}", type_=components.c[name].type) for name in columns}
    return update(components).where(among_values(dialect, components.c.id)).values(written)


def _note_asked(connection: Connection, numbers: Sequence[int], now: int) -> None:
    if numbers:
        change_among(connection, _asked, numbers, now_asked_at=now)


def _asked(dialect: Dialect) -> Update:
    written = {"asked_at": bindparam("now_asked_at", type_=components.c.asked_at.type)}
    return update(components).where(among_values(dialect, components.c.id)).values(written)


# -- automatic assessment ----------------------------------------------------------------------------------------------


def _write_pairs(
    connection: Connection, answers: Sequence[ComponentAnswer], now: dt.datetime
) -> tuple[list[AnsweredPair], dict[tuple[str, str], Decimal | None]]:
    """Note each (vulnerability, package) with its latest score.

    Args:
        connection: of the transaction.
        answers: those that name a vulnerability.
        now: the time.

    Returns:
        Those that the answers name, as they were before; and all that were seen before of these vulnerabilities, with
        their scores.
    """
    named = named_pairs(answers)
    if not named:
        return [], {}
    latest = rows_among(connection, _affected, list(dict.fromkeys([key for key, _ in named])))
    there = {
        (key, package): None if score is None else Decimal(score)
        for portion in latest
        for key, package, score in portion
    }
    pairs = [
        AnsweredPair(vulnerability, package, (key, package) not in there, there.get((key, package)))
        for (key, package), vulnerability in named.items()
    ]
    if new := [pair for pair in pairs if pair.is_new]:
        of = _columns_of(new)
        columns = {"vulnerability_id": of["key"], "package": of["of"], "score": of["latest"]}
        insert_columns(connection, affected_packages, {**columns, "first_seen": [now] * len(new)})
    if rescored := [pair for pair in pairs if not pair.is_new and pair.former != pair.vulnerability.cvss_score]:
        of = _columns_of(rescored)
        scores = stored_values(affected_packages.c.score.type, of["latest"])
        change_each(connection, _rescored, {**of, "latest": scores})
    return pairs, there


def _columns_of(pairs: Sequence[AnsweredPair]) -> dict[str, Sequence[object]]:
    return {
        "key": [pair.vulnerability.id for pair in pairs],
        "of": [pair.package for pair in pairs],
        "latest": [pair.vulnerability.cvss_score for pair in pairs],
    }


def _affected(dialect: Dialect) -> Select[Any]:
    of = affected_packages.c
    return select(of.vulnerability_id, of.package, of.score).where(among_values(dialect, of.vulnerability_id))


def _rescored(_: Dialect) -> Update:
    of = affected_packages.c
    this = (of.vulnerability_id == bindparam("key", type_=Text())) & (of.package == bindparam("of", type_=Text()))
    return update(affected_packages).where(this).values(score=bindparam("latest", type_=of.score.type))


def records_of(connection: Connection, pairs: Iterable[AnsweredPair]) -> list[Assessment]:
    """What was recorded about the vulnerabilities of some pairs."""
    # People may have written an identifier in another case than the source does.
    names = {name for pair in pairs for name in pair.vulnerability.identifiers}
    spellings = sorted({spelling for name in names for spelling in (name, name.lower(), name.upper())})
    if not spellings:
        return []
    return [read_assessment(row) for portion in rows_among(connection, _recorded, spellings) for row in portion]


def _recorded(dialect: Dialect) -> Select[Any]:
    return select(*ASSESSMENT_COLUMNS).where(among_values(dialect, assessments.c.vulnerability))
