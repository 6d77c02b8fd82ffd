"""What every SbomStore does."""

from __future__ import annotations

from array import array

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock, MemoryStore
from tests.ports.samples import digest, make_sbom, skipped
from webhook.engines.readmodel import ReadModel
from webhook.model.components import ComponentState, SkipReason
from webhook.model.images import parse_image
from webhook.model.looks import Look, StoredLook
from webhook.model.platforms import WHOLE, Coverage
from webhook.model.purls import Purl
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore


def test_components_get_dense_ids_in_the_order_in_which_they_first_appear(store: AnyStore) -> None:
    first = store.sboms.add(digest(1), make_sbom("pkg:npm/b@1", "pkg:npm/a@1"), place="added")
    second = store.sboms.add(digest(2), make_sbom("pkg:npm/c@1", "pkg:npm/a@1"), place="added")
    assert first.component_ids == array("I", [0, 1])
    assert second.component_ids == array("I", [1, 2])
    asked = [Purl(f"pkg:npm/{name}@1") for name in "abcx"]
    assert store.feed.component_ids(asked) == {asked[0]: 1, asked[1]: 0, asked[2]: 2}


def test_a_component_named_twice_in_a_document_counts_once(store: AnyStore) -> None:
    stored = store.sboms.add(digest(1), make_sbom("pkg:npm/a@1", "pkg:npm/a@1"), place="added")
    assert list(stored.component_ids) == [0]


def test_adding_a_document_again_changes_nothing(store: AnyStore) -> None:
    sbom, image = make_sbom("pkg:npm/a@1"), parse_image("shop/web:1")
    first = store.sboms.add(digest(1), sbom, place="directory", image=image)
    revision = store.feed.position().revision
    assert store.sboms.add(digest(1), sbom, place="added", image=image) == first
    assert store.feed.position().revision == revision
    assert len(store.sboms.list()) == 1


def test_each_new_document_raises_the_revision_by_one(store: AnyStore) -> None:
    assert store.feed.position().revision == 0
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1"), place="added", image=parse_image("shop/web:1"))
    assert store.feed.position().revision == 1
    store.sboms.add(digest(1), make_sbom("pkg:npm/b@1"), place="added", image=parse_image("shop/web:1"))
    assert store.feed.position().revision == 2


def test_all_documents_of_an_image_are_kept_newest_first(store: AnyStore, clock: FakeClock) -> None:
    older, newer = make_sbom("pkg:npm/a@1"), make_sbom("pkg:npm/b@1", "pkg:npm/c@1")
    store.sboms.add(digest(1), older, place="directory")
    clock.advance(60)
    store.sboms.add(digest(1), newer, place="added")
    shown = store.sboms.show(digest(1))
    assert [record.document_digest for record in shown] == [newer.document_digest, older.document_digest]
    assert [record.components for record in shown] == [2, 1]
    assert [record.place for record in shown] == ["added", "directory"]
    assert (shown[0].added_at - shown[1].added_at).total_seconds() == 60
    assert shown[1].added_at == NOON


def test_a_tag_is_remembered_and_can_move(store: AnyStore) -> None:
    sbom, image = make_sbom("pkg:npm/a@1"), parse_image("shop/web:1")
    store.sboms.add(digest(1), sbom, place="added", image=image)
    store.sboms.add(digest(2), sbom, place="added", image=image)
    store.sboms.add(digest(2), sbom, place="added", image=parse_image("shop/web:2"))
    assert store.sboms.show(digest(1))[0].names == ()
    assert store.sboms.show(digest(2))[0].names == ("docker.io/shop/web:1", "docker.io/shop/web:2")
    store.sboms.add(digest(1), sbom, place="added", image=image)
    assert store.sboms.show(digest(1))[0].names == ("docker.io/shop/web:1",)
    assert store.feed.changes().tags == {"docker.io/shop/web:1": digest(1), "docker.io/shop/web:2": digest(2)}


def test_a_reference_without_a_tag_gives_no_name(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(), place="added", image=parse_image(f"shop/web@{digest(1)}"))
    assert store.sboms.show(digest(1))[0].names == ()


