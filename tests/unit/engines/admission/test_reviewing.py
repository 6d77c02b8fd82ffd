"""Admission: what is judged, what is left alone, and what is answered."""

from __future__ import annotations

import pytest

from tests.copies import replace
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, World, digest_of
from webhook.errors import StoreError
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.policies import EnforceOn, Policy
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation, Requester
from webhook.model.workloads import ContainerRef, ContainerRole, OwnerRef, Workload

BAD, RISKY, GOOD = "shop/bad:1", "shop/risky:1", "shop/good:1"


def workload(*images: str, kind: str = "Pod") -> Workload:
    containers = tuple(
        ContainerRef(ContainerRole.CONTAINER, f"c{index}", image, f"spec.containers[{index}]")
        for index, image in enumerate(images)
    )
    return Workload("" if kind == "Pod" else "apps", kind, "shop", "web", containers)


def request(
    new: Workload | None, old: Workload | None = None, operation: Operation = Operation.CREATE
) -> AdmissionRequest:
    kind = new.kind if new else ""
    return AdmissionRequest("u-1", operation, "pods", "", "shop", Requester("someone"), new, old, kind=kind)


def world_with_images(policy: Policy | None = None) -> World:
    world = World(policy or Policy())
    world.image(BAD, LOG4J, LEFTPAD)
    world.image(RISKY, LODASH)
    world.image(GOOD, LEFTPAD)
    world.answer_all([(LOG4J, [LOG4SHELL]), (LODASH, [LODASH_INJECTION]), (LEFTPAD, [])])
    return world


def review(world: World, asked: AdmissionRequest) -> AdmissionResponse:
    return world.reviewer.review(asked, Deadline(world.clock.monotonic() + 5))


def test_the_worst_image_decides_and_the_message_says_all_of_why() -> None:
    answer = review(world_with_images(), request(workload(GOOD, RISKY, BAD)))
    assert (answer.uid, answer.allowed, answer.decision, answer.reason) == ("u-1", False, "deny", "findings")
    for part in ("Pod shop/web", "spec.containers[2] (c2)", BAD, str(digest_of(BAD)), LOG4J, "CVE-2021-44228", "10.0"):
        assert part in answer.message
    for part in ("Blocked", "auto-assess", "until", "bomgate assess"):
        assert part in answer.message


def test_caution_is_allowed_with_a_warning() -> None:
    answer = review(world_with_images(), request(workload(GOOD, RISKY)))
    assert (answer.allowed, answer.decision, answer.message) == (True, "warn", "")
    assert len(answer.warnings) == 1
    assert "CVE-2021-23337" in answer.warnings[0]


def test_a_clean_workload_passes_in_silence() -> None:
    answer = review(world_with_images(), request(workload(GOOD)))
    assert (answer.allowed, answer.decision, answer.warnings) == (True, "allow", ())


def test_equal_images_are_judged_once_and_shown_with_all_their_containers() -> None:
    world = world_with_images()
    verdict = world.judge.judge(workload(BAD, GOOD, BAD).containers, "shop", Deadline(world.clock.monotonic() + 5))
    assert [judged.containers for judged in verdict.images] == [
        ("spec.containers[0] (c0)", "spec.containers[2] (c2)"),
        ("spec.containers[1] (c1)",),
    ]


def test_an_update_judges_only_images_it_brings() -> None:
    world = world_with_images()
    kept = review(world, request(workload(BAD, GOOD), workload(BAD), Operation.UPDATE))
    assert (kept.allowed, kept.decision) == (True, "allow")
    brought = review(world, request(workload(BAD, GOOD), workload(GOOD), Operation.UPDATE))
    assert not brought.allowed
    untouched = review(world, request(workload(BAD), workload(BAD), Operation.UPDATE))
    assert (untouched.allowed, untouched.reason) == (True, "nothing-new")


