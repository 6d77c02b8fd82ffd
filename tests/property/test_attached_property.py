"""Nothing that somebody attaches to an image makes its verdict weaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeSbomSource
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.errors import Final, InvalidInput
from webhook.model.actions import Action
from webhook.model.policies import Policy

DIGEST = digest_of("app")
IMAGE = f"registry.corp/shop/app@{DIGEST}"
COPY = f"evil.example/copy@{DIGEST}"
UNKNOWN, UNCOVERED = "pkg:npm/unknown@1.0.0", "pkg:deb/debian/bash@5"
PLACES = ("referrers", "buildkit", "cosign-attestation", "directory")

purls = st.lists(st.sampled_from([LEFTPAD, LOG4J, UNKNOWN, UNCOVERED]), min_size=1, max_size=3, unique=True)
attachments = st.lists(st.tuples(st.sampled_from(PLACES), purls), min_size=1, max_size=6)
refusals = st.dictionaries(
    st.sampled_from(PLACES), st.sampled_from([Final("403"), InvalidInput("no JSON")]), max_size=2
)
actions = st.sampled_from(list(Action))
policies = st.builds(Policy, unknown=actions, missing_sbom=actions, not_covered=actions, unassessed=actions)


def world_of(policy, attached, refused=()):
    world = World(policy)
    world.opener.common.places = [FakeSbomSource(name) for name in PLACES]
    attach(world, attached)
    for place in world.opener.common.places:
        if place.place in refused:
            place.sboms[DIGEST] = refused[place.place]
    world.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, [])])
    return world


def attach(world, attached):
    for name, listed in attached:
        (place,) = (place for place in world.opener.common.places if place.place == name)
        there = place.sboms.get(DIGEST, ())
        place.sboms[DIGEST] = [*there, sbom_of(*listed, document=repr((name, listed)))]


@given(policies, attachments, attachments)
def test_adding_documents_never_makes_a_verdict_weaker(policy, attached, more):
    before = world_of(policy, attached).check(IMAGE)
    assert world_of(policy, [*attached, *more]).check(IMAGE).action >= before.action
    assert world_of(policy, [*more, *attached]).check(IMAGE).action >= before.action


@given(policies, attachments, refusals)
def test_a_refusal_is_never_milder_than_the_worse_of_what_was_read_and_of_a_missing_sbom(policy, attached, refused):
    verdict = world_of(policy, attached, refused).check(IMAGE)
    read = [item for item in attached if item[0] not in refused]
    floor = policy.missing_sbom if refused else Action.ALLOW
    if read:
        floor = max(floor, world_of(policy, read).check(IMAGE).action)
    assert verdict.action >= floor


@given(policies, attachments, attachments)
def test_a_copy_of_the_image_elsewhere_hides_nothing(policy, attached, elsewhere):
    alone = world_of(policy, attached).check(IMAGE)
    world = world_of(policy, elsewhere)
    world.check(COPY)
    for place in world.opener.common.places:
        place.sboms.pop(DIGEST, None)
    attach(world, attached)
    assert world.check(IMAGE).action >= alone.action
