"""The audit by a running controller in a real cluster: every kind of workload, events, reports; and readiness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.certificates import Authority
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN, digest
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import WORKLOADS, deployment, pod, workload
from tests.e2e.processes import free_port, wait_until
from tests.e2e.product import Bomgate
from tests.e2e.reading import at
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.reportkinds import POLICY_REPORTS, REPORTS

pytestmark = pytest.mark.usefixtures("controllers")
KINDS = [kind for kind in WORKLOADS if kind != "PodTemplate"]
NAMESPACE = "audited"
POLICY_REPORTS_AT = "/apis/wgpolicyk8s.io/v1alpha2/policyreports"
REPORTS_AT = "/apis/openreports.io/v1alpha1/reports"
SECONDS = 90.0
"""Longest wait for what takes two or three; a machine that does much else takes longer."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def bomgate(
    cluster: Cluster, authority: Authority, seed: Bomgate, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Bomgate:
    """An installation that audits whenever something changed, and every few seconds."""
    settings = {
        "kube": {"kubeconfig": str(cluster.kubeconfig), "namespace": "default"},
        "audit": {"minSeconds": 1, "periodMinutes": 0.03, "writesPerSecond": 500},
        "policy": {"breakGlass": False},
        "controller": {"urgentComponents": 0, "listen": f"127.0.0.1:{port}"},
    }
    made = Bomgate("audit", tmp_path_factory.mktemp("audit") / "audit", authority, settings)
    seed.copy_database(made)
    return made


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> str:
    """A namespace that no webhook is asked about, with a workload of each kind that would be denied, and others."""
    name = cluster.create_namespace(NAMESPACE, {INSTANCE_LABEL: "audit"})
    for kind in KINDS:
        manifest = workload(kind, name, f"bad-{kind.lower()}", BLOCKED)
        if kind == "Job":
            manifest["spec"]["suspend"] = True  # else its Pod ends at once, and with it the Job
        create(cluster, manifest)
    create(cluster, pod(name, "bad-pod", BLOCKED))
    create(cluster, deployment(name, "risky", CAUTION), deployment(name, "good", CLEAN))
    return name


@pytest.fixture(scope="module")
def auditing(cluster: Cluster, bomgate: Bomgate, shop: str) -> Iterator[None]:
    """PolicyReports can be written, and the controller runs."""
    create(cluster, POLICY_REPORTS)
    process = bomgate.controller()
    try:
        wait_until(
            lambda: not process.running or len(reports(cluster)) == len(KINDS) + 3,
            SECONDS,
            "a report for each workload",
            0.3,
        )
        assert process.running
        yield
    except (TimeoutError, AssertionError) as problem:
        raise AssertionError(f"{problem}\n{process.tail(40)}") from problem
    finally:
        process.stop()
        cluster.kubectl(
            "delete", "crd", *(entry["metadata"]["name"] for entry in (POLICY_REPORTS, REPORTS)), "--wait=false"
        )


def create(cluster: Cluster, *manifests: dict[str, Any]) -> None:
    ran = cluster.kubectl("apply", "-f", "-", manifest=list(manifests))
    assert ran.code == 0, ran.err


def items(cluster: Cluster, place: str, namespace: str = NAMESPACE) -> list[Any]:
    root, _, plural = place.rpartition("/")
    found: list[Any] = at(cluster, f"{root}/namespaces/{namespace}/{plural}").get("items", [])
    return found


def reports(cluster: Cluster, place: str = POLICY_REPORTS_AT) -> dict[str, Any]:
    """The reports about each workload, by kind and name."""
    return {f"{item['scope']['kind']}/{item['scope']['name']}": item for item in items(cluster, place)}


def ours(cluster: Cluster) -> dict[str, str]:
    """Reason of bomgate's newest event about each workload, by kind and name."""
    events = [item for item in items(cluster, "/api/v1/events") if item["reason"].startswith("Bomgate")]
    return {
        f"{event['involvedObject']['kind']}/{event['involvedObject']['name']}": event["reason"]
        for event in sorted(events, key=lambda event: event["lastTimestamp"])
    }


def expected() -> dict[str, str]:
    bad = {f"{kind}/bad-{kind.lower()}": "BomgateWouldBeDenied" for kind in [*KINDS, "Pod"]}
    return {**bad, "Deployment/risky": "BomgateCaution"}


