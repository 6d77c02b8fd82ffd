"""Which platforms of an image count, known without waiting: those named, those of the nodes, or the usual ones.

The API server is asked for the nodes behind the requests, so that a review of known images asks nobody. Only at the
start, before its first answer, an image of which some platform has no SBOM is waited for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.errors import SourceError
from webhook.model.images import USUAL_PLATFORMS

if TYPE_CHECKING:
    from webhook.model.changes import ImageFacts
    from webhook.model.deadlines import Deadline
    from webhook.model.platforms import Coverage
    from webhook.ports import Background, Clock

log = logging.getLogger("bomgate.platforms")
_ASK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The platforms that count.

    Attributes:
        names: ``os/architecture``, with or without ``/variant``.
        certain: somebody names them, or nodes have them, so that a platform without an SBOM weighs.
        pending: nobody has said yet what the nodes have.
    """

    names: tuple[str, ...] = USUAL_PLATFORMS
    certain: bool = False
    pending: bool = False


class Platforms:
    """Knows which platforms count; safe to use from several threads.

    Args:
        named: those of the settings; they win.
        nodes: asks for those of the nodes, and may take a while; None from it means that nobody can say. None in its
            place where nodes do not count.
        background: asks.
        clock: time.

    Attributes:
        wanted: what counts as far as it is known; another object once it has changed.
        until: the moment, on the monotonic clock, from which on :meth:`now` has something to do.
    """

    def __init__(
        self,
        named: tuple[str, ...] = (),
        nodes: Callable[[], tuple[str, ...] | None] | None = None,
        background: Background | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._nodes = None if named or background is None or clock is None else nodes
        self._background, self._clock = background, clock
        pending = self._nodes is not None
        self.wanted = Wanted(named, certain=True) if named else Wanted(certain=pending, pending=pending)
        self._task: Future[None] | None = None
        self.until = float("inf") if self._nodes is None else 0.0
        self._lock = threading.Lock()

    def now(self) -> Wanted:
        """What counts as far as it is known; the same object until it changes."""
        if self._nodes is not None:
            self._refresh()
        return self.wanted

    def settle(self, deadline: Deadline) -> Wanted:
        """The same, after waiting for the first answer about the nodes."""
        wanted = self.now()
        task = self._task
        if wanted.pending and task is not None and self._background is not None and self._clock is not None:
            self._background.wait(task, deadline.remaining(self._clock.monotonic()))
        return self.wanted

    def _refresh(self) -> None:
        assert self._background is not None and self._clock is not None
        if self._clock.monotonic() < self.until:
            return
        with self._lock:
            now = self._clock.monotonic()
            if now < self.until:
                return
            self.until = now + _ASK_SECONDS
            try:
                self._task = self._background.start(self._ask)
            except SourceError as problem:
                log.warning("the platforms of the nodes were not asked for", extra={"error": problem.message})

    def _ask(self) -> None:
        assert self._nodes is not None
        found = self._nodes()
        wanted = Wanted(found, certain=True) if found else Wanted()
        if wanted != self.wanted:
            self.wanted = wanted


def has_gap(coverage: Coverage, wanted: Wanted) -> bool:
    """Whether a platform without an SBOM counts, or may."""
    everything = (name for name in coverage.platforms if wanted.pending)
    return wanted.certain and bool(coverage.without((*wanted.names, *everything)))


def with_gaps(facts: ImageFacts, coverage: Coverage | None, wanted: Wanted) -> ImageFacts:
    """Facts that say for which platforms there is no SBOM."""
    missing_for = () if coverage is None else coverage.without(wanted.names)
    if not missing_for:
        return facts
    if wanted.certain:
        return replace(facts, without_sbom=missing_for)
    return replace(facts, perhaps_without_sbom=missing_for)
