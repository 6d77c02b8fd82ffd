"""Clusters in memory: fakes of the ports that say what runs, and that take what the audit tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from webhook.errors import BomgateError
from webhook.model.images import Digest
from webhook.model.metadata import LabelSelector
from webhook.model.pulling import PullAccess
from webhook.model.registration import RegisteredEntry
from webhook.model.reports import ObjectEvent, WorkloadReport
from webhook.model.running import ObjectRef, RunningImage, RunningWorkload
from webhook.model.workloads import ContainerRole


@dataclass
class FakeRunningWorkloads:
    """A cluster with the given workloads, and labels of namespaces; namespaces of workloads are there by themselves."""

    found: list[RunningWorkload] = field(default_factory=list)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    error: BomgateError | None = None

    def workloads(self, namespaces: Collection[str] = ()) -> Sequence[RunningWorkload]:
        if self.error is not None:
            raise self.error
        return [workload for workload in self.found if not namespaces or workload.owner.namespace in namespaces]

    def namespaces(self, names: Collection[str] = ()) -> Mapping[str, Mapping[str, str]]:
        known = {**{workload.owner.namespace: {} for workload in self.found}, **self.labels}
        return {name: labels for name, labels in known.items() if not names or name in names}


@dataclass
class FakeRegistration:
    """A registration with these selectors; none of bomgate's when there are none."""

    found: Sequence[LabelSelector] | None = None

    def entries(self) -> Sequence[RegisteredEntry] | None:
        return None if self.found is None else [RegisteredEntry(namespaces=selector) for selector in self.found]


@dataclass
class FakeEventSink:
    """Keeps every event in ``events``; raises ``error`` when there is one."""

    events: list[ObjectEvent] = field(default_factory=list)
    error: BomgateError | None = None

    def emit(self, event: ObjectEvent) -> None:
        if self.error is not None:
            raise self.error
        self.events.append(event)


@dataclass
class FakeReportSink:
    """Keeps reports by namespace and name; ``writes`` counts what was sent. Without ``served`` it takes none.

    With ``error`` it does not say which reports there are.
    """

    reports: dict[tuple[str, str], WorkloadReport] = field(default_factory=dict)
    writes: int = 0
    served: bool = True
    error: BomgateError | None = None

    def written(self) -> Mapping[tuple[str, str], str] | None:
        if self.error is not None:
            raise self.error
        return {key: report.fingerprint for key, report in self.reports.items()} if self.served else None

    def write(self, report: WorkloadReport) -> None:
        self.writes += 1
        self.reports[report.key] = report

    def remove(self, key: tuple[str, str]) -> None:
        self.writes += 1
        self.reports.pop(key, None)


def running(
    name: str, *images: str | tuple[str, Digest], namespace: str = "shop", access: PullAccess | None = None
) -> RunningWorkload:
    """A Deployment with a container for each image; one with a digest runs in a Pod."""
    owner = ObjectRef("apps", "v1", "Deployment", namespace, name, f"uid-{namespace}-{name}")
    made = []
    for number, image in enumerate(images):
        reference, digest = (image, None) if isinstance(image, str) else image
        label = f"spec.template.spec.containers[{number}] (c{number})"
        made.append(RunningImage(reference, digest, label, ContainerRole.CONTAINER, running=digest is not None))
    return RunningWorkload(owner, tuple(made), 1, access or PullAccess(namespace, (), "default"))
