"""What else a review leaves behind that no API server has sent: it opens nothing and closes nothing."""

from __future__ import annotations

import pytest

from tests.fakes import FakeBackground
from tests.unit.engines.clusters import BAD, GOOD, Town, of_controller, request, workload
from tests.worlds import LEFTPAD, World, digest_of, sbom_of
from webhook.engines.admission.questions import RightQuestions
from webhook.errors import Final, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.policies import Policy
from webhook.model.reviews import Requester


def test_a_tag_before_a_digest_is_no_word_of_a_registry() -> None:
    """Otherwise a clean digest behind the tag of a bad image would be judged in its place when the registry is down."""
    tag, clean = "registry.example/shop/web:1", digest_of("clean")
    world = World(resolves=True)
    world.directory.sboms[clean] = [sbom_of(LEFTPAD)]
    soon = Deadline(world.clock.monotonic() + 5)
    verdict = world.checker.check_until(parse_image(f"{tag}@{clean}"), "shop", soon)
    assert verdict.digest == clean
    assert world.model.knows(clean), "what was found for it counts"
    assert world.model.digest_of(tag) is None
    world.resolver.digests[tag] = Retryable("it is down")
    assert world.checker.check_until(parse_image(tag), "shop", Deadline(world.clock.monotonic() + 5)).digest is None


def test_sightings_and_accounts_of_forged_reviews_decide_nothing() -> None:
    town = Town()
    before = town.forged(request(workload(BAD))).allowed, town.forged(request(workload(GOOD))).allowed
    for image in (BAD, GOOD):
        for _ in range(3):
            town.forged(request(of_controller(image).workload, user="system:serviceaccount:evil:maker"))
    town.world.accounts.flush()
    assert [account.user for account in town.world.store.accounts.list()] == ["system:serviceaccount:evil:maker"]
    assert (town.forged(request(workload(BAD))).allowed, town.forged(request(workload(GOOD))).allowed) == before
    town.inventory.error = Final("no")
    forged = request(of_controller(BAD).workload, user="system:serviceaccount:evil:maker")
    assert not town.forged(forged).allowed, "only accounts that the settings list are believed then"


@pytest.mark.parametrize("allowed", [True, False])
def test_what_a_forged_review_had_asked_early_is_the_api_servers_word(allowed: bool) -> None:
    town = Town(Policy())
    ben = Requester("ben")
    if allowed:
        town.access.allowed.add(("ben", "breakglass", "shop"))
    questions = RightQuestions(town.access, FakeBackground(), town.world.clock)
    questions.put(ben, "shop")
    soon = Deadline(town.world.clock.monotonic() + 5)
    assert questions.may_use(ben, "breakglass", "shop", soon) is allowed
    assert not questions.may_use(Requester("ben", groups=("masters",)), "breakglass", "bank", soon)
