"""AdmissionReview v1: JSON bytes to :class:`AdmissionRequest`, :class:`AdmissionResponse` to JSON bytes.

Source: ``k8s.io/api/admission/v1``. Only the fields that decide are decoded, so that an unknown field cannot break a
review, and a review costs microseconds.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from webhook.errors import InvalidInput
from webhook.model.nesting import without_depths
from webhook.model.objects import OddObject, decode_metadata, decode_workload
from webhook.model.policies import ExtraKind, Mode
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation, Requester, Target, is_going, is_judged
from webhook.model.workloads import Workload

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"
MAX_REVIEW_BYTES = 32 * 1024 * 1024
"""More than the API server sends: it takes objects of 3 MiB, keeps 1.5 MiB, writes some characters as six bytes, and an
update carries the object twice (18 MB were seen)."""


class _GroupVersionKind(msgspec.Struct):
    group: str | None = None
    version: str | None = None
    kind: str | None = None


class _GroupVersionResource(msgspec.Struct):
    resource: str | None = None


class _UserInfo(msgspec.Struct):
    username: str | None = None
    uid: str | None = None
    groups: list[str] | None = None
    extra: dict[str, list[str] | None] | None = None


class _Request(msgspec.Struct, rename="camel"):
    uid: str
    operation: str
    kind: _GroupVersionKind | None = None
    resource: _GroupVersionResource | None = None
    sub_resource: str | None = None
    name: str | None = None
    namespace: str | None = None
    user_info: _UserInfo | None = None
    object: msgspec.Raw = msgspec.Raw(b"null")
    old_object: msgspec.Raw = msgspec.Raw(b"null")
    dry_run: bool | None = None


class _Review(msgspec.Struct, rename="camel"):
    api_version: str | None = None
    kind: str | None = None
    request: _Request | None = None


_NULL = msgspec.Raw(b"null")
_DECODER = msgspec.json.Decoder(_Review)
_ENCODER = msgspec.json.Encoder()
_SHORT = 64
"""Bytes that are looked for; to look for a whole object costs as much as to decode it."""
_OPERATIONS = {operation.value: operation for operation in Operation}


def decode_review(body: bytes, extra_kinds: Sequence[ExtraKind] = (), mode: Mode | None = None) -> AdmissionRequest:
    """Read an AdmissionReview.

    Args:
        body: the JSON of one AdmissionReview with a request.
        extra_kinds: kinds beyond the built-in ones that carry a pod spec.
        mode: of the namespace, where the way by which it came tells.

    Raises:
        InvalidInput: it is no v1 AdmissionReview with a request and a uid, it is not UTF-8, a key is repeated, or its
            object is not of its kind's shape; ``RejectedReview`` for the last, because an answer is possible.
    """
    if not body.isascii():
        _refuse_other_bytes(body)
    try:
        review = _decode(body)
    except RecursionError:
        body = without_depths(body)
        review = _decode(body)
    request = review.request
    if review.api_version != API_VERSION or review.kind != KIND:
        raise InvalidInput(
            f"Not an {API_VERSION} {KIND} but {str(review.api_version)[:60]} {str(review.kind)[:60]}",
            remedy='Register the webhook with admissionReviewVersions: ["v1"].',
        )
    if request is None or not request.uid:
        raise InvalidInput("The AdmissionReview has no request with a uid")
    _refuse_repeated_keys(body, request)
    try:
        return _request(request, extra_kinds, mode)
    except InvalidInput as problem:
        kind = request.kind or _GroupVersionKind()
        target = Target(request.uid, request.namespace or "", kind.kind or "", mode)
        raise RejectedReview(target, problem) from problem


class RejectedReview(InvalidInput):
    """A review that could be read as far as its uid.

    Args:
        target: what it is about.
        problem: what is wrong with the rest.
    """

    code = "rejected-review"

    def __init__(self, target: Target, problem: InvalidInput) -> None:
        super().__init__(problem.message, remedy=problem.remedy)
        self.target = target


def _decode(body: bytes) -> _Review:
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"The body is not an AdmissionReview: {problem}") from problem


def _refuse_repeated_keys(body: bytes, request: _Request) -> None:
    """Refuse a review that two readers would read differently.

    The API server writes none. What surrounds the objects is decoded and written again: when that gives the same bytes,
    as for all that the API server writes, no key was lost. Only what differs is looked at in full.

    Raises:
        InvalidInput: an object of it has a key twice.
    """
    rest = body
    for raw in (request.object, request.old_object):
        if len(raw) > len(_NULL):
            rest = _without(rest, bytes(raw))
    try:
        if _ENCODER.encode(msgspec.json.decode(rest)) == rest:
            return
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # the object stood in another place as well, and was cut out there
    try:
        json.loads(body, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"The body is not an AdmissionReview: {problem}") from problem


def _without(body: bytes, part: bytes) -> bytes:
    """A body with 0 in the place of a part of it."""
    start, length = body.find(part[:_SHORT]), len(part)
    if body[start : start + length] != part:  # the part begins as something before it does
        start = body.find(part)
        if start < 0:
            return body + b"0"  # it stood in the part that was taken out before; so this is no JSON any more
    return b"%b0%b" % (body[:start], body[start + length :])


def _refuse_other_bytes(body: bytes) -> None:
    """Refuse a body that is not UTF-8, as JSON has to be.

    Raises:
        InvalidInput: it is not.
    """
    try:
        body.decode()
    except UnicodeDecodeError as problem:
        raise InvalidInput(f"The body is not an AdmissionReview: it is not UTF-8: {problem}") from problem


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise InvalidInput(f"The AdmissionReview has the key {key[:60]!r} twice in one object")
        members[key] = value
    return members


def _request(request: _Request, extra_kinds: Sequence[ExtraKind], mode: Mode | None) -> AdmissionRequest:
    operation = _OPERATIONS.get(request.operation)
    if operation is None:
        raise InvalidInput(f"Unknown operation {request.operation[:60]!r} in an AdmissionReview")
    kind = request.kind or _GroupVersionKind()
    workload, odd = _workload(request, operation, kind, extra_kinds)
    old_workload = None
    if request.old_object != _NULL:
        try:
            old_workload = decode_workload(request.old_object, kind.group or "", kind.kind or "", extra_kinds)
        except InvalidInput:
            # Then all images are new. What cannot be read can be mended, and deleted.
            old_workload = decode_metadata(request.old_object, kind.group or "", kind.kind or "")
    user, extra = request.user_info or _UserInfo(), list[tuple[str, tuple[str, ...]]]()
    for key, values in (user.extra or {}).items():
        extra.append((key, tuple(values or ())))
    return AdmissionRequest(
        uid=request.uid,
        operation=operation,
        resource=(request.resource.resource if request.resource else None) or "",
        subresource=request.sub_resource or "",
        namespace=request.namespace or "",
        requester=Requester(user.username or "", user.uid or "", tuple(user.groups or ()), tuple(extra)),
        kind=kind.kind or "",
        name=request.name or "",
        workload=workload,
        old_workload=old_workload,
        dry_run=bool(request.dry_run),
        api_version=f"{kind.group}/{kind.version}" if kind.group else kind.version or "",
        mode=mode,
        odd=odd,
    )


def _workload(
    request: _Request, operation: Operation, kind: _GroupVersionKind, extra_kinds: Sequence[ExtraKind]
) -> tuple[Workload | None, str]:
    """The object, and what is wrong with the part of it that cannot be read.

    Where nothing would be judged, the metadata of an odd object is enough: it must be able to go.
    """
    if request.object == _NULL:
        return None, ""
    try:
        return decode_workload(request.object, kind.group or "", kind.kind or "", extra_kinds), ""
    except InvalidInput as problem:
        bare = decode_metadata(request.object, kind.group or "", kind.kind or "")
        if not is_judged(operation, request.sub_resource or "") or (bare is not None and is_going(operation, bare)):
            return bare, ""
        if isinstance(problem, OddObject) and problem.workload.containers:
            return problem.workload, problem.message
        raise


def encode_response(response: AdmissionResponse) -> bytes:
    """Write the AdmissionReview that answers a request.

    A denial is an HTTP 200 with ``allowed: false``; code 403 and reason Forbidden make kubectl print the message whole.
    """
    answer: dict[str, object] = {"uid": response.uid, "allowed": response.allowed}
    if not response.allowed:
        answer["status"] = {"code": 403, "reason": "Forbidden", "message": response.message}
    if response.warnings:
        answer["warnings"] = response.warnings
    if response.audit_annotations:
        answer["auditAnnotations"] = dict(response.audit_annotations)
    if response.patch:
        changes = [{"op": "replace", "path": path, "value": value} for path, value in response.patch]
        answer["patchType"] = "JSONPatch"
        answer["patch"] = base64.b64encode(_ENCODER.encode(changes)).decode()
    return _ENCODER.encode({"apiVersion": API_VERSION, "kind": KIND, "response": answer})
