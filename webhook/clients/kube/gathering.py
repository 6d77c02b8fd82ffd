"""Gathering: the images of many Pods, and of the template that they are made from, as one short list."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from webhook.clients.kube.topowners import Metadata
from webhook.model.images import Digest, identity
from webhook.model.podstatus import PodStatus
from webhook.model.pulling import PullAccess
from webhook.model.running import ObjectRef, RunningImage, RunningWorkload
from webhook.model.workloads import ContainerRef, ContainerRole


class PodState(msgspec.Struct):
    """A Pod's metadata, and what its kubelet says of it."""

    metadata: Metadata
    status: PodStatus | None = None

    def digests(self) -> dict[tuple[ContainerRole, str], Digest]:
        """The digests that run, by role and name of the container or image volume."""
        return self.status.digests() if self.status is not None else {}


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
        for one in containers:
            place = (one.role, one.name, one.image)
            if place not in self._running:
                self._running[place], self._labels[place] = set(), one.label
            # A digest in the reference is what admission judged; the kubelet may tell another name's of the same image.
            digest = None if "@" in one.image else digests.get((one.role, one.name))
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
        for one in template:
            places = [place for place in self._running if _is_of(place, one)]
            labels.update(dict.fromkeys(places, one.label))
            if not places:
                images.append(RunningImage(one.image, None, one.label, one.role, running=False))
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
