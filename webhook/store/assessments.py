"""Assessments, append-only: rows are added and read, and the database itself refuses anything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from webhook.errors import ChangedMeanwhile
from webhook.model.assessments import Assessment, AssessmentSource
from webhook.model.records import AssessmentQuery
from webhook.model.triage import AuditNote
from webhook.policy.fixes import as_stated, by_scope, ended_by_fix
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.precedence import same_scope
from webhook.policy.statements import changes_of, words_of
from webhook.store.assessmentrows import add, append, find
from webhook.store.database import Change, Database, current_revision
from webhook.store.fixends import end_named, recorded_about, types_now
from webhook.store.formerkeys import for_former_keys
from webhook.store.interruptions import persistent
from webhook.store.names import all_names
from webhook.store.tables.decisions import assessments as table
from webhook.store.triage.journal import write_note


class AssessmentRepository:
    """The assessments of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def append(
        self, assessments: Sequence[Assessment], *, note: AuditNote | None = None, since: int | None = None
    ) -> int:
        """Add records in one transaction; the new revision. An empty sequence changes nothing.

        Args:
            assessments: the records.
            note: for the audit log; None writes none.
            since: the revision that the records were planned with; None does not look for what was decided since.

        Raises:
            FixKnown: one is to last until a fixed version is known, and one is; none was added.
            ChangedMeanwhile: somebody has decided by hand about one of the vulnerabilities since; none was added.
            StoreError: none of them was added.
        """
        if not assessments:
            with self._database.read() as connection:
                return current_revision(connection)
        with self._database.change() as change:
            if since is not None:
                _refuse_changed(change.connection, assessments, since)
            append(change, for_former_keys(change.connection, assessments))
            if note is not None:
                write_note(change.connection, note, assessments[0].assessed_at, assessments[0].batch)
        return change.revision

    @persistent
    def provision(self, assessments: Sequence[Assessment], *, author: str, now: dt.datetime) -> int:
        """Make the records that an author provisioned equal to ``assessments``; those of others stay as they are.

        The new are added, those no longer named are withdrawn. Every replica may call it when it starts: whoever comes
        second finds nothing to do.

        Args:
            assessments: as stated; of several for one vulnerability and scope the last counts.
            author: who provisions.
            now: when they are withdrawn, if they are.

        Returns:
            How many records were appended.

        Raises:
            StoreError: none of them was added.
        """
        with self._database.read() as connection:
            assessments = for_former_keys(connection, assessments)
            if not _difference(connection, assessments, author, now):
                return 0
        with self._database.change() as change:
            # Again: another replica may have come first.
            records = _difference(change.connection, assessments, author, now)
            add(change, records)
            if waiting := [record for record in records if record.until_fixed]:
                _end(change, waiting, now)
            change.discarded = not records
        return len(records)

    @persistent
    def find(self, query: AssessmentQuery) -> Sequence[Assessment]:
        """Records in order of their sequence, the history included.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return find(connection, query)


def _refuse_changed(connection: Connection, assessments: Sequence[Assessment], since: int) -> None:
    """Refuse records about what somebody has decided since a revision, under whatever name.

    Raises:
        ChangedMeanwhile: somebody has.
    """
    newer = select(table.c.vulnerability, table.c.author, table.c.assessed_at).where(
        table.c.revision > since, table.c.source != AssessmentSource.AUTO.value
    )
    rows: Sequence[Any] = connection.execute(newer.order_by(table.c.sequence.desc())).all()
    if not rows:
        return
    names = all_names(connection, {assessment.vulnerability for assessment in assessments})
    row = next((row for row in rows if row.vulnerability.casefold() in names), None)
    if row is not None:
        raise ChangedMeanwhile(
            f"{plain(row.author, 80)} has decided about {plain(row.vulnerability, 80)} on {moment(row.assessed_at)}, "
            "after this was planned."
        )


def _end(change: Change, stated: Sequence[Assessment], now: dt.datetime) -> None:
    """End what a fixed version ends of what was just stated, and what one has ended when it was stated before.

    So nothing counts again because a source no longer tells the fixed version, and its object was made again.
    """
    end_named(change, {record.vulnerability.casefold() for record in stated}, now)
    there = find(change.connection, AssessmentQuery(source=AssessmentSource.PROVISIONED.value))
    histories = by_scope(there)
    for record in stated:
        same = same_scope(record)
        if before := _ended_before(histories[same], words_of(record)):
            every = recorded_about(change.connection, record.vulnerability)
            add(change, ended_by_fix(every, {same: before}, now, types_now(change)))


def _difference(
    connection: Connection, wanted: Iterable[Assessment], author: str, now: dt.datetime
) -> list[Assessment]:
    there = find(connection, AssessmentQuery(source=AssessmentSource.PROVISIONED.value))
    return changes_of(as_stated(there), wanted, author, now)


def _ended_before(history: Iterable[Assessment], words: object) -> str:
    """The fixed version that has ended what a source stated in the same words; empty where none has."""
    stated: Assessment | None = None
    found = ""
    for record in history:
        if not record.fixed_in:
            stated = record
        elif record.type is None and stated is not None and words_of(stated) == words:
            found = record.fixed_in
    return found
