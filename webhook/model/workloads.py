"""Workloads: any Kubernetes object that carries a pod spec, as a flat list of its containers."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from webhook.model.images import Digest
from webhook.model.pulling import NO_ACCESS, PullAccess


class ContainerRole(enum.StrEnum):
    """Where in a pod spec an image is named."""

    CONTAINER = "container"
    INIT = "init container"
    EPHEMERAL = "ephemeral container"
    IMAGE_VOLUME = "image volume"


class ContainerRef(msgspec.Struct, frozen=True, gc=False):
    """One place in a pod spec that names an image.

    Attributes:
        role: what kind of place.
        name: the container's or the volume's name.
        image: the reference as written.
        path: field path, such as ``spec.template.spec.containers[0]``.
    """

    role: ContainerRole
    name: str
    image: str
    path: str

    @property
    def label(self) -> str:
        """Path and name as reports show them: ``spec.containers[0] (web)``."""
        return f"{self.path} ({self.name})"


class OwnerRef(msgspec.Struct, frozen=True, gc=False):
    """A controller owner as the object states it; not to be trusted before it was read from the API."""

    api_version: str
    kind: str
    name: str
    uid: str


class WorkloadPlace(msgspec.Struct, frozen=True, gc=False):
    """Where the API server has an object, if it has it.

    Attributes:
        of: its kind, name and UID.
        namespace: where it is.
        controller: UID of its controller; empty without one.
    """

    of: OwnerRef
    namespace: str
    controller: str = ""


class Workload(msgspec.Struct, frozen=True, gc=False):
    """An object with its containers.

    Attributes:
        group: API group, empty for the core group.
        kind: such as ``Deployment``.
        namespace: possibly empty.
        name: possibly empty (``generateName`` before it is filled in).
        containers: every place that names an image, in document order.
        controller: the owner with ``controller: true``, if any.
        annotations: those whose keys begin with ``bomgate.dev/``.
        deleting: whether it has a deletionTimestamp.
        pull_access: with whose credentials its images are pulled.
        uid: of the object; empty when it has none yet.
        pod_specs: of an object of a configured kind, the true paths of its pod specs.
        nowhere: configured paths at which the object has nothing.
        running: for a Pod, what its kubelet says that each of its containers runs.
    """

    group: str
    kind: str
    namespace: str
    name: str
    containers: tuple[ContainerRef, ...] = ()
    controller: OwnerRef | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    deleting: bool = False
    pull_access: PullAccess = NO_ACCESS
    uid: str = ""
    pod_specs: tuple[str, ...] = ()
    nowhere: tuple[str, ...] = ()
    running: Mapping[tuple[ContainerRole, str], Digest] = msgspec.field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether it is of a configured kind, and none of the paths led to an image: nothing of it can be judged."""
        return bool(self.nowhere) and not self.containers

    @property
    def title(self) -> str:
        """``Deployment shop/web`` for people."""
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name or '(unnamed)'}"
