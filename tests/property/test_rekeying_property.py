"""The rule by which an SBOM gets its new keys: no step takes away what was found, before the source has answered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.copies import replace
from webhook.model.components import ComponentState
from webhook.model.ecosystems import OSS_INDEX_TYPES
from webhook.model.former import folded, may_have_been
from webhook.model.purls import Purl
from webhook.policy.rekeying import KnownComponent, rekeyed

PURLS = (
    "pkg:golang/github.com/azure/go-autorest/autorest@0.11.27",
    "pkg:golang/github.com/Azure/go-autorest@v0.11.27",
    "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27",
    "pkg:golang/stdlib@1.21.0",
    "pkg:npm/jsonstream@1.0.0",
    "pkg:npm/JSONStream@1.0.0",
    "pkg:pypi/ruamel.yaml@0.17.4",
    "pkg:pypi/ruamel-yaml@0.17.4",
    "pkg:rpm/rhel/openssl@1.1.1",
    "pkg:rpm/redhat/openssl@1.1.1",
    "pkg:gem/nokogiri@1.8.0-java",
    "pkg:gem/nokogiri@1.8.0",
)
STATES = st.sampled_from([state for state in ComponentState if state is not ComponentState.UNUSABLE])
NUMBERS = st.frozensets(st.integers(0, len(PURLS) - 1))
KNOWN = st.fixed_dictionaries(
    {number: st.builds(KnownComponent, st.just(Purl(purl)), STATES, st.booleans()) for number, purl in enumerate(PURLS)}
)
ANSWERED = (ComponentState.CLEAN, ComponentState.VULNERABLE)


@given(NUMBERS, NUMBERS, KNOWN)
def test_what_is_vulnerable_stays_until_its_key_of_today_has_an_answer(
    current: frozenset[int], today: frozenset[int], known: dict[int, KnownComponent]
) -> None:
    step = rekeyed(current, today, known)
    for number in current - set(step.ids):
        if known[number].state is ComponentState.VULNERABLE:
            heirs = [
                known[other_number]
                for other_number in today
                if may_have_been(known[other_number].purl, known[number].purl)
            ]
            assert heirs
            assert all(heir.state in ANSWERED for heir in heirs)


@given(NUMBERS, NUMBERS, KNOWN)
def test_nothing_is_lost_while_an_answer_is_waited_for(
    current: frozenset[int], today: frozenset[int], known: dict[int, KnownComponent]
) -> None:
    step = rekeyed(current, today, known)
    if any(known[number].is_waiting for number in today):
        assert not step.finished
        assert current <= set(step.ids)
        assert set(step.ids) <= current | {n for n in today if known[n].state is ComponentState.VULNERABLE}


@given(NUMBERS, NUMBERS, KNOWN)
def test_a_finished_sbom_has_all_of_todays_components(
    current: frozenset[int], today: frozenset[int], known: dict[int, KnownComponent]
) -> None:
    step = rekeyed(current, today, known)
    if step.finished:
        assert today <= set(step.ids)
        assert set(step.ids) <= current | today


@given(NUMBERS, NUMBERS, KNOWN)
def test_a_step_that_was_taken_is_not_taken_back(
    current: frozenset[int], today: frozenset[int], known: dict[int, KnownComponent]
) -> None:
    step = rekeyed(current, today, known)
    assert rekeyed(step.ids, today, known) == step


@given(NUMBERS, NUMBERS, KNOWN)
def test_it_ends_when_the_source_has_answered_for_everything(
    current: frozenset[int], today: frozenset[int], known: dict[int, KnownComponent]
) -> None:
    answered = {
        n: replace(component, state=ComponentState.CLEAN) if n in today else component for n, component in known.items()
    }
    assert rekeyed(current, today, answered).finished


@given(
    st.sampled_from(sorted(OSS_INDEX_TYPES)),
    st.sampled_from(sorted(OSS_INDEX_TYPES)),
    st.lists(st.text(st.sampled_from("aB1._-v%/"), min_size=1, max_size=6), min_size=1, max_size=3),
    st.sampled_from(["", "@1.0", "@v1.0", "@"]),
)
def test_a_type_that_is_asked_for_is_never_read_as_another_so_that_two_of_them_need_no_closer_look(
    one: str, other: str, path: list[str], version: str
) -> None:
    name = "/".join(path) + version
    key, former = f"pkg:{one}/{name}", f"pkg:{other}/{name}"
    assert (folded(key).type, folded(former).type) == (one, other)
    assert may_have_been(key, former) or one != other


def test_a_type_that_is_not_asked_for_is_compared_as_it_is_read() -> None:
    assert may_have_been("pkg:npm/a@1.0", "pkg:NPM/a@1.0")
    assert may_have_been("pkg:NPM/a", "pkg:npm/a@1.0")
    assert not may_have_been("pkg:npm/a@1.0", "pkg:pypi/a@1.0")
