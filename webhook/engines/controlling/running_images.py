"""SBOMs of running images: notes which images run, and searches for the SBOMs of those that have none.

An image that ran before bomgate was installed was never seen at admission; here it gets its SBOM, and its components
come to the front of the downloader's work.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from math import ceil

from webhook.engines.controlling.options import ControllerOptions
from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher
from webhook.errors import BomgateError, InvalidInput, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.looks import LookRecord, origin_of
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.records import Sighting, UnreadSbom
from webhook.model.running import RunningWorkload
from webhook.ports import Background, Clock, RunningWorkloads, SbomStore, SightingStore

log = logging.getLogger("bomgate.inventory")

_NOTED_SECONDS = 3600.0
"""For how long an image that runs on is not noted again: a busy cluster would cost a write an image each pass."""
_FIRST_PAUSE, _LONGEST_PAUSE = 900.0, 6 * 3600.0
"""For how long an image without an SBOM is not searched for again: at first, and at most. Registries count requests,
and an image that has none today mostly has none tomorrow; at admission it is searched for at once."""
_HASTE = 2.0
"""How much more often than needed images may be looked at again, so that those that came due together are caught up."""
_URGENT_HASTE = 6 * _HASTE
"""The same while there are images with an SBOM that an older reader read, and that only its place still has."""
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
        sboms: where is noted when images were looked at; None looks at none again.
        refresh_seconds: after how long an image is looked at again; 0 means never.
        unread: SBOMs of some images that an older reader read, and that were not read again yet.
        publish_outdated: is told how many running images have such an SBOM.
    """

    running: RunningWorkloads
    checker: ImageChecker
    background: Background
    sightings: SightingStore
    model: ReadModel
    refresher: Refresher
    clock: Clock
    pull_secrets: bool = False
    sboms: SbomStore | None = None
    refresh_seconds: float = 0.0
    unread: Callable[[Sequence[Digest]], Sequence[UnreadSbom]] = lambda _: ()
    publish_outdated: Callable[[int], None] = lambda _: None


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
    """Finds the SBOMs of running images; a ``Duty``.

    Args:
        parts: see :class:`InventoryParts`.
        options: how often, and how long.
    """

    name = "inventory"

    def __init__(self, parts: InventoryParts, options: ControllerOptions) -> None:
        self._parts, self._options = parts, options
        self._noted: dict[tuple[str, Digest | None], float] = {}
        self._tried: dict[_Running, _Tried] = {}
        self._states: dict[tuple[Digest, str], dict[str, str]] = {}
        self._later: dict[tuple[Digest, str], float] = {}
        self._sought: dict[tuple[Digest, str], frozenset[str]] = {}

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
        self._tried = {image: self._tried[image] for image in unknown if image in self._tried}
        due = [image for image in unknown if image not in self._tried or self._ticks >= self._tried[image].until]
        if due:
            self._search(due)
        self._look_again(running)

    def _running(self, workloads: Sequence[RunningWorkload]) -> Iterator[_Running]:
        seen: set[tuple[str, PullAccess]] = set()
        for workload in workloads:
            access = workload.pull_access if self._parts.pull_secrets else NO_ACCESS
            for image in workload.images:
                key = (image.judged, access)
                if not image.running or key in seen:
                    continue
                seen.add(key)
                try:
                    yield _Running(parse_image(image.judged), workload.owner.namespace, access)
                except InvalidInput:
                    continue  # the kubelet could not pull it either

    def _note(self, running: Sequence[_Running]) -> None:
        now, ticks = self._parts.clock.now(), self._parts.clock.monotonic()
        self._noted = {key: until for key, until in self._noted.items() if until > ticks}
        images = {(seen.image.tagged, seen.image.digest) for seen in running}
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

        return [seen for seen in running if not known(seen.image)]

    @property
    def _ticks(self) -> float:
        return self._parts.clock.monotonic()

    def _search(self, unknown: Sequence[_Running]) -> None:
        deadline = Deadline(self._ticks + self._options.search_seconds)
        tasks = [
            self._parts.background.start(partial(self._check, missing, deadline), host=missing.image.host)
            for missing in unknown
        ]
        problem = self._wait(tasks, deadline)
        left = self._unknown(unknown)
        log.info("searched for SBOMs of what runs", extra={"images": len(unknown), "without": len(left)})
        if problem is not None:
            raise problem

    def _check(self, one: _Running, deadline: Deadline) -> None:
        if deadline.remaining(self._ticks) <= 0:
            return  # its turn came too late; the next pass has it
        self._parts.checker.check_until(one.image, one.namespace, deadline, one.access)
        before = self._tried.get(one)
        pause = _FIRST_PAUSE if before is None else min(before.pause * 2, _LONGEST_PAUSE)
        self._tried[one] = _Tried(self._ticks + pause, pause)  # forgotten in the next pass if it is known by then

    def _look_again(self, running: Sequence[_Running]) -> None:
        """Look again at the images whose last look is oldest; a few at a time, to spread the load.

        First come those with an SBOM that an older reader read and whose document is not kept: only its place has it.
        """
        parts = self._parts
        known = self._known(running)
        unread = parts.unread(sorted({digest for digest, _ in known}))
        parts.publish_outdated(len({sbom.digest for sbom in unread}))
        if parts.sboms is None or parts.refresh_seconds <= 0:
            return
        self._states = {key: state for key, state in self._states.items() if key in known}
        self._later = {key: until for key, until in self._later.items() if key in known}
        self._sought = {key: sought for key, sought in self._sought.items() if key in known}
        wanted = self._wanted(known, unread)
        looks = parts.sboms.looks(sorted({digest for digest, _ in known}))
        now = parts.clock.now()
        due = []
        for key, item in known.items():
            since = _last_look(looks.get(key[0], ()), key[1], item.image.name)
            age = None if since is None else (now - since).total_seconds()
            # What a place did not give a moment ago waits with the others, so that one that is down holds up nobody.
            is_urgent = key in wanted and key not in self._later
            is_due = is_urgent or age is None or age >= parts.refresh_seconds or key in self._later
            if is_due and self._ticks >= self._later.get(key, 0.0):
                due.append((not is_urgent, float("-inf") if age is None else -age, key))
        due.sort()
        haste = _URGENT_HASTE if due and not due[0][0] else _HASTE
        share = len(known) * self.interval_seconds * haste / parts.refresh_seconds
        chosen = [key for _, _, key in due[: max(1, ceil(share))]]
        deadline = Deadline(self._ticks + self._options.search_seconds)
        tasks = [
            parts.background.start(
                partial(self._look, key, known[key], wanted.get(key, frozenset()), deadline), host=known[key].image.host
            )
            for key in chosen
        ]
        problem = self._wait(tasks, deadline)
        if problem is not None:
            raise problem

    def _known(self, running: Sequence[_Running]) -> dict[tuple[Digest, str], _Running]:
        """What runs and has an SBOM, by digest and origin."""
        model = self._parts.model
        known: dict[tuple[Digest, str], _Running] = {}
        for seen in running:
            digest = seen.image.digest or model.digest_of(seen.image.tagged)
            if digest is not None and model.knows(digest):
                namespace = "" if seen.access.is_empty else seen.namespace
                known.setdefault((digest, origin_of(seen.image.name, namespace)), seen)
        return known

    def _wanted(
        self, known: Iterable[tuple[Digest, str]], unread: Sequence[UnreadSbom]
    ) -> dict[tuple[Digest, str], frozenset[str]]:
        """Documents that only their place still has, and that were not looked for there yet."""
        lost: dict[Digest, set[str]] = {}
        for sbom in unread:
            if sbom.is_searchable and not sbom.has_document:
                lost.setdefault(sbom.digest, set()).add(sbom.document_digest)
        wanted = {key: frozenset(lost.get(key[0], ())) - self._sought.get(key, frozenset()) for key in known}
        return {key: documents for key, documents in wanted.items() if documents}

    def _look(self, key: tuple[Digest, str], one: _Running, wanted: frozenset[str], deadline: Deadline) -> None:
        if deadline.remaining(self._ticks) <= 0:
            return
        former = self._states.setdefault(key, {})
        if wanted:
            former.clear()  # a place that has nothing new has to give all of it again
        self._later[key] = self._ticks + _FIRST_PAUSE  # unless all places answer
        try:
            if self._parts.checker.lookups.look_again(one.image, key[0], deadline, one.access, former):
                self._later.pop(key, None)
                self._sought[key] = self._sought.get(key, frozenset()) | wanted
        except SourceError as problem:  # the last known stays
            extra = {"image": one.image.name, "error": problem.message}
            log.info("what is attached to an image was not looked at again", extra=extra)

    def _wait(self, tasks: Sequence[Future[None]], deadline: Deadline) -> BomgateError | None:
        """Wait for all, and give one of the errors that there were."""
        found: BomgateError | None = None
        for task in tasks:
            try:
                self._parts.background.wait(task, deadline.remaining(self._ticks))
            except BomgateError as problem:
                found = problem
        return found


def _last_look(looks: Sequence[LookRecord], origin: str, name: str) -> dt.datetime | None:
    """When an image was last looked at in this name, be it that the secrets of the namespace were of no use."""
    at = {look.origin: look.at for look in looks}
    return at.get(origin, at.get(name))