@pytest.mark.parametrize(
    "asked",
    [
        request(workload(BAD), operation=Operation.DELETE),
        request(workload(BAD), operation=Operation.CONNECT),
        request(None),
        replace(request(workload(BAD), operation=Operation.UPDATE), subresource="status"),
        replace(request(workload(BAD), operation=Operation.UPDATE), subresource="scale"),
        request(replace(workload(BAD), deleting=True), workload(GOOD), Operation.UPDATE),
    ],
)
def test_what_brings_no_image_is_never_blocked(asked: AdmissionRequest) -> None:
    answer = review(world_with_images(), asked)
    assert (answer.allowed, answer.reason) == (True, "not-judged")


def test_an_ephemeral_container_is_judged() -> None:
    old = workload(GOOD)
    debug = ContainerRef(ContainerRole.EPHEMERAL, "debug", BAD, "spec.ephemeralContainers[0]")
    new = replace(old, containers=(*old.containers, debug))
    answer = review(
        world_with_images(), replace(request(new, old, Operation.UPDATE), subresource="ephemeralcontainers")
    )
    assert not answer.allowed
    assert "spec.ephemeralContainers[0] (debug)" in answer.message


def test_what_a_controller_makes_is_denied_but_gets_no_warnings() -> None:
    owner = OwnerRef("apps/v1", "ReplicaSet", "web", "2")
    world = world_with_images()
    warned = review(world, request(replace(workload(RISKY), controller=owner)))
    assert (warned.allowed, warned.decision, warned.warnings) == (True, "warn", ())
    assert not review(world, request(replace(workload(BAD), controller=owner))).allowed


def test_with_enforcement_on_pods_a_workload_is_only_warned() -> None:
    world = world_with_images(Policy(enforce_on=EnforceOn.PODS))
    answer = review(world, request(workload(BAD, kind="Deployment")))
    assert (answer.allowed, answer.decision) == (True, "warn")
    assert "CVE-2021-44228" in answer.warnings[0]
    assert not review(world, request(workload(BAD))).allowed


@pytest.mark.parametrize(("on_error", "allowed"), [(Action.ALLOW, True), (Action.WARN, True), (Action.DENY, False)])
def test_a_failure_while_judging_follows_on_error_and_has_an_id(
    on_error: Action, allowed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_with_images(Policy(on_error=on_error, missing_sbom=Action.ALLOW))
    image = f"shop/new@{digest_of('new')}"
    world.directory.sboms[digest_of("new")] = StoreError("disk full")
    answer = review(world, request(workload(image, GOOD)))
    assert (answer.allowed, answer.decision) == (allowed, on_error.word)
    error_id = next(getattr(record, "error_id", "") for record in caplog.records if getattr(record, "error_id", ""))
    shown = answer.message + "".join(answer.warnings)
    assert (error_id in shown) == (on_error is not Action.ALLOW)


def test_a_failure_of_one_image_does_not_hide_the_denial_of_another() -> None:
    world = world_with_images()
    world.directory.sboms[digest_of("new")] = StoreError("disk full")
    answer = review(world, request(workload(f"shop/new@{digest_of('new')}", BAD)))
    assert not answer.allowed
    assert "CVE-2021-44228" in answer.message


def test_something_that_is_no_image_reference_is_an_unresolved_image() -> None:
    answer = review(world_with_images(), request(workload("Not An Image")))
    assert (answer.allowed, answer.decision) == (True, "warn")
    assert "Not An Image" in answer.warnings[0]


def test_seen_images_are_noted_and_dry_runs_leave_no_trace() -> None:
    world = world_with_images()
    review(world, replace(request(workload(BAD)), dry_run=True))
    assert world.sightings.seen == []
    review(world, request(workload(BAD, GOOD)))
    assert [(seen.name, seen.digest, seen.refused) for seen in world.sightings.seen] == [
        ("docker.io/shop/bad:1", digest_of(BAD), True),
        ("docker.io/shop/good:1", digest_of(GOOD), False),
    ]


def test_the_audit_annotations_have_keys_the_api_server_takes() -> None:
    answer = review(world_with_images(), request(workload(BAD)))
    assert dict(answer.audit_annotations) == {"decision": "deny", "images": "1"}
