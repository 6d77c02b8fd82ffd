"""Admissions: what the tags of objects stood for when they were admitted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import and_, case, delete, func, or_, select

from webhook.model.images import Digest
from webhook.model.records import AdmittedImage
from webhook.policy.admissions import later
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.queries import among
from webhook.store.tables.workloads import admissions as table


class AdmissionRepository:
    """The admissions of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def record(self, images: Sequence[AdmittedImage]) -> None:
        """Remember a batch; of those of one tag and digest that of the latest write stays, and of one write the first.

        Raises:
            StoreError: none of them was kept.
        """
        latest: dict[tuple[str, str, Digest], AdmittedImage] = {}
        for image in images:
            key = (image.uid, image.name, image.digest)
            latest[key] = later(latest.get(key, image), image)
        if not latest:
            return
        upsert = self._database.upsert(table)
        new, there = upsert.excluded, table.c
        new_write = func.coalesce(new.written_at, new.noted_at)
        write = func.coalesce(there.written_at, there.noted_at)
        replaces = or_(new_write > write, and_(new_write == write, new.noted_at < there.noted_at))
        merged = upsert.on_conflict_do_update(
            index_elements=["uid", "name", "digest"],
            set_={
                "noted_at": case((replaces, new.noted_at), else_=there.noted_at),
                "written_at": case((replaces, new.written_at), else_=there.written_at),
            },
        )
        # Sorted, so that two replicas cannot wait for each other's rows.
        rows = [
            {
                "uid": image.uid,
                "name": image.name,
                "digest": str(image.digest),
                "noted_at": image.at,
                "written_at": image.written,
            }
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
            query = select(table.c.uid, table.c.name, table.c.digest, table.c.noted_at, table.c.written_at).where(
                among(connection, table.c.uid, list(uids)), among(connection, table.c.name, list(names))
            )
            rows = connection.execute(query.order_by(table.c.noted_at, table.c.digest)).all()
        return [AdmittedImage(uid, name, Digest(digest), at, written) for uid, name, digest, at, written in rows]

    @persistent
    def prune(self, before: dt.datetime) -> int:
        """Forget what was last noted before a moment; how many there were.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.write() as connection:
            return connection.execute(delete(table).where(table.c.noted_at < before)).rowcount
