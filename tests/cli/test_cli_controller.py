"""``bomgate controller`` and ``bomgate unregister`` on a double of the API server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cli.installation import Installation
from tests.doubles.versions import VersionedServer
from tests.e2e.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
def server() -> Iterator[VersionedServer]:
    with VersionedServer() as running:
        running.answers[REVIEWS] = (201, {"status": {"allowed": True}})
        yield running


def register(server: VersionedServer) -> None:
    service = {"namespace": "bomgate", "name": "bomgate-webhook"}
    content = {"metadata": {"name": "bomgate"}, "webhooks": [{"name": "a", "clientConfig": {"service": service}}]}
    server.put(VALIDATING, "", content)


def in_cluster(bomgate: Installation, server: VersionedServer, **groups: Any) -> Installation:
    """An installation that finds the double as its cluster."""
    kubeconfig = server.kubeconfig(bomgate.folder / "kubeconfig")
    bomgate.configure(kube={"kubeconfig": str(kubeconfig), "namespace": "bomgate"}, **groups)
    return bomgate


# -- unregister ---------------------------------------------------------------------------------------------------


def test_unregister_says_what_it_deleted_and_is_harmless_when_all_is_gone(
    bomgate: Installation, server: VersionedServer
) -> None:
    register(server)
    in_cluster(bomgate, server)
    ran = bomgate.ok("unregister", "--yes")
    assert (ran.out, ran.err) == ("deleted ValidatingWebhookConfiguration bomgate\n", "")
    assert server.kept("validatingwebhookconfigurations") == []
    ran = bomgate.ok("unregister", "--yes")
    assert (ran.out, ran.err) == ("", "No webhook configuration is named bomgate; nothing was deleted.\n")
    assert not (bomgate.folder / "bomgate.db").exists(), "the database is not needed"


def test_unregister_asks_and_does_nothing_where_nobody_can_answer(
    bomgate: Installation, server: VersionedServer
) -> None:
    register(server)
    in_cluster(bomgate, server)
    ran = bomgate.run("unregister")
    assert ran.code == 2
    assert "What to do: Say so with --yes." in ran.err
    assert len(server.kept("validatingwebhookconfigurations")) == 1


def test_unregister_takes_other_names(bomgate: Installation, server: VersionedServer) -> None:
    register(server)
    in_cluster(bomgate, server)
    ran = bomgate.ok("unregister", "--yes", "--name", "one", "--name", "two")
    assert ran.err == "No webhook configuration is named one, two; nothing was deleted.\n"
    assert len(server.kept("validatingwebhookconfigurations")) == 1


def test_unregister_names_the_right_that_is_missing(bomgate: Installation, server: VersionedServer) -> None:
    in_cluster(bomgate, server)
    server.answers[f"{VALIDATING}/bomgate"] = (403, {"message": "forbidden"})
    ran = bomgate.run("unregister", "--yes")
    assert ran.code == 3
    assert "bomgate may not delete validatingwebhookconfigurations" in ran.err


# -- controller ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"controller": {"leaseSeconds": 1}}, "controller.leaseSeconds is 1"),
        ({"certificates": {"manage": True, "leafDays": 0.1}}, "certificates.leafDays is 0.1"),
        ({"controller": {"listen": "nowhere"}}, "'nowhere' is not host:port"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    bomgate: Installation, server: VersionedServer, groups: dict[str, Any], words: str
) -> None:
    in_cluster(bomgate, server, **groups)
    ran = bomgate.run("controller", "--listen", groups.get("controller", {}).get("listen", "127.0.0.1:0"))
    assert ran.code == 2
    assert words in ran.err


def test_outside_of_a_cluster_it_says_what_is_missing(bomgate: Installation, server: VersionedServer) -> None:
    kubeconfig = server.kubeconfig(bomgate.folder / "kubeconfig")
    bomgate.configure(kube={"kubeconfig": str(kubeconfig)})
    ran = bomgate.run("controller", "--listen", "127.0.0.1:0")
    assert ran.code == 2
    assert "Set kube.namespace" in ran.err


def test_a_controller_leads_and_ends_with_a_signal(bomgate: Installation, server: VersionedServer) -> None:
    register(server)
    in_cluster(bomgate, server, certificates={"manage": True})
    log = bomgate.folder / "log"
    command = [sys.executable, "-m", "webhook", "controller", "--listen", "127.0.0.1:0", "--config", bomgate.config]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, env=environment, cwd=bomgate.folder)
    try:
        url = listening(log, process)
        wait_until(lambda: requests.get(f"{url}/readyz", timeout=10).text == "leads\n", 30, "leading")
        wait_until(lambda: server.kept("secrets"), 30, "certificates")
        assert requests.get(f"{url}/healthz", timeout=10).text == "ok\n"
        assert "bomgate_leader 1.0" in requests.get(f"{url}/metrics", timeout=10).text
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    (lease,) = server.kept("leases")
    assert lease["spec"]["holderIdentity"] == ""
    assert "PRIVATE KEY" not in log.read_text()


def listening(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The address that a controller says it listens on."""

    def found() -> str:
        assert process.poll() is None, log.read_text()
        return log.read_text().partition('"url":"')[2].partition('"')[0]

    return str(wait_until(found, 30, "the address in the log"))
