"""What every store says of Maven groups that equal their artifact: perhaps guessed, until the source knows the pair."""

from __future__ import annotations

import pytest

from tests.exports import exported
from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.model.changes import ImageFacts
from webhook.model.purls import Purl
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
GUESSED = Purl("pkg:maven/jackson-mapper-asl/jackson-mapper-asl@1.9.13")
REAL, OTHER = Purl("pkg:maven/log4j/log4j@1.2.17"), Purl("pkg:maven/log4j/log4j@1.2.5")
LONGER, SHORTER = Purl("pkg:maven/log4j/log4j-core@1"), Purl("pkg:maven/log4j-core/log4j@1")
NPM, LONE = Purl("pkg:npm/a/a@1"), Purl("pkg:maven/a@1")
ALL = (GUESSED, REAL, OTHER, LONGER, SHORTER, NPM, LONE)


def record(store: AnyStore, *clean: Purl, vulnerable: tuple[Purl, ...] = ()) -> None:
    found = [answer(purl, vulnerability("V-1", "9.8")) for purl in vulnerable]
    store.components.record([*found, *map(answer, clean)], assess=AutoRule(), now=NOON)


def facts(model: ReadModel) -> ImageFacts:
    known = model.facts(digest(1))
    assert known is not None
    return known


@pytest.fixture
def model(store: AnyStore) -> ReadModel:
    """Follows the store from an SBOM with all components on."""
    store.sboms.add(digest(1), make_sbom(*ALL), place="added")
    model = ReadModel()
    model.apply(store.feed.changes())
    return model


def shown(store: AnyStore) -> set[Purl]:
    (record,) = store.sboms.show(digest(1))
    return set(record.guessed)


def test_an_empty_answer_to_a_group_that_equals_its_artifact_is_in_doubt(store: AnyStore, model: ReadModel) -> None:
    assert (facts(model).guessed, shown(store)) == ((), set())
    record(store, *ALL)
    model.apply(store.feed.changes(model.position))
    assert facts(model).guessed == (GUESSED, REAL, OTHER)
    assert shown(store) == {GUESSED, REAL, OTHER}


def test_it_is_not_once_the_source_has_told_of_the_pair_and_never_again(store: AnyStore, model: ReadModel) -> None:
    record(store, GUESSED, OTHER, vulnerable=(REAL,))
    model.apply(store.feed.changes(model.position))
    assert facts(model).guessed == (GUESSED,)
    record(store, REAL)
    model.apply(store.feed.changes(model.position))
    assert facts(model).guessed == (GUESSED,)
    assert shown(store) == {GUESSED}


def test_models_made_by_steps_and_at_once_agree(store: AnyStore, model: ReadModel) -> None:
    record(store, *ALL)
    model.apply(store.feed.changes(model.position))
    record(store, vulnerable=(REAL,))
    model.apply(store.feed.changes(model.position))
    at_once = ReadModel()
    at_once.apply(store.feed.changes())
    assert exported(at_once) == exported(model)
    assert facts(at_once).guessed == facts(model).guessed == (GUESSED,)


def test_an_answer_that_is_too_old_is_no_empty_answer(store: AnyStore, model: ReadModel) -> None:
    record(store, *ALL)
    model.apply(store.feed.changes(model.position))
    later = int(NOON.timestamp()) + 1
    stale = model.facts(digest(1), stale_before=later)
    assert stale is not None
    assert (stale.guessed, stale.clean) == ((), 0)
    ids = store.feed.component_ids([GUESSED, LONGER]).values()
    assert model.facts_of(ids, unknown=0, uncovered={}, unusable=0, stale_before=0).guessed == (GUESSED,)
