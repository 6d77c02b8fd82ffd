"""Documents that are read again: keys change one step at a time, and never take a finding away."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable

import pytest
from sqlalchemy import delete, insert, update

from tests.copies import replace
from tests.fakes import FakeClock
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.engines.rereader import Rereader
from webhook.model.components import ComponentState, Sbom
from webhook.model.looks import Look
from webhook.model.purls import Purl
from webhook.model.records import OutdatedCounts, Sighting, UnreadSbom
from webhook.sboms import READER, parse
from webhook.store import DocumentOptions, StoreOptions
from webhook.store.repositories import Store, open_store
from webhook.store.tables.sboms import documents, sbom_places, sboms

FORMER = "pkg:golang/github.com/azure/go-autorest/autorest@0.11.27"
TODAY = "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27"
OTHER = "pkg:npm/left-pad@1.0.0"
EMPTY = f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
STDLIB = "pkg:golang/stdlib@1.21.0"


def add_former(store: Store, number: int, former: Iterable[str], written: Iterable[tuple[str, str]]) -> None:
    """An SBOM as an older reader kept it, with its document.

    Args:
        store: where it goes.
        number: of the image.
        former: keys that the older reader kept.
        written: name and purl of each component of the document.
    """
    components = [{"type": "library", "name": name, "purl": purl} for name, purl in written]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components, "serialNumber": str(number)}
    today = parse(json.dumps(content).encode())
    store.sboms.add(digest(number), replace(today, components=tuple(map(Purl, former)), reader=1), place="added")


def autorest(store: Store, number: int = 1) -> None:
    """An SBOM in which one key differs."""
    written = [("github.com/Azure/go-autorest/autorest", FORMER), ("left-pad", OTHER)]
    add_former(store, number, [FORMER, OTHER], written)


def rereader(store: Store) -> Rereader:
    return Rereader(store.readings, store.documents, parse, READER)


def answered(store: Store, clock: FakeClock, *found: str, clean: Iterable[str] = ()) -> None:
    """The source answers: these are vulnerable."""
    clock.advance(1)
    flaw = vulnerability("CVE-2026-1", "9.8")
    answers = [answer(text, flaw, at=clock.now()) for text in found] + [answer(text, at=clock.now()) for text in clean]
    store.components.record(answers, assess=AutoRule(), now=clock.now())


def contents(store: Store, number: int = 1) -> dict[str, ComponentState]:
    """What read models see of an image."""
    (shown,) = store.sboms.show(digest(number))
    return {str(purl): state for purl, state in shown.contents}


def test_an_sbom_keeps_its_former_components_until_those_of_today_have_answers(
    real_store: Store, clock: FakeClock
) -> None:
    autorest(real_store)
    answered(real_store, clock, FORMER, clean=[OTHER])
    again = rereader(real_store)
    assert [reread.reason for reread in again.run()] == [""]
    assert contents(real_store) == {FORMER: ComponentState.VULNERABLE, OTHER: ComponentState.CLEAN}
    assert again.counts() == OutdatedCounts(waiting=1, unread=0, without_document=0, to_ask=1)
    answered(real_store, clock, TODAY)
    assert again.advance() == 1
    assert contents(real_store) == {TODAY: ComponentState.VULNERABLE, OTHER: ComponentState.CLEAN}
    assert real_store.sboms.list()[0].reader == READER
    assert again.counts() == OutdatedCounts(0, 0, 0, 0)


def test_every_tool_is_named_once_a_document_was_read_again(real_store: Store) -> None:
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"tools": [{"name": "a"}, {"name": "b"}]}}
    today = parse(json.dumps({**content, "components": [{"name": "left-pad", "purl": OTHER}]}).encode())
    real_store.sboms.add(digest(1), replace(today, tool="a", reader=1), place="added")
    assert [reread.reason for reread in rereader(real_store).run()] == [""]
    assert [record.tool for record in real_store.sboms.list()] == ["a; b"]


def test_an_answer_of_clean_for_todays_key_ends_the_former_finding(real_store: Store, clock: FakeClock) -> None:
    autorest(real_store)
    answered(real_store, clock, FORMER, clean=[OTHER])
    again = rereader(real_store)
    list(again.run())
    answered(real_store, clock, clean=[TODAY])
    assert again.advance() == 1
    assert contents(real_store) == {TODAY: ComponentState.CLEAN, OTHER: ComponentState.CLEAN}


def test_what_is_found_under_todays_keys_counts_while_others_wait(real_store: Store, clock: FakeClock) -> None:
    second = "pkg:golang/github.com/Azure/other@v1.0.0"
    written = [("github.com/Azure/go-autorest/autorest", FORMER), ("github.com/Azure/other", second.lower())]
    add_former(real_store, 1, [FORMER, second.lower()], written)
    answered(real_store, clock, clean=[FORMER, second.lower()])
    again = rereader(real_store)
    list(again.run())
    answered(real_store, clock, TODAY)
    assert again.advance() == 0
    assert contents(real_store)[TODAY] is ComponentState.VULNERABLE
    assert FORMER in contents(real_store)


def test_a_finding_stays_where_nobody_can_answer_for_todays_key(real_store: Store, clock: FakeClock) -> None:
    add_former(real_store, 1, [STDLIB, OTHER], [("stdlib", STDLIB), ("left-pad", OTHER)])
    answered(real_store, clock, STDLIB, clean=[OTHER])
    again = rereader(real_store)
    list(again.run())
    again.advance()
    assert contents(real_store)[STDLIB] is ComponentState.VULNERABLE


def test_a_finding_stays_when_the_source_leaves_todays_key_out_of_its_answer(
    real_store: Store, clock: FakeClock
) -> None:
    autorest(real_store)
    answered(real_store, clock, FORMER, clean=[OTHER])
    again = rereader(real_store)
    list(again.run())
    clock.advance(1)
    real_store.components.record((), unanswered=[Purl(TODAY)], assess=AutoRule(), now=clock.now())
    assert again.advance() == 0
    assert contents(real_store)[FORMER] is ComponentState.VULNERABLE
    answered(real_store, clock, clean=[TODAY])
    assert again.advance() == 1
    assert FORMER not in contents(real_store)


def test_todays_keys_of_images_that_were_seen_are_asked_for_first(real_store: Store, clock: FakeClock) -> None:
    for number in range(3):
        add_former(
            real_store, 10 + number, [f"pkg:npm/unseen-{number}@1.0.0"], [("x", f"pkg:npm/unseen-{number}@1.0.0")]
        )
    autorest(real_store)
    real_store.sightings.record([Sighting(digest(1), "docker.io/shop/web:1", clock.now())])
    answered(real_store, clock, clean=[FORMER, OTHER])
    list(rereader(real_store).run())
    first = real_store.components.wanted(now=clock.now(), ttl=dt.timedelta(hours=12))[0]
    assert (first.purl, first.seen, first.never_asked) == (TODAY, True, True)


def test_reading_again_goes_on_where_it_stopped(real_store: Store, clock: FakeClock) -> None:
    for number in range(5):
        autorest(real_store, number)
    stopped = rereader(real_store).run()
    next(stopped), next(stopped)
    assert len(list(rereader(real_store).run())) == 3
    assert list(rereader(real_store).run()) == []


def test_a_document_that_todays_reader_refuses_stays_as_it_was_read(real_store: Store) -> None:
    sbom = replace(make_sbom("pkg:npm/a@1.0.0"), document=b"{}", document_digest=EMPTY, reader=1)
    real_store.sboms.add(digest(1), sbom, place="added")
    again = rereader(real_store)
    (done,) = again.run()
    assert done.reason
    assert again.advance() == 0
    assert list(contents(real_store)) == ["pkg:npm/a@1.0.0"]
    assert again.counts().unread == 1


def test_sboms_without_a_document_are_counted_and_left(real_store: Store) -> None:
    real_store.sboms.add(digest(1), replace(make_sbom("pkg:npm/a@1.0.0"), reader=1), place="referrers")
    again = rereader(real_store)
    assert list(again.run()) == []
    assert again.counts() == OutdatedCounts(0, 0, 1, 0)


def found_again(place: str, sbom: Sbom) -> Look:
    """A look that sees a document in a place."""
    return Look("docker.io/shop/web", {place: [sbom]})


def without_document(store: Store, *places: str) -> Sbom:
    """An SBOM as a release that kept no documents has left it; how today's reader reads its document."""
    autorest(store)
    (shown,) = store.sboms.show(digest(1))
    kept = store.documents.find(shown.document_digest)
    assert kept is not None
    assert kept.data is not None
    with store.documents._database.write() as connection:
        connection.execute(delete(documents))
        connection.execute(delete(sbom_places))
        connection.execute(update(sboms).values(place=places[0]))
        for place in places:
            row = {"digest": digest(1), "document_digest": shown.document_digest, "place": place}
            connection.execute(insert(sbom_places).values(origin="", seen_at=kept.stored_at, revision=1, **row))
    return parse(kept.data)


