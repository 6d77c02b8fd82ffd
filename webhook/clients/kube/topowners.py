"""Top owners: the highest controllers above Pods that carry a pod spec, each with the images of all its Pods.

A Pod of a Deployment belongs to a ReplicaSet, and that to the Deployment. The chain ends below an owner that has no
pod spec bomgate knows of, such as the custom resource of an operator that makes StatefulSets: admission would never
judge it. Only above a Pod any controller counts, because Pods come and go; a Node does not, for the Pods that a
kubelet reads from files belong to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from webhook.model.images import Digest, identity
from webhook.model.kinds import CONTROLLERS
from webhook.model.metadata import ObjectMeta
from webhook.model.podstatus import PodState
from webhook.model.pulling import PullAccess
from webhook.model.running import ObjectRef, RunningImage, RunningWorkload
from webhook.model.workloads import ContainerRef, ContainerRole, OwnerRef


class TopOwners:
    """Knows the chain of controllers.

    Args:
        extra: (API group, kind) of further owners that carry a pod spec.
    """

    def __init__(self, extra: Collection[tuple[str, str]] = ()) -> None:
        self._kinds = CONTROLLERS.keys() | frozenset(extra)
        self._above: dict[str, ObjectRef] = {}
        self._known: dict[str, ObjectRef] = {}

    def add(self, metadata: ObjectMeta) -> bool:
        """Note an object that may stand between a Pod and its top owner; False when it is a top owner itself."""
        controller = metadata.controller
        if controller is None:
            return False
        above = self._ref(controller, metadata.namespace)
        if (above.group, above.kind) not in self._kinds:
            return False
        self._above[metadata.uid] = above
        return True

    def top(self, pod: ObjectRef, controller: OwnerRef | None) -> ObjectRef:
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

    def _ref(self, reference: OwnerRef, namespace: str) -> ObjectRef:
        known = self._known.get(reference.uid)
        if known is None:
            group, _, version = reference.api_version.rpartition("/")
            known = ObjectRef(group, version, reference.kind, namespace, reference.name, reference.uid)
            self._known[reference.uid] = known
        return known


_Place = tuple[ContainerRole, str, str]
"""Role and name of a container, and the image as written."""


class Gathered:
    """The containers of one top owner's Pods, each once for every image that it has.

    Args:
        owner: the top owner.
        access: with whose credentials the images are pulled.
    """

    __slots__ = ("_access", "_labels", "_running", "owner", "pods")

    def __init__(self, owner: ObjectRef, access: PullAccess) -> None:
        self.owner, self._access, self.pods = owner, access, 0
        self._running: dict[_Place, set[Digest]] = {}
        self._labels: dict[_Place, str] = {}

    def add(self, containers: Sequence[ContainerRef], state: PodState) -> None:
        """Take the containers of one Pod in."""
        self.pods += 1
        digests = state.digests()
        for container in containers:
            place = (container.role, container.name, container.image)
            if place not in self._running:
                self._running[place], self._labels[place] = set(), container.label
            # A digest in the reference is what admission judged; the kubelet may tell another name's of the same image.
            digest = None if "@" in container.image else digests.get((container.role, container.name))
            if digest is not None:
                self._running[place].add(digest)

    def workload(self, template: Sequence[ContainerRef] = (), access: PullAccess | None = None) -> RunningWorkload:
        """The workload.

        Args:
            template: the containers of the owner's own pod spec.
            access: of the owner's own pod spec.
        """
        images: list[RunningImage] = []
        labels = dict(self._labels)
        for container in template:
            places = [place for place in self._running if _is_of(place, container)]
            labels.update(dict.fromkeys(places, container.label))
            if not places:
                images.append(RunningImage(container.image, None, container.label, container.role, running=False))
        for place, digests in self._running.items():
            role, _, reference = place
            known: Sequence[Digest | None] = sorted(digests) or (None,)
            images += [RunningImage(reference, digest, labels[place], role, running=True) for digest in known]
        return RunningWorkload(self.owner, tuple(images), self.pods, access or self._access)


def _is_of(place: _Place, container: ContainerRef) -> bool:
    """Whether a Pod's container is that of the template; its image may have been pinned on the way."""
    role, name, reference = place
    if (role, name) != (container.role, container.name):
        return False
    return reference == container.image or identity(container.image) in (
        identity(reference),
        identity(reference).partition("@")[0],
    )
