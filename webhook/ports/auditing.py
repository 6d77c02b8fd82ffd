"""What runs in a cluster, and where the audit tells what it found; implemented by ``clients``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.metadata import LabelSelector
    from webhook.model.reports import ObjectEvent, WorkloadReport
    from webhook.model.running import RunningWorkload


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


class WebhookRegistration(Protocol):
    """How the webhook is registered."""

    def selectors(self) -> Sequence[LabelSelector] | None:
        """Which namespaces the entries of the registration select; None when there is none, or it may not be read.

        Raises:
            SourceError: the API server did not answer.
        """


class EventSink(Protocol):
    """Where events about objects go."""

    def emit(self, event: ObjectEvent) -> None:
        """Tell an event; one of the same object, reason and key that is still there is counted up.

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
