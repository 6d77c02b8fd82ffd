"""Kubernetes objects that carry images: from JSON bytes, or from a mapping, to a :class:`Workload`.

Source: Kubernetes API reference, core/v1, apps/v1, batch/v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from webhook.errors import InvalidInput
from webhook.model.kinds import WORKLOAD_KINDS
from webhook.model.metadata import OwnerReference, controller_of
from webhook.model.nesting import decode_deep
from webhook.model.podspecs import PodSpec, containers_of, loose_pod_spec, pull_access_of
from webhook.model.podstatus import PodStatus
from webhook.model.policies import ExtraKind
from webhook.model.pulling import PullAccess
from webhook.model.workloads import ContainerRef, ContainerRole, Workload

ANNOTATION_PREFIX = "bomgate.dev/"


class OddObject(InvalidInput):
    """An object of a configured kind of which a part cannot be read.

    Args:
        problem: what is wrong with that part.
        workload: the object as far as it can be read.
    """

    def __init__(self, problem: InvalidInput, workload: Workload) -> None:
        super().__init__(problem.message, remedy=problem.remedy)
        self.workload = workload


class _Metadata(msgspec.Struct, rename="camel"):
    name: str | None = None
    uid: str | None = None
    namespace: str | None = None
    generate_name: str | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None
    deletion_timestamp: Any = None  # YAML readers make a datetime of it


class _Template(msgspec.Struct):
    spec: PodSpec | None = None


class _TemplateSpec(msgspec.Struct):
    template: _Template | None = None


class _JobTemplate(msgspec.Struct):
    spec: _TemplateSpec | None = None


class _CronJobSpec(msgspec.Struct, rename="camel"):
    job_template: _JobTemplate | None = None


class _Object(msgspec.Struct):
    metadata: _Metadata | None = None


class _Pod(_Object):
    spec: PodSpec | None = None
    status: PodStatus | None = None

    def pod_spec(self) -> PodSpec | None:
        return self.spec


class _PodTemplate(_Object):
    template: _Template | None = None

    def pod_spec(self) -> PodSpec | None:
        return self.template.spec if self.template else None


class _Controller(_Object):
    spec: _TemplateSpec | None = None

    def pod_spec(self) -> PodSpec | None:
        return self.spec.template.spec if self.spec and self.spec.template else None


class _CronJob(_Object):
    spec: _CronJobSpec | None = None

    def pod_spec(self) -> PodSpec | None:
        job = self.spec.job_template if self.spec else None
        return job.spec.template.spec if job and job.spec and job.spec.template else None


_AnyObject = _Pod | _PodTemplate | _Controller | _CronJob
_SHAPES: dict[str, type[_AnyObject]] = {
    "spec": _Pod,
    "template.spec": _PodTemplate,
    "spec.template.spec": _Controller,
    "spec.jobTemplate.spec.template.spec": _CronJob,
}
"""By the path to the pod spec."""
_OBJECT, _ANYTHING = msgspec.json.Decoder(_Object), msgspec.json.Decoder()
_DECODERS = {key: msgspec.json.Decoder(_SHAPES[kind.pod_spec]) for key, kind in WORKLOAD_KINDS.items()}


def decode_workload(
    raw: bytes | msgspec.Raw, group: str, kind: str, extra: Sequence[ExtraKind] = ()
) -> Workload | None:
    """Read the containers of one object given as JSON.

    Args:
        raw: the object's JSON.
        group: its API group, empty for the core group.
        kind: its kind.
        extra: further kinds that carry a pod spec.

    Returns:
        The workload, or None when objects of this kind carry no pod spec that bomgate knows of.

    Raises:
        InvalidInput: the object is of a known kind but not of its shape.
    """
    decoder = _DECODERS.get((group, kind))
    try:
        if decoder is not None:
            try:
                decoded = decoder.decode(raw)
            except RecursionError:
                decoded = decode_deep(decoder, raw)
            return _workload(decoded, group, kind)
        entries = _entries(group, kind, extra)
        return _extra_workload(decode_deep(_ANYTHING, raw), (group, kind), entries) if entries else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidInput(f"The {kind} does not have the shape of the Kubernetes API: {problem}") from problem


def workload_of(manifest: Mapping[str, Any], extra: Sequence[ExtraKind] = ()) -> Workload | None:
    """Read the containers of one object given as a mapping, such as a document of a YAML manifest.

    Raises:
        InvalidInput: it has no ``apiVersion`` and ``kind``, or is not of its kind's shape.
    """
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        raise InvalidInput("The document has no apiVersion and kind", remedy="Hand in Kubernetes objects.")
    group = api_version.partition("/")[0] if "/" in api_version else ""
    known = WORKLOAD_KINDS.get((group, kind))
    try:
        if known is not None:
            return _workload(msgspec.convert(manifest, _SHAPES[known.pod_spec]), group, kind)
        entries = _entries(group, kind, extra)
        return _extra_workload(manifest, (group, kind), entries) if entries else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidInput(f"The {kind} does not have the shape of the Kubernetes API: {problem}") from problem


def decode_metadata(raw: bytes | msgspec.Raw, group: str, kind: str) -> Workload | None:
    """Read only the metadata of an object given as JSON, whatever else is in it; None when that is odd, too."""
    try:
        return _assemble(decode_deep(_OBJECT, raw).metadata, None, (group, kind), ())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _entries(group: str, kind: str, extra: Sequence[ExtraKind]) -> list[ExtraKind]:
    return [
        extra_kind
        for extra_kind in extra
        if extra_kind.group == group and extra_kind.kind == kind and not extra_kind.ignored
    ]


def _extra_workload(manifest: Any, kind: tuple[str, str], entries: Sequence[ExtraKind]) -> Workload:
    """Read an object by all paths of its kind; a place that two of them lead to is read once.

    Raises:
        OddObject: a part of it cannot be read; the others are.
    """
    if not isinstance(manifest, Mapping):
        raise InvalidInput(f"The {kind[1]} does not have the shape of the Kubernetes API: it is not a mapping")
    specs: dict[str, PodSpec] = {}
    containers: dict[str, ContainerRef] = {}
    nowhere: list[str] = []
    odd: list[InvalidInput] = []
    for entry in entries:
        for path in entry.pod_specs:
            read = {where: loose_pod_spec(where, value, odd) for where, value in path.places(manifest, odd)}
            specs |= read
            refs = [ref for where, spec in read.items() for ref in containers_of(spec, where)]
            containers |= {ref.path: ref for ref in refs}
            nowhere += [] if refs else [path.text]
        for path in entry.images:
            values = {where: value for where, value in path.places(manifest, odd) if value != ""}
            images = {where: _image(where, value) for where, value in values.items() if isinstance(value, str)}
            odd += [_no_image(where, value) for where, value in values.items() if not isinstance(value, str)]
            containers |= images
            nowhere += [] if images else [path.text]
    metadata = msgspec.convert(manifest.get("metadata"), _Metadata | None)
    workload = _assemble(metadata, None, kind, containers.values())
    accesses = [pull_access_of(spec, kind, workload.namespace) for spec in specs.values()] or [workload.pull_access]
    access = PullAccess(
        workload.namespace,
        tuple(dict.fromkeys(secret for access in accesses for secret in access.secrets)),
        next((access.service_account for access in accesses if access.service_account), ""),
    )
    workload = replace(workload, pull_access=access, pod_specs=tuple(specs), nowhere=tuple(dict.fromkeys(nowhere)))
    if odd:
        raise OddObject(odd[0], workload)
    return workload


def _image(where: str, value: str) -> ContainerRef:
    """An image that a path leads to; it is called as what it is in, for there may be no name beside it."""
    return ContainerRef(ContainerRole.CONTAINER, where.rpartition(".")[0].rpartition(".")[2] or where, value, where)


def _no_image(where: str, value: Any) -> InvalidInput:
    return InvalidInput(f"{where} is not the name of an image but {value!r:.60}")


def _workload(decoded: _AnyObject, group: str, kind: str) -> Workload:
    spec = decoded.pod_spec()
    made = _assemble(decoded.metadata, spec, (group, kind), containers_of(spec, WORKLOAD_KINDS[group, kind].pod_spec))
    status = decoded.status if isinstance(decoded, _Pod) else None
    running = status.digests() if status is not None else None
    return replace(made, running=running) if running else made


def _assemble(
    metadata: _Metadata | None, spec: PodSpec | None, kind: tuple[str, str], containers: Iterable[ContainerRef]
) -> Workload:
    meta = metadata or _Metadata()
    given, owners = meta.annotations, meta.owner_references
    annotations = tuple(pair for pair in given.items() if pair[0].startswith(ANNOTATION_PREFIX)) if given else ()
    return Workload(
        group=kind[0],
        kind=kind[1],
        namespace=meta.namespace or "",
        name=meta.name or (f"{meta.generate_name}*" if meta.generate_name else ""),
        containers=tuple(containers),
        controller=controller_of(owners) if owners else None,
        annotations=annotations,
        deleting=meta.deletion_timestamp is not None,
        pull_access=pull_access_of(spec, kind, meta.namespace or ""),
        uid=meta.uid or "",
    )
