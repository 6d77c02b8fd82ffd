"""Documents: the bytes of SBOMs, compressed, so that a better reader can read them again.

They are the verified payload, without the envelope that a signature needs. They are written beside the SBOMs, in a
transaction that raises no revision, because no decision depends on them and no read model has them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, literal, select

from webhook.model.records import DocumentCounts, KeptDocument
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.queries import among
from webhook.store.tables.sboms import documents as table
from webhook.store.tables.sboms import sboms

if TYPE_CHECKING:
    from webhook.model.components import Sbom
    from webhook.ports import Clock
    from webhook.store.options import DocumentOptions

_SETTLED = dt.timedelta(hours=1)
"""A document is written a moment before the SBOM that names it."""


class DocumentRepository:
    """The documents of the database.

    Args:
        database: where they are.
        clock: time, for when a document was stored.
        options: which are kept.
    """

    def __init__(self, database: Database, clock: Clock, options: DocumentOptions) -> None:
        self._database, self._clock, self._options = database, clock, options

    def keep(self, found: Sequence[Sbom]) -> None:
        """Keep the documents of SBOMs, unless they are there; of one that is too large only its size.

        Args:
            found: as parsed; those without a document are left out.

        Raises:
            StoreError: none was kept.
        """
        wanted = {sbom.document_digest: sbom.document for sbom in found if sbom.document}
        if not wanted or not self._options.keep_documents:
            return
        limit = self._options.document_bytes
        with self._database.read() as connection:
            query = select(table.c.digest, table.c.payload.is_(None)).where(
                among(connection, table.c.digest, list(wanted))
            )
            too_large: dict[str, bool] = {key: bool(empty) for key, empty in connection.execute(query)}
        # One that was too large is looked at again: the limit may have been raised.
        missing = [
            key for key, data in wanted.items() if key not in too_large or (too_large[key] and len(data) <= limit)
        ]
        rows = [
            {
                "digest": key,
                "payload": zlib.compress(wanted[key]) if len(wanted[key]) <= limit else None,
                "size": len(wanted[key]),
                "stored_at": self._clock.now(),
            }
            for key in sorted(missing)
        ]
        if not rows:
            return
        upsert = self._database.upsert(table)
        again = upsert.on_conflict_do_update(index_elements=["digest"], set_={"payload": upsert.excluded.payload})
        with self._database.write() as connection:
            connection.execute(again, rows)

    @persistent
    def find(self, document_digest: str) -> KeptDocument | None:
        """A document; None when it was never kept, or is there no more.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(table.c.payload, table.c.size, table.c.stored_at).where(table.c.digest == document_digest)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        payload, size, stored_at = row
        data = None if payload is None else _expanded(payload, size)
        if data is not None and f"sha256:{hashlib.sha256(data).hexdigest()}" != document_digest:
            data = None  # damaged: as good as none
        return KeptDocument(document_digest, data, size, stored_at)

    @persistent
    def counts(self) -> DocumentCounts:
        """How many there are, and what room they take.

        Raises:
            StoreError: the database does not answer.
        """
        room = func.coalesce(func.sum(func.length(table.c.payload)), 0)
        with self._database.read() as connection:
            kept, bytes_used = connection.execute(select(func.count(table.c.payload), room)).one()
            everything = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return DocumentCounts(int(kept), int(everything) - int(kept), int(bytes_used))

    @persistent
    def purge(self, most: int, after: str = "") -> tuple[int, str]:
        """Look at some documents, and remove those that no SBOM names any more, or all when none are to be kept.

        Args:
            most: documents that are looked at, so that nobody waits long for the lock.
            after: the digest behind which to go on; empty begins.

        Returns:
            How many were removed, and the last one that was looked at; empty at the end.

        Raises:
            StoreError: the database does not answer; nothing was removed.
        """
        settled = table.c.stored_at < self._clock.now() - _SETTLED
        unnamed = settled & ~exists().where(sboms.c.document_digest == table.c.digest)
        query = select(table.c.digest, literal(True) if not self._options.keep_documents else unnamed)
        query = query.where(table.c.digest > after).order_by(table.c.digest).limit(most)
        with self._database.read() as connection:
            looked_at = [(digest, bool(goes)) for digest, goes in connection.execute(query)]
        last = looked_at[-1][0] if len(looked_at) == most else ""
        gone = [digest for digest, goes in looked_at if goes]
        if not gone:
            return 0, last
        with self._database.write() as connection:
            removed = delete(table).where(among(connection, table.c.digest, gone))
            if self._options.keep_documents:
                removed = removed.where(unnamed)  # an SBOM may have come meanwhile
            return connection.execute(removed).rowcount, last


def _expanded(payload: bytes, size: int) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(payload, size + 1)
    except zlib.error:
        return None
