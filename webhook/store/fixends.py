"""Ending what was to last until a fixed version is known, in the transaction that stores the fixed version.

So every reader sees both or neither, and no process that dies in between leaves one without the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from webhook.model.assessments import Assessment
from webhook.model.triage import AuditNote
from webhook.policy.announcements import exception_ended, noted_end
from webhook.policy.clustertypes import with_stored
from webhook.policy.fixes import by_scope, ended_by_fix, version_of
from webhook.policy.precedence import Same
from webhook.policy.typetable import TypeTable
from webhook.store.assessmentrows import append
from webhook.store.database import Change
from webhook.store.fixes import known_fixes, names_of, waiting_names
from webhook.store.names import all_names, spellings
from webhook.store.outbox import announce
from webhook.store.queries import ASSESSMENT_COLUMNS, among, raw_rows
from webhook.store.requests import note_fixed
from webhook.store.rows import read_assessment
from webhook.store.tables.decisions import assessments
from webhook.store.triage.journal import write_note
from webhook.store.types import stored_types


def end_fixed(change: Change, keys: Collection[str], now: dt.datetime) -> bool:
    """End what a fixed version ends, with a row in the audit log and a notification for each.

    Args:
        change: the transaction that stores fixed versions, or other names of vulnerabilities.
        keys: ids of the vulnerabilities that it is about.
        now: UTC, aware.

    Returns:
        Whether anything ended.
    """
    if not keys or not (waiting := waiting_names(change.connection)):
        return False
    return end_named(change, names_of(change.connection, keys) & waiting.keys(), now)


def end_named(change: Change, names: Collection[str], now: dt.datetime) -> bool:
    """As :func:`end_fixed`, for vulnerabilities by their names in lower case."""
    fixes = known_fixes(change.connection, names)
    if not fixes:
        return False
    types = types_now(change)
    made, ended, done = list[Assessment](), list[Assessment](), set[str]()
    for name in sorted(fixes):
        if name in done:
            continue
        histories = recorded_about(change.connection, name)
        done |= {history[0].vulnerability.casefold() for history in histories.values()}
        versions = {
            same: version
            for same, history in histories.items()
            if (version := version_of(history[0].scope, fixes.get(history[0].vulnerability.casefold(), ())))
        }
        records = ended_by_fix(histories, versions, now, types)
        made += records
        ended += [record for record in records if record.type and record.fixed_in and record.until == now]
    append(change, made)
    _tell(change, ended, now)
    return bool(made)


def types_now(change: Change) -> TypeTable | None:
    """All types, as the transaction sees them; None where those of the settings are not known."""
    if change.types is None:
        return None
    return with_stored(change.types, stored_types(change.connection))


def recorded_about(connection: Connection, name: str) -> Mapping[Same, Sequence[Assessment]]:
    """Everything that was ever recorded about a vulnerability, under all of its names, by what it is about."""
    texts = spellings(connection, all_names(connection, {name}))
    query = select(*ASSESSMENT_COLUMNS).where(among(connection, assessments.c.vulnerability, texts))
    return by_scope(read_assessment(row) for portion in raw_rows(connection, query) for row in portion)


def _tell(change: Change, ended: Sequence[Assessment], now: dt.datetime) -> None:
    for record in ended:
        note: AuditNote = noted_end(record)
        write_note(change.connection, note, now, record.batch)
        note_fixed(change.connection, record.batch, record.fixed_in)
    announce(change.connection, [exception_ended(record) for record in ended], now)
