"""Retention in the controller: deletes what is no longer kept, a few steps at a time, and reports progress."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from webhook.engines.retention.options import RetentionOptions
from webhook.engines.retention.pruner import PruneBusy, Pruner
from webhook.model.retention import PruneKind, PruneRecord, PruneStep
from webhook.ports import Clock, RetentionStore
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.retention")
_AT_ONCE = 20
"""Steps without a pause; each is a transaction of some milliseconds that other writers wait for."""
_PAUSE = 1.0
_LOOK = 600.0
"""Seconds between two looks whether a pass is due, so that the duty shows that it lives."""


@dataclass
class _Pass:
    """A pass that goes on: its steps, and what it has to delete and has deleted."""

    steps: Iterator[PruneStep]
    due: Counter[PruneKind]
    deleted: Counter[PruneKind]


class RetentionDuty:
    """Deletes what is no longer kept; a ``Duty``.

    Args:
        pruner: deletes.
        store: knows the last pass.
        clock: time.
        options: how often.
        metrics: of this process.
    """

    name = "retention"

    def __init__(
        self, pruner: Pruner, store: RetentionStore, clock: Clock, options: RetentionOptions, metrics: Metrics
    ) -> None:
        self._pruner, self._store, self._clock, self._options = pruner, store, clock, options
        self._metrics = metrics
        self._pass: _Pass | None = None

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one run and the start of the next."""
        return _LOOK if self._pass is None else _PAUSE

    def run(self) -> None:
        """Do a few steps of the pass that goes on; begin one when it is due.

        Raises:
            StoreError: the store did not answer; the next run begins a new pass.
        """
        if self._pass is None:
            last = self._store.last()
            self._tell_of(last)
            if last is not None and (self._clock.now() - last.finished_at).total_seconds() < self._seconds:
                return
            plan = self._pruner.plan()
            self._pass = _Pass(self._pruner.steps(), Counter(plan.counts), Counter())
            self._tell_backlog(plan.counts)
        current = self._pass
        try:
            done = list(islice(current.steps, _AT_ONCE))
        except PruneBusy as problem:
            log.info("another process deletes what is old", extra={"error": problem.message})
            self._pass = None
            return
        except BaseException:
            self._pass = None
            raise
        for step in done:
            current.deleted[step.kind] += step.deleted
            if step.deleted:
                self._metrics.count("bomgate_pruned_total", step.kind.value, by=step.deleted)
        if len(done) == _AT_ONCE:
            self._tell_backlog({kind: number - current.deleted[kind] for kind, number in current.due.items()})
            return
        self._pass = None
        self._end(current)

    @property
    def _seconds(self) -> float:
        return self._options.interval_hours * 3600

    def _end(self, ended: _Pass) -> None:
        last = self._store.last()
        self._tell_of(last)
        has_kept = last is not None and bool(last.kept)
        seen = (PruneKind.IMAGES, PruneKind.TAGS, PruneKind.DOCUMENTS)
        left = {kind: number if has_kept and kind in seen else 0 for kind, number in ended.due.items()}
        self._tell_backlog(left)
        if deleted := {kind.value: number for kind, number in ended.deleted.items() if number}:
            log.info("what was no longer kept is deleted", extra=deleted)
        if last is not None and last.kept:
            log.warning(last.kept)

    def _tell_of(self, last: PruneRecord | None) -> None:
        self._metrics.set("bomgate_prune_timestamp_seconds", 0 if last is None else last.finished_at.timestamp())

    def _tell_backlog(self, counts: Mapping[PruneKind, int]) -> None:
        for kind, number in counts.items():
            self._metrics.set("bomgate_prune_backlog", max(0, number), kind.value)
