"""Pinning: which images of which objects get a digest, and that nothing ever stands in the way."""

from __future__ import annotations

import pytest

from tests.copies import replace
from tests.unit.engines.clusters import request, workload
from tests.worlds import World, digest_of
from webhook.engines.admission.mutating import PodPinner
from webhook.errors import Retryable
from webhook.model.deadlines import Deadline
from webhook.model.pulling import PullAccess
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation
from webhook.model.workloads import ContainerRef, ContainerRole

PINNED = digest_of("web")


@pytest.fixture
def world() -> World:
    made = World(resolves=True)
    made.resolver.digests = {"docker.io/shop/web:1": PINNED, "docker.io/shop/web:latest": digest_of("latest")}
    return made


def mutate(world: World, asked: AdmissionRequest, *, pull_secrets: bool = False) -> AdmissionResponse:
    pinner = PodPinner(world.tags, pull_secrets=pull_secrets)
    return pinner.mutate(asked, Deadline(world.clock.monotonic() + 2))


def test_tags_get_their_digest_and_the_rest_stays_as_it_is(world: World) -> None:
    pod = workload("shop/web:1", f"shop/web:2@{PINNED}", "shop/none:1", "shop/web", "Not An Image")
    answer = mutate(world, request(pod))
    assert (answer.allowed, answer.reason) == (True, "pinned")
    assert answer.patch == (
        ("/spec/containers/0/image", f"shop/web:1@{PINNED}"),
        ("/spec/containers/3/image", f"shop/web:latest@{digest_of('latest')}"),
    )


def test_init_containers_and_image_volumes_are_pinned_in_their_own_fields(world: World) -> None:
    containers = (
        ContainerRef(ContainerRole.INIT, "i", "shop/web:1", "spec.initContainers[1]"),
        ContainerRef(ContainerRole.IMAGE_VOLUME, "v", "shop/web:1", "spec.volumes[2].image"),
    )
    answer = mutate(world, request(replace(workload(), containers=containers)))
    assert [path for path, _ in answer.patch] == ["/spec/initContainers/1/image", "/spec/volumes/2/image/reference"]
    assert len(world.resolver.asked) == 1


def test_what_has_digests_already_needs_nothing(world: World) -> None:
    answer = mutate(world, request(workload(f"shop/web@{PINNED}")))
    assert (answer.reason, answer.patch) == ("nothing-to-pin", ())


@pytest.mark.parametrize(
    "asked",
    [
        request(workload("shop/web:1", kind="Deployment")),
        request(workload("shop/web:1"), workload("shop/web:0")),
        replace(request(workload("shop/web:1")), operation=Operation.DELETE),
        replace(request(workload("shop/web:1")), subresource="ephemeralcontainers"),
        replace(request(workload("shop/web:1")), workload=None),
    ],
)
def test_only_pods_that_are_created_are_touched(world: World, asked: AdmissionRequest) -> None:
    answer = mutate(world, asked)
    assert (answer.allowed, answer.reason, answer.patch) == (True, "not-judged", ())


def test_a_registry_that_does_not_answer_leaves_the_pod_as_it_is(world: World) -> None:
    world.resolver.digests["docker.io/shop/web:1"] = Retryable("Away.")
    answer = mutate(world, request(workload("shop/web:1")))
    assert (answer.allowed, answer.reason, answer.patch) == (True, "unresolved", ())


def test_a_registry_that_takes_too_long_is_waited_for_until_the_deadline(world: World) -> None:
    world.background.hold = True
    assert mutate(world, request(workload("shop/web:1"))).reason == "unresolved"
    assert world.background.tasks[0].waited == [2.0]


def test_pull_secrets_are_used_as_they_are_for_judging(world: World) -> None:
    pod = replace(workload("shop/web:1"), pull_access=PullAccess("shop", ("reg",)))
    mutate(world, request(pod))
    mutate(world, request(pod), pull_secrets=True)
    assert [access.secrets for access in world.opener.opened] == [(), ("reg",)]
