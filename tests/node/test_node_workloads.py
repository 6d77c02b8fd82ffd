"""Workloads that are scaled, rolled out, rolled back and debugged under a webhook that may say no."""

from __future__ import annotations

from tests.e2e.manifests import deployment
from tests.e2e.processes import wait_until, within
from tests.node import catalogue
from tests.node.installation import Installation, is_denied
from tests.node.node import Node

LATER = catalogue.BLOCKED_LATER


def test_a_rollout_goes_through_its_stages_and_back_again(bomgate: Installation, node: Node, namespace: str) -> None:
    old, new = bomgate.shelf.reference(catalogue.ALLOWED), bomgate.shelf.reference(catalogue.NEWER)
    node.apply(deployment(namespace, "web", old, replicas=2))
    _rolled_out(node, namespace, old, replicas=2)
    node.kubectl("-n", namespace, "set", "image", "deployment/web", f"c0={new}")
    _rolled_out(node, namespace, new, replicas=2)
    node.kubectl("-n", namespace, "rollout", "undo", "deployment/web")
    _rolled_out(node, namespace, old, replicas=2)
    node.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=4")
    _rolled_out(node, namespace, old, replicas=4)


def test_a_rollout_to_a_blocked_image_is_denied_and_what_runs_goes_on(
    bomgate: Installation, node: Node, namespace: str
) -> None:
    old, new = bomgate.shelf.reference(catalogue.ALLOWED), bomgate.shelf.reference(catalogue.BLOCKED)
    node.apply(deployment(namespace, "web", old))
    assert is_denied(node.kubectl("-n", namespace, "set", "image", "deployment/web", f"c0={new}", check=False))
    _rolled_out(node, namespace, old, replicas=1)


def test_what_was_admitted_scales_and_heals_after_its_image_was_blocked(
    bomgate: Installation, node: Node, namespace: str
) -> None:
    image = bomgate.shelf.reference(LATER)
    node.apply(deployment(namespace, "web", image))
    _rolled_out(node, namespace, image, replicas=1)

    because = ("--comment", "it is being exploited", "--author", "ada")  # the Pod's user is a service account
    bomgate.bomgate("assess", catalogue.LATER_VULNERABILITY, "--type", "Blocked", *because)
    wait_until(lambda: is_denied(bomgate.dry_run(namespace, image)), 20, "the denial of new Pods", pause=0.2)

    node.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=3")
    _rolled_out(node, namespace, image, replicas=3)
    before = _pods(node, namespace)
    node.kubectl("-n", namespace, "delete", "pod", min(before), "--grace-period=1")
    wait_until(lambda: len(_pods(node, namespace) - before) == 1, 30, "the replacement of a Pod", pause=0.2)
    _rolled_out(node, namespace, image, replicas=3)
    node.kubectl("-n", namespace, "rollout", "restart", "deployment/web")
    _rolled_out(node, namespace, image, replicas=3)
    assert not _pods(node, namespace) & before


def test_a_debug_container_is_judged_like_any_other(bomgate: Installation, node: Node, namespace: str) -> None:
    node.kubectl("-n", namespace, "run", "web", f"--image={bomgate.shelf.reference(catalogue.ALLOWED)}")
    node.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/web", within(60))

    def debug(name: str) -> object:
        image = bomgate.shelf.reference(name)
        arguments = ("debug", "web", f"--image={image}", f"--container={name}", "--profile=general")
        return node.kubectl("-n", namespace, *arguments, check=False)

    assert is_denied(debug(catalogue.BLOCKED))
    debug(catalogue.NEWER)

    def running() -> bool:
        statuses = node.get("pod", "-n", namespace, "web")["status"].get("ephemeralContainerStatuses", ())
        return [status["name"] for status in statuses if "running" in status["state"]] == [catalogue.NEWER]

    wait_until(running, 30, "the debug container", pause=0.3)


def _pods(node: Node, namespace: str) -> set[str]:
    listed = node.get("pods", "-n", namespace)["items"]
    return {pod["metadata"]["name"] for pod in listed if "deletionTimestamp" not in pod["metadata"]}


def _rolled_out(node: Node, namespace: str, image: str, replicas: int) -> None:
    """Wait for the Deployment ``web``, and see that its Pods are the ones that were wanted."""
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))
    listed = node.get("pods", "-n", namespace)["items"]
    running = [pod["spec"]["containers"][0]["image"] for pod in listed if "deletionTimestamp" not in pod["metadata"]]
    assert running == [image] * replicas
