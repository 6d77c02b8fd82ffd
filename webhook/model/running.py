"""What runs in a cluster: workloads by their top owner, with the images of their template and of their Pods.

Source: Kubernetes API reference, core/v1 ContainerStatus (``imageID``), meta/v1 OwnerReference.
"""

from __future__ import annotations

import msgspec

from webhook.errors import InvalidInput
from webhook.model.images import Digest, parse_digest, parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.workloads import ContainerRole


class ObjectRef(msgspec.Struct, frozen=True):
    """An object in the cluster.

    Attributes:
        group: API group, empty for the core group.
        version: of the API group, such as ``v1``.
        kind: such as ``Deployment``.
        namespace: empty for what belongs to the whole cluster.
        name: of the object.
        uid: of the object.
    """

    group: str
    version: str
    kind: str
    namespace: str
    name: str
    uid: str

    @property
    def api_version(self) -> str:
        """``apps/v1``, and ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def title(self) -> str:
        """``Deployment shop/web`` for people."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class RunningImage(msgspec.Struct, frozen=True):
    """One container of a workload, and its image.

    Attributes:
        reference: as written.
        digest: what runs, as far as it is known.
        container: field path and name, such as ``spec.template.spec.containers[0] (web)``.
        role: what kind of container.
        running: whether a Pod has it; else only the template names it.
    """

    reference: str
    digest: Digest | None
    container: str
    role: ContainerRole
    running: bool

    @property
    def judged(self) -> str:
        """The reference to judge: with its tag, and with the digest that runs where that is known."""
        return with_digest(self.reference, self.digest)


class RunningWorkload(msgspec.Struct, frozen=True):
    """A top owner and what belongs to it.

    Attributes:
        owner: the highest object of the chain that carries a pod spec, such as a Deployment or a Pod without owner.
        images: each container once for each image that it has.
        pods: how many Pods of it there are, without those that have ended.
        pull_access: with whose credentials its images are pulled.
    """

    owner: ObjectRef
    images: tuple[RunningImage, ...] = ()
    pods: int = 0
    pull_access: PullAccess = NO_ACCESS


def running_digest(image_id: str) -> Digest | None:
    """The digest of the manifest that a container runs, from the ``imageID`` of its status.

    Args:
        image_id: such as ``docker.io/library/nginx@sha256:…``, with ``docker-pullable://`` in front of it by dockershim
            and its successor. A bare ``sha256:…`` is the digest of the image's configuration, not of its manifest.

    Returns:
        None when it names no manifest.
    """
    name, at, digest = image_id.rpartition("@")
    if not at or not name:
        return None
    try:
        return parse_digest(digest)
    except InvalidInput:
        return None


def with_digest(reference: str, digest: Digest | None) -> str:
    """An image reference with its tag and a digest; as it is when it has a digest already, or none is known.

    A reference that cannot be read stays as it is, too.
    """
    if digest is None or "@" in reference:
        return reference
    try:
        image = parse_image(reference)
    except InvalidInput:
        return reference
    # Without a digest no tag means `latest`; with one it would mean none, and assessments of `latest` would not count.
    has_tag = reference.endswith(f":{image.tag}")
    return f"{reference}@{digest}" if has_tag else f"{reference}:{image.tag}@{digest}"
