"""Gauges: what a worker tells Prometheus of its read model."""

from __future__ import annotations

from webhook.engines.readmodel import ReadModel
from webhook.errors import BomgateError
from webhook.ports import Clock, RunStore
from webhook.telemetry import Metrics

_RUN_INTERVAL = 15.0
"""Seconds between two looks for the last complete download, which costs a query."""


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
            self._publish_run()

    def _publish_model(self) -> None:
        model, newest = self._model, self._model.newest_answer
        self._metrics.set("bomgate_read_model_revision", model.revision)
        self._metrics.set("bomgate_images", model.images)
        answered = newest.timestamp() if newest else 0
        self._metrics.set("bomgate_data_newest_answer_timestamp_seconds", answered)
        for state, count in model.counts().items():
            self._metrics.set("bomgate_components", count, state.name.lower())

    def _publish_run(self) -> None:
        try:
            run = self._runs.last(complete=True)
        except BomgateError:
            return  # the refresher has said already that the store does not answer
        ended = run.finished.timestamp() if run else 0
        self._metrics.set("bomgate_data_last_complete_download_timestamp_seconds", ended)
