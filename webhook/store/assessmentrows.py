"""Rows of assessments: added and read inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, func, select

from webhook.model.assessments import Assessment, AssessmentSource
from webhook.model.records import AssessmentQuery
from webhook.store.bulk import insert_columns
from webhook.store.database import Change
from webhook.store.fixes import refuse_fixed
from webhook.store.names import all_names, spellings
from webhook.store.queries import ASSESSMENT_COLUMNS, among, raw_rows, scalar
from webhook.store.rows import assessment_columns, read_assessment
from webhook.store.tables.decisions import BY_HAND
from webhook.store.tables.decisions import assessments as table


def append(change: Change, records: Sequence[Assessment]) -> None:
    """Add records in a transaction that has raised the revision.

    Raises:
        FixKnown: one is to last until a fixed version is known, and one is.
    """
    refuse_fixed(change.connection, records)
    add(change, records)


def add(change: Change, records: Sequence[Assessment]) -> None:
    """As :func:`append`, for whoever ends in the same transaction what a fixed version ends."""
    if not records:
        return
    newest = scalar(change.connection, _newest) or 0
    insert_columns(change.connection, table, assessment_columns(records, revision=change.revision, after=newest))


def _newest(_: Dialect) -> Select[Any]:
    return select(func.max(table.c.sequence))


def find(connection: Connection, query: AssessmentQuery) -> list[Assessment]:
    """Records in order of their sequence, as a transaction sees them."""
    rows = select(*ASSESSMENT_COLUMNS).order_by(table.c.sequence)
    if query.vulnerability is not None:
        rows = rows.where(table.c.vulnerability == query.vulnerability)
    if query.source is not None:
        rows = rows.where(table.c.source == query.source)
        if query.source != AssessmentSource.AUTO.value:
            rows = rows.where(BY_HAND)
    if query.about is not None:
        named = spellings(connection, all_names(connection, query.about))
        rows = rows.where(among(connection, table.c.vulnerability, named))
    if query.batch is not None:
        rows = rows.where(table.c.batch == query.batch)
    return [read_assessment(row) for portion in raw_rows(connection, rows) for row in portion]
