"""Searches for SBOMs, so that all processes together make each search once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete, select, update

from webhook.model.searches import SearchClaim, SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.tables import searches


class SearchRepository:
    """The searches of the database; a row lives as long as its lease, or as its failure is believed.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def begin(self, key: str, holder: str, *, now: dt.datetime, lease_seconds: float) -> SearchClaim | None:
        """Claim a search; None when ``holder`` has it now, else what somebody else is doing, or did a moment ago.

        Args:
            key: what is searched for: the digest of an image, and whose signature its SBOM needs.
            holder: a name that no other process has.
            now: the time; a claim that has ended by then can be taken by anybody.
            lease_seconds: how long to hold it.

        Raises:
            StoreError: the database does not answer.
        """
        values = {
            "holder": holder,
            "until": now + dt.timedelta(seconds=lease_seconds),
            "status": None,
            "detail": "",
        }
        upsert = self._database.upsert(searches).values(key=key, **values)
        take = upsert.on_conflict_do_update(index_elements=["key"], set_=values, where=searches.c.until <= now)
        columns = (searches.c.holder, searches.c.status, searches.c.detail)
        with self._database.write() as connection:
            connection.execute(take)
            row: Any = connection.execute(select(*columns).where(searches.c.key == key)).one()
        if row.holder == holder and row.status is None:
            return None
        if row.status is None:
            return SearchClaim(row.holder, SearchState.RUNNING, SearchOutcome(SbomStatus.REFUSED))
        return SearchClaim(row.holder, SearchState.FAILED, SearchOutcome(SbomStatus(row.status), row.detail))

    @persistent
    def end(self, key: str, holder: str, outcome: SearchOutcome, *, now: dt.datetime, seconds: float) -> None:
        """Say how a search that ``holder`` claimed ended; harmless when the claim was lost meanwhile.

        Args:
            key: what is searched for: the digest of an image, and whose signature its SBOM needs.
            holder: who claimed it.
            outcome: what became of it.
            now: the time.
            seconds: how long others shall believe it; 0 or less, or FOUND, lets anybody search again at once.

        Raises:
            StoreError: the database does not answer; the claim ends with its lease.
        """
        mine = (searches.c.key == key) & (searches.c.holder == holder)
        with self._database.write() as connection:
            if outcome.status is SbomStatus.FOUND or seconds <= 0:
                connection.execute(delete(searches).where(mine))
            else:
                until = now + dt.timedelta(seconds=seconds)
                values = {"status": outcome.status.value, "detail": outcome.detail[:500], "until": until}
                connection.execute(update(searches).where(mine).values(values))
            connection.execute(delete(searches).where(searches.c.until <= now))
