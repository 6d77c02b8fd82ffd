"""What happens to the requests of others while parts of bomgate come and go; clients create Pods all the time."""

from __future__ import annotations

import base64
import time
from typing import Any

from tests.e2e.processes import wait_until
from tests.node.installation import NAMESPACE, WEBHOOK, Installation, Load, seconds_of
from tests.node.node import Node

MINUTE = 60.0


def test_a_rolling_restart_fails_no_call(bomgate: Installation, namespace: str) -> None:
    before = bomgate.uids("webhook")
    with bomgate.load(namespace) as load:
        bomgate.kubectl("rollout", "restart", WEBHOOK)
        bomgate.settled()
    _judge(bomgate, "rolling restart of three Pods", load)
    assert not before & bomgate.uids("webhook")


def test_clients_do_notice_when_every_pod_is_lost_at_once(bomgate: Installation, namespace: str) -> None:
    """The control of the others: with no Pod left, calls fail, none is let through, and it heals by itself."""
    before = bomgate.uids("webhook")
    with bomgate.load(namespace) as load:
        began = time.monotonic()
        label = "app.kubernetes.io/component=webhook"
        bomgate.kubectl("delete", "pods", "-l", label, "--grace-period=0", "--force")
        bomgate.settled()
        healed = seconds_of(began)
    bomgate.tell(f"all webhook Pods killed at once: ready after {healed}, {load.told}")
    assert load.final["failed"] > 0
    assert load.final["wrong"] == 0
    assert not before & bomgate.uids("webhook")


def test_a_new_authority_takes_over_without_a_failed_call(bomgate: Installation, node: Node, namespace: str) -> None:
    old, served = _bundles(node), _served(node)
    assert len(old) == 1
    began = time.monotonic()
    with bomgate.load(namespace) as load:
        bomgate.kubectl("delete", "secret", "bomgate-ca")
        wait_until(lambda: len(_bundles(node)) == 1 and not _bundles(node) & old, 120, "the end of the rotation", 0.5)
        pods = bomgate.uids("webhook")
    bomgate.tell(f"authority lost, recreated and the old one dropped after {seconds_of(began)}: {load.told}")
    assert (load.final["failed"], load.final["wrong"]) == (0, 0), load.final
    assert _served(node) != served
    assert pods == bomgate.uids("webhook")  # nothing was restarted for it


def test_a_minute_without_the_database_changes_no_decision(bomgate: Installation, namespace: str) -> None:
    with bomgate.load(namespace) as load:
        bomgate.kubectl("scale", "statefulset/bomgate-postgresql", "--replicas=0")
        wait_until(lambda: not bomgate.pods("postgresql"), 60, "the end of the database", pause=0.3)
        time.sleep(MINUTE)
        ready = [pod["status"]["containerStatuses"][0]["ready"] for pod in bomgate.pods("webhook")]
        bomgate.kubectl("scale", "statefulset/bomgate-postgresql", "--replicas=1")
        bomgate.settled()
    _judge(bomgate, "a minute without the database", load)
    assert ready == [True] * 3


def test_when_the_leader_is_killed_another_one_leads(bomgate: Installation, node: Node, namespace: str) -> None:
    leader = bomgate.leader()
    pod = node.get("pod", "-n", NAMESPACE, leader.split("/")[0])
    with bomgate.load(namespace) as load:
        began = time.monotonic()
        node.kill(pod["status"]["containerStatuses"][0]["containerID"])  # no time to give the lease back
        wait_until(lambda: bomgate.leader() not in ("", leader), 60, "another leader", pause=0.3)
        taken = seconds_of(began)
    bomgate.settled()
    bomgate.tell(f"leader killed: another one leads after {taken}")
    assert (load.final["failed"], load.final["wrong"]) == (0, 0), load.final


def _judge(bomgate: Installation, what: str, load: Load) -> None:
    bomgate.tell(f"{what}: {load.told}")
    assert (load.final["failed"], load.final["wrong"]) == (0, 0), load.final


def _bundles(node: Node) -> set[str]:
    """The authorities that the API server trusts, each once."""
    return {
        certificate
        for registration in node.get("validatingwebhookconfigurations")["items"]
        for entry in registration["webhooks"]
        for certificate in _certificates(entry)
    }


def _certificates(entry: Any) -> list[str]:
    text = base64.b64decode(entry["clientConfig"].get("caBundle", "")).decode()
    return [part.strip() for part in text.split("-----END CERTIFICATE-----") if part.strip()]


def _served(node: Node) -> str:
    return str(node.get("secret", "-n", NAMESPACE, "bomgate-webhook-tls")["data"]["tls.crt"])
