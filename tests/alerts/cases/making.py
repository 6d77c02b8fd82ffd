"""Moments and cases: what an alert is tested with.

Times count from second 0, which is the time that ``time()`` gives then. Values are written as promtool takes them:
``3x60`` is 3, repeated 60 times; ``0+1x60`` counts up; ``_x60`` is no sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MINUTES = "1m"
HOURS = "4m"
"""Below the 5 minutes for which Prometheus takes a sample for the current one."""
LEADER = {'bomgate_leader{job="c", instance="a"}': "1x2000"}


@dataclass(frozen=True)
class Moment:
    """What is scraped, and when it is looked at.

    Attributes:
        series: values by series.
        at: the moment of evaluation.
        step: seconds between two samples and two evaluations.
    """

    series: Mapping[str, str]
    at: str
    step: str = MINUTES


@dataclass(frozen=True)
class Case:
    """One alert of one severity.

    Attributes:
        alert: its name.
        severity: its severity.
        fires: when it fires.
        quiet: when it just does not, each with the reason.
        labels: that the alert has beside its name and its severity.
        also: other severities of the same name that fire at the same moment.
    """

    alert: str
    severity: str
    fires: Moment
    quiet: Mapping[str, Moment]
    labels: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def led(name: str, values: str, labels: str = "", *, leader: str = "1x2000", at: str, step: str = MINUTES) -> Moment:
    """A metric of a controller that leads, or does not."""
    more = f", {labels}" if labels else ""
    return Moment(
        {'bomgate_leader{job="c", instance="a"}': leader, f'{name}{{job="c", instance="a"{more}}}': values}, at, step
    )


def counted(name: str, labels: str = "") -> dict[str, Moment]:
    """The near misses of an alert about the increase of a counter."""
    series = f'{name}{{{labels}, instance="a"}}' if labels else f'{name}{{instance="a"}}'
    return {
        "it stands still": Moment({series: "7x90"}, "90m"),
        "it rose long ago": Moment({series: "0x3 5x120"}, "120m"),
        "the process restarted": Moment({series: "7x60 0x60"}, "75m"),
    }


def rises(name: str, labels: str = "", at: str = "20m") -> Moment:
    series = f'{name}{{{labels}, instance="a"}}' if labels else f'{name}{{instance="a"}}'
    return Moment({series: "0x8 3x30"}, at)
