"""Running workloads: everything that has Pods or could make some, in pages of the API server's lists.

A page is reduced to one short entry for each top owner before the next one is asked for, so that memory grows with the
number of workloads and of their different images, and not with that of Pods. ReplicaSets and Jobs, of which a cluster
keeps many old ones, are listed as metadata alone.
Source: Kubernetes API reference: core/v1, apps/v1, batch/v1; "API concepts", metadata-only fetches, field selectors.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from webhook.clients.kube.api import METADATA_LIST, KubeApi, decoded, is_name
from webhook.clients.kube.problems import Wanted
from webhook.clients.kube.topowners import Gathered, TopOwners
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.kinds import CONTROLLERS, JOB, POD, REPLICA_SET, WorkloadKind
from webhook.model.metadata import ApiObject, Condition
from webhook.model.objects import decode_workload
from webhook.model.podstatus import PodState
from webhook.model.running import RunningWorkload
from webhook.model.workloads import Workload
from webhook.ports import Clock

log = logging.getLogger("bomgate.inventory")
_LIST_SECONDS = 300.0
"""Longest time for everything; a page of the list cannot be continued much longer than that either."""
_RUNNING = {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"}
_UNFINISHED = {"fieldSelector": "status.successful=0"}
_ENDS = ("Complete", "Failed")
_TEMPLATES = [kind for kind in CONTROLLERS.values() if kind not in (REPLICA_SET, JOB)]


class _JobStatus(msgspec.Struct):
    conditions: list[Condition] | None = None


class _Job(ApiObject):
    status: _JobStatus | None = None

    @property
    def ended(self) -> bool:
        conditions = (self.status.conditions if self.status else None) or ()
        return any(condition.type in _ENDS and condition.status == "True" for condition in conditions)


_OBJECT, _JOB, _POD = (msgspec.json.Decoder(shape) for shape in (ApiObject, _Job, PodState))


class KubeWorkloads:
    """Lists what runs; implements ``RunningWorkloads``.

    Args:
        api: the API server.
        clock: time.
        extra: (API group, kind) of further owners that carry a pod spec.
    """

    def __init__(self, api: KubeApi, clock: Clock, extra: Collection[tuple[str, str]] = ()) -> None:
        self._api, self._clock, self._extra = api, clock, tuple(extra)

    def workloads(self, namespaces: Collection[str] = ()) -> Sequence[RunningWorkload]:
        """Every workload by its top owner.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        deadline = Deadline(self._clock.monotonic() + _LIST_SECONDS)
        places = [name for name in dict.fromkeys(namespaces) if is_name(name)] if namespaces else [""]
        return [
            workload for place in places for workload in _Listing(self._api, place, deadline, self._extra).workloads()
        ]

    def namespaces(self, names: Collection[str] = ()) -> Mapping[str, Mapping[str, str]]:
        """The labels of namespaces, by name.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        deadline = Deadline(self._clock.monotonic() + _LIST_SECONDS)
        found: dict[str, Mapping[str, str]] = {}

        def keep(raw: bytes | msgspec.Raw, wanted: Wanted) -> None:
            metadata = decoded(_OBJECT, raw, wanted).metadata
            found[metadata.name] = metadata.labels or {}

        for name in filter(is_name, names):
            wanted = Wanted("namespaces", name)
            content = self._api.get(f"/api/v1/namespaces/{name}", wanted, deadline)
            if content is not None:
                keep(content, wanted)
        if not names:
            wanted = Wanted("namespaces", "")
            for page, _ in self._api.pages("/api/v1/namespaces", wanted, deadline, accept=METADATA_LIST):
                for raw in page:
                    keep(raw, wanted)
        return found


class _Listing:
    """One look at everything in a namespace, or in the cluster."""

    def __init__(self, api: KubeApi, namespace: str, deadline: Deadline, extra: Collection[tuple[str, str]]) -> None:
        self._api, self._namespace, self._deadline = api, namespace, deadline
        self._tops = TopOwners(extra)
        self._gathered: dict[str, Gathered] = {}

    def workloads(self) -> Iterator[RunningWorkload]:
        """Pods first: they are reduced to their owners, which come after them."""
        loose = self._loose_replica_sets()
        for raw in self._objects(JOB, accept=METADATA_LIST):
            self._tops.add(decoded(_OBJECT, raw, Wanted(JOB.resource, "", self._namespace)).metadata)
        self._gather_pods()
        for kind in _TEMPLATES:
            for raw in self._objects(kind):
                yield from self._owner(kind, raw)
        for name, namespace in loose:
            content = self._api.get(
                f"{REPLICA_SET.path(namespace)}/{name}", Wanted(REPLICA_SET.resource, name, namespace), self._deadline
            )
            if content is not None:
                yield from self._owner(REPLICA_SET, content)
        for raw in self._objects(JOB, query=_UNFINISHED):
            job = decoded(_JOB, raw, Wanted(JOB.resource, "", self._namespace))
            if not self._tops.add(job.metadata) and not job.ended:
                yield from self._owner(JOB, raw)
        yield from (group.workload() for group in self._gathered.values())

    def _loose_replica_sets(self) -> list[tuple[str, str]]:
        loose = []
        for raw in self._objects(REPLICA_SET, accept=METADATA_LIST):
            metadata = decoded(_OBJECT, raw, Wanted(REPLICA_SET.resource, "", self._namespace)).metadata
            if not self._tops.add(metadata) and is_name(metadata.name) and is_name(metadata.namespace):
                loose.append((metadata.name, metadata.namespace))
        return loose

    def _gather_pods(self) -> None:
        for raw in self._objects(POD, query=_RUNNING):
            state = decoded(_POD, raw, Wanted(POD.resource, "", self._namespace))
            pod = _read(raw, POD)
            if pod is None or pod.deleting:
                continue
            owner = self._tops.top(state.metadata.ref("", "v1", "Pod"), state.metadata.controller)
            gathered = self._gathered.get(owner.uid)
            if gathered is None:
                gathered = self._gathered[owner.uid] = Gathered(owner, pod.pull_access)
            gathered.add(pod.containers, state)

    def _owner(self, kind: WorkloadKind, raw: bytes | msgspec.Raw) -> Iterator[RunningWorkload]:
        """The workload of a top owner, with what its Pods run."""
        metadata = decoded(_OBJECT, raw, Wanted(kind.resource, "", self._namespace)).metadata
        template = _read(raw, kind)
        if template is None or template.deleting:
            return
        owner = metadata.ref(kind.group, "v1", kind.kind)
        gathered = self._gathered.pop(metadata.uid, None) or Gathered(owner, template.pull_access)
        gathered.owner = owner
        yield gathered.workload(template.containers, template.pull_access)

    def _objects(
        self, kind: WorkloadKind, *, query: Mapping[str, str] | None = None, accept: str = ""
    ) -> Iterator[msgspec.Raw]:
        path, wanted = kind.path(self._namespace), Wanted(kind.resource, "", self._namespace)
        for page, _ in self._api.pages(path, wanted, self._deadline, query=query, accept=accept):
            yield from page


def _read(raw: bytes | msgspec.Raw, kind: WorkloadKind) -> Workload | None:
    try:
        return decode_workload(raw, kind.group, kind.kind)
    except InvalidInput as problem:
        log.warning("an object was left out", extra={"kind": kind.kind, "why": problem.message})
        return None
