"""Fetching: threads request batches while the caller records what has arrived.

The threads are daemons, so that a run can be interrupted although a request may wait for minutes. They stop by
themselves when the caller falls behind: what is fetched and not yet committed is what a crash loses.
"""

from __future__ import annotations

import gc
import itertools
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from types import TracebackType

from webhook.errors import Final, SourceError
from webhook.model.downloads import BatchAnswer, Names
from webhook.model.purls import Purl
from webhook.ports import VulnerabilitySource

_PAGE = 1000

_TOGETHER_SECONDS, BATCHES_TOGETHER = 1.0, 16
"""How long what has arrived waits for more, so that one transaction takes all, and how many it takes at the least.

What waits is lost in a crash, and asked for again by the next run.
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A batch that has ended.

    Attributes:
        purls: what was asked.
        answer: what the source said; of a failed batch only its ``failure``.
    """

    purls: tuple[Purl, ...]
    answer: BatchAnswer


class _Turn:
    """One of the requests that may be on their way at once; a context manager.

    Args:
        turns: as many as there may be.
    """

    def __init__(self, turns: threading.Semaphore) -> None:
        self._turns, self._goes_on = turns, False

    def __enter__(self) -> _Turn:
        self._goes_on = self._turns.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Let another request go; harmless after the first time."""
        if self._goes_on:
            self._goes_on = False
            self._turns.release()


class Fetching:
    """Asks a source for components, batch by batch.

    Args:
        source: whom to ask.
        purls: what to ask for, in order; walked in the caller's thread, a page at a time, shortly before it is needed.
        concurrency: how many requests at once, at least 1.
        names: what helps the source to ask for some of them; called for a page at a time, in the caller's thread.
        may_ask: looked at before each request; nothing is asked any more once it says no.
    """

    def __init__(
        self,
        source: VulnerabilitySource,
        purls: Iterable[Purl],
        concurrency: int,
        may_ask: Callable[[], bool] = lambda: True,
        names: Callable[[Sequence[Purl]], Mapping[Purl, Names]] = lambda _: {},
    ) -> None:
        self._names_of, self._names = names, dict[Purl, Names]()
        self._may_ask = may_ask
        self._source, self._purls = source, iter(purls)
        self._concurrency = max(1, concurrency)
        # For each request on its way, another thread reads the answer to the one before.
        self._working = 2 * self._concurrency
        self._turns = threading.Semaphore(self._concurrency)
        self._together = max(BATCHES_TOGETHER, self._concurrency + 1)
        # Enough for all that can be asked before results() looks again.
        self._page = max(_PAGE, (self._together + 2 * self._concurrency) * source.batch_size)
        self._queue: deque[tuple[int, Purl]] = deque()
        self._all_queued = False
        self._ready: list[Fetched] = []
        self._crash: BaseException | None = None
        self._stopped = False
        self._changed = threading.Condition()

    def start(self) -> None:
        """Begin."""
        self._refill()
        for number in range(self._working):
            threading.Thread(target=self._work, name=f"download-{number}", daemon=True).start()

    def stop(self) -> None:
        """Ask for nothing more; what is on its way still arrives."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def take(self) -> tuple[Fetched, ...]:
        """What has ended since the last look; nothing is waited for."""
        with self._changed:
            fetched = tuple(self._ready)
            self._ready.clear()
        return fetched

    def results(self, heartbeat: float) -> Iterator[tuple[Fetched, ...]]:
        """All batches that have ended since the last look; none of them when ``heartbeat`` seconds pass without one.

        Whatever a thread raised, other than errors of the source, is raised here, and so is what walking the
        components raises.
        """
        while True:
            self._refill()
            with self._changed:
                self._changed.wait_for(lambda: self._ready or not self._working, heartbeat)
                self._changed.wait_for(self._is_full, _TOGETHER_SECONDS if self._ready else 0.0)
                ended = not self._ready and not self._working
                fetched = tuple(self._ready)
                self._ready.clear()
                self._changed.notify_all()
            if ended:
                if self._crash is not None:
                    raise self._crash
                return
            yield fetched

    def _refill(self) -> None:
        """Queue the next page when less than a page is queued; enough for every thread until this is called again."""
        if self._all_queued or len(self._queue) >= self._page:
            return
        page = list(itertools.islice(self._purls, self._page))
        names = self._names_of(page) if page else {}
        # Those that need further requests come last, so that few batches have any.
        priced = sorted(zip(self._source.coordinates(page, names), page, strict=True), key=itemgetter(0))
        with self._changed:
            self._names.update(names)
            self._queue.extend(priced)
            self._all_queued = len(page) < self._page
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while self._is_one_more_done():
                pass
        except BaseException as problem:  # a thread has nobody above it; the caller of results() gets it
            self._crash = problem
            self._stopped = True
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def _is_one_more_done(self) -> bool:
        """Ask for a batch, and hand over what was said; whether there was one to ask for."""
        with _Turn(self._turns) as turn:
            batch = self._take()
            if not batch:
                return False
            fetched = Fetched(batch, self._ask(batch, turn.end))
            with self._changed:
                self._ready.append(fetched)
                # Said no for good: no other thread shall ask before the caller has heard of it.
                self._stopped |= isinstance(fetched.answer.failure, Final)
                self._changed.notify_all()
        return True

    def _take(self) -> tuple[Purl, ...]:
        """The next batch, once the caller keeps up; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._may_take())
            if self._stopped or not self._may_ask():
                return ()
            return tuple(self._filled())

    def _filled(self) -> list[Purl]:
        """Components for as many requests as one of them needs, filled up."""
        # The size is asked for each time, because the source may learn that it takes fewer.
        size, sent, requests, queue, batch = max(1, self._source.batch_size), 0, 1, self._queue, list[Purl]()
        while queue and len(batch) < requests * size:
            price, purl = queue[0]
            if price > requests:
                requests = price
            sent += price
            if sent > requests * size:
                break
            batch.append(purl)
            queue.popleft()
        return batch

    def _may_take(self) -> bool:
        full = len(self._queue) >= self._source.batch_size or self._all_queued
        return full and len(self._ready) < self._most_ready()

    def _is_full(self) -> bool:
        """Whether what has arrived is to be taken at once: nothing more can arrive before, or something went wrong."""
        return len(self._ready) >= self._most_ready() or self._stopped or not self._working or self._has_failed()

    def _most_ready(self) -> int:
        """How many batches may wait; few when one has failed, as the caller may want to ask for nothing more."""
        return self._concurrency + 1 if self._has_failed() else self._together

    def _has_failed(self) -> bool:
        return any(fetched.answer.failure for fetched in self._ready)

    def _ask(self, batch: tuple[Purl, ...], heard: Callable[[], None]) -> BatchAnswer:
        try:
            names = {purl: self._names.pop(purl) for purl in batch if purl in self._names}
            return self._source.report(batch, names, heard)
        except SourceError as problem:
            return BatchAnswer(answers=(), failure=problem)


_OBJECTS_BETWEEN_COLLECTIONS = 50_000


@contextmanager
def responsive() -> Iterator[None]:
    """Let the threads that wait for the network run at once when it answers, while another one records."""
    # What is there already stays to the end, and answers are freed without the garbage collector; looking for garbage
    # after each 700 new objects would cost a tenth. What somebody else has frozen stays so afterwards.
    freezes = gc.get_freeze_count() == 0
    if freezes:
        gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *thresholds[1:])
    # A thread that records keeps the interpreter for 5 ms by default, and an answer needs it several times. More often
    # than this, changing costs more than it saves.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
        if freezes:
            gc.unfreeze()
