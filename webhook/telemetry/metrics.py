"""Metrics: those of one process, and their exposition."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from webhook.telemetry.definitions import DEFINITIONS, MetricDefinition

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_BY_NAME = {definition.name: definition for definition in DEFINITIONS}


class Metrics:
    """The metrics of one process.

    Counters and histograms are there from the start. A gauge is exposed once it was set, because 0 would be a lie
    until then: a process that has no certificate has none that ended in 1970.

    Args:
        registry: where to register; a fresh one in tests. In a worker of several, values are shared through files in
            the folder that ``PROMETHEUS_MULTIPROC_DIR`` named before this module was imported.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self._lock = threading.Lock()
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        self._children: dict[tuple[str, ...], Any] = {}
        self._replaced: dict[str, set[tuple[str, ...]]] = {}
        for name, definition in _BY_NAME.items():
            if definition.kind != "gauge":
                self._metric(name, definition.kind)
            for labels in definition.initial:
                self._child(definition.kind, name, labels)

    def count(self, name: str, *labels: str, by: int = 1) -> None:
        """Add to a counter."""
        child = self._children.get((name, *labels))
        if child is None:
            child = self._child("counter", name, labels)
        child.inc(by)

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._child("gauge", name, labels).set(value)

    def replace(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """Set all values of a gauge with labels; labels that had a value before and have none now get 0.

        Args:
            name: of the gauge.
            values: by the values of its labels, in the order of its definition.
        """
        gone = self._replaced.get(name, set()) - values.keys()
        for labels, value in {**dict.fromkeys(gone, 0.0), **values}.items():
            self.set(name, value, *labels)
        self._replaced.setdefault(name, set()).update(values)

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Add an observation to a histogram."""
        child = self._children.get((name, *labels))
        if child is None:
            child = self._child("histogram", name, labels)
        child.observe(seconds)

    def counted(self, name: str) -> Mapping[tuple[str, ...], int]:
        """What this process has counted so far, by the values of the counter's labels."""
        labels = _BY_NAME[name].labels
        return {
            tuple(sample.labels[label] for label in labels): int(sample.value)
            for metric in self._metric(name, "counter").collect()
            for sample in metric.samples
            if sample.name == name
        }

    def _child(self, kind: str, name: str, labels: tuple[str, ...]) -> Any:
        # labels() of the library takes a lock and builds a tuple each time; the admission path asks every request.
        child = self._children.get((name, *labels))
        if child is None:
            metric = self._metric(name, kind)
            child = metric.labels(*labels) if labels else metric
            self._children[name, *labels] = child
        return child

    def _metric(self, name: str, kind: str) -> Counter | Gauge | Histogram:
        definition = _BY_NAME[name]
        if definition.kind != kind:
            raise KeyError(f"{name} is no {kind}")
        with self._lock:  # a metric can be registered once only
            if name not in self._made:
                self._made[name] = self._make(definition)
            return self._made[name]

    def _make(self, definition: MetricDefinition) -> Counter | Gauge | Histogram:
        name, text, labels = definition.name, definition.help, definition.labels
        if definition.kind == "counter":
            return Counter(name, text, labels, registry=self.registry)
        if definition.kind == "histogram":
            return Histogram(name, text, labels, registry=self.registry, buckets=_BUCKETS)
        # Replicas' workers hold the same model, so the newest value written by a living worker is the right one.
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode="livemostrecent")


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
