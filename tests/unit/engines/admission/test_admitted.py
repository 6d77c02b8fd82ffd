"""Admitted stays admitted: what counts as admitted before, and what does not."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeWorkloadInventory
from tests.unit.engines.clusters import BAD, EARLIER, GOOD, REPLICA_SET, RISKY, Town, of_controller, request, workload
from tests.worlds import LOG4J, LOG4SHELL, PYYAML_RCE, YAML, World, digest_of
from webhook.engines.admission.enforcing import ClusterParts, Enforcer
from webhook.engines.admission.former import FormerImages
from webhook.engines.admission.reviewing import AdmissionReviewer, ReviewParts
from webhook.errors import DeadlineExceeded, Final, Retryable, UnusableAnswer
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.model.images import Digest, parse_image
from webhook.model.owners import Controller, OwnedPod
from webhook.model.policies import Admitted, Policy
from webhook.model.records import pods_of
from webhook.model.reviews import AdmissionResponse
from webhook.model.workloads import OwnerRef
from webhook.policy.remedies import Hints

HOUR = dt.timedelta(hours=1)
WEB = GrantedWorkload("apps/v1", "Deployment", "web", "d-1")


def outcome(answer: AdmissionResponse) -> tuple[bool, str, str]:
    return answer.allowed, answer.decision, answer.reason


KEPT, DENIED = (True, "warn", "admitted"), (False, "deny", "findings")


def test_what_the_owner_runs_is_let_in_again_and_the_audit_log_says_why() -> None:
    town = Town()
    town.runs(BAD, GOOD)
    answer = town.review(of_controller(BAD, GOOD))
    assert outcome(answer) == KEPT
    assert answer.warnings == ()
    assert dict(answer.audit_annotations)["admitted"] == "Deployment web"
    assert dict(answer.audit_annotations)["would-be"] == "deny"


def test_what_the_owner_makes_in_between_is_let_in_as_its_pods_are() -> None:
    town = Town()
    town.runs(BAD)
    assert outcome(town.review(of_controller(BAD, kind="ReplicaSet"))) == KEPT


@pytest.mark.parametrize(
    "owner",
    [None, replace(REPLICA_SET, uid="rs-2"), replace(REPLICA_SET, name="web-2"), replace(REPLICA_SET, kind="Job")],
)
def test_an_owner_that_the_api_server_does_not_have_lets_nothing_in(owner: OwnerRef | None) -> None:
    town = Town()
    town.runs(BAD)
    made = replace(workload(BAD), controller=owner)
    assert outcome(town.review(request(made))) == DENIED


def test_every_denied_image_has_to_run_and_those_that_are_not_denied_need_not() -> None:
    town = Town()
    town.runs(BAD)
    assert outcome(town.review(of_controller(BAD, GOOD, RISKY))) == KEPT
    town.world.image("shop/bad:2", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1")
    assert outcome(town.review(of_controller(BAD, "shop/bad:2"))) == DENIED
    town.runs("shop/bad:2")
    assert outcome(town.review(of_controller(BAD, "shop/bad:2"))) == KEPT, "two Pods together run both"


def test_a_container_that_does_not_say_what_it_runs_counts_by_what_it_was_admitted_as() -> None:
    town = Town()
    town.runs(references=[BAD])
    assert outcome(town.review(of_controller(BAD))) == DENIED, "its tag may have been moved"
    town.noted("d-1", BAD, digest_of("shop/bad:0"))
    assert outcome(town.review(of_controller(BAD))) == DENIED
    town = Town()
    town.runs(references=[BAD])
    town.noted("d-1", BAD, digest_of(BAD))
    assert outcome(town.review(of_controller(BAD))) == KEPT
    pinned = f"{BAD}@{digest_of(BAD)}"
    assert outcome(town.review(of_controller(pinned))) == KEPT, "a tag that was pinned on the way"


def test_a_pod_that_says_nothing_yet_is_as_good_as_none() -> None:
    town = Town()
    town.runs(references=[BAD])
    town.had(BAD)
    assert outcome(town.review(of_controller(BAD))) == KEPT
    town.runs("shop/bad:0")
    assert outcome(town.review(of_controller(BAD))) == KEPT, "another image of the Pods says nothing of this one"


def test_one_stuck_pod_does_not_keep_a_tag_that_was_moved() -> None:
    town = Town()
    town.had(BAD, noted=False)
    town.runs(references=[BAD])
    town.inventory.running["d-1"].append(ran(BAD, digest_of("what the tag stood for")))
    assert outcome(town.review(of_controller(BAD))) == DENIED
    town = Town()
    town.had(BAD, noted=False)
    town.noted("rs-1", BAD, digest_of("what the tag stood for"))
    assert outcome(town.review(of_controller(BAD))) == DENIED, "also where no Pod is left"


def ran(name: str, digest: Digest) -> OwnedPod:
    """A Pod that names an image by a tag and says what that is."""
    return OwnedPod(("rs-1", "d-1"), EARLIER, frozenset({digest}), frozenset({(parse_image(name).tagged, digest)}))


def test_another_digest_under_the_same_tag_is_something_new() -> None:
    town = Town()
    town.runs("shop/bad:0")
    town.had(BAD)
    assert outcome(town.review(of_controller(BAD))) == DENIED


def test_where_no_pod_is_left_a_template_from_before_the_verdict_turned_bad_counts() -> None:
    town = Town()
    town.had(BAD, created=NOON + HOUR)
    town.had(GOOD)
    assert outcome(town.review(of_controller(BAD))) == DENIED
    town.had(BAD, GOOD, created=NOON - HOUR)
    assert outcome(town.review(of_controller(BAD))) == KEPT
    assert outcome(town.review(of_controller(BAD, RISKY))) == KEPT


def test_a_template_with_a_tag_proves_nothing_without_a_record_of_what_the_tag_stood_for() -> None:
    """Whoever may push could have moved the tag since to an image that was denied all along."""
    town = Town()
    town.had(BAD, noted=False)
    assert outcome(town.review(of_controller(BAD))) == DENIED
    pinned = f"{BAD}@{digest_of(BAD)}"
    town.had(pinned, noted=False)
    assert outcome(town.review(of_controller(pinned))) == KEPT
    assert outcome(town.review(of_controller(BAD))) == DENIED
    town.noted(pods_of("d-1"), BAD, digest_of(BAD))
    assert outcome(town.review(of_controller(BAD))) == KEPT


@pytest.mark.parametrize(("seconds", "expected"), [(-1, KEPT), (0, KEPT), (1, DENIED)])
def test_a_template_from_the_second_in_which_the_verdict_turned_bad_counts(
    seconds: int, expected: tuple[bool, str]
) -> None:
    town = Town()
    town.had(BAD, created=NOON + dt.timedelta(seconds=seconds))
    assert outcome(town.review(of_controller(BAD))) == expected


def test_a_template_proves_nothing_where_no_assessment_denies() -> None:
    town = Town(Policy(unknown=Action.DENY))
    town.world.image("shop/new:1", "pkg:npm/never-asked@1")
    town.had("shop/new:1")
    assert not town.review(of_controller("shop/new:1")).allowed
    town.runs("shop/new:1")
    assert outcome(town.review(of_controller("shop/new:1"))) == KEPT


# -- for how long ---------------------------------------------------------------------------------------------------


def test_with_enforce_nothing_is_kept() -> None:
    town = Town(Policy(admitted=Admitted(keeps=False)))
    town.runs(BAD)
    town.had(BAD)
    assert outcome(town.review(of_controller(BAD))) == DENIED


def test_with_a_time_it_is_kept_for_so_long_after_the_verdict_turned_bad() -> None:
    town = Town(Policy(admitted=Admitted(life=2 * HOUR)))
    town.runs(BAD)
    town.world.clock.advance(2 * 3600 - 1)
    assert outcome(town.review(of_controller(BAD))) == KEPT
    town.world.clock.advance(10)
    assert outcome(town.review(of_controller(BAD))) == DENIED


def twice_bad(policy: Policy) -> Town:
    """A town with an image ``shop/worse:1`` that was blocked at noon, and once more for another reason at one."""
    town = Town(policy)
    town.world.image("shop/worse:1", LOG4J, YAML)
    town.world.clock.advance(3600)
    town.world.answer(YAML, PYYAML_RCE)
    return town


@pytest.mark.parametrize(("created", "expected"), [(NOON, KEPT), (NOON + dt.timedelta(seconds=1), DENIED)])
def test_the_first_of_several_assessments_that_deny_says_how_old_a_template_has_to_be(
    created: dt.datetime, expected: tuple[bool, str, str]
) -> None:
    """Else whoever builds an image could add what was blocked a moment ago, and have the rest admitted."""
    town = twice_bad(Policy())
    town.had("shop/worse:1", created=created)
    assert outcome(town.review(of_controller("shop/worse:1"))) == expected


def test_each_image_of_a_template_has_to_be_named_before_it_turned_bad_itself() -> None:
    town = Town()
    town.world.image("shop/later:1", YAML)
    town.world.clock.advance(3600)
    town.world.answer(YAML, PYYAML_RCE)
    town.had(BAD, "shop/later:1", created=NOON + HOUR)
    assert outcome(town.review(of_controller("shop/later:1"))) == KEPT
    assert outcome(town.review(of_controller(BAD, "shop/later:1"))) == DENIED
    town.had(BAD, "shop/later:1", created=NOON)
    assert outcome(town.review(of_controller(BAD, "shop/later:1"))) == KEPT


def test_a_template_proves_nothing_where_more_than_assessments_deny() -> None:
    town = Town(Policy(unknown=Action.DENY))
    town.world.image("shop/mixed:1", LOG4J, "pkg:npm/never-asked@1")
    town.had("shop/mixed:1")
    assert outcome(town.review(of_controller("shop/mixed:1")))[0] is False


def test_the_time_runs_from_the_newest_of_several_assessments_that_deny() -> None:
    town = twice_bad(Policy(admitted=Admitted(life=2 * HOUR)))
    town.runs("shop/worse:1")
    town.world.clock.advance(2 * 3600 - 10)
    assert outcome(town.review(of_controller("shop/worse:1"))) == KEPT
    town.world.clock.advance(20)
    assert outcome(town.review(of_controller("shop/worse:1"))) == DENIED


def test_where_no_assessment_denies_the_time_is_that_of_the_oldest_pod() -> None:
    town = Town(Policy(unknown=Action.DENY, admitted=Admitted(life=2 * HOUR)))
    town.world.image("shop/new:1", "pkg:npm/never-asked@1")
    town.runs("shop/new:1", created=NOON - HOUR)
    assert town.review(of_controller("shop/new:1")).reason == "admitted"
    town = Town(Policy(unknown=Action.DENY, admitted=Admitted(life=2 * HOUR)))
    town.world.image("shop/new:1", "pkg:npm/never-asked@1")
    town.runs("shop/new:1", created=NOON - HOUR)
    town.runs("shop/new:1", created=NOON - 2 * HOUR)
    assert not town.review(of_controller("shop/new:1")).allowed


# -- break-glass ----------------------------------------------------------------------------------------------------


def grant(*images: str, at: dt.datetime, until: dt.datetime) -> BreakGlassGrant:
    pinned = tuple(f"{image}@{digest_of(image)}" for image in images)
    return BreakGlassGrant("shop", "INC-1", "ben", WEB, pinned, at, until, made=at, confirmed=True)


def test_pods_that_came_in_by_break_glass_are_no_evidence_when_it_has_ended() -> None:
    town = Town()
    town.grants.kept.append(grant(BAD, at=NOON - 2 * HOUR, until=NOON - HOUR))
    town.runs(BAD, created=NOON - 2 * HOUR)
    town.had(BAD, created=NOON + HOUR)
    answer = town.review(of_controller(BAD))
    assert outcome(answer) == DENIED
    assert answer.break_glass == "expired"
    assert "Break-glass under ticket INC-1 ended on 2026-03-01 11:00 UTC." in answer.message
    town.runs(BAD, created=NOON - 3 * HOUR)
    assert outcome(town.review(of_controller(BAD))) == KEPT, "this one was there before"


def test_the_same_content_under_another_name_is_no_evidence_either() -> None:
    town = Town()
    town.grants.kept.append(grant(BAD, at=NOON - 2 * HOUR, until=NOON + HOUR))
    town.runs(BAD, created=NOON - HOUR)
    assert not town.review(of_controller(f"mirror/bad:1@{digest_of(BAD)}")).allowed


def test_a_grant_for_other_images_takes_nothing_away() -> None:
    town = Town()
    town.grants.kept.append(grant(GOOD, at=NOON - 2 * HOUR, until=NOON - HOUR))
    town.runs(BAD, created=NOON - HOUR)
    assert outcome(town.review(of_controller(BAD))) == KEPT


def test_a_ticket_that_was_not_needed_takes_nothing_away() -> None:
    town = Town()
    town.grants.kept.append(grant(BAD, at=NOON - 2 * HOUR, until=NOON - HOUR))
    town.runs(BAD, created=NOON - HOUR)
    town.had(BAD, created=NOON - 3 * HOUR)
    assert outcome(town.review(of_controller(BAD))) == KEPT


# -- when nobody answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [Retryable("It is away."), Final("No right.")])
def test_when_the_api_server_does_not_say_what_runs_it_is_let_in_and_logged(
    problem: Retryable | Final, caplog: pytest.LogCaptureFixture
) -> None:
    town = Town()
    town.inventory.error = problem
    answer = town.review(of_controller(BAD))
    assert outcome(answer) == (True, "warn", "admitted-unproven")
    assert dict(answer.audit_annotations)["admitted"] == "unproven"
    assert problem.message in caplog.text


def test_a_user_who_claims_an_owner_is_denied_when_the_api_server_does_not_say_what_it_runs() -> None:
    town = Town()
    town.inventory.error = Retryable("It is away.")
    for user in ("ben", "system:serviceaccount:shop:replicaset-controller", "system:serviceaccounts:kube-system", ""):
        claimed = request(workload(BAD, owner=REPLICA_SET), user=user)
        assert outcome(town.review(claimed)) == DENIED


def test_accounts_of_further_controllers_can_be_named() -> None:
    kruise = "system:serviceaccount:kruise-system:kruise-manager"
    town = Town(Policy(admitted_controllers=frozenset([kruise])))
    town.inventory.error = Retryable("It is away.")
    assert town.review(request(workload(BAD, owner=REPLICA_SET), user=kruise)).reason == "admitted-unproven"
    assert outcome(town.review(of_controller(BAD))) == DENIED, "the list replaces the built-in one"


@pytest.mark.parametrize("problem", [UnusableAnswer("Too large."), DeadlineExceeded("Too late."), ValueError("odd")])
def test_what_the_answer_of_the_api_server_holds_lets_nothing_in(problem: Exception) -> None:
    town = Town()
    town.inventory.error = problem
    assert outcome(town.review(of_controller(BAD))) == DENIED


def test_a_question_that_only_waited_for_a_thread_lets_nothing_in_and_the_wait_ends_with_the_request() -> None:
    town = Town()
    town.background.hold = True
    assert outcome(town.review(of_controller(BAD))) == DENIED
    (task,) = town.background.tasks
    assert task.waited == [5.0]


class Hanging(FakeWorkloadInventory):
    """An API server that accepts a question about an owner and stays silent."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate = threading.Event(), threading.Event()

    def owners(self, owner: OwnerRef, namespace: str, deadline: Deadline) -> Sequence[Controller]:
        self.entered.set()
        self.gate.wait(30)
        return ()