def test_a_document_that_is_found_again_is_read_again_though_it_is_not_kept(
    database_url: str, clock: FakeClock
) -> None:
    store = open_store(StoreOptions(url=database_url), clock, documents=DocumentOptions(document_bytes=10))
    autorest(store)
    (shown,) = store.sboms.show(digest(1))
    kept = store.documents.find(shown.document_digest)
    assert kept is not None
    assert kept.data is None, "it is too large"
    answered(store, clock, FORMER, clean=[OTHER])
    again = rereader(store)
    assert list(again.run()) == []
    assert again.counts() == OutdatedCounts(0, 0, 1, 0)
    written = [("github.com/Azure/go-autorest/autorest", FORMER), ("left-pad", OTHER)]
    components = [{"type": "library", "name": name, "purl": purl} for name, purl in written]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components, "serialNumber": "1"}
    sbom = parse(json.dumps(content).encode())
    store.sboms.record(digest(1), found_again("referrers", sbom))
    assert contents(store)[FORMER] is ComponentState.VULNERABLE
    assert again.counts() == OutdatedCounts(waiting=1, unread=0, without_document=0, to_ask=1)
    answered(store, clock, TODAY)
    assert again.advance() == 1
    assert contents(store) == {TODAY: ComponentState.VULNERABLE, OTHER: ComponentState.CLEAN}
    assert store.sboms.list()[0].reader == READER
    store.close()


