"""The changes that read models follow: everything after a revision, as of one moment, in as few objects as possible."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, TypeVarTuple

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.sql.elements import ColumnElement

from webhook.model.changes import START, UINT32, Changes, Position, StoredSbom
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.store.database import Database
from webhook.store.guessedgroups import doubtful, told
from webhook.store.presence import looks_after, removed_after
from webhook.store.queries import raw_rows
from webhook.store.rows import (
    ASSESSMENT_COLUMNS,
    VULNERABILITY_COLUMNS,
    read_assessment,
    read_type,
    read_vulnerability,
)
from webhook.store.sbomrows import STORED_COLUMNS, read_stored
from webhook.store.tables import (
    assessment_types,
    assessments,
    components,
    findings,
    marks,
    revision,
    sboms,
    tags,
    vulnerabilities,
)
from webhook.store.types import TYPE_COLUMNS

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment, StoredType
    from webhook.model.vulnerabilities import Vulnerability

Columns = TypeVarTuple("Columns")


class StoreFeed:
    """The store as read models see it.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self) -> Position:
        """The database's identity and its newest revision with its mark; one row.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return _position(connection)

    def changes(self, since: Position = START) -> Changes:
        """Everything after ``since``.

        Args:
            since: what the reader has; revision 0, a position in another database or another history, and one that
                this database has not reached, give a complete description.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            newest = _position(connection)
            if since == newest and since.revision > 0:
                return Changes(newest)
            after = since.revision if _leads_from(connection, since, newest) else None
            ids, states, answered_at = _components(connection, after)
            purls, found = _vulnerable(connection, after)
            unsure = doubtful(connection, after)
            return Changes(
                position=newest,
                complete=after is None,
                component_ids=ids,
                states=states,
                answered_at=answered_at,
                purls=purls,
                findings=found,
                vulnerabilities=_vulnerabilities(connection, after),
                assessments=_assessments(connection, after),
                types=_types(connection, after),
                removed=() if after is None else tuple(removed_after(connection, after)),
                sboms=_sboms(connection, after),
                looks=tuple(looks_after(connection, after)),
                tags=_tags(connection, after),
                doubtful=unsure,
                told=told(connection, {purl.package for purl in unsure.values()}),
            )


def _position(connection: Connection) -> Position:
    newest = select(revision.c.store, revision.c.value, func.coalesce(marks.c.mark, "")).join_from(
        revision, marks, marks.c.revision == revision.c.value, isouter=True
    )
    return Position(*connection.execute(newest).one())


def _leads_from(connection: Connection, since: Position, newest: Position) -> bool:
    """Whether the history of the database has the reader's revision, and not another one of the same number."""
    if since.revision == 0 or not since.mark or not newest.continues(since):
        return False
    return connection.execute(select(marks.c.mark).where(marks.c.revision == since.revision)).scalar() == since.mark


def _newer(query: Select[*Columns], column: ColumnElement[int], after: int | None) -> Select[*Columns]:
    # Without a condition when all is wanted: with one, the database would walk the index on the revision.
    return query if after is None else query.where(column > after)


def _components(connection: Connection, after: int | None) -> tuple[array[int], bytes, array[int]]:
    """Ids, states and times of answers, in parallel."""
    query = select(components.c.id, components.c.state, components.c.answered_at).order_by(components.c.id)
    ids, states, answered_at = array(UINT32), bytearray(), array(UINT32)
    for portion in raw_rows(connection, _newer(query, components.c.revision, after)):
        some_ids, some_states, some_answers = zip(*portion, strict=True)
        ids.extend(some_ids)
        states.extend(some_states)
        answered_at.extend(some_answers)
    return ids, bytes(states), answered_at


def _vulnerable(connection: Connection, after: int | None) -> tuple[dict[int, Purl], dict[int, tuple[str, ...]]]:
    """Purls and findings of the vulnerable components; only those have findings."""
    query = select(components.c.id, components.c.purl, findings.c.vulnerability_id).join_from(findings, components)
    query = _newer(query, components.c.revision, after).order_by(findings.c.component_id, findings.c.vulnerability_id)
    purls: dict[int, Purl] = {}
    found: dict[int, tuple[str, ...]] = {}
    shared: dict[str, str] = {}  # each id is kept once
    for portion in raw_rows(connection, query):
        for number, purl, key in portion:
            key = shared.setdefault(key, key)
            if number in purls:
                found[number] += (key,)
            else:
                purls[number], found[number] = Purl(purl), (key,)
    return purls, found


def _vulnerabilities(connection: Connection, after: int | None) -> tuple[Vulnerability, ...]:
    query = _newer(select(*VULNERABILITY_COLUMNS[:-1]), vulnerabilities.c.revision, after).order_by(
        vulnerabilities.c.id
    )
    return tuple(read_vulnerability(row) for portion in raw_rows(connection, query) for row in portion)


def _assessments(connection: Connection, after: int | None) -> tuple[Assessment, ...]:
    query = _newer(select(*ASSESSMENT_COLUMNS), assessments.c.revision, after).order_by(assessments.c.sequence)
    return tuple(read_assessment(row) for portion in raw_rows(connection, query) for row in portion)


def _types(connection: Connection, after: int | None) -> tuple[StoredType, ...]:
    query = _newer(select(*TYPE_COLUMNS), assessment_types.c.revision, after).order_by(assessment_types.c.name)
    return tuple(read_type(row) for portion in raw_rows(connection, query) for row in portion)


def _sboms(connection: Connection, after: int | None) -> tuple[StoredSbom, ...]:
    query = _newer(select(*STORED_COLUMNS), sboms.c.revision, after).order_by(sboms.c.id)
    return tuple(read_stored(row) for portion in raw_rows(connection, query) for row in portion)


def _tags(connection: Connection, after: int | None) -> dict[str, Digest]:
    query = _newer(select(tags.c.name, tags.c.digest), tags.c.revision, after)
    return {name: Digest(digest) for portion in raw_rows(connection, query) for name, digest in portion}
