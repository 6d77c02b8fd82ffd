"""The audit of what runs: events, reports, metrics, and ``bomgate readiness`` from outside, which say the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest
import yaml

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN
from tests.e2e.chart.installation import Installation
from tests.e2e.chart.users import create_role, grant
from tests.e2e.manifests import deployment
from tests.e2e.product import Bomgate

NewNamespace = Callable[..., str]


def report_definition(group: str, version: str, kind: str) -> dict[str, Any]:
    """A definition of reports that takes whatever is written into them, as the real ones do for all that is used."""
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        # Groups below k8s.io may be defined only with a word about who approved them.
        "metadata": {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, a test"}},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [served],
        },
    }


@pytest.fixture(scope="module")
def reports(installation: Installation) -> Iterator[str]:
    """The cluster knows PolicyReports; their plural."""
    definition = report_definition("wgpolicyk8s.io", "v1alpha2", "PolicyReport")
    ran = installation.cluster.kubectl("apply", "-f", "-", manifest=definition)
    assert ran.code == 0, ran.err
    yield "policyreports"
    assert installation.cluster.kubectl("delete", "crd", "policyreports.wgpolicyk8s.io").code == 0


@pytest.fixture(scope="module")
def shop(installation: Installation, new_namespace: NewNamespace, reports: str) -> str:
    """A namespace that only warns, with a workload of each verdict."""
    namespace = new_namespace("warn")
    apps = kubernetes.client.AppsV1Api(installation.cluster.client)
    for name, image in (("blocked", BLOCKED), ("caution", CAUTION), ("clean", CLEAN)):
        manifest = deployment(namespace, name, image)
        answer = call(apps.create_namespaced_deployment_with_http_info, namespace, manifest)
        assert answer.allowed, answer.message
    return namespace


@pytest.fixture(scope="module")
def audited(installation: Installation, shop: str, operator: Bomgate) -> Iterator[None]:
    """What is known has changed, so everything that runs is judged again."""
    operator.run("assess", "CVE-2026-10004", "--type", "Caution", "--comment", "an occasion", "--days", "1")
    try:
        installation.kubelet.wait(lambda: len(listed(installation, shop)) == 3, 30, "three reports")
        yield
    finally:
        operator.run("assess", "CVE-2026-10004", "--clear", "--comment", "over")


def listed(installation: Installation, namespace: str) -> list[Any]:
    """The reports of a namespace."""
    found: list[Any] = installation.get("policyreports", namespace=namespace)
    return found


def object_names(installation: Installation, namespace: str) -> dict[str, str]:
    """UID → name of each Deployment."""
    found = installation.get("deployments", namespace=namespace)
    return {item["metadata"]["uid"]: item["metadata"]["name"] for item in found}


@pytest.mark.usefixtures("audited")
def test_each_workload_has_a_report_that_belongs_to_it(installation: Installation, shop: str) -> None:
    names = object_names(installation, shop)
    reports = {names[item["metadata"]["name"]]: item for item in listed(installation, shop)}
    assert set(reports) == {"blocked", "caution", "clean"}
    assert reports["blocked"]["summary"]["fail"] >= 1
    assert reports["caution"]["summary"]["warn"] >= 1
    assert reports["clean"]["summary"].get("fail", 0) == 0
    (owner,) = reports["blocked"]["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("Deployment", "blocked")
    assert "CVE-2026-10001" in json.dumps(reports["blocked"]["results"])


@pytest.mark.usefixtures("audited")
def test_the_workloads_to_worry_about_have_events(installation: Installation, shop: str) -> None:
    def told() -> dict[str, str]:
        events = installation.get("events", namespace=shop)
        ours = {
            event["involvedObject"]["name"]: event["reason"]
            for event in events
            if event["reason"].startswith("Bomgate")
        }
        return ours if len(ours) == 2 else {}

    assert installation.kubelet.wait(told, 30, "two events") == {
        "blocked": "BomgateWouldBeDenied",
        "caution": "BomgateCaution",
    }


@pytest.mark.usefixtures("audited")
def test_the_metrics_count_what_would_be_warned_of(installation: Installation) -> None:
    installation.kubelet.wait(
        lambda: installation.metric("controller", "bomgate_audit_workloads", action="warn") >= 2, 20, "the metric"
    )


@pytest.mark.usefixtures("audited")
def test_readiness_says_the_same_from_outside_with_the_rights_of_a_viewer(
    installation: Installation, shop: str, operator: Bomgate, tmp_path: Path
) -> None:
    kubeconfig = viewer(installation, tmp_path)
    environment = {"BOMGATE_KUBE_KUBECONFIG": str(kubeconfig)}
    arguments = ("readiness", "--enforce-all", "--namespace", shop)
    said = json.loads(operator.run(*arguments, "--output", "json", environment=environment, code=1).out)
    assert said["sentence"].startswith("If you enforce now, 1 workload in 1 namespace would be denied")
    assert actions(said, shop) == {"blocked": "deny", "caution": "warn"}
    assert "If you enforce now" in operator.run(*arguments, environment=environment, code=1).out


def actions(said: Any, namespace: str) -> dict[str, str]:
    """What the workloads of a namespace would get, those that would be admitted without a word left out."""
    (found,) = [item for item in said["namespaces"] if item["namespace"] == namespace]
    return {item["name"]: item["action"] for item in found["workloads"]}


def viewer(installation: Installation, folder: Path) -> Path:
    """A kubeconfig of somebody who may look at everything that ``view`` shows, and at nothing else."""
    core, home = kubernetes.client.CoreV1Api(installation.cluster.client), "default"
    core.create_namespaced_service_account(home, {"metadata": {"name": "vera"}})
    user = f"system:serviceaccount:{home}:vera"
    grant(installation.cluster, user, "view")
    grant(
        installation.cluster, user, create_role(installation.cluster, "namespaces-viewer", "", ["namespaces"], ["list"])
    )
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token("vera", home, request).status.token
    document = yaml.safe_load(installation.cluster.kubeconfig.read_text())
    document["users"] = [{"name": "admin", "user": {"token": token}}]
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(document))
    return file