def test_show_gives_purls_states_and_what_was_skipped(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1", "pkg:deb/debian/b@1", skips=[skipped("x"), skipped("y", SkipReason.NO_VERSION)])
    store.sboms.add(digest(1), sbom, place="added")
    (shown,) = store.sboms.show(digest(1))
    assert shown.contents == (
        (Purl("pkg:deb/debian/b@1"), ComponentState.NOT_COVERED),
        (Purl("pkg:npm/a@1"), ComponentState.UNKNOWN),
    )
    assert shown.skipped == {"no-purl": 1, "no-version": 1}
    assert shown.skipped_components == sbom.skipped
    assert (shown.format, shown.version, shown.tool) == (sbom.format, sbom.version, sbom.tool)


def test_of_many_skipped_components_all_are_counted_and_200_are_kept(store: AnyStore) -> None:
    stored = store.sboms.add(digest(1), make_sbom(skips=[skipped(str(n)) for n in range(500)]), place="added")
    assert stored.skipped == {SkipReason.NO_PURL: 500}
    (shown,) = store.sboms.show(digest(1))
    assert shown.skipped == {"no-purl": 500}
    assert [skipped_component.name for skipped_component in shown.skipped_components] == [str(n) for n in range(200)]


def test_an_unknown_image_has_no_sboms(store: AnyStore) -> None:
    assert store.sboms.show(digest(1)) == []
    assert store.sboms.list() == []
    assert store.feed.component_ids([]) == {}


@pytest.mark.parametrize("size", [1, 2500])
def test_large_documents_keep_every_component(store: AnyStore, size: int) -> None:
    purls = [f"pkg:npm/p{n}@1" for n in range(size)]
    stored = store.sboms.add(digest(1), make_sbom(*purls), place="added")
    assert list(stored.component_ids) == list(range(size))
    assert len(store.sboms.show(digest(1))[0].contents) == size
    assert len(store.feed.component_ids([Purl(purl) for purl in purls])) == size


def test_a_document_found_again_in_a_more_trusted_place_is_remembered_there(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1")
    places = ("referrers", "signed:one", "referrers", "signed:two", "added", "signed:two")
    kept = [store.sboms.add(digest(1), sbom, place=place).place for place in places]
    assert kept == ["referrers", "signed:one", "signed:one", "signed:two", "added", "added"]
    assert [record.place for record in store.sboms.show(digest(1))] == ["added"]
    assert [sbom.place for sbom in store.feed.changes().sboms] == ["added"]


def test_what_a_document_describes_of_an_image_grows_with_each_platform(store: AnyStore) -> None:
    sbom, both = make_sbom("pkg:npm/a@1"), ("linux/amd64", "linux/arm64")
    for covered in both:
        store.sboms.add(digest(1), replace(sbom, coverage=Coverage(both, (covered,))), place="referrers")
    assert stored_of(store) == [("referrers", Coverage(both, both))]
    revision = store.feed.position().revision
    store.sboms.add(digest(1), replace(sbom, coverage=Coverage(both, both[:1])), place="buildkit")
    assert store.feed.position().revision == revision
    store.sboms.add(digest(1), sbom, place="added")
    assert stored_of(store) == [("added", WHOLE)]


def test_an_unsigned_copy_does_not_widen_what_a_signed_document_describes(store: AnyStore) -> None:
    sbom, both = make_sbom("pkg:npm/a@1"), ("linux/amd64", "linux/arm64")
    signed = Coverage(both, both[:1])
    store.sboms.add(digest(1), sbom, place="referrers")
    store.sboms.add(digest(1), replace(sbom, coverage=signed), place="signed:ab")
    assert stored_of(store) == [("signed:ab", signed)]
    store.sboms.add(digest(1), sbom, place="referrers")
    assert stored_of(store) == [("signed:ab", signed)]


def stored_of(store: AnyStore) -> list[tuple[str, Coverage | None]]:
    return [(sbom.place, sbom.coverage) for sbom in store.feed.changes().sboms]


def test_all_sboms_of_an_image_are_kept_together_and_again_changes_nothing(store: AnyStore) -> None:
    image, found = parse_image("shop/web:1"), [make_sbom("pkg:npm/a@1"), make_sbom("pkg:npm/b@1")]
    look = Look(image.name, {"referrers": found})
    store.sboms.record(digest(1), look, image=image)
    position = store.feed.position()
    assert len(store.sboms.show(digest(1))) == 2
    assert store.feed.changes().tags == {image.tagged: digest(1)}
    store.sboms.record(digest(1), look, image=image)
    assert store.feed.position() == position


COPY, WEB = "evil.example/copy", "docker.io/shop/web"


def test_what_is_gone_from_its_place_stops_counting_and_leaves_a_line(store: AnyStore, clock: FakeClock) -> None:
    old, new, other = make_sbom("pkg:npm/a@1"), make_sbom("pkg:npm/b@1"), make_sbom("pkg:npm/c@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [old], "buildkit": [other]}))
    before = store.feed.position()
    clock.advance(60)
    (left,) = store.sboms.record(digest(1), Look(WEB, {"referrers": [new]}, author="ada"))
    assert (left.document_digest, left.place, left.author) == (old.document_digest, "referrers", "ada")
    assert (left.at - NOON).total_seconds() == 60
    assert {record.document_digest for record in store.sboms.show(digest(1))} == {
        new.document_digest,
        other.document_digest,
    }
    assert list(store.sboms.departures(digest(1))) == [left] == list(store.sboms.departures())
    changes = store.feed.changes(before)
    assert changes.removed == ((digest(1), old.document_digest),)
    assert [sbom.document_digest for sbom in changes.sboms] == [new.document_digest]
    assert store.feed.changes().removed == ()


def test_a_look_that_sees_the_same_again_changes_no_revision_and_notes_the_time(
    store: AnyStore, clock: FakeClock
) -> None:
    look = Look(WEB, {"referrers": [make_sbom("pkg:npm/a@1")], "buildkit": []})
    store.sboms.record(digest(1), look)
    position = store.feed.position()
    clock.advance(3600)
    store.sboms.record(digest(1), look)
    assert store.feed.position() == position
    ((record,),) = store.sboms.looks([digest(1), digest(2)]).values()
    assert (record.origin, record.trouble, (record.at - NOON).total_seconds()) == (WEB, "", 3600)


def test_nothing_is_taken_away_by_a_look_in_another_name_or_at_another_place(store: AnyStore) -> None:
    old = make_sbom("pkg:npm/a@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [old]}))
    for look in (
        Look(COPY, {"referrers": []}),
        Look(f"{WEB} team", {"referrers": []}),
        Look(WEB, {"buildkit": [], "signed:ab": []}),
        Look(WEB, {}, "referrers: the registry did not answer"),
    ):
        assert store.sboms.record(digest(1), look) == []
    assert [record.document_digest for record in store.sboms.show(digest(1))] == [old.document_digest]


def test_a_document_that_leaves_one_of_its_places_counts_by_the_others(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom], "signed:ab": [sbom]}))
    assert [sbom.place for sbom in store.feed.changes().sboms] == ["signed:ab"]
    before = store.feed.position()
    (left,) = store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom], "signed:ab": []}))
    assert left.place == "signed:ab"
    changes = store.feed.changes(before)
    assert changes.removed == ()
    assert [sbom.place for sbom in changes.sboms] == ["referrers"]


