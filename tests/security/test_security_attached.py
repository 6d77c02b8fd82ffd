"""Nothing that somebody attaches, or takes away elsewhere, makes an image better than it is."""

from __future__ import annotations

import pytest

from tests.fakes import FakeSbomSource
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.errors import Final, InvalidInput, TooMuchAttached
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.policies import Policy
from webhook.model.pulling import PullAccess

DIGEST = digest_of("app")
IMAGE = f"registry.corp/shop/app@{DIGEST}"
COPY = f"evil.example/copy@{DIGEST}"
BAD, GOOD = sbom_of(LOG4J, document="bad"), sbom_of(LEFTPAD, document="good")


@pytest.fixture
def world() -> World:
    made = World(Policy(missing_sbom=Action.WARN, unknown=Action.ALLOW))
    made.opener.common.places = [FakeSbomSource("referrers"), FakeSbomSource("cosign-attestation")]
    made.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, [])])
    return made


def attach(world: World, place: int, *found: object) -> None:
    source = world.opener.common.places[place]
    source.sboms[DIGEST] = found[0] if isinstance(found[0], Exception) else list(found)


def test_an_unsigned_attachment_does_not_hide_an_attestation(world: World) -> None:
    attach(world, 0, GOOD)
    attach(world, 1, BAD)
    assert world.check(IMAGE).action is Action.DENY


def test_a_copy_that_is_judged_first_does_not_decide_about_the_image(world: World) -> None:
    attach(world, 0, GOOD)
    assert world.check(COPY).action is Action.ALLOW
    attach(world, 0, BAD)
    assert world.check(IMAGE).action is Action.DENY
    assert world.check(COPY).action is Action.DENY, "all of a digest count together"


def test_a_copy_that_cannot_be_read_leaves_its_image_as_it_is_and_is_not_clean_itself(world: World) -> None:
    attach(world, 0, GOOD)
    assert world.check(IMAGE).action is Action.ALLOW
    attach(world, 0, Final("403"))
    attach(world, 1, Final("403"))
    refused = world.check(COPY)
    assert (refused.action, refused.reasons[0].code) == (Action.WARN, "missing-sbom")
    assert world.check(IMAGE).action is Action.ALLOW


@pytest.mark.parametrize("problem", [Final("403"), InvalidInput("no JSON"), TooMuchAttached("600 attachments")])
def test_what_a_place_hides_weighs_like_a_missing_sbom(world: World, problem: Exception) -> None:
    attach(world, 0, GOOD)
    attach(world, 1, problem)
    verdict = world.check(IMAGE)
    assert (verdict.action, [reason.code for reason in verdict.reasons if reason.action]) == (
        Action.WARN,
        ["missing-sbom"],
    )
    world.clock.advance(301)
    attach(world, 1, BAD)
    world.check(IMAGE)
    assert world.check(IMAGE).action is Action.DENY


def look_again(world: World, image: str, access: PullAccess) -> None:
    reference = parse_image(image)
    world.search.looks.look_again(reference, DIGEST, Deadline(world.clock.monotonic() + 5), access, {})
    world.refresher.refresh()


def test_a_look_by_another_name_or_with_other_credentials_takes_nothing_away(world: World) -> None:
    attach(world, 0, BAD)
    assert world.check(IMAGE).action is Action.DENY
    attach(world, 0, GOOD)
    own, team = PullAccess("", (), ""), PullAccess("team", ("regcred",), "default")
    world.opener.openings[team] = type(world.opener.common)(world.resolver, world.opener.common.places, "team-1")
    look_again(world, COPY, own)
    look_again(world, IMAGE, team)
    assert world.check(IMAGE).action is Action.DENY
    look_again(world, IMAGE, own)
    assert world.check(IMAGE).action is Action.ALLOW


def test_an_sbom_that_leaves_never_makes_an_image_clean(world: World) -> None:
    attach(world, 0, BAD)
    assert world.check(IMAGE).action is Action.DENY
    attach(world, 0, Final("503"))
    look_again(world, IMAGE, PullAccess("", (), ""))
    assert world.check(IMAGE).action is Action.DENY, "a refusal takes nothing away"
    world.opener.common.places[0].sboms.clear()
    look_again(world, IMAGE, PullAccess("", (), ""))
    verdict = world.check(IMAGE)
    assert (verdict.action, verdict.reasons[0].code) == (Action.WARN, "missing-sbom")
