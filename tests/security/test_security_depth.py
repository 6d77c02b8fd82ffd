"""No depth of nesting keeps an object from being judged, or what the API server holds from being read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.security.attacked import Guarded, guarded, pod, review
from webhook.clients.kube.api import decoded
from webhook.clients.kube.problems import Wanted
from webhook.model.nesting import MOST_LEVELS, decode_deep, without_depths

KINDS = [{"group": "example.com", "kind": "Fleet", "podSpecPath": "spec.template.spec"}]
LEVELS = [200, *range(900, 1_010, 5), 3_000, 9_900]
"""Around the limit of a decoder each number is tried, for each of its calls begins at another depth."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("depth"), policy={"kinds": KINDS}) as installation:
        yield installation


def nested(levels: int) -> Any:
    """A value that is nested so deeply; as JSON, because Python's own writer does not get there."""
    return msgspec.Raw(b'{"f:a":' * levels + b"[{}]" + b"}" * levels)


def body(asked: dict[str, Any], levels: int, *, of: str = "object", size: int = 0) -> bytes:
    content = asked["request"][of]
    fields = {"manager": "x", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": nested(levels)}
    content["metadata"] = {**content["metadata"], "managedFields": [fields], "labels": {"a": "x" * size}}
    content["spec"] = {"extra": nested(levels), **content["spec"]}
    return msgspec.json.encode(asked)


@pytest.mark.parametrize("levels", LEVELS)
def test_a_pod_is_judged_however_deeply_something_in_it_is_nested(attacked: Guarded, levels: int) -> None:
    assert not attacked.send(body(pod(CLEAN, BLOCKED), levels))["allowed"]
    assert attacked.send(body(pod(CLEAN), levels))["allowed"]


@pytest.mark.parametrize("levels", [1_000, 9_900])
def test_an_update_is_judged_whichever_side_is_nested_deeply(attacked: Guarded, levels: int) -> None:
    for side in ("object", "oldObject"):
        assert not attacked.send(body(pod(BLOCKED, old=(CLEAN,)), levels, of=side))["allowed"]
        assert attacked.send(body(pod(BLOCKED, old=(BLOCKED,)), levels, of=side))["allowed"]


def test_a_large_object_is_judged_likewise(attacked: Guarded) -> None:
    assert not attacked.send(body(pod(BLOCKED), 9_900, size=2_000_000))["allowed"]


@pytest.mark.parametrize("levels", LEVELS)
def test_an_object_of_a_configured_kind_is_judged_likewise(attacked: Guarded, levels: int) -> None:
    for image, allowed in ((BLOCKED, False), (CLEAN, True)):
        spec = {"template": {"spec": {"containers": [{"name": "c0", "image": image}]}}}
        asked = review("example.com", "Fleet", spec, None, "mallory")
        assert attacked.send(body(asked, levels))["allowed"] == allowed


def test_one_pod_of_a_list_does_not_keep_the_others_from_being_read() -> None:
    class Items(msgspec.Struct):
        items: list[msgspec.Raw]

    class Named(msgspec.Struct):
        name: str

    page = msgspec.json.encode({"items": [{"name": "one", "deep": nested(5_000)}, {"name": "two"}]})
    items = decoded(msgspec.json.Decoder(Items), page, Wanted("pods", "")).items
    assert [decoded(msgspec.json.Decoder(Named), item, Wanted("pods", "")).name for item in items] == ["one", "two"]


def shallow(value: Any, levels: int) -> Any:
    """What should be left, written in another way."""
    if isinstance(value, dict):
        return {key: shallow(item, levels - 1) for key, item in value.items()} if levels else {}
    if isinstance(value, list):
        return [shallow(item, levels - 1) for item in value] if levels else []
    return value


LEAVES = (
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["{", '"]', "\\"])
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner))


@given(VALUES, VALUES, st.integers(MOST_LEVELS - 4, MOST_LEVELS + 4))
def test_only_what_is_deeper_is_left_out(deep: Any, beside: Any, around: int) -> None:
    value = [deep, beside]
    for number in range(around):
        value = [value, beside] if number % 2 else [{"a": value, "b": beside}]
    text = json.dumps(value, ensure_ascii=False).encode()
    assert json.loads(without_depths(text)) == shallow(value, MOST_LEVELS)


@given(st.binary())
def test_what_is_no_json_is_refused_as_before(content: bytes) -> None:
    decoder = msgspec.json.Decoder()
    try:
        expected = decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        with pytest.raises(type(problem)):
            decode_deep(decoder, b"[" * 5_000 + content)
        return
    assert decode_deep(decoder, content) == expected
