"""Sightings: which images were seen at admission, and which of them were refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import case, func

from webhook.store.interruptions import persistent
from webhook.store.tables.workloads import sightings as table

if TYPE_CHECKING:
    from webhook.model.records import Sighting
    from webhook.store.database import Database


class SightingRepository:
    """The sightings of the database, one row for each name and digest.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def record(self, sightings: Sequence[Sighting]) -> None:
        """Remember a batch of sightings; no revision is raised, because no decision depends on them.

        Raises:
            StoreError: none of them was kept.
        """
        rows = _rows(sightings)
        if not rows:
            return
        upsert = self._database.upsert(table)
        new = upsert.excluded
        merged = upsert.on_conflict_do_update(
            index_elements=["name", "digest"],
            set_={
                "last_seen": case((new.last_seen > table.c.last_seen, new.last_seen), else_=table.c.last_seen),
                "last_refused": func.coalesce(new.last_refused, table.c.last_refused),
            },
        )
        with self._database.write() as connection:
            connection.execute(merged, rows)


def _rows(sightings: Sequence[Sighting]) -> list[dict[str, object]]:
    """One row for each name and digest, sorted, so that two replicas cannot wait for each other's rows."""
    newest: dict[tuple[str, str], Sighting] = {}
    refused: dict[tuple[str, str], Sighting] = {}
    for sighting in sorted(sightings, key=lambda sighting: sighting.at):
        key = (sighting.name, sighting.digest or "")
        newest[key] = sighting
        if sighting.refused:
            refused[key] = sighting
    return [
        {
            "name": name,
            "digest": digest,
            "last_seen": newest[name, digest].at,
            "last_refused": refused[name, digest].at if (name, digest) in refused else None,
        }
        for name, digest in sorted(newest)
    ]
