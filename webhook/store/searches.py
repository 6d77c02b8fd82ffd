"""Searches for SBOMs, so that all processes together make each search once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from webhook.model.searches import SearchClaim, SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus
from webhook.store.database import Database
from webhook.store.interruptions import tried_twice
from webhook.store.leases import database_time
from webhook.store.queries import among
from webhook.store.tables.sboms import searches


class SearchRepository:
    """The searches of the database; a row lives as long as its lease, or as its failure is believed.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @tried_twice
    def begin(self, key: str, holder: str, *, lease_seconds: float) -> SearchClaim | None:
        """Claim a search; None when ``holder`` has it now, else what somebody else is doing, or did a moment ago.

        Args:
            key: what is searched for: the digest of an image, and whose signature its SBOM needs.
            holder: a name that no other process has.
            lease_seconds: how long to hold it; a claim that has ended can be taken by anybody.

        Raises:
            StoreError: the database does not answer.
        """
        columns = (searches.c.holder, searches.c.status, searches.c.detail)
        with self._database.write() as connection:
            until = database_time(connection, dt.timedelta(seconds=lease_seconds))
            values = {"holder": holder, "until": until, "status": None, "detail": ""}
            upsert = self._database.upsert(searches).values(key=key, **values)
            ended = searches.c.until <= database_time(connection)
            connection.execute(upsert.on_conflict_do_update(index_elements=["key"], set_=values, where=ended))
            row: Any = connection.execute(select(*columns).where(searches.c.key == key)).one()
        if row.holder == holder and row.status is None:
            return None
        if row.status is None:
            return SearchClaim(row.holder, SearchState.RUNNING, SearchOutcome(SbomStatus.REFUSED))
        return SearchClaim(row.holder, SearchState.FAILED, SearchOutcome(SbomStatus(row.status), row.detail))

    @tried_twice
    def renew(self, keys: Sequence[str], holder: str, *, lease_seconds: float) -> None:
        """Renew claims; those that have ended or were lost meanwhile stay so.

        Raises:
            StoreError: the database does not answer; the claims go on to their ends.
        """
        with self._database.write() as connection:
            mine = among(connection, searches.c.key, list(keys)) & (searches.c.holder == holder)
            in_force = searches.c.status.is_(None) & (searches.c.until > database_time(connection))
            until = database_time(connection, dt.timedelta(seconds=lease_seconds))
            connection.execute(update(searches).where(mine, in_force).values(until=until))

    @tried_twice
    def end(self, key: str, holder: str, outcome: SearchOutcome, *, seconds: float) -> None:
        """Say how a search that ``holder`` claimed ended; harmless when the claim was lost meanwhile.

        Args:
            key: what is searched for: the digest of an image, and whose signature its SBOM needs.
            holder: who claimed it.
            outcome: what became of it.
            seconds: how long others are to believe it; 0 or less, or FOUND, lets anybody search again at once.

        Raises:
            StoreError: the database does not answer; the claim ends with its lease.
        """
        mine = (searches.c.key == key) & (searches.c.holder == holder)
        with self._database.write() as connection:
            if outcome.status is SbomStatus.FOUND or seconds <= 0:
                connection.execute(delete(searches).where(mine))
            else:
                until = database_time(connection, dt.timedelta(seconds=seconds))
                values = {"status": outcome.status.value, "detail": outcome.detail[:500], "until": until}
                connection.execute(update(searches).where(mine).values(values))
            # Asked for once, because PostgreSQL takes no index for a time that it looks at again for each row.
            now = select(database_time(connection)).scalar_subquery()
            connection.execute(delete(searches).where(searches.c.until <= now))
