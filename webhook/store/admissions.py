"""Admissions: what the tags of objects stood for when they were admitted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import case, delete, select

from webhook.model.images import Digest
from webhook.model.records import AdmittedImage
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.queries import among
from webhook.store.tables import admissions as table


class AdmissionRepository:
    """The admissions of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def record(self, images: Sequence[AdmittedImage]) -> None:
        """Remember a batch; of equal ones the latest time stays.

        Raises:
            StoreError: none of them was kept.
        """
        latest = {(image.uid, image.name, image.digest): image for image in sorted(images, key=lambda image: image.at)}
        if not latest:
            return
        upsert = self._database.upsert(table)
        new = upsert.excluded.noted_at
        merged = upsert.on_conflict_do_update(
            index_elements=["uid", "name", "digest"],
            set_={"noted_at": case((new > table.c.noted_at, new), else_=table.c.noted_at)},
        )
        # Sorted, so that two replicas cannot wait for each other's rows.
        rows = [
            {"uid": image.uid, "name": image.name, "digest": str(image.digest), "noted_at": image.at}
            for _, image in sorted(latest.items())
        ]
        with self._database.write() as connection:
            connection.execute(merged, rows)

    def find(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """What is remembered of some tagged names under these UIDs, oldest first.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            query = select(table.c.uid, table.c.name, table.c.digest, table.c.noted_at).where(
                among(connection, table.c.uid, list(uids)), among(connection, table.c.name, list(names))
            )
            rows = connection.execute(query.order_by(table.c.noted_at, table.c.digest)).all()
        return [AdmittedImage(uid, name, Digest(digest), at) for uid, name, digest, at in rows]

    @persistent
    def prune(self, before: dt.datetime) -> int:
        """Forget what was last noted before a moment; how many there were.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.write() as connection:
            return connection.execute(delete(table).where(table.c.noted_at < before)).rowcount
