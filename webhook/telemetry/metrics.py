"""Metrics: those of one process, and their exposition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from webhook.telemetry.definitions import DEFINITIONS, MetricDefinition

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The metrics of one process.

    Args:
        registry: where to register; a fresh one in tests. In a worker of several, values are shared through files in
            the folder that ``PROMETHEUS_MULTIPROC_DIR`` named before this module was imported.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        made = {definition.name: self._make(definition) for definition in DEFINITIONS}
        self._counters = {name: metric for name, metric in made.items() if isinstance(metric, Counter)}
        self._gauges = {name: metric for name, metric in made.items() if isinstance(metric, Gauge)}
        self._histograms = {name: metric for name, metric in made.items() if isinstance(metric, Histogram)}
        self._children: dict[tuple[str, ...], Any] = {}

    def _make(self, definition: MetricDefinition) -> Counter | Gauge | Histogram:
        name, text, labels = definition.name, definition.help, definition.labels
        if definition.kind == "counter":
            return Counter(name, text, labels, registry=self.registry)
        if definition.kind == "histogram":
            return Histogram(name, text, labels, registry=self.registry, buckets=_BUCKETS)
        # Replicas' workers hold the same model, so the newest value written by a living worker is the right one.
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode="livemostrecent")

    def count(self, name: str, *labels: str) -> None:
        """Add one to a counter."""
        self._child(self._counters, name, labels).inc()

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._child(self._gauges, name, labels).set(value)

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Add an observation to a histogram."""
        self._child(self._histograms, name, labels).observe(seconds)

    def _child(self, metrics: Mapping[str, Any], name: str, labels: tuple[str, ...]) -> Any:
        # labels() of the library takes a lock and builds a tuple each time; the admission path asks every request.
        child = self._children.get((name, *labels))
        if child is None:
            child = metrics[name].labels(*labels) if labels else metrics[name]
            self._children[name, *labels] = child
        return child


def exposition(registry: CollectorRegistry | None = None) -> tuple[bytes, str]:
    """The metrics as text and its content type.

    Args:
        registry: of this process; None collects those of all workers.
    """
    if registry is None:
        registry = CollectorRegistry()
        collect: Callable[[CollectorRegistry], object] = MultiProcessCollector
        collect(registry)
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST


def forget_process(pid: int) -> None:
    """Drop the gauges of a worker that has ended; its counters stay in the sums."""
    forget: Callable[[int], None] = mark_process_dead
    forget(pid)