def test_a_signed_document_keeps_its_place_when_it_is_found_again_where_anybody_may_write(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1")
    store.sboms.record(digest(1), Look(WEB, {"signed:ab": [sbom]}), image=parse_image("shop/web:1"))
    store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom]}), image=parse_image("shop/web:2"))
    store.sboms.add(digest(1), sbom, place="referrers", image=parse_image("shop/web:3"))
    assert [sbom.place for sbom in store.feed.changes().sboms] == ["signed:ab"]
    store.sboms.record(digest(1), Look(WEB, {"cosign-attestation": [sbom]}))
    assert [sbom.place for sbom in store.feed.changes().sboms] == ["signed:ab"]


def test_what_keeps_a_place_from_answering_is_remembered_until_all_answer(store: AnyStore) -> None:
    found = {"referrers": [make_sbom("pkg:npm/a@1")]}
    store.sboms.record(digest(1), Look(WEB, found, "buildkit: refused"))
    assert store.feed.changes().looks == (StoredLook(digest(1), WEB, "buildkit: refused"),)
    before = store.feed.position()
    store.sboms.record(digest(1), Look(WEB, {**found, "buildkit": []}))
    assert store.feed.changes(before).looks == (StoredLook(digest(1), WEB),)
    position = store.feed.position()
    store.sboms.record(digest(1), Look(WEB, found, "buildkit: refused"))
    assert store.feed.position() == position, "an outage does not make what was read whole incomplete"
    store.sboms.record(digest(1), Look(WEB, found, "buildkit: too many", passing=False))
    assert store.feed.changes().looks == (StoredLook(digest(1), WEB, "buildkit: too many"),)


def test_of_an_unknown_image_without_an_sbom_nothing_is_kept(store: AnyStore) -> None:
    position = store.feed.position()
    assert list(store.sboms.record(digest(1), Look(WEB, {"referrers": []}), image=parse_image("shop/web:1"))) == []
    assert store.feed.position() == position
    assert store.feed.changes().looks == ()


def test_an_image_whose_last_document_left_is_unknown_again(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom]}))
    store.sboms.record(digest(1), Look(WEB, {"referrers": []}))
    assert store.sboms.show(digest(1)) == []
    assert store.sboms.list() == []
    assert store.feed.changes().looks == ()
    store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom]}))
    assert len(store.sboms.show(digest(1))) == 1


