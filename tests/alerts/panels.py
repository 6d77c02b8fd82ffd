"""What panels of the dashboard are made of.

A panel is a title, a unit, a sentence and its expressions with their legends; where it stands follows from the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

IN = 'namespace=~"$namespace"'
ONE = ((None, "red"), (1, "green"))
ONLY_ONE = (*ONE, (2, "red"))


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: a few words.
        unit: as Grafana names it.
        says: what it shows, as a sentence.
        queries: expression and legend of each.
        stat: a number instead of a graph; colours, each with the value from which on it counts.
        width: in columns, of which there are 24.
    """

    title: str
    unit: str
    says: str
    queries: Sequence[tuple[str, str]]
    stat: Sequence[tuple[float | None, str]] = ()
    width: int = 8


def orange_from(value: float) -> Sequence[tuple[float | None, str]]:
    """Orange from this value on."""
    return ((None, "green"), (value, "orange"))


def age(metric: str) -> str:
    """Seconds since the moment that a gauge holds; nothing while it is 0."""
    return f"time() - (max({metric}{{{IN}}}) > 0)"


def rate(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{IN}{more}}}[$__rate_interval]))"


def rise(metric: str, by: str) -> str:
    return f"sum by ({by}) (increase({metric}{{{IN}}}[$__rate_interval]))"


def quantile(share: str) -> str:
    buckets = f"rate(bomgate_admission_duration_seconds_bucket{{{IN}}}[$__rate_interval])"
    return f"histogram_quantile({share}, sum by (le) ({buckets}))"


def workloads(chosen: str) -> str:
    """How many running workloads are of this kind; 0 when there was an audit and it found none."""
    return f"sum(bomgate:audit_workloads:sum{{{IN}, {chosen}}} or 0 * bomgate:audit_workloads:sum{{{IN}}})"


API = 'name=~".+[.]bomgate[.]dev"'
