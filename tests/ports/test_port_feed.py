"""What every ChangeFeed does: tell a read model what it has not seen, once and completely."""

from __future__ import annotations

import datetime as dt
from array import array

import pytest

from tests.copies import replace
from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.model.changes import Changes, Position
from webhook.model.components import ComponentState
from webhook.model.images import parse_image
from webhook.model.purls import Purl
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
A, B, C = Purl("pkg:npm/a@1"), Purl("pkg:npm/b@1"), Purl("pkg:deb/c@1")


def test_an_empty_store_is_described_as_empty(store: AnyStore) -> None:
    assert store.feed.position().revision == 0
    assert store.feed.size() == 0
    changes = store.feed.changes()
    assert not changes.checked_at
    assert replace(changes, checked_at=None) == Changes(store.feed.position(), complete=True)


def test_a_store_has_an_identity_that_stays_when_it_changes(store: AnyStore) -> None:
    before = store.feed.position()
    assert len(bytes.fromhex(before.store)) == 16
    store.sboms.add(digest(1), make_sbom(A), place="added")
    after = store.feed.position()
    assert after == store.feed.changes().position
    assert (after.store, after.revision) == (before.store, 1)


def test_a_complete_description_holds_everything(store: AnyStore) -> None:
    found = vulnerability(
        "V-1", "9.8", aliases=("CVE-1",), cvss_vector="CVSS:3.1/x", cwe="CWE-1", reference="https://a"
    )
    stored = store.sboms.add(digest(1), make_sbom(A, B, C), place="added", image=parse_image("shop/web:1"))
    store.components.record([answer(A), answer(B, found)], assess=AutoRule(), now=NOON)
    changes = store.feed.changes()
    at = int(NOON.timestamp())
    assert changes.complete
    assert changes.position == store.feed.position()
    assert changes.position.revision == 2
    assert changes.component_ids == array("I", [0, 1, 2])
    assert store.feed.size() == 3
    states = [ComponentState.CLEAN, ComponentState.VULNERABLE, ComponentState.NOT_COVERED]
    assert changes.states == bytes(states)
    assert changes.answered_at == array("I", [at, at, 0])
    assert changes.purls == {1: B}
    assert changes.findings == {1: ("V-1",)}
    assert changes.vulnerabilities == (replace(found, description=""),)
    assert [(other_assessment.vulnerability, other_assessment.type) for other_assessment in changes.assessments] == [
        ("V-1", "Blocked")
    ]
    assert changes.sboms == (stored,)
    assert changes.tags == {"docker.io/shop/web:1": digest(1)}


def test_what_a_reader_has_already_is_not_told_again(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A, B), place="added", image=parse_image("shop/web:1"))
    store.components.record([answer(B, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    since = store.feed.position()
    assert store.feed.changes(since) == Changes(since)
    later = NOON + dt.timedelta(1)
    store.components.record([answer(A, vulnerability("V-1"), at=later)], assess=AutoRule(), now=later)
    changes = store.feed.changes(since)
    assert not changes.complete
    assert (changes.component_ids, changes.purls, changes.findings) == (array("I", [0]), {0: A}, {0: ("V-1",)})
    assert (changes.vulnerabilities, changes.sboms, changes.tags) == ((), (), {})
    assert [other_assessment.scope.package for other_assessment in changes.assessments] == ["pkg:npm/a"]


def test_each_kind_of_change_is_told(store: AnyStore) -> None:
    store.assessments.append([assessment("V-1")])
    assert [other_assessment.sequence for other_assessment in store.feed.changes().assessments] == [1]
    first = store.feed.position()
    store.assessments.append([assessment("V-2")])
    assert [other_assessment.sequence for other_assessment in store.feed.changes(first).assessments] == [2]
    second = store.feed.position()
    store.sboms.add(digest(1), make_sbom(A), place="added")
    assert [sbom.digest for sbom in store.feed.changes(second).sboms] == [digest(1)]
    third = store.feed.position()
    store.sboms.add(digest(1), make_sbom(A), place="added", image=parse_image("shop/web:1"))
    changes = store.feed.changes(third)
    assert (changes.tags, changes.sboms) == ({"docker.io/shop/web:1": digest(1)}, ())


def test_a_component_that_is_clean_again_is_told_without_findings(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    first, later = store.feed.position(), NOON + dt.timedelta(1)
    store.components.record([answer(A, at=later)], assess=AutoRule(), now=later)
    changes = store.feed.changes(first)
    assert (changes.states, changes.purls, changes.findings) == (bytes([ComponentState.CLEAN]), {}, {})


def test_a_reader_that_is_ahead_of_the_store_gets_everything(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A), place="added")
    ahead = store.feed.changes(replace(store.feed.position(), revision=99))
    assert ahead.complete
    assert ahead == store.feed.changes()


@pytest.mark.parametrize("mark", ["", "ab" * 16])
def test_a_reader_of_another_history_gets_everything_at_a_later_revision_and_at_the_same(
    store: AnyStore, mark: str
) -> None:
    store.sboms.add(digest(1), make_sbom(A), place="added")
    lost = replace(store.feed.position(), mark=mark)
    assert store.feed.changes(lost) == store.feed.changes()
    assert store.feed.position() != lost
    store.sboms.add(digest(2), make_sbom(B), place="added")
    assert store.feed.changes(lost) == store.feed.changes()


def test_no_two_revisions_have_the_same_mark(store: AnyStore) -> None:
    marks = set()
    for number in range(3):
        store.sboms.add(digest(number), make_sbom(A), place="added")
        marks.add(store.feed.position().mark)
    assert len(marks - {""}) == 3


def test_a_reader_of_another_store_gets_everything(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A), place="added")
    store.sboms.add(digest(2), make_sbom(B), place="added")
    for revision in (1, 2):
        elsewhere = store.feed.changes(Position("0" * 32, revision))
        assert elsewhere.complete
        assert elsewhere == store.feed.changes()
