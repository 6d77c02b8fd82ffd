"""Keeps the read model of this process at the store's revision, and on disk for the next start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from webhook.errors import BomgateError
from webhook.model.changes import START

if TYPE_CHECKING:
    from webhook.engines.readmodel import ReadModel
    from webhook.model.purls import Purl
    from webhook.ports import ChangeFeed, Clock, HotStart

log = logging.getLogger("bomgate.refresh")


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """How the read model follows the store."""

    interval_seconds: float = field(default=1.0, metadata={"help": "Seconds between checks for changes in the store."})
    save_seconds: float = field(
        default=60.0, metadata={"help": "Minimum seconds between copies of the read model to disk."}
    )


class Refresher:
    """Loads the read model and follows the store.

    Args:
        model: what to keep up to date.
        feed: the store's changes.
        hot_start: the copy on disk; None keeps none.
        clock: time.
        options: intervals.
    """

    def __init__(
        self, model: ReadModel, feed: ChangeFeed, hot_start: HotStart | None, clock: Clock, options: RefreshOptions
    ) -> None:
        self._model, self._feed, self._hot_start, self._clock, self._options = model, feed, hot_start, clock, options
        self._one_at_a_time = threading.Lock()
        self._is_walked, self._saved = False, START
        self._saved_at = clock.monotonic()
        self.last_success: float | None = None
        self.failing_since: float | None = None

    def warm_up(self, *, is_walked: bool = False) -> bool:
        """Load the copy on disk, so that decisions can be made before, or without, the database.

        Args:
            is_walked: see :meth:`ReadModel.stand_on`.
        """
        self._is_walked = is_walked
        saved = self._hot_start.load() if self._hot_start else None
        if saved is None:
            return False
        self._model.stand_on(saved, is_walked=is_walked)
        self._saved = saved.position
        log.info("read model loaded from disk", extra={"revision": self._model.revision, "images": self._model.images})
        return True

    def refresh(self) -> bool:
        """Apply what changed since the model's position; whether anything had.

        When the store is another one than the model is of, or does not have the model's revision in its history, the
        model is loaded from nothing: the store was restored or recreated, or a standby took over that lacked the last
        changes.

        Raises:
            StoreError: the store did not answer; the model stays as it was.
        """
        with self._one_at_a_time:
            had = self._model.position
            changed = self._feed.position() != had
            if changed:
                # The feed judges the position again, as of the moment of its answer, so that a database that is
                # replaced
                # in between is told completely, too.
                changes = self._feed.changes(had)
                self._model.apply(changes)
                if changes.complete and had.revision > 0 and had.mark:
                    log.warning(
                        "the database was replaced or restored, or lost changes; read model loaded from nothing",
                        extra={"revision": self._model.revision, "former_revision": had.revision},
                    )
            self.last_success = self._clock.monotonic()
            return changed

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        """Numbers of those components that the store knows; the model has all of them then.

        Raises:
            StoreError: the store did not answer.
        """
        known = self._feed.component_ids(purls)
        self.refresh()
        return known

    def tick(self) -> None:
        """One look for changes; a failure is logged once and again when it ends, and never raised."""
        try:
            if self.refresh():
                log.debug("read model refreshed", extra={"revision": self._model.revision})
            if self.failing_since is not None:
                log.warning("store answers again", extra={"revision": self._model.revision})
                self.failing_since = None
            self._save_when_due()
        except BomgateError as problem:
            if self.failing_since is None:
                self.failing_since = self._clock.monotonic()
                log.warning(
                    "store does not answer; deciding with the last read model",
                    extra={"error": problem.message, "remedy": problem.remedy, "revision": self._model.revision},
                )

    def run(self, stop: threading.Event, after_tick: Callable[[], None] = lambda: None) -> None:
        """Tick until ``stop`` is set; meant for a separate thread.

        Args:
            stop: ends it.
            after_tick: called after each tick, such as to publish gauges.
        """
        while not stop.is_set():
            try:
                self.tick()
                after_tick()
            except Exception:  # a bug in one tick must not end all later ones: the webhook would decide with old data
                log.exception("a look for changes failed")
            stop.wait(self._options.interval_seconds)
        self.save()

    def save(self) -> None:
        """Copy the read model to disk when it has changed since the last copy, and share that copy from then on.

        Another process of the Pod may have saved the same one; then there is nothing to write.
        """
        disk, model = self._hot_start, self._model
        if disk is None or not model.loaded or model.position == self._saved:
            return
        try:
            if disk.position() != model.position or not self._share(disk):
                if not disk.save(model.base()):
                    return  # somebody else does; the next tick sees what became of it
                self._share(disk)
        except (OSError, BomgateError) as problem:
            log.warning("read model not written to disk", extra={"error": str(problem)})
        self._saved_at = self._clock.monotonic()

    def _share(self, disk: HotStart) -> bool:
        saved = disk.load()
        if saved is None or saved.position != self._model.position:
            return False
        if not self._is_walked:
            self._model.stand_on(saved)
        self._saved = saved.position
        return True

    def _save_when_due(self) -> None:
        if self._clock.monotonic() - self._saved_at >= self._options.save_seconds or self._saved == START:
            self.save()
