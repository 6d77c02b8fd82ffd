"""The board: every known image and every running workload with its verdict now, by the judge that admission has.

It is made again when the read model or the inventory changed, or when time changed a verdict, in a separate thread;
callers meanwhile get the former one. Only what may have got another verdict is judged again (:class:`Basis`).
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from cachetools import LRUCache

from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.basis import Basis
from webhook.engines.triage.catalog import Catalog, Catalogs
from webhook.engines.triage.judged import JudgedWorkload, KnownImage, judge_of, judged_workload, reference
from webhook.engines.triage.whereabouts import Whereabouts
from webhook.model.images import Digest
from webhook.model.inventory import InventoriedWorkload, RunningInventory
from webhook.model.policies import Policy
from webhook.model.verdicts import Verdict
from webhook.ports import Clock, InventoryStore

_MOST_NARROW = 16


@dataclass(frozen=True)
class Board:
    """One moment.

    Attributes:
        generation: of the read model.
        taken_at: when the cluster was last audited; None without a cluster.
        basis: what the verdicts came from.
        images: sorted by title and digest.
        workloads: sorted by namespace, kind and name.
        valid_until: when time alone changes a verdict; None means never.
        limits: the namespaces that it is about; None: the whole cluster, and what does not run.
    """

    generation: int
    taken_at: dt.datetime | None
    basis: Basis
    images: tuple[KnownImage, ...]
    workloads: tuple[JudgedWorkload, ...]
    valid_until: dt.datetime | None = None
    limits: frozenset[str] | None = None

    @property
    def where(self) -> Whereabouts:
        """Which images contain a component."""
        return self.basis.where

    @property
    def catalog(self) -> Catalog:
        """The vulnerabilities."""
        return self.basis.catalog

    @cached_property
    def by_digest(self) -> Mapping[Digest, KnownImage]:
        """The images by digest."""
        return {image.digest: image for image in self.images}

    @cached_property
    def running(self) -> Mapping[Digest, tuple[int, ...]]:
        """The places of the workloads that run an image, by its digest."""
        found: dict[Digest, list[int]] = {}
        for place, workload in enumerate(self.workloads):
            for digest in {image.image.digest for image in workload.images if image.image.digest is not None}:
                found.setdefault(digest, []).append(place)
        return {digest: tuple(places) for digest, places in found.items()}

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces in which something runs, sorted."""
        return tuple(
            sorted({workload.workload.namespace for workload in self.workloads if workload.workload.namespace})
        )

    def vulnerable_in(self, namespace: str | None = None) -> frozenset[int]:
        """Numbers of the vulnerable components that run, in one namespace or in any; remembered."""
        known = self._vulnerable.get(namespace)
        if known is None:
            digests = self.digests_in(namespace)
            places = {place for place, digest in enumerate(self.where.digests) if digest in digests}
            known = self._vulnerable[namespace] = frozenset(self.where.in_some(self.catalog.affected.found, places))
        return known

    @cached_property
    def _vulnerable(self) -> dict[str | None, frozenset[int]]:
        return {}

    @property
    def seen(self) -> frozenset[int] | None:
        """Numbers of the vulnerable components that it is about; None where it is about all."""
        return None if self.limits is None else self.vulnerable_in()

    def within(self, namespaces: frozenset[str]) -> Board:
        """What is left of it for those who may see some namespaces only: what runs there, counts included."""
        workloads = tuple(each for each in self.workloads if each.workload.namespace in namespaces)
        left = replace(self, workloads=workloads, images=(), limits=namespaces)
        digests = left.digests_in()
        images = tuple(
            replace(image, workloads=left.running[image.digest]) for image in self.images if image.digest in digests
        )
        basis = replace(self.basis, where=self.where.among(digests))
        return replace(left, images=images, basis=basis)

    def digests_in(self, namespace: str | None = None) -> set[Digest]:
        """The images that run, in one namespace or in any."""
        return {
            image.image.digest
            for workload in self.workloads
            if namespace is None or workload.workload.namespace == namespace
            for image in workload.images
            if image.image.digest is not None
        }


