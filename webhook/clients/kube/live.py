"""Live objects: single objects that carry a pod spec, as the API server has them now.

Source: Kubernetes API reference, "Read the specified Pod", and so on for the other kinds.
"""

from __future__ import annotations

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.owners import ticket_on
from webhook.clients.kube.problems import Wanted
from webhook.model.deadlines import Deadline
from webhook.model.kinds import WORKLOAD_KINDS, WorkloadKind
from webhook.model.metadata import TracedObject
from webhook.model.objects import decode_workload
from webhook.model.owners import LiveObject
from webhook.model.workloads import OwnerRef

_DECODER = msgspec.json.Decoder(TracedObject)


class KubeLiveObjects:
    """Reads single objects; implements ``LiveObjects`` and is safe to use from several threads.

    Args:
        api: the API server.
    """

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    def can_read(self, of: OwnerRef) -> bool:
        """Whether the object is of a built-in kind: bomgate has no right to read others."""
        return _kind(of) is not None

    def read(self, of: OwnerRef, namespace: str, deadline: Deadline) -> LiveObject | None:
        """The object; None when there is none of that kind, name and UID.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        kind = _kind(of)
        if kind is None or not is_name(of.name) or not is_name(namespace):
            return None
        wanted = Wanted(kind.resource, of.name, namespace)
        content = self._api.get(f"{kind.path(namespace)}/{of.name}", wanted, deadline)
        if content is None:
            return None
        metadata = decoded(_DECODER, content, wanted).metadata
        if metadata.uid != of.uid:
            return None
        workload, owner = decode_workload(content, kind.group, kind.kind), metadata.controller
        references = (
            frozenset(container.image for container in workload.containers) if workload is not None else frozenset()
        )
        controller = owner.uid if owner is not None else ""
        return LiveObject(metadata.changed, references, controller, ticket_on(metadata))


def _kind(of: OwnerRef) -> WorkloadKind | None:
    return WORKLOAD_KINDS.get((of.api_version.rpartition("/")[0], of.kind))
