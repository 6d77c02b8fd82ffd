"""The definition of a metric."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric.

    Attributes:
        name: as scraped; counters end in ``_total``.
        kind: ``counter``, ``gauge`` or ``histogram``.
        help: one sentence.
        labels: bounded label names; never one that Prometheus gives to what it scrapes, such as ``namespace``,
            ``pod``, ``job`` or ``instance``.
        initial: values of the labels of those counters that are exposed as 0 from the start, because an alert that
            asks for an increase would miss the first one otherwise.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    initial: tuple[tuple[str, ...], ...] = ()
