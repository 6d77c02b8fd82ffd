"""The console that the chart installs: it runs as its ServiceAccount, and the chart's Roles count in it."""

from __future__ import annotations

import kubernetes.client
import requests

from tests.e2e import catalogue
from tests.e2e.chart.conftest import NewNamespace
from tests.e2e.chart.consoles import call_console, new_token
from tests.e2e.chart.installation import NAMESPACE, Installation
from tests.e2e.chart.users import grant


def bind(installation: Installation, account: str, role: str) -> str:
    """Give a new ServiceAccount a role everywhere; its token."""
    token = new_token(installation, account)
    grant(installation.cluster, f"system:serviceaccount:{NAMESPACE}:{account}", role)
    installation.kubelet.wait(lambda: call_console(installation, "workloads", token).status_code == 200, 60, "the role")
    return token


def test_a_role_of_the_chart_lets_a_program_look_and_another_one_decide(installation: Installation) -> None:
    viewer, triager = (bind(installation, f"a-{role}", f"bomgate-{role}") for role in ("viewer", "triager"))
    images = call_console(installation, "images", viewer).json()["items"]
    assert {image["digest"] for image in images} >= {catalogue.digest(image) for image in catalogue.CONTENTS}
    decision = {"vulnerabilities": ["CVE-2026-10003"], "type": "Caution", "comment": "looked at", "days": 1}
    refused = call_console(installation, "decisions", viewer, {**decision, "dryRun": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    done = call_console(installation, "decisions", triager, {**decision, "override": True})
    assert done.status_code == 200, done.text
    core = kubernetes.client.CoreV1Api(installation.cluster.client)
    events = [event for event in core.list_namespaced_event(NAMESPACE).items if event.reason == "BomgateDecided"]
    assert any(done.json()["batch"] in event.message and "a-triager" in event.message for event in events)
    lines = call_console(installation, "audit", triager).json()["items"]
    assert lines[0]["actor"] == f"system:serviceaccount:{NAMESPACE}:a-triager"
    undone = call_console(installation, f"batches/{done.json()['batch']}/undo", triager, {})
    assert undone.status_code == 200, undone.text


def test_a_run_that_somebody_begins_is_a_job_of_the_downloader_and_no_other_job_can_be_made(
    installation: Installation,
) -> None:
    token = bind(installation, "an-admin", "bomgate-admin")
    begun = call_console(installation, "runs", token, {})
    assert begun.status_code == 202, begun.text
    name = begun.json()["started"].removeprefix("Job ")
    batch = kubernetes.client.BatchV1Api(installation.cluster.client)
    job, cron = (
        batch.read_namespaced_job(name, NAMESPACE),
        batch.read_namespaced_cron_job("bomgate-download", NAMESPACE),
    )
    assert job.spec.template.spec == cron.spec.job_template.spec.template.spec
    assert job.metadata.owner_references[0].name == "bomgate-download"
    line = call_console(installation, "audit", token).json()["items"][0]
    assert (line["actor"], line["action"]) == (f"system:serviceaccount:{NAMESPACE}:an-admin", "start-run")
    own = ("--as", f"system:serviceaccount:{NAMESPACE}:bomgate-console", "-n", NAMESPACE)
    other = installation.cluster.kubectl("create", "job", "other", "--image=registry.example/x", *own)
    assert other.code != 0 and "no Job but those of the downloader" in other.err
    ours = installation.cluster.kubectl("create", "job", "by-hand", "--image=registry.example/x", "-n", NAMESPACE)
    assert ours.code == 0, ours.err
    installation.cluster.kubectl("delete", "job", "by-hand", "-n", NAMESPACE, "--wait=false")


def test_what_watches_the_console_asks_another_port(installation: Installation) -> None:
    (pod,) = installation.ready("console")
    metrics = requests.get(f"http://{pod.places.address}:{pod.port(9090)}/metrics", timeout=10)
    assert metrics.status_code == 200
    assert call_console(installation).status_code == 401
    session = requests.Session()
    session.trust_env, session.verify = False, str(installation.folder / "console-ca.pem")
    with session:
        for path in ("metrics", "healthz"):
            assert session.get(f"https://localhost:{pod.port(8443)}/{path}", timeout=10).status_code in (401, 404)


def test_who_may_view_a_namespace_sees_what_runs_there(installation: Installation, new_namespace: NewNamespace) -> None:
    namespace = new_namespace()
    token, user = new_token(installation, "dev", namespace), f"system:serviceaccount:{namespace}:dev"
    assert call_console(installation, "workloads", token).status_code == 403
    grant(installation.cluster, user, "bomgate-viewer", namespace)
    # `can-i VERB RESOURCE` asks about another resource where the server knows no such kind; `--list` tells of all.
    asked = ("auth", "can-i", "--list", "-n", namespace, "--as", user)
    listed = [line.split() for line in installation.cluster.kubectl(*asked).out.splitlines()]
    assert ["workloads.bomgate.dev", "[]", "[]", "[get", "list]"] in listed
    assert "audit.bomgate.dev" not in [line[0] for line in listed if line]
