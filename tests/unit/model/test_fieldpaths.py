"""Field paths: what they lead to, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import InvalidInput
from webhook.model.fieldpaths import below, parse_field_path

CONTENT = {
    "spec": {
        "jobs": [{"pod": 1}, {"pod": 2}, {}, None],
        "sets": {"Master": {"pod": 3}, "a.b/c": {"pod": 4}, "none": None},
        "one": {"pod": 5},
    }
}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("spec.one.pod", {"spec.one.pod": 5}),
        ("spec.jobs[*].pod", {"spec.jobs[0].pod": 1, "spec.jobs[1].pod": 2}),
        ("spec.jobs[1].pod", {"spec.jobs[1].pod": 2}),
        ("spec.jobs[9].pod", {}),
        ("spec.sets.*.pod", {"spec.sets.Master.pod": 3, 'spec.sets["a.b/c"].pod': 4}),
        ('spec.sets["a.b/c"].pod', {'spec.sets["a.b/c"].pod': 4}),
        ("spec.sets['a.b/c'].pod", {'spec.sets["a.b/c"].pod': 4}),
        ('["spec"].one["pod"]', {"spec.one.pod": 5}),
        ("spec.absent.pod", {}),
        ("spec.sets.none.pod", {}),
    ],
)
def test_a_path_leads_to_true_places(text: str, places: dict[str, Any]) -> None:
    assert dict(parse_field_path(text).places(CONTENT)) == places


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spec.jobs.pod", "spec.jobs is a list, but the path names the key 'pod'"),
        ("spec.jobs.*.pod", "spec.jobs is a list, but the path goes through the values of a mapping"),
        ("spec.sets[*].pod", "spec.sets is a mapping, but the path goes through the entries of a list"),
        ("spec.one[0]", "spec.one is a mapping, but the path names the entry [0] of a list"),
        ("spec.one.pod.deeper", "spec.one.pod is 5, but the path names the key 'deeper'"),
    ],
)
def test_a_step_that_does_not_fit_is_an_error_and_never_nothing(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        list(parse_field_path(text).places(CONTENT))
    assert said in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", ".spec", "spec.", "spec..pod", "spec[", "spec[*", "spec[-1]", "spec[x]", "spec.[0]", "spec.[*]"),
        *("spec*", "spec.jobs[*]pod", "spec.job*.pod", "spec.a/b", "spec pod", '["a]', '[""]', "*.spec", "[*].spec"),
        *("[0]", "spec.**", "$.spec", "{.spec}", "spec[*]*", "a" + ".a" * 40),
    ],
)
def test_what_can_lead_nowhere_is_no_path(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_field_path(text)
    assert caught.value.remedy


@given(
    st.lists(st.text(min_size=1, max_size=100).filter(lambda key: not set(key) & set("\"'\\")), min_size=1, max_size=6)
)
def test_every_key_can_be_named_by_the_path_that_is_shown_for_it(keys: list[str]) -> None:
    content: Any = "end"
    where = ""
    for key in reversed(keys):
        content = {key: content}
    for key in keys:
        where = below(where, key)
    assert list(parse_field_path(where).places(content)) == [(where, "end")]


@given(st.text())
def test_a_text_is_a_path_or_bad_input(text: str) -> None:
    try:
        path = parse_field_path(text)
    except InvalidInput:
        return
    assert path.text == text
    assert path.steps
