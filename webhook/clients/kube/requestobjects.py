"""Custom resource ``AssessmentRequest``: read whole, and its status written.

Who made an object, and who changed it, is what its ``spec.requester`` says: a policy in the API server (the request
guard) refuses any other name than that of whoever writes it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from webhook.clients.kube.api import MERGE_PATCH, KubeApi, decoded, is_name
from webhook.clients.kube.problems import Wanted
from webhook.errors import BomgateError, InvalidInput
from webhook.model.assessments import Scope
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject, Condition, timestamp
from webhook.model.requestobjects import RequestObject, RequestStatus
from webhook.model.requests import Wish
from webhook.policy.expiry import parse_until
from webhook.ports import Clock

GROUP, VERSION, KIND, PLURAL = "bomgate.dev", "v1alpha1", "AssessmentRequest", "assessmentrequests"
_SECONDS = 30.0
"""Longest time for a whole list, or for writing one status."""
_READY = "Ready"


class _Spec(msgspec.Struct, rename="camel"):
    vulnerabilities: list[str]
    package: str
    reason: str
    requester: str
    version_range: str | None = None
    image: str | None = None
    days: int | None = None
    until: str | None = None
    type: str = ""
    requested_for: str = ""
    until_fixed: bool = False


class _Status(msgspec.Struct, rename="camel"):
    observed_generation: int = 0
    request: int = 0
    phase: str = ""
    answered_by: str = ""
    comment: str = ""
    until: dt.datetime | None = None
    conditions: list[Condition] = []


class _Object(ApiObject):
    spec: msgspec.Raw = msgspec.Raw(b"null")
    status: msgspec.Raw = msgspec.Raw(b"null")


_OBJECTS = msgspec.json.Decoder(_Object)
_SPECS, _STATUSES = msgspec.json.Decoder(_Spec), msgspec.json.Decoder(_Status | None)
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


class KubeRequestObjects:
    """Reads the objects and writes their status; implements ``RequestObjects``.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock

    def list(self) -> Sequence[RequestObject] | None:
        """All objects; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        wanted = Wanted(f"{PLURAL}.{GROUP}", "")
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        pages = list(self._api.pages(f"/apis/{GROUP}/{VERSION}/{PLURAL}", wanted, deadline))
        if not pages:
            return None  # a kind that is known gives a page, be it an empty one
        return [_read(decoded(_OBJECTS, content, wanted)) for items, _ in pages for content in items]

    def report(self, one: RequestObject, status: RequestStatus) -> None:
        """Write the status of an object; harmless when the object is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not is_name(one.name) or not is_name(one.namespace):
            return
        self._api.send(
            "PATCH",
            f"/apis/{GROUP}/{VERSION}/namespaces/{one.namespace}/{PLURAL}/{one.name}/status",
            Wanted(f"{PLURAL}/status.{GROUP}", one.name, one.namespace),
            Deadline(self._clock.monotonic() + _SECONDS),
            body={"status": self._written(status)},
            headers={"Content-Type": MERGE_PATCH},
            query={"fieldManager": "bomgate-controller"},
        )

    def _written(self, status: RequestStatus) -> dict[str, Any]:
        """The status as it is written; None takes a field away."""
        condition = {
            "type": _READY,
            "status": "True" if status.ready else "False",
            "reason": status.reason,
            "message": status.message,
            "lastTransitionTime": timestamp(self._clock.now()),
            "observedGeneration": status.generation,
        }
        return {
            "observedGeneration": status.generation,
            "request": status.number or None,
            "phase": status.phase or None,
            "answeredBy": status.answered_by or None,
            "comment": status.comment or None,
            "until": None if status.until is None else timestamp(status.until),
            "conditions": [condition],
        }


def _read(one: _Object) -> RequestObject:
    metadata = one.metadata
    requester, definition, wish = "", "", None
    problem: BomgateError | None = None
    try:
        spec = _SPECS.decode(one.spec)
        requester = spec.requester
        definition = hashlib.sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()
        wish = Wish(
            tuple(spec.vulnerabilities),
            Scope(spec.package, spec.version_range, spec.image),
            metadata.namespace,
            spec.reason,
            until=None if spec.until is None else parse_until(spec.until),
            days=spec.days,
            until_fixed=spec.until_fixed,
            requested_for=spec.requested_for,
            type=spec.type,
        )
    except _UNREADABLE as found:
        definition = hashlib.sha256(bytes(one.spec)).hexdigest()
        problem = InvalidInput(f"Its specification is not of the documented form: {found}.")
    except BomgateError as found:
        problem = found
    return RequestObject(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        generation=metadata.generation,
        created=metadata.created,
        is_going=metadata.deletion_timestamp is not None,
        requester=requester,
        definition=definition,
        wish=wish,
        problem=problem,
        status=_status(one),
    )


def _status(one: _Object) -> RequestStatus | None:
    try:
        found = _STATUSES.decode(one.status)
    except _UNREADABLE:
        return None  # somebody else's words; they are replaced
    ready = next((each for each in found.conditions if each.type == _READY), None) if found is not None else None
    if found is None or ready is None:
        return None
    return RequestStatus(
        generation=found.observed_generation,
        ready=ready.status == "True",
        reason=ready.reason,
        message=ready.message,
        number=found.request,
        phase=found.phase,
        answered_by=found.answered_by,
        comment=found.comment,
        until=found.until,
    )
