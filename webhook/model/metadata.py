"""Metadata of Kubernetes objects, as far as bomgate reads it.

Source: Kubernetes API reference, meta/v1 ObjectMeta, OwnerReference, ManagedFieldsEntry, LabelSelector,
Condition, ListMeta; "Server-Side Apply", field management.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from webhook.model.running import ObjectRef
from webhook.model.workloads import OwnerRef

_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


class OwnerReference(msgspec.Struct, gc=False, rename="camel"):
    """An entry of ``metadata.ownerReferences``."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class ObjectMeta(msgspec.Struct, rename="camel"):
    """What every object has."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: dt.datetime | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None

    @property
    def created(self) -> dt.datetime:
        """When it was created; later than everything when that is not said, so that it never counts as old."""
        return self.creation_timestamp or _NEVER

    @property
    def controller(self) -> OwnerRef | None:
        """The owner that made the object, if any."""
        return controller_of(self.owner_references or ())

    def ref(self, group: str, version: str, kind: str) -> ObjectRef:
        """The object itself."""
        return ObjectRef(group, version, kind, self.namespace, self.name, self.uid)


class ApiObject(msgspec.Struct):
    """An object of any kind."""

    metadata: ObjectMeta


class _OwnedMeta(msgspec.Struct):
    annotations: dict[str, Any] | None = msgspec.field(default=None, name="f:annotations")


class _Owned(msgspec.Struct):
    metadata: _OwnedMeta | None = msgspec.field(default=None, name="f:metadata")


class ManagedFields(msgspec.Struct, rename="camel"):
    """An entry of ``metadata.managedFields``: what one writer has set, and when it last did."""

    time: dt.datetime | None = None
    subresource: str = ""
    fields: _Owned | None = msgspec.field(default=None, name="fieldsV1")

    def has_annotation(self, key: str) -> bool:
        """Whether the writer has set an annotation."""
        metadata = self.fields.metadata if self.fields is not None else None
        return metadata is not None and f"f:{key}" in (metadata.annotations or {})


class TracedMeta(ObjectMeta, rename="camel"):
    """Metadata with who wrote what; several times as large as the rest."""

    managed_fields: list[ManagedFields] | None = None

    @property
    def changed(self) -> dt.datetime:
        """When it was last created or written, its status and its scale aside."""
        written = [
            entry.time for entry in self.managed_fields or () if entry.subresource in ("", "ephemeralcontainers")
        ]
        return max((at for at in (self.creation_timestamp, *written) if at is not None), default=_LONG_AGO)

    def annotation_set(self, key: str) -> dt.datetime | None:
        """When who set an annotation last wrote, of several the one who did not for longest; None without an entry."""
        times = [entry.time for entry in self.managed_fields or () if entry.has_annotation(key)]
        return min((at for at in times if at is not None), default=None)


class TracedObject(msgspec.Struct):
    """An object of any kind, with who wrote what."""

    metadata: TracedMeta


class ListMeta(msgspec.Struct, rename="camel"):
    """Metadata of a page of a list; ``token`` is what the next page is asked for with."""

    token: str = msgspec.field(default="", name="continue")
    resource_version: str = ""


class Condition(msgspec.Struct, rename="camel"):
    """One aspect of an object's status."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: dt.datetime | None = None


class Requirement(msgspec.Struct, frozen=True):
    """One condition on a label: ``In``, ``NotIn`` (with values), ``Exists`` or ``DoesNotExist``."""

    key: str
    operator: str
    values: tuple[str, ...] | None = None

    @property
    def query(self) -> str:
        """As a query has it."""
        values = ",".join(self.values or ())
        forms = {"In": f"{self.key} in ({values})", "NotIn": f"{self.key} notin ({values})", "Exists": self.key}
        return forms.get(self.operator, f"!{self.key}")

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet it; an operator that is not known is met, so that nothing is left out by mistake."""
        value, values = labels.get(self.key), self.values or ()
        if self.operator == "In":
            return value is not None and value in values
        if self.operator == "NotIn":
            return value is None or value not in values
        if self.operator == "Exists":
            return value is not None
        return value is None if self.operator == "DoesNotExist" else True


class LabelSelector(msgspec.Struct, frozen=True, rename="camel"):
    """Conditions that must all hold; without any, everything is selected."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[Requirement, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it selects everything."""
        return not self.match_labels and not self.match_expressions

    @property
    def query(self) -> str:
        """As ``labelSelector`` of a query has it."""
        equal = [f"{key}={value}" for key, value in (self.match_labels or {}).items()]
        return ",".join([*equal, *(requirement.query for requirement in self.match_expressions or ())])

    def matches(self, labels: Mapping[str, str], *, ignoring: str = "") -> bool:
        """Whether the labels meet all conditions.

        Args:
            labels: of the object.
            ignoring: a label whose conditions do not count.
        """
        return all(requirement.holds(labels) for requirement in self._requirements() if requirement.key != ignoring)

    def _requirements(self) -> Iterator[Requirement]:
        yield from (Requirement(key, "In", (value,)) for key, value in (self.match_labels or {}).items())
        yield from self.match_expressions or ()


def controller_of(references: Iterable[OwnerReference]) -> OwnerRef | None:
    """The owner that made an object, if any."""
    owner = next((reference for reference in references if reference.controller), None)
    return OwnerRef(owner.api_version, owner.kind, owner.name, owner.uid) if owner is not None else None


def timestamp(at: dt.datetime) -> str:
    """A moment as meta/v1 ``Time`` has it, in UTC and whole seconds."""
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
