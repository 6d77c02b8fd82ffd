"""What every store does with spellings and forms: clean is only said of what was asked for in each of them."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.copies import replace
from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.model.components import ComponentState
from webhook.model.downloads import Names
from webhook.model.purls import Purl
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
KEY, OTHER = Purl("pkg:nuget/a.b@1"), Purl("pkg:nuget/c@1")
SPELT = [Purl(f"pkg:nuget/{name}@1") for name in ("A.B", "a.B", "A.b")]
DAY = dt.timedelta(days=1)


def add(store: AnyStore, number: int, *spellings: Purl) -> None:
    sbom = make_sbom(KEY, OTHER)
    mine = {KEY: spellings} if spellings else {}
    store.sboms.add(
        digest(number), replace(sbom, spellings=mine, document_digest=f"sha256:{number:064x}"), place="added"
    )


def state(store: AnyStore, purl: Purl = KEY) -> ComponentState:
    changes, number = store.feed.changes(), store.feed.component_ids([purl])[purl]
    return ComponentState(changes.states[list(changes.component_ids).index(number)])


def names(store: AnyStore, after: dt.datetime = NOON - DAY) -> Names | None:
    return store.components.names([KEY, OTHER], settled_after=after).get(KEY)


def test_what_sboms_call_a_component_is_kept_and_the_key_when_one_wrote_it(store: AnyStore) -> None:
    add(store, 1, SPELT[0])
    assert names(store) == Names((SPELT[0],))
    add(store, 2)
    assert names(store) == Names(tuple(sorted([SPELT[0], KEY])))
    assert store.components.names([OTHER], settled_after=NOON) == {}


def test_the_key_of_an_sbom_from_before_the_first_spelling_is_a_spelling_too(store: AnyStore) -> None:
    add(store, 1)
    assert names(store) is None
    add(store, 2, SPELT[0])
    assert names(store) == Names(tuple(sorted([SPELT[0], KEY])))


def test_a_new_spelling_makes_a_clean_component_unknown_and_due(store: AnyStore) -> None:
    add(store, 1, SPELT[0])
    asked = [answer(KEY)._replace(spellings=(SPELT[0],)), answer(OTHER)]
    store.components.record(asked, assess=AutoRule(), now=NOON)
    assert state(store) is ComponentState.CLEAN
    before = store.feed.position()
    add(store, 2, SPELT[1])
    assert state(store) is ComponentState.UNKNOWN
    assert list(store.feed.changes(before).component_ids) == [store.feed.component_ids([KEY])[KEY]]
    assert [component.purl for component in store.components.wanted(now=NOON, ttl=DAY)] == [KEY]
    add(store, 3, SPELT[0])
    assert state(store, OTHER) is ComponentState.CLEAN


def test_a_new_spelling_leaves_a_vulnerable_component_vulnerable(store: AnyStore) -> None:
    add(store, 1, SPELT[0])
    store.components.record([answer(KEY, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    add(store, 2, SPELT[1])
    assert state(store) is ComponentState.VULNERABLE


def test_an_answer_to_a_question_from_before_a_spelling_makes_nothing_clean(store: AnyStore) -> None:
    add(store, 1, SPELT[0])
    late = answer(KEY)._replace(spellings=(SPELT[0],))
    add(store, 2, SPELT[1])
    store.components.record([late, answer(OTHER)], assess=AutoRule(), now=NOON)
    assert (state(store), state(store, OTHER)) == (ComponentState.UNKNOWN, ComponentState.CLEAN)
    assert [component.purl for component in store.components.wanted(now=NOON, ttl=DAY)] == [KEY]


def test_a_spelling_whose_form_was_answered_changes_nothing(store: AnyStore) -> None:
    add(store, 1)
    settled = [(KEY, SPELT[0]), (KEY, KEY)]
    store.components.record([answer(KEY), answer(OTHER)], settled=settled, assess=AutoRule(), now=NOON)
    assert names(store) == Names(settled=frozenset([SPELT[0], KEY]))
    assert names(store, NOON) is None
    add(store, 2, SPELT[0])
    assert state(store) is ComponentState.CLEAN


def test_an_answer_to_a_form_counts_from_the_last_time(store: AnyStore) -> None:
    add(store, 1)
    for day in (0, 3):
        now = NOON + day * DAY
        store.components.record([answer(KEY, at=now)], settled=[(KEY, SPELT[0])], assess=AutoRule(), now=now)
    assert names(store, NOON + 2 * DAY) == Names(settled=frozenset([SPELT[0]]))


def test_an_incomplete_answer_only_adds_findings(store: AnyStore) -> None:
    add(store, 1)
    store.components.record([answer(KEY, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    some = answer(KEY, vulnerability("V-2"), at=NOON + DAY)._replace(complete=False)
    store.components.record([some], assess=AutoRule(), now=NOON + DAY)
    assert list(store.feed.changes().findings.values()) == [("V-1", "V-2")]
    store.components.record([answer(KEY, vulnerability("V-2"), at=NOON + DAY)], assess=AutoRule(), now=NOON + DAY)
    assert list(store.feed.changes().findings.values()) == [("V-2",)]


@pytest.mark.parametrize("vulnerable", [False, True])
def test_at_most_eight_spellings_are_kept_the_newest_but_of_a_vulnerable_component(
    store: AnyStore, vulnerable: bool
) -> None:
    add(store, 1, Purl("pkg:nuget/spelling-1@1"))
    if vulnerable:
        store.components.record([answer(KEY, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    for number in range(2, 12):
        add(store, number, Purl(f"pkg:nuget/spelling-{number}@1"))
    found = names(store)
    assert found is not None
    numbers = range(1, 9) if vulnerable else range(4, 12)
    assert set(found.spellings) == {f"pkg:nuget/spelling-{number}@1" for number in numbers}
