"""VEX documents of the database: they come and go with their places, and read models hear of it."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from tests.copies import replace
from tests.fakes import FakeClock
from tests.vexdocuments import DIGEST, kept, openvex, statement
from webhook.engines.readmodel import ReadModel
from webhook.errors import InvalidInput
from webhook.model.triage import AuditNote
from webhook.model.vex import (
    FoundVex,
    KeptVex,
    VexOrigin,
    VexOriginKind,
    VexReading,
    VexStanding,
    VexStatement,
    VexStatus,
)
from webhook.store.hotstart import HotStartFile
from webhook.store.repositories import Store
from webhook.store.tables.decisions import vex_documents

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NOTE = AuditNote("alice", "here", "add-vex", "x")
HUB = VexOrigin(VexOriginKind.SOURCE, "hub")
SIGNED = VexOrigin(VexOriginKind.ATTESTATION, "4f", "", DIGEST, DIGEST, (DIGEST,))


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def store(request: pytest.FixtureRequest, opened) -> Store:
    return opened(request.getfixturevalue(request.param))


class Follower:
    """A read model that follows a store."""

    def __init__(self, store: Store) -> None:
        self.store, self.model = store, ReadModel()

    def stated(self) -> list[str]:
        self.model.apply(self.store.feed.changes(self.model.position))
        at_once = ReadModel()
        at_once.apply(self.store.feed.changes())
        found = self.model.assessments.vex.kept
        assert found == at_once.assessments.vex.kept, "step by step as at once"
        return [held.document.id for held in found]


def source(*documents: KeptVex, **unread: str) -> VexReading:
    found = [FoundVex(held.document, openvex(), held.origin.place) for held in documents]
    return VexReading(found, {f"{name}.json": why for name, why in unread.items()})


def named(name: str, path: str = "", **members: Any) -> KeptVex:
    """A document of the source, in the file of its name."""
    return kept(statement(), identifier=name, origin=replace(HUB, place=path or f"{name}.json"), **members)


def test_a_document_is_kept_found_and_taken_out(store):
    follower = Follower(store)
    held = kept(statement(), until=NOW, comment="as asked: “it's fine”")
    assert store.vex.add(held, openvex(), NOTE)
    (found,) = store.vex.find()
    assert replace(found, number=0) == held
    assert store.vex.payload(found.number) == openvex()
    assert follower.stated() == ["doc"]
    before = store.feed.position()
    assert not store.vex.add(held, openvex(), NOTE)
    assert store.feed.position() == before
    assert store.vex.remove(found.number, NOTE, NOW) == found
    assert store.vex.remove(found.number, NOTE, NOW) is None
    assert store.vex.find() == []
    assert store.vex.payload(found.number) is None
    assert follower.stated() == []
    assert store.vex.add(held, openvex(), NOTE)
    assert follower.stated() == ["doc"]
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_log").scalar() == 3


def test_a_row_that_cannot_be_read_states_nothing_and_stops_nobody(store):
    follower = Follower(store)
    for name in ("long", "odd", "good"):
        store.vex.add(kept(statement(), identifier=name, digest=name), openvex(), NOTE)
    long = zlib.compress(msgspec.msgpack.encode({"id": "x" * (64 * 1024 * 1024)}))
    with store._database.change() as change:
        for name, content in (("long", long), ("odd", b"odd")):
            there = vex_documents.c.digest == name
            change.connection.execute(
                update(vex_documents).where(there).values(document=content, revision=change.revision)
            )
    assert follower.stated() == ["good", "long", "odd"]
    states = {held.document.digest: held.document.standing.value for held in store.vex.find()}
    assert states == {"long": "unreadable", "odd": "unreadable", "good": ""}
    assert [held.document.digest for held in follower.model.assessments.vex.kept if held.document.statements] == [
        "good"
    ]
    for held in store.vex.find():
        assert store.vex.remove(held.number, NOTE, NOW) == held
    assert follower.stated() == []


def test_a_document_that_no_read_model_could_read_is_not_kept(store):
    long = kept(*(statement(identifier="x" * 1_000_000) for _ in range(70)))
    with pytest.raises(InvalidInput, match="bytes"):
        store.vex.add(long, openvex(), NOTE)
    assert store.vex.find() == []


def test_a_source_has_what_it_has_now(store):
    follower = Follower(store)
    first, second, third = (kept(statement(), identifier=name, digest=name) for name in "abc")
    assert store.vex.settle_source("hub", source(first, second), NOW) == (2, 0, 0, 0)
    assert store.vex.settle_source("hub", source(second, third), NOW) == (1, 1, 0, 0)
    assert follower.stated() == ["b", "c"]
    before = store.feed.position()
    assert store.vex.settle_source("hub", source(third, second), NOW) == (0, 0, 0, 0)
    assert store.feed.position() == before
    store.vex.add(kept(statement()), openvex(), NOTE)
    assert store.vex.settle_source("hub", source(), NOW) == (0, 2, 0, 0)
    assert follower.stated() == ["doc"]


def test_a_document_of_a_source_whose_file_cannot_be_read_any_more_stays_and_says_so(store):
    follower = Follower(store)
    first, second, third = (named(name, digest=name) for name in "abc")
    assert store.vex.settle_source("hub", source(first, second, third), NOW) == (3, 0, 0, 0)
    assert store.vex.settle_source("hub", source(second, a="cut off", x="cut off"), NOW) == (0, 1, 0, 1)
    assert follower.stated() == ["a", "b"]
    assert {held.document.id: held.trouble for held in store.vex.find()} == {"a": "cut off", "b": ""}
    assert len(store.vex.find()[0].document.statements) == 1
    before = store.feed.position()
    assert store.vex.settle_source("hub", source(second, a="cut off"), NOW) == (0, 0, 0, 1)
    assert store.feed.position() == before
    assert store.vex.settle_source("hub", source(second, a="another page"), NOW) == (0, 0, 0, 1)
    assert store.vex.find()[0].trouble == "another page"
    assert store.vex.settle_source("hub", source(first, second), NOW) == (0, 0, 0, 0)
    assert {held.trouble for held in store.vex.find()} == {""}
    assert store.vex.settle_source("hub", source(named("a", digest="newer"), b="cut off"), NOW) == (1, 1, 0, 1)
    assert sorted(held.document.digest for held in store.vex.find()) == ["b", "newer"]
    assert store.vex.settle_source("hub", source(named("a", digest="newer")), NOW) == (0, 1, 0, 0)
    assert follower.stated() == ["a"]


def test_what_a_newer_program_reads_of_the_same_bytes_takes_the_place_of_what_an_older_one_did(store):
    follower = Follower(store)
    before, now = named("a"), named("a")
    now = replace(now, document=replace(now.document, statements=(statement(VexStatus.AFFECTED),)))
    store.vex.settle_source("hub", source(before), NOW)
    store.vex.settle_source("hub", source(now), NOW)
    attached = [replace(held, origin=SIGNED) for held in (before, now)]
    store.vex.settle_attached(DIGEST, [(attached[0], openvex())], NOW)
    store.vex.settle_attached(DIGEST, [(attached[1], openvex())], NOW)
    assert follower.stated() == ["a", "a"]
    assert {held.document.statements[0].status for held in store.vex.find()} == {VexStatus.AFFECTED}


def test_what_is_attached_to_an_image_belongs_to_it(store):
    follower = Follower(store)
    attached = kept(statement(), identifier="a", origin=SIGNED)
    elsewhere = replace(attached, origin=replace(SIGNED, image="sha256:" + "00" * 32))
    assert store.vex.settle_attached(DIGEST, [(attached, openvex())], NOW) == (1, 0, 0, 0)
    assert store.vex.settle_attached(elsewhere.origin.image, [(elsewhere, openvex())], NOW) == (
        1,
        0,
        0,
        0,
    )
    assert store.vex.settle_attached(DIGEST, [], NOW) == (0, 1, 0, 0)
    assert [held.origin for held in store.vex.find() if held.gone_at is None] == [elsewhere.origin]
    assert follower.stated() == ["a", "a"]


def test_a_look_takes_away_what_was_found_in_the_same_name_and_nothing_that_could_not_be_got(store):
    attached = kept(statement(), identifier="a", origin=replace(SIGNED, place="registry.example/a"))
    look = [(attached, openvex())]
    assert store.vex.settle_attached(DIGEST, look, NOW, place="registry.example/a") == (1, 0, 0, 0)
    assert store.vex.settle_attached(DIGEST, [], NOW, place="registry.example/b") == (0, 0, 0, 0)
    assert store.vex.settle_attached(DIGEST, [], NOW, place="registry.example/a", trouble="junk") == (0, 0, 0, 0)
    (held,) = store.vex.find()
    assert (held.trouble, held.gone_at) == ("junk", None)
    assert store.vex.settle_attached(DIGEST, [], NOW, place="registry.example/a") == (0, 1, 0, 0)
    (held,) = store.vex.find()
    assert (held.trouble, held.gone_at) == ("", NOW)


ATTEST = VexOriginKind.ATTESTATION
A, B = "registry.example/a", "registry.example/b"


def signed(place: str, *statements: VexStatement, name: str = "a", **members: str) -> tuple[KeptVex, bytes]:
    origin = replace(SIGNED, place=place, **members)
    return kept(*statements or (statement(),), identifier=name, origin=origin), openvex()


def test_what_was_taken_from_an_image_stays_with_what_restricts_until_it_comes_back(store):
    follower = Follower(store)
    worse, safe = statement(VexStatus.AFFECTED, identifier="#2"), statement()
    assert store.vex.settle_attached(DIGEST, [signed(A, safe, worse)], NOW, place=A) == (1, 0, 0, 0)
    assert store.vex.settle_attached(DIGEST, [], NOW, place=A) == (0, 1, 0, 0)
    (held,) = store.vex.find()
    assert (held.gone_at, held.document.statements, held.is_removed) == (NOW, (worse,), False)
    assert held.document.issued_at == signed(A)[0].document.issued_at
    assert store.vex.payload(held.number) is None
    assert follower.stated() == ["a"]
    before = store.feed.position()
    assert store.vex.settle_attached(DIGEST, [], NOW, place=A) == (0, 0, 0, 0)
    assert store.feed.position() == before
    assert store.vex.settle_attached(DIGEST, [signed(A, safe, worse)], NOW, place=A) == (1, 0, 0, 0)
    (held,) = store.vex.find()
    assert (held.gone_at, held.document.statements) == (None, (safe, worse))
    store.vex.settle_attached(DIGEST, [], NOW, place=A)
    assert store.vex.remove(held.number, NOTE, NOW) is not None, "a person can take it out"
    assert follower.stated() == []


def test_of_copies_of_a_document_the_last_stays(store):
    for place in (A, B):
        store.vex.settle_attached(DIGEST, [signed(place)], NOW, place=place)
    assert store.vex.settle_attached(DIGEST, [], NOW, place=A) == (0, 1, 0, 0)
    assert [(held.origin.place, held.gone_at) for held in store.vex.find()] == [(B, None)]
    store.vex.settle_attached(DIGEST, [], NOW, place=B)
    assert [(held.origin.place, held.gone_at) for held in store.vex.find()] == [(B, NOW)]


def test_copies_in_many_places_are_left_out_and_then_not_all_is_known_of_an_image(store):
    for number in range(20):
        copy = f"registry.example/{number}"
        assert store.vex.settle_attached(DIGEST, [signed(copy)], NOW, place=copy) == (1, 0, 0, 0)
    look = [signed(A), signed(A, name="other")]
    assert store.vex.settle_attached(DIGEST, look, NOW, place=A) == (1, 0, 1, 0)
    (held,) = [held for held in store.vex.find() if held.origin.place == A]
    assert held.document.id == "other"
    assert "20 other places" in held.trouble
    before = store.feed.position()
    assert store.vex.settle_attached(DIGEST, look, NOW, place=A) == (0, 0, 1, 0)
    assert store.feed.position() == before
    other_image = "sha256:" + "00" * 32
    index = signed(A, image=other_image)
    assert store.vex.settle_attached(other_image, [index], NOW, place=A) == (0, 0, 1, 0), (
        "another index of the same part"
    )
    store.vex.settle_attached(DIGEST, [], NOW, place="registry.example/7")
    assert store.vex.settle_attached(DIGEST, look, NOW, place=A) == (1, 0, 0, 0)
    assert {held.trouble for held in store.vex.find()} == {""}


def test_the_copy_on_disk_has_the_documents(store, tmp_path, clock: FakeClock):
    withdrawn = kept(statement(), identifier="w")
    withdrawn = replace(withdrawn, document=replace(withdrawn.document, standing=VexStanding.WITHDRAWN))
    store.vex.settle_source("hub", source(kept(statement()), withdrawn), NOW)
    model, copy = ReadModel(), ReadModel()
    model.apply(store.feed.changes())
    HotStartFile(tmp_path / "model").save(model.base())
    saved = HotStartFile(tmp_path / "model").load()
    assert saved is not None
    copy.stand_on(saved)
    assert copy.assessments.vex.kept == model.assessments.vex.kept
    assert len(copy.assessments.vex.kept) == 2
