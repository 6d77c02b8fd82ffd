"""What becomes of a verdict by the mode of its namespace, and whom that costs a question."""

from __future__ import annotations

import logging

import pytest

from tests.copies import replace
from tests.unit.engines.clusters import BAD, GOOD, RISKY, Town, of_controller, request, workload
from webhook.errors import Retryable
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.policies import EnforceOn, Mode, Policy
from webhook.model.reviews import Target

LABEL = "bomgate.dev/enforce"


@pytest.mark.parametrize(
    ("mode", "image", "decision", "allowed", "warnings", "would_be"),
    [
        ("deny", BAD, "deny", False, 0, None),
        ("deny", RISKY, "warn", True, 1, None),
        ("warn", BAD, "warn", True, 1, "deny"),
        ("warn", RISKY, "warn", True, 1, None),
        ("audit", BAD, "audit", True, 0, "deny"),
        ("audit", RISKY, "audit", True, 0, "warn"),
        ("audit", GOOD, "allow", True, 0, None),
    ],
)
def test_a_mode_says_what_becomes_of_a_verdict(
    mode: str, image: str, decision: str, allowed: bool, warnings: int, would_be: str | None
) -> None:
    town = Town()
    town.labels.memory["shop"] = {LABEL: mode}
    answer = town.review(request(workload(image)))
    assert (answer.decision, answer.allowed, len(answer.warnings)) == (decision, allowed, warnings)
    assert dict(answer.audit_annotations).get("would-be") == would_be


def test_where_the_mode_is_off_nothing_is_looked_at() -> None:
    town = Town()
    town.labels.memory["shop"] = {LABEL: "off"}
    answer = town.review(request(workload(BAD)))
    assert (answer.allowed, answer.decision, answer.reason) == (True, "allow", "off")
    assert town.world.sightings.seen == []


@pytest.mark.parametrize("labels", [{}, {LABEL: "strict"}, {LABEL: ""}, {LABEL: "DENY"}])
def test_without_a_label_that_is_a_mode_the_policy_says_it(labels: dict[str, str]) -> None:
    for mode, allowed in ((Mode.DENY, False), (Mode.WARN, True)):
        town = Town(Policy(enforce=mode))
        town.labels.memory["shop"] = labels
        assert town.review(request(workload(BAD))).allowed == allowed


def test_labels_in_memory_cost_no_question_and_those_of_a_new_namespace_one() -> None:
    town = Town()
    town.review(request(workload(GOOD)))
    assert town.background.tasks == []
    town.labels.memory.clear()
    town.labels.namespaces["shop"] = {LABEL: "warn"}
    assert town.review(request(workload(BAD))).allowed
    assert town.labels.reads == ["shop"]


def test_when_labels_cannot_be_read_the_policy_says_the_mode_and_the_log_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    town = Town(Policy(enforce=Mode.WARN))
    town.labels.memory.clear()
    town.labels.error = Retryable("The API server is away.")
    assert town.review(request(workload(BAD))).decision == "warn"
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert (warning.__dict__["namespace"], warning.__dict__["why"]) == ("shop", "The API server is away.")


def test_labels_that_do_not_come_in_time_are_as_unknown_and_leave_time_for_the_rest() -> None:
    town = Town()
    town.labels.memory.clear()
    town.background.hold = True
    assert not town.review(request(workload(BAD))).allowed
    (task,) = town.background.tasks
    assert task.waited == [2.0]


def test_a_controller_is_told_no_warnings_in_any_mode() -> None:
    town = Town()
    town.labels.memory["shop"] = {LABEL: "warn"}
    assert town.review(of_controller(BAD)).warnings == ()


def test_where_pods_alone_are_enforced_a_workload_asks_nobody() -> None:
    town = Town(Policy(enforce_on=EnforceOn.PODS))
    answer = town.review(request(workload(BAD, kind="Deployment", ticket="INC-1")))
    assert (answer.decision, answer.break_glass) == ("warn", "")
    assert town.access.asked == []


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
def test_where_pods_alone_are_enforced_a_template_that_is_evidence_gets_no_denied_image(kind: str) -> None:
    """Its age is that of the object, so its Pods would count as admitted before."""
    town = Town(Policy(enforce_on=EnforceOn.PODS))
    new, old = workload(BAD, kind=kind), workload(GOOD, kind=kind)
    assert town.review(request(new, old)).decision == "deny"
    assert town.review(request(new)).decision == "warn", "a new one is as old as its template"
    assert town.review(request(new, replace(new, name="b"))).reason == "nothing-new"
    others = workload(BAD, kind="Deployment"), workload(GOOD, kind="Deployment")
    assert town.review(request(*others)).decision == "warn", "it makes another ReplicaSet for that"


def test_where_pods_alone_are_enforced_a_template_that_is_evidence_passes_by_no_error_either() -> None:
    town = Town(Policy(enforce_on=EnforceOn.PODS, missing_sbom=Action.DENY))

    def undecided(kind: str) -> str:
        target = Target("r-1", "shop", kind)
        return town.world.reviewer.undecided(target, "why", Deadline(town.world.clock.monotonic() + 5)).decision

    assert [undecided(kind) for kind in ("Pod", "ReplicaSet", "Deployment")] == ["deny", "deny", "warn"]
