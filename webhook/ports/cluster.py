"""The cluster: what runs in it, who may do what, and what bomgate writes there; implemented by ``clients.kube``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.grants import BreakGlassGrant
    from webhook.model.owners import Controller, LiveObject, OwnedPod, Revision
    from webhook.model.reports import ObjectEvent, WorkloadReport
    from webhook.model.reviews import Requester
    from webhook.model.running import RunningWorkload
    from webhook.model.workloads import OwnerRef


class RunningWorkloads(Protocol):
    """What runs in the cluster."""

    def workloads(self, namespaces: Collection[str] = ()) -> Sequence[RunningWorkload]:
        """Every workload by its top owner, with the images of its template and of its Pods.

        Args:
            namespaces: only these are looked at; all when there are none.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def namespaces(self, names: Collection[str] = ()) -> Mapping[str, Mapping[str, str]]:
        """The labels of namespaces, by name.

        Args:
            names: only these; all when there are none.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class EventSink(Protocol):
    """Where events about objects go."""

    def emit(self, event: ObjectEvent) -> None:
        """Tell an event; one of the same object, reason and key that is still there is counted up, or stays.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class ReportSink(Protocol):
    """Where reports about workloads are kept."""

    def written(self) -> Mapping[tuple[str, str], str] | None:
        """The fingerprints of bomgate's reports that are there, by namespace and name.

        None when the cluster has no kind of report that bomgate can write.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def write(self, report: WorkloadReport) -> None:
        """Make a report, or replace the existing one.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def remove(self, key: tuple[str, str]) -> None:
        """Remove the report of this namespace and name; harmless when it is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class WorkloadInventory(Protocol):
    """Controllers and what belongs to them, read from the API server; a reference alone is never trusted."""

    def owners(self, owner: OwnerRef, namespace: str, deadline: Deadline) -> Sequence[Controller]:
        """The controller that a reference names, and those above it, nearest first.

        Empty when there is none of that kind, name and UID.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def pods(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Iterator[OwnedPod]:
        """The Pods of the last of these controllers that have not ended, read as far as they are asked for.

        Args:
            owners: what ``owners`` gave, not empty.
            namespace: where they are.
            deadline: by when all must be read.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def revisions(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Sequence[Revision]:
        """The templates that these controllers have made, or would make, Pods of, as far as the API server keeps them.

        Args:
            owners: what ``owners`` gave, not empty.
            namespace: where they are.
            deadline: by when all must be read.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class NamespaceLabels(Protocol):
    """Labels of namespaces whose keys begin with ``bomgate.dev/``."""

    def known(self, namespace: str) -> Mapping[str, str] | None:
        """The labels from memory; None when they are not there. No I/O."""

    def read(self, namespace: str, deadline: Deadline) -> Mapping[str, str]:
        """The labels as the API server has them now; empty when there is no such namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class AccessReviewer(Protocol):
    """Who may do what, for break-glass."""

    def may_use(self, user: Requester, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether the user may ``use`` a virtual resource of ``bomgate.dev`` in a namespace (SubjectAccessReview).

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class GrantStore(Protocol):
    """Uses of break-glass."""

    def find(self, uids: Collection[str], namespace: str, deadline: Deadline) -> Sequence[BreakGlassGrant]:
        """The grants for workloads with these UIDs, those that have ended included, as long as they are kept.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def of_ticket(self, ticket: str, namespace: str, deadline: Deadline) -> BreakGlassGrant | None:
        """The grant that was made under a ticket; None when it was never used in the namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def add(self, grant: BreakGlassGrant, deadline: Deadline) -> BreakGlassGrant | None:
        """Keep a grant, and give it as it is kept; None when its ticket has one in this namespace.

        Of many that ask at once, one is kept.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def confirm(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """Note for good that the change behind a grant came about.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def remove(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """Remove this very grant, if it is still there; another one under its ticket stays.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def everything(self, deadline: Deadline) -> Sequence[tuple[str, BreakGlassGrant]]:
        """All grants of the cluster, each with its name.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class LeaderLock(Protocol):
    """Which of several controllers leads."""

    def acquire(self, holder: str, *, now: dt.datetime) -> bool:
        """Take the lock, or renew it when ``holder`` has it; False when somebody else has it.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def release(self, holder: str) -> None:
        """Give the lock back; harmless when it is not held.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class LiveObjects(Protocol):
    """Single objects that carry a pod spec, as the API server has them now."""

    def can_read(self, of: OwnerRef) -> bool:
        """Whether objects of this kind can be read; never asks anybody."""

    def read(self, of: OwnerRef, namespace: str, deadline: Deadline) -> LiveObject | None:
        """The object; None when there is none of that kind, name and UID.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class TicketGuard(Protocol):
    """What keeps those who may not use break-glass from setting a ticket, whoever judges the object."""

    def since(self, deadline: Deadline) -> dt.datetime | None:
        """Since when it has been in force; None while it is not.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
