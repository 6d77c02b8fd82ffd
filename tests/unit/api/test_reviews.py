"""AdmissionReview JSON to the model and back."""

from __future__ import annotations

import base64
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from webhook.api.prefixes import read_target
from webhook.api.reviews import RejectedReview, _without, decode_review, encode_response
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


def compact(asked: dict[str, Any]) -> bytes:
    """As the API server writes it."""
    return json.dumps(asked, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("write", [compact, lambda asked: json.dumps(asked).encode()], ids=["compact", "spaced"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"object":', '"object":{"spec":{}},"object":'),
        ('"object":', '"object":null,"ob\\u006aect":'),
        ('"oldObject":', '"object":{"spec":{}},"oldObject":'),
        ('"operation":', '"operation":"DELETE","operation":'),
        ('"operation":', '"operation" :"CREATE","operation":'),
        ('"uid":"u-1"', '"uid":"u-1","uid":"u-2"'),
        ('"username":', '"username":"system:admin","username":'),
        ('"request":', '"request":null,"request":'),
        ('"dryRun":', '"dryRun":true,"dryRun":'),
    ],
)
def test_a_repeated_key_is_refused(write: Any, before: str, after: str) -> None:
    text = write(review()).decode()
    before = before if before in text else before.replace('":"', '": "')
    with pytest.raises(InvalidInput, match="twice"):
        decode_review(text.replace(before, after, 1).encode())


def test_the_same_words_in_other_places_are_no_repeated_keys() -> None:
    spec = {"containers": [{"name": "object", "image": "i", "args": ["null", "{}", '"object":'], "object": {"uid": 1}}]}
    workload = {"metadata": {"name": "object", "annotations": {"request": "oldObject"}}, "spec": spec}
    for old in (None, workload, {"object": workload}, {}):
        asked = review(object=workload, oldObject=old, operation="UPDATE", name="ü<>&", dryRun=None)
        assert decode_review(compact(asked)).name == "ü<>&"
        assert decode_review(json.dumps(asked, indent=1).encode()).name == "ü<>&"


@pytest.mark.parametrize("field", ["object", "oldObject"])
def test_an_object_that_is_not_utf_8_is_no_review(field: str) -> None:
    body = compact(review(**{field: {"metadata": {"name": "@"}, "spec": {}}})).replace(b"@", b"\xff\xfe")
    with pytest.raises(InvalidInput, match=r"UTF-8|utf-8") as caught:
        decode_review(body)
    assert not isinstance(caught.value, RejectedReview)


def test_the_beginning_of_a_review_tells_what_it_is_about() -> None:
    body = compact(review(object={"metadata": {"name": "x" * 9000}}))
    target = read_target(body[:1000])
    assert target is not None
    assert (target.uid, target.namespace, target.kind) == ("u-1", "shop", "Pod")
    assert read_target(json.dumps(review(), indent=2).encode()[:1000]) == target


@pytest.mark.parametrize("length", range(0, 120, 7))
def test_a_shorter_beginning_tells_less_and_never_something_else(length: int) -> None:
    target = read_target(compact({"apiVersion": "v1", "x": {"uid": "other"}, **review()})[:length])
    assert target is None or target.uid == "u-1"


@pytest.mark.parametrize(
    "prefix", [b"", b"[", b"{}", b"\xff", b'{"request":{"uid":5', b'{"request":{"uid":""', b'{"uid":"u"']
)
def test_a_beginning_without_a_uid_tells_nothing(prefix: bytes) -> None:
    assert read_target(prefix) is None


@given(
    head=st.text(alphabet='{"ab:,', max_size=90),
    part=st.text(alphabet='{"ab:,', min_size=5, max_size=150),
    tail=st.text(alphabet='{"ab:,', max_size=90),
)
def test_a_part_is_taken_out_where_it_first_stands(head: str, part: str, tail: str) -> None:
    body, wanted = f"{head}{part}{tail}".encode(), part.encode()
    before, _, after = body.partition(wanted)
    assert _without(body, wanted) == before + b"0" + after
    assert _without(wanted[:-1], wanted) == wanted[:-1] + b"0", "it is not there"
