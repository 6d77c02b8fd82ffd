"""What every ComponentStore wants to be asked next: what is due, and in which order."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.model.downloads import WantedComponent
from webhook.model.images import parse_image
from webhook.model.purls import Purl
from webhook.model.records import Sighting
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
A, B, C = Purl("pkg:npm/a@1"), Purl("pkg:npm/b@1"), Purl("pkg:npm/c@1")
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def wanted(store: AnyStore, now: dt.datetime = NOON) -> list[str]:
    return [str(component.purl) for component in store.components.wanted(now=now, ttl=DAY)]


def test_covered_components_are_wanted_until_they_are_answered_and_again_after_a_day(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A, B, "pkg:deb/debian/x@1", "pkg:apk/alpine/y@1"), place="added")
    assert wanted(store) == [A, B]
    store.components.record([answer(A)], assess=AutoRule(), now=NOON)
    assert wanted(store) == [B]
    assert wanted(store, NOON + DAY - HOUR) == [B]
    assert wanted(store, NOON + DAY) == [B, A]


def test_what_is_fresh_of_some_components_is_what_is_covered_and_not_wanted(store: AnyStore) -> None:
    debian = Purl("pkg:deb/debian/x@1")
    store.sboms.add(digest(1), make_sbom(A, B, C, debian), place="added")
    store.components.record([answer(A)], unanswered=[B], assess=AutoRule(), now=NOON)
    asked = [A, B, C, debian, Purl("pkg:npm/never-seen@1")]
    for now in (NOON, NOON + DAY - HOUR, NOON + DAY):
        fresh = store.components.fresh(asked, now=now, ttl=DAY)
        assert fresh == {A, B, C} - {component.purl for component in store.components.wanted(now=now, ttl=DAY)}
    assert store.components.fresh([C, B], now=NOON, ttl=DAY) == {B}


def test_a_component_left_out_of_the_answer_is_not_asked_again_within_a_day(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A), place="added")
    store.components.record([], unanswered=[A], assess=AutoRule(), now=NOON)
    assert wanted(store, NOON + HOUR) == []
    (due,) = store.components.wanted(now=NOON + DAY, ttl=DAY)
    assert due == WantedComponent(A, never_asked=True, seen=False, images=1)


def test_components_in_more_images_come_first(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A, B, C), place="added")
    store.sboms.add(digest(2), make_sbom(B, C), place="added")
    store.sboms.add(digest(3), make_sbom(C), place="added")
    store.sboms.add(digest(3), make_sbom(C, A), place="directory")  # the same image again: C counts once
    assert [(component.purl, component.images) for component in store.components.wanted(now=NOON, ttl=DAY)] == [
        (C, 3),
        (A, 2),
        (B, 2),
    ]


def test_components_of_seen_images_come_first_then_those_never_answered(store: AnyStore) -> None:
    purls = [f"pkg:npm/p{n}@1" for n in range(4)]
    store.sboms.add(digest(1), make_sbom(*purls[:2]), place="added")
    store.sboms.add(digest(2), make_sbom(*purls[2:]), place="added")
    store.components.record([answer(purls[0]), answer(purls[2])], assess=AutoRule(), now=NOON)
    store.sightings.record([Sighting(digest(2), "docker.io/shop/web:1", NOON, refused=True)])
    due = store.components.wanted(now=NOON + DAY, ttl=DAY)
    assert [(str(component.purl), component.seen, component.never_asked) for component in due] == [
        (purls[3], True, True),
        (purls[2], True, False),
        (purls[1], False, True),
        (purls[0], False, False),
    ]


def test_a_tag_seen_without_its_digest_counts_for_the_digest_that_it_points_at(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A), place="added", image=parse_image("shop/web:1"))
    store.sightings.record([Sighting(None, "docker.io/shop/web:1", NOON), Sighting(None, "docker.io/other:1", NOON)])
    store.sightings.record([Sighting(None, "docker.io/shop/web:1", NOON + HOUR)])
    assert [component.seen for component in store.components.wanted(now=NOON, ttl=DAY)] == [True]


def test_sightings_raise_no_revision(store: AnyStore) -> None:
    store.sightings.record([Sighting(digest(1), "docker.io/shop/web:1", NOON)])
    store.sightings.record([])
    assert store.feed.position().revision == 0


def test_what_is_wanted_can_be_counted_sliced_and_walked(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(*[f"pkg:npm/p{n}@1" for n in range(2500)]), place="added")
    due = store.components.wanted(now=NOON, ttl=DAY)
    assert len(due) == len(list(due)) == 2500
    assert list(due[1200:1203]) == list(due)[1200:1203]
    assert due[-1].purl == "pkg:npm/p2499@1"
    with pytest.raises(IndexError):
        due[2500]


def test_components_that_no_source_covers_are_counted_by_type(store: AnyStore) -> None:
    purls = ["pkg:deb/debian/x@1", "pkg:deb/debian/y@1", "pkg:apk/alpine/z@1", A]
    store.sboms.add(digest(1), make_sbom(*purls), place="added")
    assert store.components.not_covered() == {"apk": 1, "deb": 2}


def test_affected_pairs_are_those_of_the_newest_answers(store: AnyStore) -> None:
    one, other = vulnerability("V-1"), vulnerability("V-2")
    store.components.record(
        [answer("pkg:npm/a@1", one, other), answer("pkg:npm/a@2", one), answer("pkg:npm/b@1", other)],
        assess=AutoRule(),
        now=NOON,
    )
    store.components.record([answer("pkg:npm/b@1", at=NOON + DAY)], assess=AutoRule(), now=NOON + DAY)
    pairs = [(found.id, package) for found, package in store.components.unassessed_pairs()]
    assert pairs == [("V-1", "pkg:npm/a"), ("V-2", "pkg:npm/a")]
    assert next(iter(store.components.unassessed_pairs()))[0] == one
