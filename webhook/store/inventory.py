"""What ran in the cluster at the last audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from webhook.model.actions import Action
from webhook.model.inventory import InventoriedImage, InventoriedWorkload, RunningInventory
from webhook.model.policies import Mode
from webhook.store.bulk import insert_rows
from webhook.store.database import Database
from webhook.store.interruptions import persistent, tried_twice
from webhook.store.queries import among, raw_rows
from webhook.store.tables.workloads import inventories
from webhook.store.tables.workloads import running_workloads as table
from webhook.store.values import clean, to_json

_NAMES = ("uid", "namespace", "api_version", "kind", "name", "pods", "mode", "action", "reason", "images")
_IMAGES = msgspec.json.Decoder(tuple[InventoriedImage, ...], dec_hook=lambda kind, value: kind(value))  # digests
_Row = tuple[Any, ...]


class InventoryRepository:
    """The inventory of the database; implements ``InventoryStore``.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def replace(self, workloads: Sequence[InventoriedWorkload], *, taken_at: dt.datetime, revision: int) -> None:
        """Keep what runs now in place of what ran before; only what differs is written.

        Raises:
            StoreError: nothing was changed.
        """
        rows = {row[0]: row for row in map(_row, workloads)}
        with self._database.write() as connection:
            there = _rows(connection)
            changed = [uid for uid, row in rows.items() if there.get(uid) != row]
            gone = [uid for uid in there if uid not in rows]
            if old := [*(uid for uid in changed if uid in there), *gone]:
                connection.execute(delete(table).where(among(connection, table.c.uid, old)))
            if changed:
                insert_rows(connection, table, [dict(zip(_NAMES, rows[uid], strict=True)) for uid in changed])
            values = {"id": 1, "taken_at": taken_at, "revision": revision}
            insert = self._database.upsert(inventories).values(values)
            now = {name: insert.excluded[name] for name in ("taken_at", "revision")}
            connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=now))

    @tried_twice
    def taken_at(self) -> dt.datetime | None:
        """When it was last kept; None when it never was.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return connection.execute(select(inventories.c.taken_at)).scalar_one_or_none()

    @tried_twice
    def load(self) -> RunningInventory | None:
        """What was kept; None when nothing ever was.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            taken: Any = connection.execute(select(inventories.c.taken_at, inventories.c.revision)).one_or_none()
            if taken is None:
                return None
            workloads = [_workload(row) for row in _rows(connection).values()]
        workloads.sort(key=lambda workload: (workload.namespace, workload.kind, workload.name, workload.uid))
        return RunningInventory(taken.taken_at, taken.revision, tuple(workloads))


def _rows(connection: Connection) -> dict[str, _Row]:
    query = select(*(table.c[name] for name in _NAMES))
    return {row[0]: tuple(row) for portion in raw_rows(connection, query) for row in portion}


def _row(one: InventoriedWorkload) -> _Row:
    texts = (one.uid, one.namespace, one.api_version, one.kind, one.name)
    mode = None if one.mode is None else one.mode.value
    return (*map(clean, texts), one.pods, mode, one.action.word, clean(one.reason), clean(to_json(one.images)))


def _workload(row: _Row) -> InventoriedWorkload:
    uid, namespace, api_version, kind, name, pods, mode, action, reason, images = row
    return InventoriedWorkload(
        uid,
        namespace,
        api_version,
        kind,
        name,
        pods,
        None if mode is None else Mode(mode),
        Action[action.upper()],
        reason,
        _IMAGES.decode(images),
    )