@pytest.mark.usefixtures("auditing")
def test_each_workload_to_worry_about_has_an_event_on_its_top_owner(cluster: Cluster) -> None:
    wait_until(lambda: ours(cluster) == expected(), SECONDS, "the events", 0.3)
    shown = cluster.kubectl("get", "events", "-n", NAMESPACE, "--field-selector", "reason=BomgateWouldBeDenied")
    assert "CVE-2026-10001" in shown.out
    described = cluster.kubectl("describe", "deployment", "bad-deployment", "-n", NAMESPACE).out
    assert "BomgateWouldBeDenied" in described
    assert "those that run stay" in described


@pytest.mark.usefixtures("auditing")
def test_each_workload_has_a_report_that_the_real_kind_takes(cluster: Cluster) -> None:
    found = reports(cluster)
    assert set(found) == {*expected(), "Deployment/good"}
    worst = found["Deployment/bad-deployment"]
    assert worst["summary"] == {"pass": 0, "fail": 1, "warn": 1, "error": 0, "skip": 0}
    assert (worst["results"][0]["rule"], worst["results"][0]["severity"]) == ("CVE-2026-10001", "critical")
    assert worst["metadata"]["name"] == worst["scope"]["uid"]
    assert found["Deployment/good"]["summary"]["pass"] == 1


@pytest.mark.usefixtures("auditing")
def test_an_assessment_changes_reports_and_events_of_those_it_is_about(cluster: Cluster, bomgate: Bomgate) -> None:
    before = reports(cluster)["Deployment/good"]["metadata"]["resourceVersion"]
    bomgate.run("assess", "CVE-2026-10003", "--type", "Blocked", "--comment", "no more", "--author", "ada")
    wait_until(lambda: ours(cluster)["Deployment/risky"] == "BomgateWouldBeDenied", SECONDS, "another event", 0.3)
    wait_until(lambda: reports(cluster)["Deployment/risky"]["summary"]["fail"] == 1, SECONDS, "another report", 0.3)
    bomgate.run("assess", "CVE-2026-10003", "--clear", "--comment", "over", "--author", "ada")
    wait_until(lambda: reports(cluster)["Deployment/risky"]["summary"]["fail"] == 0, SECONDS, "the former report", 0.3)
    assert reports(cluster)["Deployment/good"]["metadata"]["resourceVersion"] == before


@pytest.mark.usefixtures("auditing")
def test_the_digest_that_runs_counts_and_not_the_tag(cluster: Cluster, core: kubernetes.client.CoreV1Api) -> None:
    create(cluster, pod(NAMESPACE, "by-tag", "registry.example/shop/moved:1"))
    status = {"name": "c0", "image": "x", "imageID": f"registry.example/shop/moved@{digest('blocked')}"}
    status |= {"ready": True, "restartCount": 0, "started": True, "state": {"running": {}}}
    wait_until(lambda: core.read_namespaced_pod("by-tag", NAMESPACE).status.phase == "Running", SECONDS, "the Pod", 0.2)
    core.patch_namespaced_pod_status("by-tag", NAMESPACE, {"status": {"containerStatuses": [status]}})
    wait_until(lambda: ours(cluster).get("Pod/by-tag") == "BomgateWouldBeDenied", SECONDS, "its event", 0.3)
    assert cluster.kubectl("delete", "pod", "by-tag", "-n", NAMESPACE, "--grace-period=0", "--force").code == 0
    wait_until(lambda: "Pod/by-tag" not in reports(cluster), SECONDS, "its report gone", 0.3)


@pytest.mark.usefixtures("auditing")
def test_where_nothing_is_looked_at_any_more_reports_go(cluster: Cluster) -> None:
    other = cluster.create_namespace("audited-for-a-while", {INSTANCE_LABEL: "audit"})
    create(cluster, deployment(other, "bad", BLOCKED))
    wait_until(lambda: len(items(cluster, POLICY_REPORTS_AT, other)) == 1, SECONDS, "its report", 0.3)
    assert cluster.kubectl("label", "namespace", other, "bomgate.dev/enforce=off").code == 0
    wait_until(lambda: items(cluster, POLICY_REPORTS_AT, other) == [], SECONDS, "no report", 0.3)