class Boards:
    """Makes boards.

    Args:
        model: what is known.
        catalogs: the vulnerabilities, judged.
        checker: judges images.
        policy: what a mode makes of a verdict.
        inventory: what runs.
        clock: time.
    """

    def __init__(
        self,
        model: ReadModel,
        catalogs: Catalogs,
        checker: ImageChecker,
        policy: Policy,
        inventory: InventoryStore,
        clock: Clock,
    ) -> None:
        self._model, self._catalogs, self._checker, self._policy = model, catalogs, checker, policy
        self._inventory, self._clock = inventory, clock
        self._one_at_a_time, self._narrow_lock = threading.Lock(), threading.Lock()
        self._narrow = LRUCache[frozenset[str], tuple[Board, Board]](_MOST_NARROW)
        self._known: RunningInventory | None = None
        self._now: Board | None = None

    def now(self) -> Board:
        """The newest board; the first one is waited for."""
        return self._now or self.refresh()

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
                        self._now = board = replace(board, basis=replace(board.basis, catalog=catalog))
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
                known = self._narrow[namespaces] = (board, board.within(namespaces))
            return known[1]

    def _load(self) -> None:
        taken_at = self._inventory.taken_at()
        if taken_at is not None and (self._known is None or self._known.taken_at != taken_at):
            self._known = self._inventory.load()

    def _made(self, taken_at: dt.datetime | None, catalog: Catalog) -> Board:
        before, generation = self._now, self._model.generation
        basis = Basis.of(self._model, catalog, self._checker, None if before is None else before.basis)
        former = _Former(before, basis, self._clock.now())
        judge = judge_of(self._checker)
        workloads = () if self._known is None else self._known.workloads
        judged = tuple(
            former.workload(workload) or judged_workload(workload, judge, self._policy) for workload in workloads
        )
        board = Board(generation, taken_at, basis, (), judged)
        images = []
        for digest in basis.where.digests:
            verdict = former.verdict(digest)
            names = basis.names.get(digest, ())
            if verdict is None:
                verdict = judge(reference(names[0] if names else "", digest), digest, "")
            if verdict is not None:
                images.append(KnownImage(digest, names, verdict, board.running.get(digest, ())))
        images.sort(key=lambda image: (image.title, image.digest))
        moments = [image.verdict.valid_until for image in images]
        moments += [
            image.verdict.valid_until for workload in judged for image in workload.images if image.verdict is not None
        ]
        until = min((moment for moment in moments if moment is not None), default=None)
        return Board(generation, taken_at, basis, tuple(images), judged, until)


class _Former:
    """The verdicts of a former board that still hold.

    Args:
        board: the former one; None when there was none.
        basis: what is known now.
        now: UTC, aware.
    """

    def __init__(self, board: Board | None, basis: Basis, now: dt.datetime) -> None:
        changed = None if board is None else basis.changed_since(board.basis)
        self._changed, self._now = changed or (), now
        self._images: Mapping[Digest, KnownImage] = {}
        self._workloads: Mapping[str, JudgedWorkload] = {}
        if board is not None and changed is not None:
            self._images = board.by_digest
            self._workloads = {judged.workload.uid: judged for judged in board.workloads}

    def verdict(self, digest: Digest) -> Verdict | None:
        """The verdict about an image; None when it has to be judged."""
        known = self._images.get(digest)
        return known.verdict if known is not None and self._holds(digest, known.verdict) else None

    def workload(self, workload: InventoriedWorkload) -> JudgedWorkload | None:
        """The verdict about a workload that is as it was; None when it has to be judged."""
        known = self._workloads.get(workload.uid)
        if known is None or known.workload != workload:
            return None
        holds = all(self._holds(image.image.digest, image.verdict) for image in known.images)
        return known if holds else None

    def _holds(self, digest: Digest | None, verdict: Verdict | None) -> bool:
        if digest in self._changed:
            return False
        until = None if verdict is None else verdict.valid_until
        return until is None or self._now < until


@dataclass(frozen=True, slots=True)
class NarrowBoards:
    """Boards for those who may see some namespaces only.

    Attributes:
        whole: boards of everything.
        namespaces: that may be seen.
    """

    whole: Boards
    namespaces: frozenset[str]

    def now(self) -> Board:
        """The newest board."""
        return self.whole.narrowed(self.namespaces)

    def refresh(self, *, inventory: bool = True) -> Board:
        """The board as of now.

        Raises:
            StoreError: the store did not answer; the former board stays.
        """
        self.whole.refresh(inventory=inventory)
        return self.now()


class BoardSource(Protocol):
    """Gives boards: of everything, or of some namespaces only."""

    def now(self) -> Board:
        """The newest board."""

    def refresh(self, *, inventory: bool = True) -> Board:
        """The board as of now; raises StoreError when the store did not answer."""
