"""Top owners: from an object to the highest one of its chain of controllers that carries a pod spec.

A Pod of a Deployment belongs to a ReplicaSet, and that to the Deployment. The chain ends below an owner that has no
pod spec bomgate knows of, such as the custom resource of an operator that makes StatefulSets: admission would never
judge it. Only above a Pod any controller counts, because Pods come and go; a Node does not, for the Pods that a
kubelet reads from files belong to nobody.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from webhook.model.kinds import CONTROLLERS
from webhook.model.running import ObjectRef


class OwnerReference(msgspec.Struct, rename="camel"):
    """An entry of ``metadata.ownerReferences``."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Metadata(msgspec.Struct, rename="camel"):
    """What is read of an object's metadata."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    owner_references: list[OwnerReference] | None = None
    deletion_timestamp: str | None = None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that made the object, if any."""
        return next((one for one in self.owner_references or () if one.controller), None)

    def ref(self, group: str, version: str, kind: str) -> ObjectRef:
        """The object itself."""
        return ObjectRef(group, version, kind, self.namespace, self.name, self.uid)


class TopOwners:
    """Knows the chain of controllers.

    Args:
        extra: (API group, kind) of further owners that carry a pod spec.
    """

    def __init__(self, extra: Collection[tuple[str, str]] = ()) -> None:
        self._kinds = CONTROLLERS.keys() | frozenset(extra)
        self._above: dict[str, ObjectRef] = {}
        self._known: dict[str, ObjectRef] = {}

    def add(self, metadata: Metadata) -> bool:
        """Note an object that may stand between a Pod and its top owner; False when it is a top owner itself."""
        controller = metadata.controller
        if controller is None:
            return False
        above = self._ref(controller, metadata.namespace)
        if (above.group, above.kind) not in self._kinds:
            return False
        self._above[metadata.uid] = above
        return True

    def top(self, pod: ObjectRef, controller: OwnerReference | None) -> ObjectRef:
        """The top owner of a Pod; the Pod itself when nobody owns it."""
        if controller is None or controller.kind == "Node":
            return pod
        owner = self._ref(controller, pod.namespace)
        for _ in range(5):  # no chain is that long, and a made-up one could be a ring
            above = self._above.get(owner.uid)
            if above is None:
                break
            owner = above
        return owner

    def _ref(self, reference: OwnerReference, namespace: str) -> ObjectRef:
        known = self._known.get(reference.uid)
        if known is None:
            group, _, version = reference.api_version.rpartition("/")
            known = ObjectRef(group, version, reference.kind, namespace, reference.name, reference.uid)
            self._known[reference.uid] = known
        return known
