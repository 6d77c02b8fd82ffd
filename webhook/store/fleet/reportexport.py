"""Answers for a snapshot: what the hub knows of coordinates, and of the components that it has itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, select

from webhook.model.components import ComponentState
from webhook.model.fleetreports import FleetReport
from webhook.model.purls import Purl
from webhook.store.fleet.questions import DESCRIBED
from webhook.store.fleet.reportrows import ByKey, asked_findings
from webhook.store.queries import raw_rows
from webhook.store.tables.components import components, spellings
from webhook.store.tables.fleet import fleet_reports as table


def answers(connection: Connection, by_key: ByKey) -> Iterator[FleetReport]:
    """What the source said, newest answers of each coordinates alone; by coordinates within each of two passes.

    Args:
        connection: that reads.
        by_key: which of some components are asked for by their key alone, so that their answer is one of coordinates.
    """
    own = select(components.c.answered_at).where(components.c.purl == table.c.coordinates, _IS_ANSWERED, ~_IS_SPELLED)
    query = select(table.c.coordinates, table.c.answered_at, table.c.vulnerabilities).order_by(table.c.coordinates)
    query = query.where(table.c.answered_at > 0, ~own.where(components.c.answered_at > table.c.answered_at).exists())
    told = set[str]()
    for portion in raw_rows(connection, query):
        for text, at, said in portion:
            told.add(text)
            yield FleetReport(Purl(text), dt.datetime.fromtimestamp(at, dt.UTC), DESCRIBED.decode(said))
    mine = select(components.c.id, components.c.purl, components.c.state, components.c.answered_at)
    for portion in raw_rows(connection, mine.where(_IS_ANSWERED, ~_IS_SPELLED).order_by(components.c.purl)):
        rows = [(number, Purl(text), state, at) for number, text, state, at in portion if text not in told]
        plain = by_key([row[1] for row in rows]) if rows else ()
        rows = [row for row in rows if row[1] in plain]
        vulnerable = [number for number, _, state, _ in rows if state == ComponentState.VULNERABLE]
        found = asked_findings(connection, vulnerable)
        for number, purl, _, at in rows:
            yield FleetReport(purl, dt.datetime.fromtimestamp(at, dt.UTC), found.get(number, ()))


_IS_ANSWERED = (components.c.answered_at > 0) & (components.c.state != ComponentState.NOT_COVERED.value)
_IS_SPELLED = select(spellings.c.component_id).where(spellings.c.component_id == components.c.id).exists()