@pytest.mark.usefixtures("auditing")
def test_the_metrics_say_what_was_found(port: int) -> None:
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    by_action: dict[str, float] = {}
    for sample in samples:
        if sample.name == "bomgate_audit_workloads":
            by_action[sample.labels["action"]] = by_action.get(sample.labels["action"], 0) + sample.value
    assert by_action["deny"] >= len(KINDS) + 1
    assert by_action["warn"] >= 1
    written = [
        sample.value
        for sample in samples
        if sample.name == "bomgate_reports_total" and sample.labels["result"] == "failed"
    ]
    assert sum(written) == 0


@pytest.mark.usefixtures("auditing")
def test_where_the_successor_is_served_it_is_written(cluster: Cluster) -> None:
    create(cluster, REPORTS)
    count = len(KINDS) + 3
    wait_until(lambda: len(reports(cluster, REPORTS_AT)) == count, SECONDS, "a Report for each", 0.3)
    (source,) = {report["source"] for report in reports(cluster, REPORTS_AT).values()}
    assert source == "bomgate"


def test_readiness_says_what_would_be_denied_and_exits_so(bomgate: Bomgate, shop: str) -> None:
    ran = bomgate.run("readiness", "--namespace", shop, code=1)
    first = ran.out.splitlines()[0]
    assert first.startswith(
        f"If you enforce now, {len(KINDS) + 1} workloads in 1 namespace would be denied, 1 would get"
    )
    assert "bomgate assess" in ran.out


def test_readiness_with_other_settings_judges_by_them_and_finds_the_cluster_as_kubectl_does(
    bomgate: Bomgate, shop: str, cluster: Cluster, authority: Authority, tmp_path: Path
) -> None:
    types = [{"name": name, "action": "warn"} for name in ("Ignore", "Caution", "Blocked")]
    database = {"url": f"sqlite:///{bomgate.database}"}
    new = Bomgate("audit-new", tmp_path / "new", authority, {"database": database, "assessmentTypes": types})
    ran = new.run("readiness", "--namespace", shop, environment={"KUBECONFIG": str(cluster.kubeconfig)})
    assert ran.out.splitlines()[0].startswith("If you enforce now, no workload would be denied")


def test_readiness_names_namespaces_labelled_deny_that_the_registration_leaves_out(
    cluster: Cluster, bomgate: Bomgate, tmp_path: Path
) -> None:
    """By the selectors and conditions that the API server has, also where a namespace has no workload."""
    for name, labels in (("left-out", {}), ("narrowed", {"team": "narrowed"}), ("whole", {"team": "whole"})):
        cluster.create_namespace(name, {**labels, "bomgate.dev/enforce": "deny", INSTANCE_LABEL: "audit"})

    def entry(team: str, **more: Any) -> dict[str, Any]:
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["podtemplates"], "operations": ["CREATE"]}
        return {
            "name": f"{team}.bomgate.dev",
            "clientConfig": {"url": "https://127.0.0.1:1/validate"},
            "rules": [rule],
            "namespaceSelector": {"matchLabels": {"team": team}},
            "failurePolicy": "Ignore",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            **more,
        }

    entries = [entry("narrowed", objectSelector={"matchLabels": {"judged": "yes"}}), entry("whole")]
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "left-out"},
        "webhooks": entries,
    }
    create(cluster, configuration)
    try:
        settings = {
            "database": {"url": f"sqlite:///{bomgate.database}"},
            "certificates": {"configurations": ["left-out"]},
        }
        new = Bomgate("left-out", tmp_path / "new", bomgate.authority, settings)
        names = [part for name in ("left-out", "narrowed", "whole") for part in ("--namespace", name)]
        ran = new.run("readiness", *names, environment={"KUBECONFIG": str(cluster.kubeconfig)})
    finally:
        cluster.kubectl("delete", "validatingwebhookconfiguration", "left-out")
    assert "- left-out: no namespaceSelector selects it" in ran.out
    assert (
        "- narrowed: only objects with certain labels are checked, by the objectSelector of narrowed.bomgate.dev"
        in ran.out
    )
    assert "- whole:" not in ran.out
