"""What every HotStart does: give back the model that was saved last."""

from __future__ import annotations

from array import array
from decimal import Decimal
from pathlib import Path

import pytest

from tests.copies import replace
from tests.exports import exported
from tests.fakes import NOON, FakeClock, MemoryHotStart, MemoryStore
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, skipped, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, Scope
from webhook.model.bases import Base
from webhook.model.changes import Position
from webhook.model.images import parse_image
from webhook.store.hotstart import HotStartFile

RETIRED = AssessmentType("b", expires_after_days=3)


@pytest.fixture(params=["fake", "file"])
def hot_start(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryHotStart | HotStartFile:
    return MemoryHotStart() if request.param == "fake" else HotStartFile(tmp_path / "folder" / "read-model")


def sample() -> ReadModel:
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
    model = ReadModel()
    model.apply(store.feed.changes())
    return model


def loaded(hot_start: MemoryHotStart | HotStartFile) -> Base:
    base = hot_start.load()
    assert base is not None
    return base


def test_there_is_nothing_before_the_first_save(hot_start: MemoryHotStart | HotStartFile) -> None:
    assert hot_start.load() is None
    assert hot_start.position() is None


def test_a_model_comes_back_as_it_was_saved(hot_start: MemoryHotStart | HotStartFile) -> None:
    model = sample()
    assert hot_start.save(model.base())
    assert exported(loaded(hot_start)) == exported(model)
    assert hot_start.position() == model.position
    assert model.position.store


def test_the_last_save_counts(hot_start: MemoryHotStart | HotStartFile) -> None:
    hot_start.save(sample().base())
    small = Base(Position("ab12", 9), 1, b"\x01", array("I", [7]).tobytes(), 7, b"\x02", {2: 9})
    hot_start.save(small)
    assert exported(loaded(hot_start)) == exported(small)


def test_a_model_that_stands_on_a_copy_decides_the_same_and_is_saved_again(
    hot_start: MemoryHotStart | HotStartFile,
) -> None:
    model, copy = sample(), ReadModel()
    hot_start.save(model.base())
    copy.stand_on(loaded(hot_start))
    for number in (1, 2):
        assert copy.facts(digest(number)) == model.facts(digest(number))
    assert copy.vulnerable() == sorted(model.vulnerable(), key=lambda pair: pair[0])
    assert (copy.counts(), copy.images, copy.newest_answer) == (model.counts(), 2, model.newest_answer)
    assert copy.digest_of("docker.io/shop/web:1") == digest(1)
    hot_start.save(copy.base())
    assert exported(loaded(hot_start)) == exported(model)
