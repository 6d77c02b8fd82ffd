"""The read model."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.exports import exported
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, OPENSSL, World, digest_of, sbom_of
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope, StoredType
from webhook.model.changes import UINT32, Changes, Position
from webhook.model.components import ComponentState


def filled() -> World:
    world = World()
    world.image("shop/web:1", LOG4J, LEFTPAD, OPENSSL)
    world.image("shop/api:1", LODASH)
    world.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, []), (LODASH, [LODASH_INJECTION])])
    return world


def test_a_model_made_by_deltas_equals_one_made_at_once() -> None:
    world = filled()
    at_once = ReadModel()
    at_once.apply(world.store.feed.changes())
    assert exported(at_once) == exported(world.model)


def test_a_model_read_back_from_its_own_export_knows_the_same() -> None:
    world = filled()
    copy = ReadModel()
    copy.apply(exported(world.model))
    digest = digest_of("shop/web:1")
    assert copy.facts(digest) == world.model.facts(digest)
    assert (copy.position, copy.images, copy.counts()) == (world.model.position, 2, world.model.counts())
    assert copy.digest_of("docker.io/shop/web:1") == digest


def test_a_vulnerability_that_vanished_stops_counting() -> None:
    world = filled()
    world.answer(LOG4J)
    facts = world.model.facts(digest_of("shop/web:1"))
    assert facts is not None
    assert (facts.vulnerable, facts.clean) == ((), 2)


def test_changes_older_than_the_model_are_ignored() -> None:
    world = filled()
    before, generation = exported(world.model), world.model.generation
    world.model.apply(first_is_clean(Position(before.position.store, 1)))
    assert (exported(world.model), world.model.generation) == (before, generation)


def test_changes_of_another_store_are_ignored_unless_they_are_complete() -> None:
    world = filled()
    before, generation = exported(world.model), world.model.generation
    foreign = first_is_clean(Position("another", before.position.revision + 1))
    world.model.apply(foreign)
    assert (exported(world.model), world.model.generation) == (before, generation)
    world.model.apply(replace(foreign, complete=True))
    assert exported(world.model) == replace(foreign, complete=True)


def first_is_clean(position: Position) -> Changes:
    """The component of number 0 has become clean."""
    return Changes(position, component_ids=array(UINT32, [0]), states=b"\x01", answered_at=array(UINT32, [1]))


def test_an_unknown_image_has_no_facts() -> None:
    assert filled().model.facts(digest_of("other")) is None


def test_loose_components_are_judged_like_those_of_an_image() -> None:
    world = filled()
    ids = world.store.feed.component_ids(sbom_of(LOG4J, LEFTPAD).components)
    facts = world.model.facts_of(ids.values(), unknown=2, not_covered=3, unusable=4, stale_before=0)
    assert (facts.total, facts.clean, facts.unknown, facts.not_covered, facts.unusable) == (11, 1, 2, 3, 4)
    assert [component.purl for component in facts.vulnerable] == [LOG4J]


def test_the_newest_answer_is_known() -> None:
    world = World()
    assert world.model.newest_answer is None
    world.image("shop/web:1", LEFTPAD)
    world.answer(LEFTPAD)
    assert world.model.newest_answer == world.clock.now()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from([0, 1, 3])), min_size=1, max_size=50))
def test_sparse_changes_land_on_their_components(pairs: list[tuple[int, int]]) -> None:
    wanted = dict(pairs)
    model = ReadModel()
    ids = array(UINT32, wanted)
    answered_at = array(UINT32, [5] * len(ids))
    model.apply(
        Changes(Position(revision=1), component_ids=ids, states=bytes(wanted.values()), answered_at=answered_at)
    )
    facts = model.facts_of(wanted, unknown=0, not_covered=0, unusable=0, stale_before=0)
    states = list(wanted.values())
    assert (facts.unknown, facts.clean, facts.not_covered) == tuple(states.count(state) for state in (0, 1, 3))
    assert sum(model.counts().values()) == len(wanted)


def test_readers_never_see_half_a_change() -> None:
    world = filled()
    digest, stop, broken = digest_of("shop/web:1"), threading.Event(), list[BaseException]()
    vulnerable = world.store.feed.changes()
    number = next(iter(vulnerable.purls))
    clean = Changes(
        position=vulnerable.position,
        component_ids=array(UINT32, [number]),
        states=bytes([ComponentState.CLEAN]),
        answered_at=array(UINT32, [1]),
    )

    def read() -> None:
        try:
            while not stop.is_set():
                world.model.facts(digest)
        except BaseException as problem:
            broken.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(300):
        world.model.apply(clean)
        world.model.apply(vulnerable)
    stop.set()
    reader.join()
    assert broken == []


def test_while_another_store_is_read_in_nobody_sees_a_model_without_assessments() -> None:
    world = filled()
    scope = Scope(namespace="shop")
    made = Assessment(LOG4SHELL.id, "Ignore", scope, AssessmentSource.MANUAL, "ana", "why", world.clock.now(), None)
    world.store.assessments.append([made])
    world.refresher.refresh()
    kind = StoredType(AssessmentType("Mine", Action.DENY))
    seen: list[tuple[int, frozenset[str], object]] = []

    class Watched(tuple[Any, ...]):
        """Looks at the model when it is read, as a review on another thread may do."""

        def __iter__(self) -> Iterator[Any]:
            seen.append((len(world.model.assessments), world.model.assessments.namespaces, world.model.types))
            return super().__iter__()

    world.model.apply(replace(exported(world.model), types=(kind,)))
    whole = exported(world.model)
    watched = {name: Watched(getattr(whole, name)) for name in ("vulnerabilities", "sboms", "looks", "removed")}
    world.model.apply(replace(whole, **watched))
    assert len(seen) >= 4
    assert set(seen) == {(len(world.model.assessments), frozenset({"shop"}), (kind,))}
    assert exported(world.model) == whole
