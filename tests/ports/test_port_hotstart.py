"""What every HotStart does: give back the model that was saved last."""

from __future__ import annotations

from array import array
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock, MemoryHotStart, MemoryStore
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, skipped, vulnerability
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, Scope
from webhook.model.changes import Changes, Position
from webhook.model.images import parse_image
from webhook.store.hotstart import HotStartFile

RETIRED = AssessmentType("b", expires_after_days=3)


@pytest.fixture(params=["fake", "file"])
def hot_start(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryHotStart | HotStartFile:
    return MemoryHotStart() if request.param == "fake" else HotStartFile(tmp_path / "folder" / "read-model")


def sample() -> Changes:
    store = MemoryStore(FakeClock())
    purls = [f"pkg:npm/p{n}@1" for n in range(2200)]
    found = vulnerability("V-1", "9.80", aliases=("CVE-1",), external_references=("https://a", "https://b"))
    store.sboms.add(digest(1), make_sbom(*purls, skips=[skipped("x")]), place="added", image=parse_image("shop/web:1"))
    store.sboms.add(digest(2), replace(make_sbom(purls[5], "pkg:maven/x/x@1"), not_in_image=2), place="directory")
    answers = [answer(purl, found, vulnerability("V-2", None)) for purl in purls[:1500]]
    store.components.record(
        [*answers, answer(purls[1999]), answer("pkg:maven/x/x@1", found)], assess=AutoRule(), now=NOON
    )
    scope = Scope("pkg:npm/p1", ">=1", "docker.io/shop/*", "shop")
    store.assessments.append([assessment("V-1", until=NOON, scope=scope), assessment("V-2", None)])
    store.types.provision([AssessmentType("a", Action.DENY, CvssRange(Decimal("9.0"), Decimal("10.0"))), RETIRED])
    store.types.provision([AssessmentType("a", Action.DENY, CvssRange(Decimal("9.0"), Decimal("10.0")))])
    return store.feed.changes()


def test_there_is_nothing_before_the_first_save(hot_start: MemoryHotStart | HotStartFile) -> None:
    assert hot_start.load() is None


def test_a_model_comes_back_as_it_was_saved(hot_start: MemoryHotStart | HotStartFile) -> None:
    saved = sample()
    hot_start.save(saved)
    assert hot_start.load() == saved


def test_the_last_save_counts(hot_start: MemoryHotStart | HotStartFile) -> None:
    hot_start.save(sample())
    one, state, second = array("I", [0]), b"\x01", array("I", [7])
    small = Changes(Position("ab12", 9), complete=True, component_ids=one, states=state, answered_at=second)
    hot_start.save(small)
    assert hot_start.load() == small


def test_the_position_comes_back_with_the_identity_of_the_store(hot_start: MemoryHotStart | HotStartFile) -> None:
    saved = sample()
    hot_start.save(saved)
    loaded = hot_start.load()
    assert loaded is not None
    assert loaded.position == saved.position
    assert loaded.position.store


def test_what_is_loaded_is_complete(hot_start: MemoryHotStart | HotStartFile) -> None:
    hot_start.save(replace(sample(), complete=False))
    loaded = hot_start.load()
    assert loaded is not None
    assert loaded.complete


def test_a_copy_of_a_program_before_marks_is_read_and_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FormerHead(msgspec.Struct, array_like=True):
        store: str
        revision: int
        component_ids: bytes
        states: bytes
        answered_at: bytes

    class Reduced:
        def __new__(cls, *fields: object, **_later: object) -> FormerHead:
            return FormerHead(*fields[:5])

    file, saved = HotStartFile(tmp_path / "model"), sample()
    with monkeypatch.context() as former:
        former.setattr("webhook.store.hotstart._Head", Reduced)
        file.save(saved)
    loaded = file.load()
    assert loaded == replace(saved, position=replace(saved.position, mark=""))