@pytest.mark.parametrize(("seconds", "expected"), [(0.9, DENIED), (1.0, (True, "warn", "admitted-unproven"))])
def test_an_api_server_that_stays_silent_for_a_second_counts_as_one_that_cannot_be_reached(
    seconds: float, expected: tuple[bool, str, str]
) -> None:
    town, hanging = Town(), Hanging()
    world = town.world

    class Threads:
        def start(self, work: Callable[[], Any], *, host: str = "", tenant: str = "") -> Future[Any]:
            threading.Thread(target=work, daemon=True).start()
            assert hanging.entered.wait(30)
            return Future()

        def wait(self, task: Future[Any], seconds: float) -> bool:
            world.clock.advance(seconds)
            return False

    cluster = ClusterParts(town.labels, hanging, town.access, town.grants, town.live, town.guard, Threads())
    enforcer = Enforcer(town.policy, cluster, world.clock, world.confirmations)
    former = FormerImages(world.confirmations, hanging, Threads(), world.clock)
    parts = ReviewParts(world.judge, enforcer, world.sightings.saw, former, world.clock, world.accounts.saw)
    reviewer = AdmissionReviewer(parts, town.policy, Hints())
    deadline = Deadline(world.clock.monotonic() + seconds)
    assert outcome(reviewer.review(of_controller(BAD), deadline)) == expected
    hanging.gate.set()


