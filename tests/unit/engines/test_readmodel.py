"""The read model."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.exports import exported
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, OPENSSL, World, digest_of, sbom_of
from webhook.engines.countedimages import CountedImage
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope, StoredType
from webhook.model.changes import UINT32, Changes, Position, VulnerableComponent
from webhook.model.components import ComponentState
from webhook.model.uncovered import Uncovered, number_of


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


def test_an_assessment_leaves_components_that_were_asked_for_in_memory_and_an_answer_does_not() -> None:
    world, digest = filled(), digest_of("shop/web:1")

    def component() -> VulnerableComponent:
        facts = world.model.facts(digest)
        assert facts is not None
        return facts.vulnerable[0]

    before, generation = component(), world.model.generation
    made = Assessment(LOG4SHELL.id, "Ignore", Scope(), AssessmentSource.MANUAL, "ana", "why", world.clock.now(), None)
    world.store.assessments.append([made])
    world.refresher.refresh()
    assert world.model.generation > generation and component() is before
    world.answer(LOG4J, replace(LOG4SHELL, title="Another title"))
    assert component().vulnerabilities[0].title == "Another title"


def known(world: World, name: str = "docker.io/shop/web") -> CountedImage:
    found = world.model.counted((digest_of("shop/web:1"), name, None))
    assert found is not None
    return found


def test_an_image_is_counted_again_only_when_something_of_it_changes() -> None:
    world = filled()
    before = known(world)
    assert before.facts == world.model.facts(digest_of("shop/web:1"))
    made = Assessment(LOG4SHELL.id, "Ignore", Scope(), AssessmentSource.MANUAL, "ana", "why", world.clock.now(), None)
    world.store.assessments.append([made])
    world.refresher.refresh()
    world.image("shop/another:1", LEFTPAD, "pkg:npm/new@1")
    revision = world.model.revision
    world.clock.advance(60)
    world.answer(LEFTPAD)
    assert world.model.revision > revision
    assert known(world) is before, "nothing of all that is another content of the image"
    world.answer(LEFTPAD, LODASH_INJECTION)
    assert (len(known(world).facts.vulnerable), known(world).facts.clean) == (2, 0)
    assert known(world, "docker.io/shop/copy") is not known(world)


@pytest.mark.parametrize("beside", [0, 40])
def test_an_image_is_counted_again_whichever_of_its_components_changes(beside: int) -> None:
    world = World()
    purls = [f"pkg:npm/part-{number}@1.0.0" for number in range(30)]
    elsewhere = [f"pkg:npm/elsewhere-{number}@1.0.0" for number in range(beside)]
    world.image("shop/all:1", *purls, *elsewhere)
    world.image("shop/web:1", *purls[::2])
    for at, purl in enumerate(purls):
        before = known(world)
        vulnerabilities = [LODASH_INJECTION] if at % 4 < 2 else []
        world.answer_all([(purl, [LODASH_INJECTION]), *((other, vulnerabilities) for other in elsewhere)])
        assert (known(world) is before) is (at % 2 == 1), purl
        assert known(world).facts == world.model.facts(digest_of("shop/web:1"))


def test_an_image_is_counted_again_once_it_has_another_sbom() -> None:
    world = filled()
    before = known(world)
    world.store.sboms.add(digest_of("shop/web:1"), sbom_of("pkg:pypi/further@1"), place="added")
    world.refresher.refresh()
    assert (known(world).facts.total, before.facts.total) == (4, 3)
    assert known(world).facts == world.model.facts(digest_of("shop/web:1"))


def test_an_image_of_which_answers_age_is_counted_each_time() -> None:
    world, digest = filled(), digest_of("shop/web:1")
    now = int(world.clock.now().timestamp())
    facts = [world.model.counted((digest, "x", None), since).facts.clean for since in (now - 60, now + 60)]
    assert facts == [1, 0]


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
    facts = world.model.facts_of(
        ids.values(), unknown=2, uncovered={Uncovered.NO_SOURCE: 3}, unusable=4, stale_before=0
    )
    assert (facts.total, facts.clean, facts.unknown, facts.not_covered, facts.unusable) == (11, 1, 2, 3, 4)
    assert [component.purl for component in facts.vulnerable] == [LOG4J]


def test_a_model_knows_why_components_are_not_covered() -> None:
    model, ids = ReadModel(), array(UINT32, range(5))
    ecosystems = bytes([number_of("release-unknown"), number_of("no-advisories"), 0, 3, 0])
    changes = Changes(Position(revision=1), True, ids, b"\x03\x03\x03\x01\x02", array(UINT32, [0] * 5), ecosystems)
    model.apply(changes)
    wanted = {0: Uncovered.NO_RELEASE, 1: Uncovered.NO_ADVISORIES, 2: Uncovered.NO_SOURCE}
    assert model.uncovered(range(9)) == wanted
    facts = model.facts_of(range(4), unknown=0, uncovered={Uncovered.NO_RELEASE: 2}, unusable=0, stale_before=0)
    assert facts.uncovered == {Uncovered.NO_RELEASE: 3, Uncovered.NO_ADVISORIES: 1, Uncovered.NO_SOURCE: 1}
    assert facts.not_covered == 5
    counts = {reason: number for reason, number in model.uncovered_counts().items() if number}
    assert counts == dict.fromkeys(wanted.values(), 1)
    covered = Changes(Position(revision=2), False, array(UINT32, [0]), b"\x01", array(UINT32, [0]), b"\x03")
    model.apply(covered)
    assert 0 not in model.uncovered(range(9))


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
    facts = model.facts_of(wanted, unknown=0, uncovered={}, unusable=0, stale_before=0)
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
