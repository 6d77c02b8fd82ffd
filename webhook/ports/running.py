"""Time, background work, and what is known of the cluster that bomgate runs in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from webhook.model.images import Digest
from webhook.model.records import Sighting
from webhook.model.workloads import OwnerRef, Workload


class Clock(Protocol):
    """Time; the only source of it below the faces."""

    def now(self) -> dt.datetime:
        """The current time, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SightingSink(Protocol):
    """Where admission tells which images it saw; never blocks and never fails."""

    def saw(self, sighting: Sighting) -> None:
        """Take a note; it may be dropped under pressure."""


class Task(Protocol):
    """Work that was started in the background."""

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when ``seconds`` pass first (the work goes on). Raises what the work raised."""


class Background(Protocol):
    """Threads for work that may outlive the request that asked for it."""

    def start(self, work: Callable[[], None]) -> Task:
        """Start the work soon; never blocks the caller."""


class WorkloadInventory(Protocol):
    """What runs in the cluster; nothing is known where there is no cluster."""

    def controller(self, owner: OwnerRef, namespace: str) -> Workload | None:
        """The controller as the API server has it, with the same UID; None when there is no such object."""

    def running_digests(self, owner: OwnerRef, namespace: str) -> frozenset[Digest]:
        """Digests that Pods of this controller run now."""


class NamespaceLabels(Protocol):
    """Labels of namespaces, for ``bomgate.dev/enforce``."""

    def labels(self, namespace: str) -> Mapping[str, str]:
        """The labels; empty when the namespace is not known."""


class AccessReviewer(Protocol):
    """Who may do what, for break-glass."""

    def may_use(self, username: str, groups: Sequence[str], resource: str) -> bool:
        """Whether the user may ``use`` a virtual resource (SubjectAccessReview)."""
