"""AdmissionReview JSON to the model and back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from webhook.api.reviews import RejectedReview, decode_review, encode_response
from webhook.errors import InvalidInput
from webhook.model.reviews import AdmissionResponse, Operation, Requester


def review(**changes: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "uid": "u-1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web",
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {
            "username": "someone",
            "uid": "u-9",
            "groups": ["g"],
            "extra": {"scopes": ["a", "b"], "none": None},
        },
        "object": {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        "oldObject": None,
        "dryRun": True,
        "options": {"kind": "CreateOptions"},
    }
    request.update(changes)
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def test_all_fields_that_decide_are_read() -> None:
    asked = decode_review(json.dumps(review(subResource="ephemeralcontainers")).encode())
    assert (asked.uid, asked.operation, asked.resource, asked.subresource) == (
        "u-1",
        Operation.CREATE,
        "pods",
        "ephemeralcontainers",
    )
    assert (asked.namespace, asked.dry_run, asked.api_version) == ("shop", True, "v1")
    assert asked.requester == Requester("someone", "u-9", ("g",), (("scopes", ("a", "b")), ("none", ())))
    assert asked.workload is not None
    assert [c.image for c in asked.workload.containers] == ["i"]
    assert asked.old_workload is None


def test_an_update_carries_both_states() -> None:
    old = {"spec": {"containers": [{"name": "c", "image": "before"}]}}
    asked = decode_review(json.dumps(review(operation="UPDATE", oldObject=old)).encode())
    assert asked.old_workload is not None
    assert [c.image for c in asked.old_workload.containers] == ["before"]


def test_a_delete_has_no_object() -> None:
    asked = decode_review(json.dumps(review(operation="DELETE", object=None)).encode())
    assert asked.workload is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not an AdmissionReview"),
        (b"{", "not an AdmissionReview"),
        (b"\xff\xfe", "not an AdmissionReview"),
        (b"[]", "not an AdmissionReview"),
        (b"[" * 200_000, "not an AdmissionReview"),
        (b"{}", "Not an admission.k8s.io/v1"),
        (json.dumps({**review(), "apiVersion": "admission.k8s.io/v1beta1"}).encode(), "v1beta1"),
        (json.dumps({**review(), "kind": "Pod"}).encode(), "Not an admission"),
        (json.dumps({**review(), "request": None}).encode(), "no request with a uid"),
        (json.dumps(review(uid="")).encode(), "no request with a uid"),
        (json.dumps(review(uid=5)).encode(), "not an AdmissionReview"),
    ],
)
def test_what_has_no_uid_to_answer_is_bad_input(body: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        decode_review(body)
    assert not isinstance(caught.value, RejectedReview)


@pytest.mark.parametrize("changes", [{"operation": "PATCH"}, {"object": {"spec": {"containers": 5}}}, {"object": "x"}])
def test_what_has_a_uid_but_no_sense_can_still_be_answered(changes: dict[str, Any]) -> None:
    with pytest.raises(RejectedReview) as caught:
        decode_review(json.dumps(review(**changes)).encode())
    assert caught.value.target.uid == "u-1"


def test_a_denial_is_forbidden_with_its_message() -> None:
    answer = json.loads(encode_response(AdmissionResponse("u", allowed=False, message="no\nbecause")))
    assert answer == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {
            "uid": "u",
            "allowed": False,
            "status": {"code": 403, "reason": "Forbidden", "message": "no\nbecause"},
        },
    }


def test_an_answer_with_warnings_and_annotations() -> None:
    answer = json.loads(
        encode_response(
            AdmissionResponse("u", allowed=True, warnings=("a", "b"), audit_annotations=(("decision", "warn"),))
        )
    )
    assert answer["response"] == {
        "uid": "u",
        "allowed": True,
        "warnings": ["a", "b"],
        "auditAnnotations": {"decision": "warn"},
    }


def test_a_patch_is_a_json_patch_in_base64() -> None:
    answer = json.loads(
        encode_response(AdmissionResponse("u", allowed=True, patch=(("/spec/containers/0/image", "a:1@sha256:0"),)))
    )["response"]
    assert answer["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(answer["patch"])) == [
        {"op": "replace", "path": "/spec/containers/0/image", "value": "a:1@sha256:0"}
    ]
