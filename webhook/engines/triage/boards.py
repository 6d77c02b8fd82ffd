"""Boards: made again, in a thread, when the read model or the inventory changed, or when time changed a verdict.

Callers meanwhile get the former one. Only what may have got another verdict is judged again (:class:`Basis`).
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from cachetools import LRUCache

from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.basis import Basis
from webhook.engines.triage.board import Board, by_title
from webhook.engines.triage.catalog import Catalog
from webhook.engines.triage.catalogs import Catalogs
from webhook.engines.triage.judged import (
    FormerVerdicts,
    Judging,
    KnownImage,
    judge_of,
    judged_workload,
    reference,
    unjudged,
)
from webhook.model.inventory import RunningInventory
from webhook.model.policies import Policy
from webhook.ports import Clock, InventoryStore

_MOST_NARROW = 16


class Boards:
    """Makes boards.

    Args:
        model: what is known.
        catalogs: the vulnerabilities, judged.
        checker: judges images.
        policy: what a mode makes of a verdict.
        inventory: what runs.
        clock: time.
        judges: whether its boards have verdicts; else nothing is known from these but where everything is.

    Attributes:
        limits: of its boards, which are about everything.
    """

    limits: frozenset[str] | None = None

    def __init__(
        self,
        model: ReadModel,
        catalogs: Catalogs,
        checker: ImageChecker,
        policy: Policy,
        inventory: InventoryStore,
        clock: Clock,
        *,
        judges: bool = True,
    ) -> None:
        self._judges = judges
        self._model, self._catalogs, self._checker, self._policy = model, catalogs, checker, policy
        self._inventory, self._clock = inventory, clock
        self._one_at_a_time, self._narrow_lock = threading.Lock(), threading.Lock()
        self._narrow = LRUCache[frozenset[str], tuple[Board, Board]](_MOST_NARROW)
        self._known: RunningInventory | None = None
        self._now: Board | None = None

    def now(self) -> Board:
        """The newest board; the first one is waited for."""
        return self._now or self.refresh()

    @property
    def latest(self) -> Board | None:
        """The newest board; None before the first one."""
        return self._now

    def refresh(self, *, inventory: bool = True) -> Board:
        """The board as of now.

        Args:
            inventory: also look whether another inventory was taken.

        Raises:
            StoreError: the store did not answer; the former board stays.
        """
        with self._one_at_a_time:
            if inventory or self._now is None:
                self._load()
            board, catalog = self._now, self._catalogs.refresh()
            taken_at = None if self._known is None else self._known.taken_at
            if board is not None and board.generation == self._model.generation and board.taken_at == taken_at:
                until = board.valid_until
                if until is None or self._clock.now() < until:
                    if board.catalog is not catalog:
                        self._now = board = replace(board, basis=replace(board.basis, catalog=catalog)).warm()
                    return board
            self._now = board = self._made(taken_at, catalog)
            return board

    def within(self, namespaces: frozenset[str]) -> NarrowBoards:
        """Boards of some namespaces only."""
        return NarrowBoards(self, namespaces)

    def narrowed(self, namespaces: frozenset[str]) -> Board:
        """The newest board, as it is for some namespaces only; remembered."""
        board = self.now()
        with self._narrow_lock:
            known = self._narrow.get(namespaces)
            if known is None or known[0] is not board:
                known = self._narrow[namespaces] = (board, board.within(namespaces, judge_of(self._checker)))
            return known[1]

    def _load(self) -> None:
        taken_at = self._inventory.taken_at()
        if taken_at is not None and (self._known is None or self._known.taken_at != taken_at):
            self._known = self._inventory.load()

    def _made(self, taken_at: dt.datetime | None, catalog: Catalog) -> Board:
        before = self._now
        basis = Basis.of(self._model, catalog, self._checker, None if before is None else before.basis)
        changed = None if before is None else basis.changed_since(before.basis)
        former = FormerVerdicts({}, (), set(), self._clock.now())
        if before is not None and changed is not None:
            former = FormerVerdicts(before.by_digest, before.workloads, changed, self._clock.now())
        judge = judge_of(self._checker) if self._judges else unjudged
        workloads = () if self._known is None else self._known.workloads
        judged = tuple(
            former.workload(workload) or judged_workload(workload, judge, self._policy) for workload in workloads
        )
        # Of the generation of the catalog, which tells what has changed: the model may be further by now.
        board = Board(catalog.generation, taken_at, basis, (), judged)
        if before is not None and taken_at == before.taken_at and basis.is_about_the_same(before.basis):
            images = list(_judged_again(before.images, former, judge))
            return board.completed(images, before).warm()
        images = list(_judged_images(board, former, judge))
        images.sort(key=by_title)
        return board.completed(images).warm()


def _judged_images(board: Board, former: FormerVerdicts, judge: Judging) -> Iterator[KnownImage]:
    """The images of a board that has none yet."""
    for digest in board.where.digests:
        names, runs_as = board.basis.names.get(digest, ()), board.called.get(digest, ())
        image = reference(next(iter((*names, *runs_as)), ""), digest)  # by the name that it is shown with
        verdict = former.verdict(digest, image) or judge(image, digest, "")
        if verdict is not None:
            yield KnownImage(digest, names, verdict, board.running.get(digest, ()), runs_as)


def _judged_again(images: Iterable[KnownImage], former: FormerVerdicts, judge: Judging) -> Iterator[KnownImage]:
    """The same images, those among them with another verdict that have to be judged."""
    for image in images:
        named = image.verdict.image
        if former.verdict(image.digest, named) is not None:
            yield image
        elif (verdict := judge(named, image.digest, "")) is not None:
            yield replace(image, verdict=verdict)


@dataclass(frozen=True, slots=True)
class NarrowBoards:
    """Boards for those who may see some namespaces only.

    Attributes:
        whole: boards of everything.
        limits: the namespaces that may be seen.
    """

    whole: Boards
    limits: frozenset[str]

    def now(self) -> Board:
        """The newest board."""
        return self.whole.narrowed(self.limits)

    def refresh(self, *, inventory: bool = True) -> Board:
        """The board as of now.

        Raises:
            StoreError: the store did not answer; the former board stays.
        """
        self.whole.refresh(inventory=inventory)
        return self.now()


class BoardSource(Protocol):
    """Gives boards: of everything, or of some namespaces only."""

    @property
    def limits(self) -> frozenset[str] | None:
        """The namespaces that its boards are about; None: everything."""

    def now(self) -> Board:
        """The newest board."""

    def refresh(self, *, inventory: bool = True) -> Board:
        """The board as of now; raises StoreError when the store did not answer."""