@pytest.mark.parametrize("place", ["added", "referrers"])
def test_an_sbom_of_an_older_reader_is_read_again_when_it_comes_again(
    real_store: Store, clock: FakeClock, place: str
) -> None:
    sbom = without_document(real_store, place)
    answered(real_store, clock, FORMER, clean=[OTHER])
    again = rereader(real_store)
    if place == "added":
        real_store.sboms.add(digest(1), sbom, place=place)
    else:
        real_store.sboms.record(digest(1), found_again(place, sbom))
    assert again.counts() == OutdatedCounts(waiting=1, unread=0, without_document=0, to_ask=1)
    assert contents(real_store)[FORMER] is ComponentState.VULNERABLE
    before = real_store.feed.position()
    real_store.sboms.add(digest(1), sbom, place=place)
    assert rereader(real_store).counts().waiting == 1
    answered(real_store, clock, clean=[TODAY])
    assert again.advance() == 1
    assert contents(real_store) == {TODAY: ComponentState.CLEAN, OTHER: ComponentState.CLEAN}
    assert real_store.feed.position() != before


@pytest.mark.parametrize(
    ("places", "searchable"),
    [
        (("added",), False),
        (("imported",), False),
        (("generated",), False),
        (("referrers",), True),
        (("cluster-report",), True),
        (("signed:0123",), True),
        (("added", "buildkit"), True),
    ],
)
def test_it_is_known_which_unread_sboms_can_be_found_again(
    real_store: Store, places: tuple[str, ...], searchable: bool
) -> None:
    sbom = without_document(real_store, *places)
    everything = [digest(number) for number in range(3)]
    expected = UnreadSbom(digest(1), sbom.document_digest, has_document=False, is_searchable=searchable)
    assert real_store.readings.unread(READER, everything) == [expected]
    assert real_store.readings.unread(READER, [digest(2)]) == []
    real_store.readings.note(digest(1), sbom)
    assert real_store.readings.unread(READER, everything) == [], "it waits for answers"


def test_an_sbom_with_its_document_is_unread_until_the_duty_has_read_it(real_store: Store) -> None:
    autorest(real_store)
    (one,) = real_store.readings.unread(READER, [digest(1)])
    assert one.has_document
    list(rereader(real_store).run())
    assert real_store.readings.unread(READER, [digest(1)]) == []


def test_read_models_follow_each_step(real_store: Store, clock: FakeClock) -> None:
    autorest(real_store)
    answered(real_store, clock, FORMER, clean=[OTHER])
    model = ReadModel()
    model.apply(real_store.feed.changes())
    again = rereader(real_store)
    list(again.run())
    answered(real_store, clock, TODAY)
    again.advance()
    model.apply(real_store.feed.changes(model.position))
    facts = model.facts(digest(1))
    assert facts is not None
    assert [component.purl for component in facts.vulnerable] == [TODAY]