def test_an_image_that_left_and_came_back_has_none_of_its_former_looks(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom]}))
    follower = ReadModel()
    follower.apply(store.feed.changes())
    store.sboms.record(digest(1), Look(WEB, {"referrers": []}))
    store.sboms.record(digest(1), Look(COPY, {"referrers": [sbom]}))
    changes = store.feed.changes(follower.position)
    assert changes.removed_images == (digest(1),)
    follower.apply(changes)
    afresh = ReadModel()
    afresh.apply(store.feed.changes())
    assert follower.looks() == afresh.looks() == {digest(1): ((COPY, ""),)}
    assert follower.trouble(digest(1), WEB) is None, "nobody knows what is attached in that name now"


def test_people_take_out_what_they_handed_in_and_nothing_else(store: AnyStore) -> None:
    mine, yours, attached = make_sbom("pkg:npm/a@1"), make_sbom("pkg:npm/b@1"), make_sbom("pkg:npm/c@1")
    store.sboms.add(digest(1), mine, place="added")
    store.sboms.add(digest(1), yours, place="imported")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [attached, yours]}))
    position = store.feed.position()
    left, stays = store.sboms.remove(digest(1), document=mine.document_digest, author="ada", why="of another build")
    assert [(departure.document_digest, departure.author, departure.why) for departure in left] == [
        (mine.document_digest, "ada", "of another build")
    ]
    assert stays == []
    assert store.feed.changes(position).removed == ((digest(1), mine.document_digest),)
    left, stays = store.sboms.remove(digest(1), author="ada")
    assert [departure.place for departure in left] == ["imported"]
    assert sorted(stay.document_digest for stay in stays) == sorted((attached.document_digest, yours.document_digest))
    assert len(store.sboms.show(digest(1))) == 2
    position = store.feed.position()
    assert list(store.sboms.remove(digest(1), author="ada")[0]) == []
    assert store.feed.position() == position


def test_people_take_out_what_was_made_on_request(store: AnyStore) -> None:
    made = make_sbom("pkg:npm/a@1")
    store.sboms.record(digest(1), Look(WEB, {"generated": [made]}))
    left, stays = store.sboms.remove(digest(1), author="ada")
    assert ([departure.place for departure in left], list(stays)) == (["generated"], [])
    assert store.sboms.show(digest(1)) == []


def test_an_attached_document_of_which_nobody_knows_the_name_is_adopted_when_it_is_seen(store: AnyStore) -> None:
    sbom = make_sbom("pkg:npm/a@1")
    store.sboms.add(digest(1), sbom, place="referrers")
    store.sboms.record(digest(1), Look(WEB, {"referrers": []}))
    assert len(store.sboms.show(digest(1))) == 1
    store.sboms.record(digest(1), Look(WEB, {"referrers": [sbom]}))
    store.sboms.record(digest(1), Look(WEB, {"referrers": []}))
    assert store.sboms.show(digest(1)) == []


def test_a_place_that_gives_less_than_it_has_takes_nothing_away(store: AnyStore) -> None:
    old, new = make_sbom("pkg:npm/a@1"), make_sbom("pkg:npm/b@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [old], "buildkit": [old]}))
    short = frozenset(["referrers"])
    look = Look(WEB, {"referrers": [new], "buildkit": []}, "referrers: too large", passing=False, short=short)
    (left,) = store.sboms.record(digest(1), look)
    assert left.place == "buildkit"
    assert {record.document_digest for record in store.sboms.show(digest(1))} == {
        old.document_digest,
        new.document_digest,
    }


def test_a_look_that_ends_late_takes_nothing_away_that_was_seen_since(store: AnyStore, clock: FakeClock) -> None:
    old, new = make_sbom("pkg:npm/a@1"), make_sbom("pkg:npm/b@1")
    store.sboms.record(digest(1), Look(WEB, {"referrers": [old]}))
    begun = clock.now()
    clock.advance(10)
    later = Look(WEB, {"referrers": [old, new]}, "buildkit: cannot be read", passing=False, begun=clock.now())
    store.sboms.record(digest(1), later)
    clock.advance(10)
    assert list(store.sboms.record(digest(1), Look(WEB, {"referrers": [old]}, begun=begun))) == []
    assert len(store.sboms.show(digest(1))) == 2
    assert [look.trouble for look in store.sboms.looks([digest(1)])[digest(1)]] == ["buildkit: cannot be read"]
    clock.advance(10)
    (left,) = store.sboms.record(digest(1), Look(WEB, {"referrers": [old]}, begun=clock.now()))
    assert left.document_digest == new.document_digest
    assert [look.trouble for look in store.sboms.looks([digest(1)])[digest(1)]] == [""]
