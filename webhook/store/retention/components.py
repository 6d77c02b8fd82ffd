"""Components that neither an SBOM nor a member's image names: since when, and how they are deleted with their findings.

An SBOM has its components as packed ids, so no index tells who names one. A pass reads all SBOMs once, as of one
moment, and notes what they do not name. Whoever names such a component afterwards takes the note back, see
``componentids``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, func, select

from webhook.model.purls import Purl
from webhook.store.componentids import forget_unnamed
from webhook.store.database import Change, current_revision, upserting
from webhook.store.queries import among, raw_rows
from webhook.store.removals import note_removal
from webhook.store.tables.advisories import matches
from webhook.store.tables.components import components, forms, packages, spellings
from webhook.store.tables.components import unnamed_components as unnamed
from webhook.store.tables.fleet import fleet_holdings
from webhook.store.tables.sboms import readings, sboms
from webhook.store.tables.vulnerabilities import findings
from webhook.store.values import unpack

_AFTER_AT = chr(ord("@") + 1)
_WITH_IDS = (findings, matches, spellings, forms, unnamed)


class Survey:
    """Which components SBOMs name, as of one moment.

    Args:
        connection: of a transaction that sees one moment.

    Attributes:
        revision: of that moment.
        found: components that no SBOM names and that have no note, ascending.
        named_again: components that have a note, and that an SBOM names.
    """

    def __init__(self, connection: Connection) -> None:
        self.revision = current_revision(connection)
        newest = connection.execute(select(func.max(components.c.id))).scalar()
        is_named = bytearray(0 if newest is None else newest + 1)
        for query in (select(sboms.c.component_ids), select(readings.c.component_ids)):
            for portion in raw_rows(connection, query):
                for (packed,) in portion:
                    for number in unpack(packed):
                        is_named[number] = 1
        held = select(fleet_holdings.c.component_id).distinct()
        for portion in raw_rows(connection, held):
            for (number,) in portion:
                is_named[number] = 1
        noted = {number for rows in raw_rows(connection, select(unnamed.c.component_id)) for (number,) in rows}
        self.named_again = sorted(number for number in noted if is_named[number])
        self.found = [
            number
            for rows in raw_rows(connection, select(components.c.id).order_by(components.c.id))
            for (number,) in rows
            if not is_named[number] and number not in noted
        ]


def note_unnamed(connection: Connection, numbers: Sequence[int], now: dt.datetime) -> None:
    """Note since when components are named by no SBOM."""
    adding = upserting(connection.dialect, unnamed).on_conflict_do_nothing(index_elements=["component_id"])
    connection.execute(adding, [{"component_id": number, "since": now} for number in numbers])


def delete_unnamed(change: Change, before: dt.datetime, most: int, surveyed: int) -> int:
    """Delete components that were named by no SBOM before some moment; how many notes were dealt with.

    Args:
        change: the transaction; whoever names components waits for it.
        before: the moment.
        most: how many at once.
        surveyed: the revision of the survey; what SBOMs have named since then is not deleted.
    """
    connection = change.connection
    due = select(unnamed.c.component_id).where(unnamed.c.since < before)
    # The newest row stays: programs before the high-water mark give the id that follows it.
    newest = connection.execute(select(func.max(components.c.id))).scalar()
    due = due.where(unnamed.c.component_id != newest).order_by(unnamed.c.since, unnamed.c.component_id).limit(most)
    numbers = list(connection.execute(due).scalars())
    lately = select(sboms.c.component_ids).where(sboms.c.revision > surveyed)
    named = {number for packed in connection.execute(lately).scalars() for number in unpack(packed)}
    held = select(fleet_holdings.c.component_id).where(among(connection, fleet_holdings.c.component_id, numbers))
    named.update(connection.execute(held).scalars())
    if again := [number for number in numbers if number in named]:
        forget_unnamed(connection, again)
    gone = [number for number in numbers if number not in named]
    if gone:
        _delete(change, gone)
    change.discarded = not numbers
    change.unchanged = not gone
    return len(numbers)


def _delete(change: Change, numbers: Sequence[int]) -> None:
    connection = change.connection
    those = select(components.c.purl).where(among(connection, components.c.id, numbers))
    former = sorted({Purl(purl).package for purl in connection.execute(those).scalars()})
    for table in _WITH_IDS:
        connection.execute(delete(table).where(among(connection, table.c.component_id, numbers)))
    connection.execute(delete(components).where(among(connection, components.c.id, numbers)))
    first, end = packages.c.package + "@", packages.c.package + _AFTER_AT
    versions = exists().where(components.c.purl >= first, components.c.purl < end)
    itself = exists().where(components.c.purl == packages.c.package)  # a component without a version
    connection.execute(delete(packages).where(among(connection, packages.c.package, former), ~versions, ~itself))
    note_removal(change, components=numbers)


def count_unnamed(connection: Connection, before: dt.datetime) -> int:
    """How many components are to be deleted."""
    query = select(func.count()).select_from(unnamed).where(unnamed.c.since < before)
    return int(connection.execute(query).scalar_one())
