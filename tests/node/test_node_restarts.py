"""Everything is restarted in every order, and the whole node; the webhook's failure policy is Fail throughout."""

from __future__ import annotations

import itertools
import time
from signal import SIGKILL

import pytest

from tests.e2e.manifests import deployment
from tests.e2e.processes import wait_until, within
from tests.node import catalogue
from tests.node.configuration import NODE
from tests.node.installation import Installation, seconds_of
from tests.node.node import Node

CONTROL_PLANE = ("etcd", "apiserver", "controllers", "scheduler", "kubelet")
PARTS = ("bomgate", "database", "control plane")


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)), ids=" then ".join)
def test_all_comes_back_when_restarted_in_this_order(order: tuple[str, ...], bomgate: Installation, node: Node) -> None:
    began = time.monotonic()
    for part in order:
        _restart(part, bomgate, node)  # and the next one at once, before this one is back
    bomgate.settled()
    bomgate.decides()
    bomgate.tell(f"killed {', '.join(order)}: all ready and deciding after {seconds_of(began)}")


def test_all_comes_back_after_the_node_lost_power(bomgate: Installation, node: Node, namespace: str) -> None:
    node.apply(deployment(namespace, "web", bomgate.shelf.reference(catalogue.ALLOWED)))
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))
    began = time.monotonic()
    node.lose_power()
    wait_until(lambda: _has_restarted(bomgate), 120, "the kubelet's notice that nothing runs", pause=0.5)
    bomgate.settled()
    bomgate.decides()
    bomgate.tell(f"node lost power: all ready and deciding after {seconds_of(began)}")
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))


def test_a_drained_node_keeps_an_answer_and_fills_again(bomgate: Installation, node: Node, namespace: str) -> None:
    """On one node nothing can move elsewhere, so the budget holds the last webhook Pods until there is room again."""
    node.apply(deployment(namespace, "web", bomgate.shelf.reference(catalogue.ALLOWED), replicas=2))
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))
    with bomgate.load(namespace) as load:
        flags = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=15s")
        drained = node.kubectl("drain", NODE, *flags, check=False)
        kept = [pod for pod in bomgate.pods("webhook") if "nodeName" in pod["spec"]]
        node.kubectl("uncordon", NODE)
        bomgate.settled()
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))
    bomgate.tell(f"drain and uncordon: {load.told}")
    assert "disruption budget" in drained.err
    assert kept
    assert (load.final["failed"], load.final["wrong"]) == (0, 0), load.final


def _has_restarted(bomgate: Installation) -> bool:
    pods = bomgate.pods("webhook", "controller", "postgresql")
    return all(item["restartCount"] for pod in pods for item in pod["status"]["containerStatuses"])


def _restart(part: str, bomgate: Installation, node: Node) -> None:
    """Kill a part without warning and start it again."""
    if part == "control plane":
        for name in reversed(CONTROL_PLANE):
            node.stop(name, SIGKILL)
        for name in ("etcd", "apiserver", "kubelet"):
            node.start(name)
        wait_until(node.api_is_ready, 60, "the API server", pause=0.2)
        for name in ("controllers", "scheduler"):  # they end without an API server, and nothing here starts them again
            node.start(name)
        return
    names = "webhook,controller" if part == "bomgate" else "postgresql"
    label = f"app.kubernetes.io/component in ({names})"
    bomgate.kubectl("delete", "pods", "-l", label, "--grace-period=0", "--force", "--wait=false")
