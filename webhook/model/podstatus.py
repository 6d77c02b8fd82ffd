"""Pod statuses: what the kubelet says that the containers of a Pod run.

Source: Kubernetes API reference, core/v1 PodStatus, ContainerStatus (``imageID``), ImageVolumeStatus.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from webhook.model.images import Digest
from webhook.model.metadata import ApiObject
from webhook.model.running import running_digest
from webhook.model.workloads import ContainerRole


class _ImageVolume(msgspec.Struct, rename="camel"):
    image_ref: str = ""


class _VolumeStatus(msgspec.Struct):
    image: _ImageVolume | None = None


class _Mount(msgspec.Struct, rename="camel"):
    name: str = ""
    volume_status: _VolumeStatus | None = None


class _ContainerStatus(msgspec.Struct, rename="camel"):
    name: str = ""
    image_id: str = msgspec.field(default="", name="imageID")
    volume_mounts: list[_Mount] | None = None


class PodStatus(msgspec.Struct, rename="camel"):
    """The part of a Pod's status that names images."""

    container_statuses: list[_ContainerStatus] | None = None
    init_container_statuses: list[_ContainerStatus] | None = None
    ephemeral_container_statuses: list[_ContainerStatus] | None = None

    def digests(self) -> dict[tuple[ContainerRole, str], Digest]:
        """The digests that run, by role and name of the container or image volume."""
        running: dict[tuple[ContainerRole, str], Digest] = {}
        lists = (
            (ContainerRole.INIT, self.init_container_statuses),
            (ContainerRole.CONTAINER, self.container_statuses),
            (ContainerRole.EPHEMERAL, self.ephemeral_container_statuses),
        )
        for role, statuses in lists:
            for status in statuses or ():
                entries = [(role, status.name, status.image_id), *_volumes(status)]
                for kind, name, image_id in entries:
                    digest = running_digest(image_id)
                    if digest is not None:
                        running[kind, name] = digest
        return running


class PodState(ApiObject):
    """A Pod's metadata, and what its kubelet says of it."""

    status: PodStatus | None = None

    def digests(self) -> dict[tuple[ContainerRole, str], Digest]:
        """The digests that run, by role and name of the container or image volume."""
        return self.status.digests() if self.status is not None else {}


def _volumes(status: _ContainerStatus) -> Iterator[tuple[ContainerRole, str, str]]:
    for mount in status.volume_mounts or ():
        if mount.volume_status is not None and mount.volume_status.image is not None:
            yield ContainerRole.IMAGE_VOLUME, mount.name, mount.volume_status.image.image_ref
