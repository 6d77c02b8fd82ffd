"""What the hub decides for one member alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, func, insert, literal, select

from webhook.errors import ChangedMeanwhile
from webhook.model.assessments import Assessment
from webhook.model.triage import AuditNote
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.precedence import replaced_by
from webhook.store.database import Change, Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import raw_rows
from webhook.store.tables.fleet import fleet_decisions as table
from webhook.store.triage.journal import write_note
from webhook.store.values import to_json

_RECORD = msgspec.json.Decoder(Assessment)


class ClusterDecisionRepository:
    """The decisions for single members; implements ``ClusterDecisions``.

    Args:
        database: of the hub.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def append(
        self,
        cluster: str,
        records: Sequence[Assessment],
        note: AuditNote,
        *,
        replaced: Sequence[Assessment],
    ) -> int:
        """Add records for a member in one transaction; the new revision.

        Args:
            cluster: the name of the member.
            records: at least one.
            note: for the audit log.
            replaced: what was to count no longer when they were planned.

        Raises:
            ChangedMeanwhile: it is not these any more, as somebody has decided about the same since; none was added.
            StoreError: none was added.
        """
        with self._database.change() as change:
            # Writers wait for each other from here on, so nobody decides between the look and the write.
            _refuse_changed(change.connection, cluster, records, replaced)
            append_for(change, cluster, records)
            write_note(change.connection, note, records[0].assessed_at, records[0].batch)
        return change.revision

    @tried_twice
    def of(self, cluster: str) -> Sequence[Assessment]:
        """The records for a member, oldest first.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return decisions_of(connection, cluster, 0)

    @tried_twice
    def page(self, cluster: str | None, before: int | None, most: int) -> Sequence[tuple[str, Assessment]]:
        """Records with the member of each, newest first.

        Args:
            cluster: of this member; None for all.
            before: the sequence behind the first; None for the newest.
            most: how many.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(table.c.cluster, table.c.id, table.c.record).order_by(table.c.id.desc()).limit(most)
        if cluster is not None:
            query = query.where(table.c.cluster == literal(cluster))
        if before is not None:
            query = query.where(table.c.id < literal(before))
        with self._database.read() as connection:
            rows = [row for portion in raw_rows(connection, query) for row in portion]
        return [
            (name, msgspec.structs.replace(_RECORD.decode(record), sequence=number)) for name, number, record in rows
        ]

    @tried_twice
    def newest(self) -> Mapping[str, int]:
        """The revision of the newest record of each member that has some.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(table.c.cluster, func.max(table.c.revision)).group_by(table.c.cluster)
        with self._database.read() as connection:
            return {row.cluster: int(row[1]) for row in connection.execute(query)}


def append_for(change: Change, cluster: str, records: Sequence[Assessment]) -> None:
    """Add records for a member in a transaction that raises the revision."""
    rows = [{"cluster": cluster, "revision": change.revision, "record": to_json(record)} for record in records]
    if rows:
        change.connection.execute(insert(table), rows)


def _refuse_changed(
    connection: Connection, cluster: str, records: Sequence[Assessment], replaced: Sequence[Assessment]
) -> None:
    """Refuse records that would replace other decisions than those that were seen.

    Raises:
        ChangedMeanwhile: they would.
    """
    there = {record.sequence: record for record in replaced_by(records, decisions_of(connection, cluster, 0))}
    if there.keys() == {record.sequence for record in replaced}:
        return
    newer = [record for sequence, record in there.items() if sequence not in {each.sequence for each in replaced}]
    if newer:
        last = newer[-1]
        raise ChangedMeanwhile(
            f"{plain(last.author, 80)} has decided about {plain(last.vulnerability, 80)} for {cluster} on "
            f"{moment(last.assessed_at)}, after this was planned."
        )
    raise ChangedMeanwhile(f"Somebody has withdrawn a decision about the same for {cluster} after this was planned.")


def decisions_of(connection: Connection, cluster: str, after: int) -> list[Assessment]:
    """The records for a member of the revisions after one, oldest first."""
    query = select(table.c.id, table.c.record).where(
        table.c.cluster == literal(cluster), table.c.revision > literal(after)
    )
    rows = raw_rows(connection, query.order_by(table.c.id))
    return [
        msgspec.structs.replace(_RECORD.decode(record), sequence=number) for some in rows for number, record in some
    ]
