"""Custom resources ``AssessmentType`` and ``Assessment``: read whole, and their status written.

The API server has checked them against their definitions (charts/bomgate/files/crds). What a schema cannot say, such as
whether a purl or a range of versions can be read, is judged by whoever uses them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from webhook.clients.kube.api import MERGE_PATCH, KubeApi, decoded, is_name
from webhook.clients.kube.problems import Wanted
from webhook.errors import BomgateError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, OnExpiry, Scope
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject, Condition, timestamp
from webhook.model.resources import (
    AssessmentResource,
    Resource,
    ResourceKind,
    ResourceStatus,
    StatedAssessment,
    TypeResource,
)
from webhook.policy.conditions import make_epss
from webhook.policy.expiry import parse_until
from webhook.policy.scores import make_range
from webhook.ports import Clock

GROUP, VERSION = "bomgate.dev", "v1alpha1"
PLURALS = {ResourceKind.TYPE: "assessmenttypes", ResourceKind.ASSESSMENT: "assessments"}
_SECONDS = 30.0
"""Longest time for a whole list, or for writing one status."""
_READY = "Ready"


class _Status(msgspec.Struct, rename="camel"):
    observed_generation: int = 0
    conditions: list[Condition] = []
    images: int | None = None
    until: dt.datetime | None = None
    expired: bool = False
    range: str = ""

    def status(self) -> ResourceStatus | None:
        for condition in self.conditions:
            if condition.type == _READY:
                return ResourceStatus(
                    generation=self.observed_generation,
                    ready=condition.status == "True",
                    reason=condition.reason,
                    message=condition.message,
                    since=condition.last_transition_time,
                    images=self.images,
                    until=self.until,
                    expired=self.expired,
                    range=self.range,
                )
        return None


class _Object(ApiObject):
    spec: msgspec.Raw = msgspec.Raw(b"null")
    status: msgspec.Raw = msgspec.Raw(b"null")


class _Least(msgspec.Struct):
    min: Decimal


class _Conditions(msgspec.Struct):
    min: Decimal | None = None
    max: Decimal | None = None
    kev: bool = False
    epss: _Least | None = None


class _Type(msgspec.Struct, rename="camel"):
    action: str
    auto_assess: _Conditions | None = None
    expires_after_days: int | None = None
    color: str = "grey"
    on_expiry: OnExpiry = OnExpiry.UNASSESSED
    description: str = ""


class _Assessment(msgspec.Struct, rename="camel"):
    vulnerability: str
    type: str
    comment: str = ""
    until: str | None = None
    package: str | None = None
    version_range: str | None = None
    image: str | None = None
    namespace: str | None = None
    author: str = ""
    until_fixed: bool = False


_OBJECTS = msgspec.json.Decoder(_Object)
_STATUSES = msgspec.json.Decoder(_Status | None)
_TYPES, _ASSESSMENTS = msgspec.json.Decoder(_Type), msgspec.json.Decoder(_Assessment)
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
_ACTIONS = {action.word: action for action in Action}


class KubeResources:
    """Reads the objects and writes their status; implements ``DecisionResources``.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock

    def types(self) -> Sequence[TypeResource] | None:
        """All ``AssessmentType`` objects; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        found = self._list(ResourceKind.TYPE)
        return None if found is None else [_type(content) for content in found]

    def assessments(self) -> Sequence[AssessmentResource] | None:
        """All ``Assessment`` objects; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        found = self._list(ResourceKind.ASSESSMENT)
        return None if found is None else [_assessment(content) for content in found]

    def report(self, resource: Resource, status: ResourceStatus) -> None:
        """Write the status of an object; harmless when the object is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not is_name(resource.name):
            return
        plural = PLURALS[resource.kind]
        self._api.send(
            "PATCH",
            f"{_path(resource.kind)}/{resource.name}/status",
            Wanted(f"{plural}/status.{GROUP}", resource.name),
            Deadline(self._clock.monotonic() + _SECONDS),
            body={"status": written(resource.kind, status)},
            headers={"Content-Type": MERGE_PATCH},
            query={"fieldManager": "bomgate-controller"},
        )

    def _list(self, kind: ResourceKind) -> list[_Object] | None:
        wanted = Wanted(f"{PLURALS[kind]}.{GROUP}", "")
        pages = list(self._api.pages(_path(kind), wanted, Deadline(self._clock.monotonic() + _SECONDS)))
        # A kind that is known gives a page, be it an empty one.
        return [decoded(_OBJECTS, content, wanted) for items, _ in pages for content in items] if pages else None


def written(kind: ResourceKind, status: ResourceStatus) -> dict[str, Any]:
    """The status as it is written; None takes a field away."""
    condition = {
        "type": _READY,
        "status": "True" if status.ready else "False",
        "reason": status.reason,
        "message": status.message,
        "lastTransitionTime": None if status.since is None else timestamp(status.since),
        "observedGeneration": status.generation,
    }
    more: dict[str, Any] = {"range": status.range or None}
    if kind is ResourceKind.ASSESSMENT:
        until = None if status.until is None else timestamp(status.until)
        more = {"images": status.images, "until": until, "expired": status.expired}
    return {"observedGeneration": status.generation, "conditions": [condition], **more}


def _type(one: _Object) -> TypeResource:
    try:
        spec = _TYPES.decode(one.spec)
        auto = spec.auto_assess or _Conditions()
        made = AssessmentType(
            name=one.metadata.name,
            action=_ACTIONS[spec.action],
            auto_assess=None if auto.min is None and auto.max is None else make_range(auto.min, auto.max),
            expires_after_days=spec.expires_after_days,
            color=spec.color,
            on_expiry=spec.on_expiry,
            description=spec.description,
            auto_kev=auto.kev,
            auto_epss=None if auto.epss is None else make_epss(auto.epss.min),
        )
    except (*_UNREADABLE, BomgateError, KeyError) as problem:
        return TypeResource(_resource(ResourceKind.TYPE, one, problem), None)
    return TypeResource(_resource(ResourceKind.TYPE, one), made)


def _assessment(one: _Object) -> AssessmentResource:
    try:
        spec = _ASSESSMENTS.decode(one.spec)
        made = StatedAssessment(
            vulnerability=spec.vulnerability,
            type=spec.type,
            scope=Scope(spec.package, spec.version_range, spec.image, spec.namespace),
            comment=spec.comment,
            until=None if spec.until is None else parse_until(spec.until),
            until_fixed=spec.until_fixed,
        )
    except (*_UNREADABLE, BomgateError) as problem:
        return AssessmentResource(_resource(ResourceKind.ASSESSMENT, one, problem), None, uid=one.metadata.uid)
    digest = hashlib.sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()
    resource = _resource(ResourceKind.ASSESSMENT, one)
    return AssessmentResource(resource, made, spec.author, one.metadata.uid, digest)


def _resource(kind: ResourceKind, one: _Object, problem: Exception | None = None) -> Resource:
    if problem is not None and not isinstance(problem, BomgateError):
        problem = InvalidInput(
            f"Its specification is not of the documented form: {problem}.",
            remedy="Bring the custom resource definitions up to date, and apply the object again.",
        )
    found = one.metadata
    return Resource(kind, found.name, found.generation, found.created, _status(one), problem)


def _status(one: _Object) -> ResourceStatus | None:
    try:
        found = _STATUSES.decode(one.status)
    except _UNREADABLE:
        return None  # somebody else's words; they are replaced
    return None if found is None else found.status()


def _path(kind: ResourceKind) -> str:
    return f"/apis/{GROUP}/{VERSION}/{PLURALS[kind]}"
