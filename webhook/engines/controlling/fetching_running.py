"""Fetching for what runs: notes which images run, and searches for the SBOMs of those that have none.

An image that ran before bomgate was installed was never seen at admission; here it gets its SBOM, and its components
come to the front of the downloader's work.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from webhook.engines.checking.images import ImageChecker
from webhook.engines.controlling.options import ControllerOptions
from webhook.engines.readmodel import ReadModel
from webhook.engines.refreshing import Refresher
from webhook.errors import BomgateError, InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.records import Sighting
from webhook.model.running import RunningWorkload
from webhook.ports import Background, Clock, RunningWorkloads, SightingStore, Task

log = logging.getLogger("bomgate.inventory")

_NOTED_SECONDS = 3600.0
"""For how long an image that runs on is not noted again: a busy cluster would cost a write an image each pass."""
_FIRST_PAUSE, _LONGEST_PAUSE = 900.0, 6 * 3600.0
"""For how long an image without an SBOM is not searched for again: at first, and at most. Registries count requests,
and an image that has none today mostly has none tomorrow; at admission it is searched for at once."""
_AT_ONCE = 500
"""Sightings that are written in one transaction."""


@dataclass(frozen=True, slots=True)
class InventoryParts:
    """What the duty works with.

    Attributes:
        running: what runs.
        checker: resolves tags and searches for SBOMs, as at admission.
        background: a few threads, none of which the checker uses itself.
        sightings: where images are noted.
        model: what is known.
        refresher: keeps that up to date.
        clock: time.
        pull_secrets: whether workloads' pull secrets are used.
    """

    running: RunningWorkloads
    checker: ImageChecker
    background: Background
    sightings: SightingStore
    model: ReadModel
    refresher: Refresher
    clock: Clock
    pull_secrets: bool = False


@dataclass(frozen=True, slots=True)
class _Running:
    """An image that runs, and with whose credentials it was pulled."""

    image: ImageRef
    namespace: str
    access: PullAccess


@dataclass(frozen=True, slots=True)
class _Tried:
    """A search that found nothing: when the next one is due, on the monotonic clock, and how long that is."""

    until: float
    pause: float


class InventoryDuty:
    """Keeps up with what runs; a ``Duty``.

    Args:
        parts: see :class:`InventoryParts`.
        options: how often, and how long.
    """

    name = "inventory"

    def __init__(self, parts: InventoryParts, options: ControllerOptions) -> None:
        self._parts, self._options = parts, options
        self._noted: dict[tuple[str, Digest | None], float] = {}
        self._tried: dict[_Running, _Tried] = {}

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""
        return self._options.inventory_seconds

    def run(self) -> None:
        """Note what runs, and search for what is missing until the time for it is over.

        Raises:
            SourceError: the API server did not answer, or refused to.
            StoreError: the store did not answer.
        """
        running = list(self._running(self._parts.running.workloads()))
        self._note(running)
        self._parts.refresher.refresh()
        unknown = self._unknown(running)
        self._tried = {one: self._tried[one] for one in unknown if one in self._tried}
        due = [one for one in unknown if one not in self._tried or self._ticks >= self._tried[one].until]
        if due:
            self._search(due)

    def _running(self, workloads: Sequence[RunningWorkload]) -> Iterator[_Running]:
        seen: set[tuple[str, PullAccess]] = set()
        for workload in workloads:
            access = workload.pull_access if self._parts.pull_secrets else NO_ACCESS
            for one in workload.images:
                key = (one.judged, access)
                if not one.running or key in seen:
                    continue
                seen.add(key)
                try:
                    yield _Running(parse_image(one.judged), workload.owner.namespace, access)
                except InvalidInput:
                    continue  # the kubelet could not pull it either

    def _note(self, running: Sequence[_Running]) -> None:
        now, ticks = self._parts.clock.now(), self._parts.clock.monotonic()
        self._noted = {key: until for key, until in self._noted.items() if until > ticks}
        images = {(one.image.tagged, one.image.digest) for one in running}
        fresh = sorted(images - self._noted.keys(), key=str)
        for start in range(0, len(fresh), _AT_ONCE):
            portion = fresh[start : start + _AT_ONCE]
            self._parts.sightings.record([Sighting(digest, name, now) for name, digest in portion])
            self._noted.update(dict.fromkeys(portion, ticks + _NOTED_SECONDS))

    def _unknown(self, running: Sequence[_Running]) -> list[_Running]:
        """Images whose SBOM is not known, by the digest that runs or else by the last known one of their tag."""
        model = self._parts.model

        def known(image: ImageRef) -> bool:
            digest = image.digest or model.digest_of(image.tagged)
            return digest is not None and model.knows(digest)

        return [one for one in running if not known(one.image)]

    @property
    def _ticks(self) -> float:
        return self._parts.clock.monotonic()

    def _search(self, unknown: Sequence[_Running]) -> None:
        deadline = Deadline(self._ticks + self._options.search_seconds)
        tasks = [
            self._parts.background.start(partial(self._check, one, deadline), host=one.image.host) for one in unknown
        ]
        problem = self._wait(tasks, deadline)
        left = self._unknown(unknown)
        log.info("searched for SBOMs of what runs", extra={"images": len(unknown), "without": len(left)})
        if problem is not None:
            raise problem

    def _check(self, one: _Running, deadline: Deadline) -> None:
        if deadline.remaining(self._ticks) <= 0:
            return  # its turn came too late; the next pass has it
        self._parts.checker.check(one.image, one.namespace, deadline, one.access)
        before = self._tried.get(one)
        pause = _FIRST_PAUSE if before is None else min(before.pause * 2, _LONGEST_PAUSE)
        self._tried[one] = _Tried(self._ticks + pause, pause)  # forgotten in the next pass if it is known by then

    def _wait(self, tasks: Sequence[Task], deadline: Deadline) -> BomgateError | None:
        """Wait for all, and give one of the errors that there were."""
        found: BomgateError | None = None
        for task in tasks:
            try:
                task.wait(deadline.remaining(self._ticks))
            except BomgateError as problem:
                found = problem
        return found
