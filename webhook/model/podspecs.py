"""Pod specs: what names images and their credentials in them.

Only the few fields that name images are read; everything else, known or not, is skipped by the decoder, so that a new
API field can never break a decision. Source: Kubernetes API reference, core/v1 PodSpec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from webhook.errors import InvalidInput
from webhook.model.pulling import PullAccess
from webhook.model.workloads import ContainerRef, ContainerRole

T = TypeVar("T", bound=msgspec.Struct)


class _Container(msgspec.Struct, gc=False):
    name: str | None = None
    image: str | None = None


class _ImageSource(msgspec.Struct, gc=False):
    reference: str | None = None


class _Volume(msgspec.Struct, gc=False):
    name: str | None = None
    image: _ImageSource | None = None


class _SecretName(msgspec.Struct, gc=False):
    name: str | None = None


class PodSpec(msgspec.Struct, rename="camel"):
    """The fields of a pod spec that are read."""

    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    ephemeral_containers: list[_Container] | None = None
    volumes: list[_Volume] | None = None
    image_pull_secrets: list[_SecretName] | None = None
    service_account_name: str | None = None


def loose_pod_spec(where: str, value: Any, odd: list[InvalidInput]) -> PodSpec:
    """A pod spec; of one in an odd shape what can be read of it."""
    try:
        return msgspec.convert(value, PodSpec)
    except msgspec.ValidationError as problem:
        odd.append(InvalidInput(f"{where} is not of the shape of a pod spec: {problem}"))
    parts = value if isinstance(value, Mapping) else {}
    spec = PodSpec(volumes=[_loose(_Volume, entry) for entry in _entries_of(parts, "volumes")])
    for field, key in (
        ("containers", "containers"),
        ("init_containers", "initContainers"),
        ("ephemeral_containers", "ephemeralContainers"),
    ):
        setattr(spec, field, [_loose(_Container, entry) for entry in _entries_of(parts, key)])
    return spec


def _entries_of(parts: Mapping[str, Any], key: str) -> Sequence[Any]:
    content = parts.get(key)
    return content if isinstance(content, list) else ()


def _loose(shape: type[T], value: Any) -> T:
    """An entry by those of its members that can be read, so that each keeps its place."""
    made = shape()
    for field in msgspec.structs.fields(shape) if isinstance(value, Mapping) else ():
        with suppress(msgspec.ValidationError):
            setattr(made, field.name, msgspec.convert(value.get(field.encode_name), field.type))
    return made


def containers_of(spec: PodSpec | None, path: str) -> Sequence[ContainerRef]:
    """The containers and image volumes of a pod spec that name an image.

    Args:
        spec: the pod spec, if there is one.
        path: where it stands in its object.
    """
    found: list[ContainerRef] = []
    if spec is None:
        return found
    lists = (
        (ContainerRole.INIT, "initContainers", spec.init_containers),
        (ContainerRole.CONTAINER, "containers", spec.containers),
        (ContainerRole.EPHEMERAL, "ephemeralContainers", spec.ephemeral_containers),
    )
    for role, field, containers in lists:
        for index, container in enumerate(containers or ()):
            if container.image:
                found.append(ContainerRef(role, container.name or "", container.image, f"{path}.{field}[{index}]"))
    for index, volume in enumerate(spec.volumes or ()):
        if volume.image is not None and volume.image.reference:
            where = f"{path}.volumes[{index}].image"
            found.append(ContainerRef(ContainerRole.IMAGE_VOLUME, volume.name or "", volume.image.reference, where))
    return found


def pull_access_of(spec: PodSpec | None, kind: tuple[str, str], namespace: str) -> PullAccess:
    """The pull secrets and the ServiceAccount of a pod spec.

    Args:
        spec: the pod spec, if there is one.
        kind: API group and kind of its object.
        namespace: where it is to run.
    """
    named = spec.image_pull_secrets if spec else None
    secrets = tuple(name.name for name in named if name.name) if named else ()
    account = (spec.service_account_name if spec else None) or "default"
    # A Pod has the secrets of its ServiceAccount already, put there by the API server's admission plug-in.
    return PullAccess(namespace, secrets, "" if secrets or kind == ("", "Pod") else account)
