"""The board: every known image and every running workload with its verdict now, by the judge that admission has.

It is recreated when the read model or the inventory changed, or when time changed a verdict, in a separate thread;
callers meanwhile get the former one.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from cachetools import LRUCache

from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.catalog import Catalog, Catalogs
from webhook.engines.triage.whereabouts import Whereabouts
from webhook.errors import InvalidInput
from webhook.model.actions import Action, worst
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.inventory import InventoriedImage, InventoriedWorkload, RunningInventory
from webhook.model.policies import Policy
from webhook.model.verdicts import Verdict
from webhook.policy.modes import enforced
from webhook.ports import Clock, InventoryStore

NAMELESS = "image"
"""The repository of an image of which only the digest is known."""
_PERIOD_SECONDS = 60.0
_MOST_NARROW = 16


@dataclass(frozen=True, slots=True)
class JudgedImage:
    """An image of a workload with its verdict now.

    Attributes:
        image: as the audit saw it.
        action: what is asked for: of the verdict, or of the audit where no SBOM is known.
        verdict: None where no SBOM is known.
    """

    image: InventoriedImage
    action: Action
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class JudgedWorkload:
    """A running workload with its verdict now.

    Attributes:
        workload: as the audit saw it.
        action: what a new Pod of it would get in the mode of its namespace.
        verdict: the worst of its images, whatever the mode makes of it.
        images: each one.
    """

    workload: InventoriedWorkload
    action: Action
    verdict: Action
    images: tuple[JudgedImage, ...]


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image with an SBOM.

    Attributes:
        digest: of the image.
        names: tagged names, sorted.
        verdict: as for no namespace.
        workloads: places, in the board, of the workloads that run it.
    """

    digest: Digest
    names: tuple[str, ...]
    verdict: Verdict
    workloads: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """Its first name, or its digest."""
        return self.names[0] if self.names else str(self.digest)


@dataclass(frozen=True)
class Board:
    """One moment.

    Attributes:
        generation: of the read model.
        taken_at: when the cluster was last audited; None without a cluster.
        where: which images contain a component.
        catalog: the vulnerabilities.
        images: sorted by title and digest.
        workloads: sorted by namespace, kind and name.
        valid_until: when time alone changes a verdict; None means never.
        limits: the namespaces that it is about; None: the whole cluster, and what does not run.
    """

    generation: int
    taken_at: dt.datetime | None
    where: Whereabouts
    catalog: Catalog
    images: tuple[KnownImage, ...]
    workloads: tuple[JudgedWorkload, ...]
    valid_until: dt.datetime | None = None
    limits: frozenset[str] | None = None

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
            known = self._vulnerable[namespace] = frozenset(self.where.in_some(self.catalog.found, places))
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
        return replace(left, images=images, where=self.where.among(digests))

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
        self._where = Whereabouts(())
        self._looked = float("-inf")
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
                        self._now = board = replace(board, catalog=catalog)
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
        generation, contents, names = self._model.generation, self._model.contents(), self._model.names()
        if not self._where.is_of(contents):
            self._where = Whereabouts(contents)
        judge = judge_of(self._checker)
        workloads = () if self._known is None else self._known.workloads
        judged = tuple(judged_workload(workload, judge, self._policy) for workload in workloads)
        board = Board(generation, taken_at, self._where, catalog, (), judged)
        images = []
        for digest, _ in contents:
            shown = tuple(sorted(names.get(digest, ())))
            verdict = judge(reference(shown[0] if shown else "", digest), digest, "")
            if verdict is not None:
                images.append(KnownImage(digest, shown, verdict, board.running.get(digest, ())))
        images.sort(key=lambda image: (image.title, image.digest))
        moments = [image.verdict.valid_until for image in images]
        moments += [
            image.verdict.valid_until for workload in judged for image in workload.images if image.verdict is not None
        ]
        until = min((moment for moment in moments if moment is not None), default=None)
        return Board(generation, taken_at, self._where, catalog, tuple(images), judged, until)


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


Judging = Callable[[ImageRef, Digest, str], Verdict | None]
"""Image, digest and namespace → the verdict from memory; None where no SBOM is known."""


def judge_of(checker: ImageChecker) -> Judging:
    """Judges by what is in memory."""
    return checker.known


def judged_workload(one: InventoriedWorkload, judge: Judging, policy: Policy) -> JudgedWorkload:
    """A workload as it would be judged now."""
    if not one.is_judged or one.mode is None:
        unseen = tuple(JudgedImage(image, Action.ALLOW, None) for image in one.images)
        return JudgedWorkload(one, Action.ALLOW, Action.ALLOW, unseen)
    images = tuple(_judged_image(image, one.namespace, judge) for image in one.images)
    verdict = worst(image.action for image in images)
    return JudgedWorkload(one, enforced(verdict, "Pod", one.mode, policy), verdict, images)


def _judged_image(image: InventoriedImage, namespace: str, judge: Judging) -> JudgedImage:
    verdict = None
    if image.digest is not None:
        verdict = judge(reference(image.reference, image.digest), image.digest, namespace)
    return JudgedImage(image, image.action if verdict is None else verdict.action, verdict)


def reference(name: str, digest: Digest) -> ImageRef:
    """The reference to judge an image by: one of its names with the digest."""
    try:
        return parse_image(name if "@" in name else f"{name or NAMELESS}@{digest}")
    except InvalidInput:
        return parse_image(f"{NAMELESS}@{digest}")
