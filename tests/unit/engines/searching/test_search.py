"""Searches for SBOMs, made once by all processes together."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from tests.fakes import (
    FakeBackground,
    FakeClock,
    FakeImageResolver,
    FakeOpener,
    FakeOpening,
    FakeSbomSource,
    MemoryStore,
)
from tests.worlds import LEFTPAD, World, digest_of, sbom_of
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.engines.searching.claims import LEASE_SECONDS, SearchClaims
from webhook.engines.searching.looks import SearchParts
from webhook.engines.searching.options import SearchOptions
from webhook.engines.searching.search import SbomSearch
from webhook.errors import Final, InvalidInput, StoreError, UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.places import GENERATED
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.searches import SearchOutcome
from webhook.model.verdicts import SbomStatus
from webhook.ports import PartlyRead

DIGEST = digest_of("new")
IMAGE = parse_image(f"shop/web@{DIGEST}")


class Process:
    """Another process on the same store."""

    def __init__(self, world: World, name: str, *places: FakeSbomSource) -> None:
        self.world, self.model = world, ReadModel()
        refresher = Refresher(self.model, world.store.feed, None, world.clock, RefreshOptions())
        refresher.refresh()
        self.background = FakeBackground()
        self.opener = FakeOpener(FakeImageResolver(), places)
        parts = SearchParts(self.opener, world.store, refresher, self.background, name)
        self.searching = SbomSearch(self.model, parts, world.clock, SearchOptions())

    def search(self, seconds: float = 5.0) -> SearchOutcome:
        return self.searching.search(IMAGE, DIGEST, Deadline(self.world.clock.monotonic() + seconds))


def test_what_all_places_have_counts_together() -> None:
    world, first, second = World(), FakeSbomSource("first"), FakeSbomSource("second")
    first.sboms[DIGEST] = [sbom_of(LEFTPAD), sbom_of(LEFTPAD, document="two")]
    second.sboms[DIGEST] = [sbom_of(LEFTPAD, document="three")]
    process = Process(world, "a", first, second)
    assert process.search() == SearchOutcome(SbomStatus.FOUND)
    assert sorted(item.place for item in world.store.sboms.show(DIGEST)) == ["first", "first", "second"]
    assert process.model.trouble(DIGEST, IMAGE.name) == ""


def test_an_sbom_is_made_only_where_none_is_attached() -> None:
    world, place, maker = World(), FakeSbomSource("referrers"), FakeSbomSource(GENERATED)
    maker.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    assert Process(world, "a", maker, place).search().status is SbomStatus.FOUND
    assert len(maker.asked) == 1
    place.sboms[DIGEST] = [sbom_of(LEFTPAD, document="two")]
    assert Process(World(), "b", maker, place).search().status is SbomStatus.FOUND
    assert len(maker.asked) == 1


@pytest.mark.parametrize("problem", [Final("403"), InvalidInput("not JSON"), ValueError("a bug")])
def test_trouble_in_one_place_hides_nothing_of_another_and_is_remembered(problem: Exception) -> None:
    world, first, second = World(), FakeSbomSource("first"), FakeSbomSource("second")
    first.sboms[DIGEST] = problem
    second.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    process = Process(world, "a", first, second)
    assert process.search().status is SbomStatus.FOUND
    trouble = process.model.trouble(DIGEST, IMAGE.name)
    assert trouble is not None
    assert trouble.startswith("first: ")
    assert not process.searching.is_settled(IMAGE, DIGEST), "it is searched for again"

    first.sboms[DIGEST] = [sbom_of(LEFTPAD, document="two")]
    world.clock.advance(301)
    assert process.search().status is SbomStatus.FOUND
    assert process.model.trouble(DIGEST, IMAGE.name) == ""
    assert process.searching.is_settled(IMAGE, DIGEST)


def test_an_image_that_is_known_by_another_name_is_looked_at_in_its_own_once() -> None:
    world, place = World(), FakeSbomSource("referrers")
    place.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    copy = parse_image(f"evil.example/copy@{DIGEST}")
    process = Process(world, "a", place)
    deadline = Deadline(world.clock.monotonic() + 5)
    process.searching.search(copy, DIGEST, deadline)
    assert process.searching.is_settled(copy, DIGEST)
    assert not process.searching.is_settled(IMAGE, DIGEST)
    place.sboms[DIGEST] = []
    process.search()
    assert [item.name for item, _ in place.asked] == [copy.name, IMAGE.name]
    assert process.searching.is_settled(IMAGE, DIGEST)
    assert len(world.store.sboms.show(DIGEST)) == 1, "what another name has is not taken away"


def test_the_true_reason_is_told_with_its_place() -> None:
    world, first, second = World(), FakeSbomSource("first"), FakeSbomSource("second")
    first.sboms[DIGEST] = Final("the registry says 403")
    outcome = Process(world, "a", first, second).search()
    assert outcome == SearchOutcome(SbomStatus.REFUSED, "first: the registry says 403")
    second.sboms[DIGEST] = InvalidInput("not JSON")
    assert Process(World(), "b", first, second).search() == SearchOutcome(SbomStatus.UNREADABLE, "second: not JSON")


def test_what_one_process_could_not_find_another_does_not_search_again_for_a_while() -> None:
    world, place = World(), FakeSbomSource()
    assert Process(world, "a", place).search().status is SbomStatus.NONE
    assert Process(world, "b", place).search().status is SbomStatus.NONE
    assert len(place.asked) == 1
    world.clock.advance(61)
    place.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    assert Process(world, "c", place).search().status is SbomStatus.FOUND


def test_what_another_process_is_searching_is_waited_for_and_not_searched_twice() -> None:
    world, place = World(), FakeSbomSource()
    assert world.store.searches.begin(f"{DIGEST} {IMAGE.name}", "other", lease_seconds=60) is None
    process = Process(world, "a", place)
    process.background.hold = True
    assert process.search(0.1).status is SbomStatus.REFUSED

    world.store.sboms.add(DIGEST, sbom_of(LEFTPAD), place="referrers")
    process.background.run_held()
    assert process.search().status is SbomStatus.FOUND
    assert place.asked == []


def test_what_another_process_has_just_found_is_not_searched_again() -> None:
    world, place = World(), FakeSbomSource()
    process = Process(world, "a", place)
    world.store.sboms.add(DIGEST, sbom_of(LEFTPAD), place="referrers")
    assert process.search().status is SbomStatus.FOUND
    assert place.asked == []


def test_the_search_of_a_process_that_died_is_taken_over() -> None:
    world, place = World(), FakeSbomSource()
    place.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    world.store.searches.begin(f"{DIGEST} {IMAGE.name}", "dead", lease_seconds=LEASE_SECONDS)
    assert Process(world, "a", place).search(100).status is SbomStatus.FOUND
    assert len(place.asked) == 1


def test_a_claim_is_renewed_while_the_search_goes_on_and_not_after(clock: FakeClock) -> None:
    store, renewed = MemoryStore(clock), threading.Semaphore(0)
    renew = store.searches.renew

    def watched(keys: Sequence[str], holder: str, *, lease_seconds: float) -> None:
        renew(keys, holder, lease_seconds=lease_seconds)
        renewed.release()

    store.searches.renew = watched
    claims = SearchClaims(store, "this", renew_seconds=0.01)
    assert claims.begin("image") is None
    for _ in range(5):
        assert renewed.acquire(timeout=30)
        clock.advance(LEASE_SECONDS / 2)
        assert renewed.acquire(timeout=30)
    assert store.searches.begin("image", "other", lease_seconds=60) is not None
    claims.end("image", SearchOutcome(SbomStatus.NONE), seconds=5)
    clock.advance(5)
    assert claims.begin("another") is None
    assert store.searches.begin("image", "other", lease_seconds=60) is None


def test_an_error_of_the_store_is_raised_and_the_next_try_searches_again() -> None:
    world, place = World(), FakeSbomSource()
    process = Process(world, "a", place)
    place.sboms[DIGEST] = StoreError("disk full")
    with pytest.raises(StoreError, match="disk full"):
        process.search()
    place.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    assert process.search().status is SbomStatus.FOUND


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [
        (None, 60.0),
        (InvalidInput("not JSON"), 300.0),
        (UnusableAnswer("too large"), 300.0),
        (PartlyRead("not JSON", remedy="", sboms=[sbom_of(LEFTPAD)], is_short=False), 300.0),
        (Final("403"), 15.0),
    ],
    ids=["none", "unreadable", "unusable", "partly", "refused"],
)
def test_each_reason_is_believed_for_its_own_time(trouble: InvalidInput | Final | None, seconds: float) -> None:
    world, place = World(), FakeSbomSource()
    if trouble is not None:
        place.sboms[DIGEST] = trouble
    process = Process(world, "a", place)
    process.search()
    world.clock.advance(seconds - 0.1)
    process.search()
    assert len(place.asked) == 1
    world.clock.advance(0.2)
    process.search()
    assert len(place.asked) == 2


SEAL = "signed:0123456789abcdef"


def signed_world(place: FakeSbomSource) -> tuple[World, SbomSearch]:
    world = World()
    parts = SearchParts(
        FakeOpener(FakeImageResolver(), [place]),
        world.store,
        world.refresher,
        world.background,
        "a",
        lambda image: SEAL if image.host == "registry.corp" else "",
    )
    return world, SbomSearch(world.model, parts, world.clock, SearchOptions())


def test_an_unsigned_sbom_found_on_a_copy_does_not_count_for_an_image_that_needs_a_signature() -> None:
    place = FakeSbomSource("referrers")
    world, search = signed_world(place)
    copy, ours = parse_image(f"elsewhere.example/copy@{DIGEST}"), parse_image(f"registry.corp/app@{DIGEST}")
    place.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    deadline = Deadline(world.clock.monotonic() + 5)
    assert search.search(copy, DIGEST, deadline).status is SbomStatus.FOUND
    assert search.is_known(copy, DIGEST)
    assert not search.is_known(ours, DIGEST)
    place.sboms[DIGEST] = []
    assert search.search(ours, DIGEST, deadline).status is SbomStatus.NONE


def test_an_unsigned_usable_sbom_does_not_stand_in_for_a_signed_one_without_a_usable_purl() -> None:
    place = FakeSbomSource("cosign-attestation")
    world, search = signed_world(place)
    place.sboms[DIGEST] = [sbom_of(document="bare")]
    ours = parse_image(f"registry.corp/app@{DIGEST}")
    search.search(ours, DIGEST, Deadline(world.clock.monotonic() + 5))
    world.store.sboms.add(DIGEST, sbom_of(LEFTPAD), place="referrers")
    world.refresher.refresh()
    everything, signed = world.model.facts(DIGEST), world.model.facts(DIGEST, places=search.trusted(ours))
    assert everything is not None
    assert signed is not None
    assert (everything.total, signed.total) == (1, 0)


def test_what_the_right_key_has_signed_counts_even_when_an_unsigned_copy_came_first() -> None:
    place = FakeSbomSource("cosign-attestation")
    world, search = signed_world(place)
    document = sbom_of(LEFTPAD)
    world.store.sboms.add(DIGEST, document, place="referrers")
    world.refresher.refresh()
    place.sboms[DIGEST] = [document]
    ours = parse_image(f"registry.corp/app@{DIGEST}")
    assert search.search(ours, DIGEST, Deadline(world.clock.monotonic() + 5)).status is SbomStatus.FOUND
    assert world.model.facts(DIGEST, places=search.trusted(ours)) is not None
    assert [item.place for item in world.store.sboms.show(DIGEST)] == [SEAL]


def test_what_an_administrator_handed_in_counts_for_every_image() -> None:
    world, search = signed_world(FakeSbomSource())
    world.store.sboms.add(DIGEST, sbom_of(LEFTPAD), place="added")
    world.refresher.refresh()
    assert search.is_known(parse_image(f"registry.corp/app@{DIGEST}"), DIGEST)


SHOP, BANK = PullAccess("shop", ("registry",)), PullAccess("bank", ("registry",))


def test_what_pull_secrets_open_is_searched_with_them_and_its_tag_is_not_told_to_everybody() -> None:
    world, closed, opened = World(), FakeSbomSource("referrers"), FakeSbomSource("referrers")
    closed.sboms[DIGEST] = Final("401 without credentials")
    opened.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    process = Process(world, "a", closed)
    process.opener.openings[SHOP] = FakeOpening(FakeImageResolver(), [opened], "shop-1")
    image = parse_image(f"shop/web:1@{DIGEST}")
    for access in (BANK, NO_ACCESS):
        refused = process.searching.search(image, DIGEST, Deadline(world.clock.monotonic() + 5), access)
        assert refused.status is SbomStatus.REFUSED
    found = process.searching.search(image, DIGEST, Deadline(world.clock.monotonic() + 5), SHOP)
    assert found.status is SbomStatus.FOUND
    assert process.model.digest_of(image.tagged) is None


def test_a_refusal_is_remembered_for_the_namespace_that_got_it_alone() -> None:
    world, place = World(), FakeSbomSource()
    place.sboms[DIGEST] = Final("403")
    process = Process(world, "a", place)
    for access in (SHOP, SHOP, BANK):
        process.searching.search(IMAGE, DIGEST, Deadline(world.clock.monotonic() + 5), access)
    assert process.opener.opened == [SHOP, BANK]


def test_after_a_change_of_keys_the_same_document_counts_under_the_new_one() -> None:
    place = FakeSbomSource("cosign-attestation")
    world, search = signed_world(place)
    document = sbom_of(LEFTPAD)
    world.store.sboms.add(DIGEST, document, place="signed:fedcba9876543210")
    world.refresher.refresh()
    place.sboms[DIGEST] = [document]
    ours = parse_image(f"registry.corp/app@{DIGEST}")
    assert search.search(ours, DIGEST, Deadline(world.clock.monotonic() + 5)).status is SbomStatus.FOUND


def test_for_an_image_that_needs_a_signature_no_sbom_is_made_and_the_reason_is_the_true_one() -> None:
    place = FakeSbomSource("generated")
    world, search = signed_world(place)
    place.sboms[DIGEST] = [sbom_of(LEFTPAD)]
    ours = parse_image(f"registry.corp/app@{DIGEST}")
    outcome = search.search(ours, DIGEST, Deadline(world.clock.monotonic() + 5))
    assert (outcome.status, place.asked) == (SbomStatus.NONE, [])
    assert "sbom.verify" in outcome.detail
