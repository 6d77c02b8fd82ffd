"""Questions to the API server: begun early, put once for all who need them, and never too old to deny by."""

from __future__ import annotations

import pytest

from tests.copies import replace
from tests.unit.engines.clusters import BAD, GOOD, REPLICA_SET, Town, of_controller, request, workload
from tests.worlds import LEFTPAD, digest_of, sbom_of
from webhook.errors import Retryable
from webhook.model.policies import Mode, Policy

NEW = f"shop/new@{digest_of('new')}"


def test_while_an_image_is_searched_for_the_owner_is_asked() -> None:
    town = Town()
    town.review(of_controller(NEW, GOOD))
    assert town.inventory.asked["owners"] == 1


@pytest.mark.parametrize("mode", [Mode.WARN, Mode.AUDIT])
def test_where_nothing_would_be_denied_nobody_is_asked_early(mode: Mode) -> None:
    town = Town(Policy(enforce=mode))
    town.review(of_controller(NEW, BAD))
    assert town.inventory.asked["owners"] == 0


def test_an_object_without_a_controller_asks_nobody() -> None:
    town = Town()
    town.review(request(workload(NEW, BAD)))
    assert (town.inventory.asked["owners"], town.access.asked) == (0, [])


def test_the_right_for_a_new_ticket_is_asked_for_early_and_once() -> None:
    town = Town()
    town.access.allowed.add(("ben", "breakglass", "shop"))
    answer = town.review(request(workload(NEW, BAD, ticket="INC-1", kind="Deployment")))
    assert answer.break_glass == "used"
    assert len(town.access.asked) == 1


def test_the_answer_about_an_owner_serves_for_five_seconds() -> None:
    town = Town()
    town.runs(BAD)
    for number in range(4):
        assert town.review(of_controller(f"shop/new@{digest_of(str(number))}", BAD)).reason == "admitted"
    assert town.inventory.asked["owners"] == 1
    town.world.clock.advance(5.1)
    assert town.review(of_controller(BAD)).reason == "admitted"
    assert town.inventory.asked["owners"] == 2


def test_a_denial_is_never_based_on_an_answer_that_is_older_than_the_request() -> None:
    town = Town()
    assert not town.review(of_controller(BAD)).allowed
    town.runs(BAD)
    assert town.review(of_controller(NEW, BAD)).reason == "admitted", "asked again although the answer is kept"
    assert town.inventory.asked["owners"] == 2


def test_another_owner_of_the_same_uid_is_another_question() -> None:
    town = Town()
    town.runs(BAD)
    assert town.review(of_controller(BAD)).allowed

    forged = replace(REPLICA_SET, name="other")
    assert not town.review(request(workload(BAD, owner=forged), user="ben")).allowed


def test_pods_that_could_not_be_read_to_their_end_are_not_taken_for_all_pods() -> None:
    town = Town()
    town.runs("shop/other:1")
    asked = 0
    pods = type(town.inventory).pods

    def broken(owners, namespace, deadline):
        nonlocal asked
        asked += 1
        yield from pods(town.inventory, owners, namespace, deadline)
        raise Retryable("The API server is away.")

    town.inventory.pods = broken
    assert town.review(of_controller(BAD)).reason == "admitted-unproven"
    assert town.review(of_controller(BAD)).reason == "admitted-unproven"
    assert asked == 2, "a broken answer is not kept"


def test_a_search_that_ends_well_leaves_the_early_question_unused() -> None:
    town = Town()
    town.world.directory.sboms[digest_of("new")] = [sbom_of(LEFTPAD)]
    assert town.review(of_controller(NEW)).decision == "allow"
