"""Modes and pinned tags: what holds for all of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import World, digest_of
from webhook.engines.admission.mutating import PodPinner
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.objects import workload_of
from webhook.model.policies import EnforceOn, Mode, Policy
from webhook.model.reviews import AdmissionRequest, Operation, Requester
from webhook.policy.modes import ENFORCE_LABEL, enforced, namespace_mode

modes, actions = st.sampled_from(Mode), st.sampled_from(Action)
policies = st.builds(Policy, enforce=modes, enforce_on=st.sampled_from(EnforceOn))
kinds = st.sampled_from(["Pod", "Deployment", "CronJob"])


@given(actions, kinds, modes, modes, policies)
def test_a_mode_of_a_lower_rank_never_leads_to_something_worse(
    action: Action, kind: str, one: Mode, other: Mode, policy: Policy
) -> None:
    low, high = sorted((one, other), key=lambda mode: mode.rank)
    assert enforced(action, kind, low, policy) <= enforced(action, kind, high, policy) <= action


@given(st.text(max_size=10), policies)
def test_any_label_gives_a_mode(label: str, policy: Policy) -> None:
    known = {mode.value: mode for mode in Mode}
    assert namespace_mode({ENFORCE_LABEL: label}, policy) is known.get(label, policy.enforce)


TAGS = ["web:1", "web", "shop/web:1.2", "registry.example:5000/a/b:x", "unknown:1", "Not An Image"]
images = st.one_of(st.sampled_from(TAGS), st.sampled_from(TAGS[:4]).map(lambda tag: f"{tag}@{digest_of('other')}"))
containers = st.lists(images, max_size=3).map(
    lambda found: [{"name": f"c{index}", "image": image} for index, image in enumerate(found)]
)
volumes = st.lists(images, max_size=2).map(
    lambda found: [{"name": f"v{index}", "image": {"reference": image}} for index, image in enumerate(found)]
)


def applied(pod: dict[str, Any], patch: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """RFC 6902, replace; a path that leads nowhere is an error."""
    made: dict[str, Any] = json.loads(json.dumps(pod))
    for path, value in patch:
        *way, last = path.strip("/").split("/")
        where: Any = made
        for step in way:
            where = where[int(step)] if isinstance(where, list) else where[step]
        assert last in where
        where[last] = value
    return made


def request_for(pod: dict[str, Any]) -> AdmissionRequest:
    return AdmissionRequest(
        "u", Operation.CREATE, "pods", "", "shop", Requester("someone"), workload_of(pod), kind="Pod"
    )


@settings(max_examples=60)
@given(containers, containers, volumes)
def test_pinning_twice_changes_nothing_more_and_every_path_exists(
    first: list[Any], second: list[Any], third: list[Any]
) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {"containers": first, "initContainers": second, "volumes": [{"name": "plain"}, *third]},
    }
    world = World(resolves=True)
    for name in ("docker.io/library/web", "docker.io/shop/web", "registry.example:5000/a/b"):
        world.resolver.digests.update({f"{name}:{tag}": digest_of(name) for tag in ("1", "1.2", "x", "latest")})
    pinner, soon = PodPinner(world.tags), Deadline(world.clock.monotonic() + 2)
    once = applied(pod, pinner.mutate(request_for(pod), soon).patch)
    again = pinner.mutate(request_for(once), soon)
    assert again.patch == ()
    before, after = workload_of(pod), workload_of(once)
    assert before is not None
    assert after is not None
    for old, new in zip(before.containers, after.containers, strict=True):
        assert new.image == old.image or (new.image.startswith(old.image) and "@sha256:" in new.image)
