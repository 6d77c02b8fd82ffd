"""Gauges: what a worker exposes of its read model."""

from __future__ import annotations

from webhook.engines.readmodel import ReadModel
from webhook.errors import BomgateError
from webhook.model.records import RunRecord
from webhook.model.uncovered import Uncovered
from webhook.ports import Clock, RunStore
from webhook.telemetry.metrics import Metrics

_RUN_INTERVAL = 15.0
"""Seconds between two looks for the last downloads, which cost a query each."""
_REASONS = {
    "ossindex-out-of-credits": "credits",
    "ossindex-no-credentials": "credentials",
    "ossindex-credentials-refused": "credentials",
    "ossindex-slow-down": "rate",
    "budget": "budget",
    "cancelled": "cancelled",
}
"""Codes of what ends a run early, as the metric words them; all others are ``other``."""


class Gauges:
    """Sets the gauges of a process.

    Args:
        metrics: where they are.
        model: what they tell of.
        runs: runs of the downloader.
        clock: time.
    """

    def __init__(self, metrics: Metrics, model: ReadModel, runs: RunStore, clock: Clock) -> None:
        self._metrics, self._model, self._runs, self._clock = metrics, model, runs, clock
        self._generation = -1
        self._next_run_look = 0.0

    def publish(self, *, equal_to_store: bool, dropped_sightings: int) -> None:
        """Set what has changed.

        Args:
            equal_to_store: whether the read model was found equal to the store just now.
            dropped_sightings: how many notes were dropped since the last call.
        """
        if equal_to_store:
            self._metrics.set("bomgate_read_model_refresh_timestamp_seconds", self._clock.now().timestamp())
        for _ in range(dropped_sightings):
            self._metrics.count("bomgate_sightings_dropped_total")
        if self._generation != self._model.generation:
            self._generation = self._model.generation
            self._publish_model()
        if equal_to_store and self._clock.monotonic() >= self._next_run_look:
            self._next_run_look = self._clock.monotonic() + _RUN_INTERVAL
            self._publish_runs()

    def _publish_model(self) -> None:
        model, newest = self._model, self._model.newest_answer
        self._metrics.set("bomgate_read_model_revision", model.revision)
        self._metrics.set("bomgate_images", model.images)
        self._metrics.set("bomgate_vex_incomplete_images", model.assessments.vex.incomplete)
        answered = newest.timestamp() if newest else 0
        self._metrics.set("bomgate_data_newest_answer_timestamp_seconds", answered)
        for state, count in model.counts().items():
            self._metrics.set("bomgate_components", count, state.name.lower())
        uncovered = model.uncovered_counts()
        for reason in Uncovered:
            self._metrics.set("bomgate_uncovered_components", uncovered.get(reason, 0), reason.value)

    def _publish_runs(self) -> None:
        try:
            last, complete = self._runs.last(), self._runs.last(complete=True)
        except BomgateError:
            return  # the refresher has said already that the store does not answer
        self._metrics.set("bomgate_data_last_complete_download_timestamp_seconds", _ended(complete))
        self._metrics.set("bomgate_download_last_run_timestamp_seconds", _ended(last))
        if last is None:
            return
        self._metrics.set("bomgate_download_last_run_complete", last.report.complete)
        stopped = None if last.report.complete else _REASONS.get(last.report.stopped_code, "other")
        for reason in (*dict.fromkeys(_REASONS.values()), "other"):
            self._metrics.set("bomgate_download_last_run_stopped", reason == stopped, reason)


def _ended(run: RunRecord | None) -> float:
    return run.finished.timestamp() if run else 0
