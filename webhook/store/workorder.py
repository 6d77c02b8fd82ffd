"""What the downloader is to ask for, in order: computed from packed arrays, so that a million components fit."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from sqlalchemy import Connection, func, select

from webhook.model.changes import UINT32
from webhook.model.components import ComponentState
from webhook.model.downloads import WantedComponent
from webhook.policy.workorder import components_of, positions, urgencies
from webhook.store.componentids import IdHints, known_purls
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.queries import raw_rows
from webhook.store.tables.components import components
from webhook.store.tables.sboms import readings, sboms, tags
from webhook.store.tables.workloads import sightings
from webhook.store.values import unpack

_PAGE = 2000


class WantedComponents(Sequence[WantedComponent]):
    """Components in the order of work; eight bytes each, and their purls are read as they are asked for.

    Args:
        database: where the purls are.
        order: their positions, sorted; see :mod:`webhook.policy.workorder`.
        hints: learns the ids.
    """

    def __init__(self, database: Database, order: array[int], hints: IdHints) -> None:
        self._database, self._order, self._hints = database, order, hints

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> WantedComponent: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[WantedComponent]: ...
    def __getitem__(self, index: int | slice) -> WantedComponent | Sequence[WantedComponent]:
        if isinstance(index, slice):
            return self._page(self._order[index])
        return self._page(array("Q", [self._order[index]]))[0]

    def __iter__(self) -> Iterator[WantedComponent]:
        for start in range(0, len(self._order), _PAGE):
            yield from self._page(self._order[start : start + _PAGE])

    @persistent
    def _page(self, order: array[int]) -> list[WantedComponent]:
        numbers = components_of(order)
        with self._database.read() as connection:
            purls = known_purls(connection, numbers)
        self._hints.learn({purl: number for number, purl in purls.items()})
        parts = zip(numbers, urgencies(order), strict=True)
        # One that was deleted meanwhile, because no SBOM names it any more, needs no answer.
        return [WantedComponent(purls[number], *urgency) for number, urgency in parts if number in purls]


def wanted(database: Database, answered_before: dt.datetime, hints: IdHints) -> WantedComponents:
    """Covered components that were not asked for since a moment, in the order of work."""
    with database.read() as connection:
        size = connection.execute(select(func.max(components.c.id))).scalar()
        used, seen = _count_images(connection, 0 if size is None else size + 1)
        order = _positions(connection, int(answered_before.timestamp()), used, seen)
    return WantedComponents(database, array("Q", sorted(order)), hints)


def _positions(connection: Connection, latest: int, used: array[int], seen: bytearray) -> array[int]:
    query = select(components.c.id, components.c.answered_at).where(
        components.c.state != ComponentState.NOT_COVERED,
        components.c.answered_at <= latest,
        components.c.asked_at <= latest,
    )
    order = array("Q")
    for portion in raw_rows(connection, query):
        order.extend(positions(portion, used, seen))
    return order


def _count_images(connection: Connection, size: int) -> tuple[array[int], bytearray]:
    """For each component: how many images contain it, and whether one of them was seen."""
    used, seen = array(UINT32, bytes(4 * size)), bytearray(size)
    digests = _seen_digests(connection)
    for digest, ids in images(connection):
        for number in ids:
            used[number] += 1
        if digest in digests:
            for number in ids:
                seen[number] = 1
    # What a newer reader reads in the same documents waits for answers.
    for digest, packed in connection.execute(select(readings.c.digest, readings.c.component_ids)):
        for number in unpack(packed):
            used[number] = used[number] or 1
            seen[number] = seen[number] or digest in digests
    return used, seen


def images(connection: Connection) -> Iterator[tuple[str, Sequence[int]]]:
    """Each image's digest with the ids of its components, those of all its SBOMs together, without repetition."""
    query = select(sboms.c.digest, sboms.c.component_ids).order_by(sboms.c.digest)
    last: str | None = None
    ids: Sequence[int] = ()
    for portion in raw_rows(connection, query):
        for digest, packed in portion:
            if digest == last:
                ids = list({*ids, *unpack(packed)})
                continue
            if last is not None:
                yield last, ids
            last, ids = digest, unpack(packed)
    if last is not None:
        yield last, ids


def _seen_digests(connection: Connection) -> set[str]:
    """Digests that were seen, and those that tags seen without a digest point at."""
    direct = select(sightings.c.digest).where(sightings.c.digest != "")
    by_tag = select(tags.c.digest).join(sightings, sightings.c.name == tags.c.name).where(sightings.c.digest == "")
    return {digest for (digest,) in connection.execute(direct.union(by_tag))}
