"""Upgrade, rollback and uninstall of the release itself."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import deployment
from tests.e2e.processes import wait_until, within
from tests.node import catalogue
from tests.node.conftest import NewNamespace
from tests.node.installation import NAMESPACE, RELEASE, VERSIONS, Installation
from tests.node.node import Node

BLOCKING = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies")


def test_an_upgrade_and_a_rollback_fail_no_call(bomgate: Installation, node: Node, namespace: str) -> None:
    password = node.get("secret", "-n", NAMESPACE, "bomgate-database")["data"]
    for step, version in (("upgrade", VERSIONS[1]), ("rollback", VERSIONS[0])):
        with bomgate.load(namespace) as load:
            if step == "upgrade":
                bomgate.release("upgrade", version=version)
            else:
                node.helm("rollback", RELEASE, "-n", NAMESPACE)
            bomgate.settled()
        bomgate.tell(f"helm {step}: {load.told}")
        images = {pod["spec"]["containers"][0]["image"] for pod in bomgate.pods("webhook")}
        assert images == {f"{catalogue.BOMGATE}:{version}"}
        assert (load.final["failed"], load.final["wrong"]) == (0, 0), load.final
    assert node.get("secret", "-n", NAMESPACE, "bomgate-database")["data"] == password


@pytest.mark.usefixtures("firewall")
def test_an_uninstall_leaves_nothing_that_blocks(
    bomgate: Installation, node: Node, new_namespace: NewNamespace
) -> None:
    namespace = new_namespace()
    node.helm("uninstall", RELEASE, "-n", NAMESPACE, "--wait", "--timeout", "120s")
    for kind in BLOCKING:
        assert node.get(kind)["items"] == []
    wait_until(lambda: not bomgate.pods("webhook"), 60, "the end of the webhook", pause=0.3)

    node.apply(deployment(namespace, "web", bomgate.shelf.reference(catalogue.BLOCKED)))
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))
    node.kubectl("label", "namespace", namespace, "bomgate.dev/enforce-")
    node.kubectl("delete", "namespace", namespace, NAMESPACE, within(90))
