"""Tags: asked again after a while, and answered from memory when the registry is down."""

from __future__ import annotations

import pytest

from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.errors import Final, Retryable
from webhook.model.actions import Action
from webhook.model.images import parse_image
from webhook.model.verdicts import SbomStatus

TAG = "docker.io/shop/web:1"


def world_with_registry() -> World:
    world = World(resolves=True)
    world.image("shop/web:1", LEFTPAD)
    world.answer(LEFTPAD)
    world.resolver.digests[TAG] = digest_of("shop/web:1")
    return world


def test_within_its_time_a_tag_costs_no_question() -> None:
    world = world_with_registry()
    for _ in range(5):
        assert world.check("shop/web:1").action is Action.ALLOW
    assert len(world.resolver.asked) == 1
    world.clock.advance(301)
    world.check("shop/web:1")
    assert len(world.resolver.asked) == 2


def test_a_pinned_image_is_never_asked_for() -> None:
    world = world_with_registry()
    world.check(f"shop/web:1@{digest_of('shop/web:1')}")
    assert world.resolver.asked == []


def test_a_tag_that_was_moved_is_judged_by_what_it_points_at_now() -> None:
    world = world_with_registry()
    world.check("shop/web:1")
    moved = digest_of("moved")
    world.directory.sboms[moved] = [sbom_of(LOG4J)]
    world.answer(LOG4J, LOG4SHELL)
    world.resolver.digests[TAG] = moved
    world.clock.advance(301)
    verdict = world.check("shop/web:1")
    assert (verdict.action, verdict.digest) == (Action.DENY, moved)


def test_the_store_learns_that_a_tag_points_at_another_known_image() -> None:
    world = world_with_registry()
    other = world.image("shop/other:1", LEFTPAD)
    world.resolver.digests[TAG] = other
    assert world.check("shop/web:1").digest == other
    world.refresher.refresh()
    assert world.model.digest_of(TAG) == other


def test_with_the_registry_down_the_last_known_digest_is_used_and_said_so() -> None:
    world = world_with_registry()
    for trouble in (Retryable("connection refused"), Final("401 unauthorized"), None):
        world.clock.advance(301)
        if trouble is None:
            del world.resolver.digests[TAG]
        else:
            world.resolver.digests[TAG] = trouble
        verdict = world.check("shop/web:1")
        assert (verdict.action, verdict.digest) == (Action.ALLOW, digest_of("shop/web:1"))
        remark = verdict.reasons[-1]
        assert (remark.code, remark.action) == ("last-known-digest", Action.ALLOW)
        assert (trouble.message if trouble else "no such tag") in remark.text


def test_a_registry_that_was_down_is_asked_again_soon() -> None:
    world = world_with_registry()
    world.resolver.digests[TAG] = Retryable("connection refused")
    world.check("shop/web:1")
    world.check("shop/web:1")
    assert len(world.resolver.asked) == 1
    world.clock.advance(16)
    world.resolver.digests[TAG] = digest_of("shop/web:1")
    verdict = world.check("shop/web:1")
    assert (len(world.resolver.asked), verdict.reasons) == (2, ())


def test_a_tag_nobody_knows_is_unresolved_or_refused_and_never_clean() -> None:
    world = World(resolves=True)
    assert world.check("shop/new:1").sbom is SbomStatus.UNRESOLVED
    world.resolver.digests["docker.io/shop/other:1"] = Final("403 forbidden")
    refused = world.check("shop/other:1")
    assert (refused.sbom, refused.action) == (SbomStatus.REFUSED, Action.WARN)
    assert "403 forbidden" in refused.reasons[0].text


def test_a_registry_slower_than_the_deadline_leaves_the_last_known_digest() -> None:
    world = world_with_registry()
    world.background.hold = True
    verdict = world.check("shop/web:1", seconds=1.0)
    assert verdict.digest == digest_of("shop/web:1")
    assert "in time" in verdict.reasons[-1].text
    assert world.check("shop/unheard:1", seconds=1.0).sbom is SbomStatus.REFUSED
    world.background.run_held()
    assert world.check("shop/web:1").reasons == ()


def test_whoever_asks_for_the_same_tag_joins_the_question() -> None:
    world = world_with_registry()
    world.background.hold = True
    for _ in range(3):
        world.check("shop/web:1", seconds=0.1)
    assert len(world.background.tasks) == 1
    assert parse_image("shop/web:1").tagged == TAG


def test_of_too_many_tags_the_one_that_was_answered_first_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.engines.searching.resolving._MOST_REMEMBERED", 2)
    world = world_with_registry()
    for name in ("shop/b:1", "shop/c:1"):
        world.resolver.digests[f"docker.io/{name}"] = world.image(name, LEFTPAD)
    world.check("shop/web:1")
    world.check("shop/b:1")
    world.clock.advance(301)
    world.check("shop/web:1")  # answered again, so that the other one is now the older
    world.check("shop/c:1")
    asked = len(world.resolver.asked)
    world.check("shop/web:1")
    assert len(world.resolver.asked) == asked
    world.check("shop/b:1")
    assert len(world.resolver.asked) == asked + 1


def test_an_answer_in_place_of_a_former_one_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.engines.searching.resolving._MOST_REMEMBERED", 2)
    world = world_with_registry()
    world.check("shop/web:1")
    world.check("shop/absent:1")
    world.clock.advance(16)
    world.check("shop/absent:1")
    asked = len(world.resolver.asked)
    world.check("shop/web:1")
    assert (asked, len(world.resolver.asked)) == (3, 3)