def test_when_nothing_would_be_kept_an_unanswered_question_lets_nothing_in() -> None:
    town = Town(Policy(admitted=Admitted(keeps=False)))
    town.inventory.error = Retryable("It is away.")
    answer = town.review(of_controller(BAD))
    assert outcome(answer) == DENIED
    assert "whether break-glass applies: It is away." in answer.message


# -- what it costs --------------------------------------------------------------------------------------------------


def test_nobody_is_asked_about_what_would_not_be_denied() -> None:
    town = Town()
    town.review(of_controller(GOOD))
    town.review(of_controller(RISKY))
    town.review(request(workload(BAD)))
    assert town.background.tasks == []


def test_a_scale_up_asks_once_and_a_denial_is_never_remembered() -> None:
    town = Town()
    assert not town.review(of_controller(BAD)).allowed
    town.runs(BAD)
    for _ in range(5):
        assert town.review(of_controller(BAD)).allowed
    assert town.inventory.asked["owners"] == 2
    town.world.clock.advance(6)
    town.review(of_controller(BAD))
    assert town.inventory.asked["owners"] == 3


def test_without_a_cluster_a_denial_stands() -> None:
    town = Town()
    alone = World()
    alone.image(BAD, LOG4J)
    alone.answer(LOG4J, LOG4SHELL)
    town.world = alone
    assert outcome(town.review(of_controller(BAD))) == DENIED


def test_accounts_that_make_objects_of_controllers_and_are_not_listed_are_noted() -> None:
    town, kruise = Town(), "system:serviceaccount:kruise-system:kruise-manager"
    town.review(of_controller(GOOD))
    town.review(request(workload(GOOD), user=kruise))
    town.review(request(workload(GOOD, owner=REPLICA_SET), user=kruise, dry_run=True))
    assert town.world.store.accounts.list() == []
    town.review(request(workload(GOOD, owner=REPLICA_SET), user=kruise))
    town.world.accounts.flush()
    (noted,) = town.world.store.accounts.list()
    assert (noted.user, noted.controller) == (kruise, "ReplicaSet (apps/v1)")
