"""Owners: controllers by name and UID, the Pods that they have, and the templates that they made Pods of.

What an object says of its owner is only where to look. An owner counts when the API server has one of that kind, name
and UID; a Pod belongs to a controller when its own chain of owners, read in the same way, leads there.

Source: Kubernetes, "Labels and Selectors" (list queries); "Deployments" (revision history); API reference,
apps/v1 ControllerRevision, whose ``data`` of StatefulSets and DaemonSets holds ``spec.template``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Wanted
from webhook.model.deadlines import Deadline
from webhook.model.grants import BREAK_GLASS_ANNOTATION, SetTicket
from webhook.model.images import Digest, readable
from webhook.model.kinds import CONTROLLERS, POD
from webhook.model.metadata import LabelSelector, TracedMeta, TracedObject
from webhook.model.objects import decode_workload
from webhook.model.owners import Controller, OwnedPod, Revision
from webhook.model.podstatus import PodState
from webhook.model.workloads import ContainerRef, OwnerRef

_PAGE = 100
"""Pods that are read at once; mostly the first ones tell all."""
_LIVING = "status.phase!=Succeeded,status.phase!=Failed"
_JOB_PODS = "batch.kubernetes.io/job-name"
"""Label of every Pod of a Job; a CronJob has no selector."""
_LONGEST_SELECTOR = 4_096
"""Bytes of a selector in a query; the API server takes addresses of up to 1 MiB, a proxy less."""


class _Spec(msgspec.Struct):
    selector: Any = None


class _Object(TracedObject):
    spec: _Spec = msgspec.field(default_factory=_Spec)
    data: msgspec.Raw = msgspec.Raw(b"null")


_OBJECT, _POD = msgspec.json.Decoder(_Object), msgspec.json.Decoder(PodState)


class KubeOwners:
    """Reads controllers; implements ``WorkloadInventory`` and is safe to use from several threads.

    Args:
        api: the API server.
    """

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    def owners(self, owner: OwnerRef, namespace: str, deadline: Deadline) -> Sequence[Controller]:
        """The controller that a reference names, and those above it, nearest first.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        found: list[Controller] = []
        reference: OwnerRef | None = owner
        while reference is not None and len(found) < 3:  # no chain of built-in controllers is longer
            read = self._controller(reference, namespace, deadline)
            if read is None:
                break
            controller, reference = read
            found.append(controller)
        return found

    def pods(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Iterator[OwnedPod]:
        """The Pods of the last of these controllers that have not ended, read as far as they are asked for.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        top = owners[-1]
        chains = {owner.uid: tuple(above.uid for above in owners[index:]) for index, owner in enumerate(owners)}
        query = {**_selecting(top.selector or _JOB_PODS), "fieldSelector": _LIVING}
        for content in self._list(POD.path(namespace), POD.resource, namespace, query, deadline):
            pod: PodState = decoded(_POD, content, Wanted(POD.resource, "", namespace))
            by = pod.metadata.controller
            if by is None:
                continue
            if by.uid not in chains:
                chains[by.uid] = tuple(owner.uid for owner in self.owners(by, namespace, deadline))
            if top.uid in chains[by.uid]:
                yield _owned(pod, content, chains[by.uid])

    def revisions(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Sequence[Revision]:
        """The templates that these controllers have made, or would make, Pods of.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        top, own = owners[-1], [owner.revision for owner in owners if owner.revision is not None]
        plural = {"Deployment": "replicasets", "StatefulSet": "controllerrevisions", "DaemonSet": "controllerrevisions"}
        kind = plural.get(top.kind)
        if kind is None or not top.selector:
            return own
        path = f"/apis/apps/v1/namespaces/{namespace}/{kind}"
        found = []
        for content in self._list(path, f"{kind}.apps", namespace, _selecting(top.selector), deadline):
            one: _Object = decoded(_OBJECT, content, Wanted(f"{kind}.apps", "", namespace))
            by = one.metadata.controller
            if by is not None and by.uid == top.uid:
                found.append(_revision(one, content if kind == "replicasets" else one.data))
        return found

    def _controller(
        self, reference: OwnerRef, namespace: str, deadline: Deadline
    ) -> tuple[Controller, OwnerRef | None] | None:
        group = reference.api_version.rpartition("/")[0]
        kind = CONTROLLERS.get((group, reference.kind))
        if kind is None or not is_name(reference.name) or not is_name(namespace):
            return None
        wanted = Wanted(kind.resource, reference.name, namespace)
        content = self._api.get(f"{kind.path(namespace)}/{reference.name}", wanted, deadline)
        if content is None:
            return None
        read: _Object = decoded(_OBJECT, content, wanted)
        if read.metadata.uid != reference.uid:
            return None
        template = _revision(read, content, group, reference.kind)
        controller = Controller(
            reference.api_version,
            reference.kind,
            read.metadata.name,
            read.metadata.uid,
            _selector(read.spec),
            template if kind.one_template else None,
            template.references,
            ticket_on(read.metadata),
        )
        return controller, read.metadata.controller

    def _list(
        self, path: str, resource: str, namespace: str, query: Mapping[str, str], deadline: Deadline
    ) -> Iterator[msgspec.Raw]:
        wanted = Wanted(resource, "", namespace)
        for items, _ in self._api.pages(path, wanted, deadline, query={**query, "limit": str(_PAGE)}):
            yield from items


def ticket_on(metadata: TracedMeta) -> SetTicket | None:
    """The ticket of break-glass on an object; None without one."""
    text = (metadata.annotations or {}).get(BREAK_GLASS_ANNOTATION)
    return None if text is None else SetTicket(text, metadata.annotation_set(BREAK_GLASS_ANNOTATION))


def _selecting(selector: str) -> dict[str, str]:
    """The query for what a selector takes; for all there is when it is too long, of which only what is owned counts."""
    return {"labelSelector": selector} if len(selector) <= _LONGEST_SELECTOR else {}


def _selector(spec: _Spec) -> str:
    """A label selector as a query has it; that of a ReplicationController is a plain mapping."""
    given = spec.selector if isinstance(spec.selector, dict) else {}
    is_plain = not {"matchLabels", "matchExpressions"} & given.keys()
    return msgspec.convert({"matchLabels": given} if is_plain else given, LabelSelector).query


def _revision(read: _Object, content: bytes | msgspec.Raw, group: str = "apps", kind: str = "ReplicaSet") -> Revision:
    return Revision(
        read.metadata.created, frozenset(container.image for container in _containers(content, group, kind))
    )


def _containers(content: bytes | msgspec.Raw, group: str, kind: str) -> tuple[ContainerRef, ...]:
    workload = decode_workload(content, group, kind) if bytes(content) != b"null" else None
    return workload.containers if workload is not None else ()


def _owned(pod: PodState, content: msgspec.Raw, owners: tuple[str, ...]) -> OwnedPod:
    says = pod.digests()
    digests: set[Digest] = set()
    tags: set[tuple[str, Digest | None]] = set()
    for container in _containers(content, "", "Pod"):
        running, image = says.get((container.role, container.name)), readable(container.image)
        pinned = image.digest if image is not None else None
        digests.update(digest for digest in (running, pinned) if digest is not None)
        if image is not None and pinned is None:
            tags.add((image.tagged, running))
    return OwnedPod(owners, pod.metadata.created, frozenset(digests), frozenset(tags))
