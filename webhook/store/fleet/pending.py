"""What a member is to ask its hub for again, because the answer there has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sqlalchemy import Connection, delete, literal, or_, select

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.store.database import Database, upserting
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import among, raw_rows
from webhook.store.tables.components import components, packages
from webhook.store.tables.fleet import fleet_pending as table

if TYPE_CHECKING:
    from webhook.store.database import Upsert

_AFTER_AT = chr(ord("@") + 1)
_AT_ONCE = 200
"""Packages whose components are looked up in one query."""
_LONGEST = 1000


def note_pending(connection: Connection, coordinates: Iterable[str], revision: int) -> None:
    """Take note of coordinates that the hub answers differently now.

    Args:
        connection: of the transaction that applies what the hub said.
        coordinates: as the hub names them; absurdly long ones are nobody's.
        revision: of the hub, up to which that is so.
    """
    rows = [{"coordinates": text, "noted": revision} for text in sorted(set(coordinates)) if len(text) <= _LONGEST]
    if rows:
        connection.execute(_noted(upserting(connection.dialect, table)), rows)


def note_everything(connection: Connection, revision: int) -> None:
    """Take note that any answer may have changed: after a snapshot, which does not tell which ones."""
    covered = select(components.c.purl, literal(revision)).where(components.c.state != ComponentState.NOT_COVERED)
    adding = upserting(connection.dialect, table).from_select(["coordinates", "noted"], covered)
    connection.execute(_noted(adding))


def _noted(adding: Upsert) -> Upsert:
    return adding.on_conflict_do_update(index_elements=["coordinates"], set_={"noted": adding.excluded.noted})


class PendingRepository:
    """The database of a member; implements ``FleetPending``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def take(self, most: int) -> tuple[Sequence[str], int]:
        """Some coordinates, and the newest revision of the hub among theirs; they stay until they are settled.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            query = select(table.c.coordinates, table.c.noted).order_by(table.c.coordinates).limit(most)
            rows = connection.execute(query).all()
        return [text for text, _ in rows], max((noted for _, noted in rows), default=0)

    @tried_twice
    def components(self, coordinates: Sequence[str]) -> Sequence[Purl]:
        """Covered components of the types and names that some coordinates have.

        Raises:
            StoreError: the database does not answer.
        """
        names = {(kind, name) for text in coordinates for kind, name in _names(text)}
        with self._database.read() as connection:
            query = select(packages.c.package, packages.c.name)
            query = query.where(among(connection, packages.c.name, sorted({name for _, name in names})))
            rows = (row for portion in raw_rows(connection, query) for row in portion)
            found = sorted(package for package, name in rows if (_kind(package), name) in names)
            purls: list[Purl] = []
            for start in range(0, len(found), _AT_ONCE):
                versions = [
                    (components.c.purl >= literal(f"{package}@")) & (components.c.purl < literal(package + _AFTER_AT))
                    for package in found[start : start + _AT_ONCE]
                ]
                some = select(components.c.purl).where(
                    or_(*versions), components.c.state != literal(ComponentState.NOT_COVERED.value)
                )
                purls += [Purl(purl) for portion in raw_rows(connection, some) for (purl,) in portion]
        return purls

    @persistent
    def settle(self, coordinates: Sequence[str], revision: int) -> None:
        """Take out coordinates that were asked for, unless they have changed again after a revision.

        Raises:
            StoreError: they stay.
        """
        with self._database.write() as connection:
            those = among(connection, table.c.coordinates, list(coordinates))
            connection.execute(delete(table).where(those, table.c.noted <= revision))


def _kind(purl: str) -> str:
    return purl[4:].partition("/")[0]


def _names(text: str) -> Iterable[tuple[str, str]]:
    """Type, and the names in lower case, that packages may have whose components are asked for like this."""
    kind, path = _kind(text), text.partition("?")[0].rpartition("@")[0] or text
    parts = [unquote(part).lower() for part in path.split("/")[1:]]
    for name in parts[-2:]:  # the last one but one, where a major version of Go was put behind it
        yield kind, name
        yield kind, name.replace(".", "-").replace("_", "-")
