"""Prometheus scrapes the Pods of the chart and the API server, and the alert about running cautions arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import kubernetes.client
import pytest
import yaml

from tests.alerts.dashboard import queries
from tests.alerts.monitoring import Monitoring, monitored
from tests.e2e.answers import call
from tests.e2e.catalogue import CAUTION
from tests.e2e.chart.consoles import call_console
from tests.e2e.chart.installation import NAMESPACE, Installation
from tests.e2e.manifests import deployment
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate

NewNamespace = Callable[..., str]
BEGIN_WITH_AN_EVENT = (
    "bomgate_source_",
    "apiserver_admission_webhook_rejection_count",
    "apiserver_admission_webhook_fail_open_count",
    "bomgate_controller_duty_errors_total",
    "bomgate_mutations_total",
    "bomgate_refusals_total",
    "bomgate_notifications_failing_since",
    "bomgate_notifications_waiting",
    "bomgate_prune",
    "bomgate_fleet_",
)
"""Metrics that are not there before something has happened, or that only a fleet or an installation with such sources
has."""


def pods(installation: Installation, component: str) -> dict[str, Any]:
    """How to scrape the Pods of a component, with the labels that a ServiceMonitor gives."""
    targets = [
        {"targets": [f"{pod.places.address}:{pod.port(9090)}"], "labels": {"namespace": NAMESPACE}}
        for pod in installation.ready(component)
    ]
    return {"job_name": f"bomgate-{component}", "static_configs": targets}


def api_server(installation: Installation) -> dict[str, Any]:
    """How to scrape the API server."""
    cluster = installation.cluster
    known = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    return {
        "job_name": "apiserver",
        "scheme": "https",
        "authorization": {"credentials": known["users"][0]["user"]["token"]},
        "tls_config": {"ca_file": str(cluster.certificate)},
        "static_configs": [{"targets": [cluster.url.removeprefix("https://")]}],
    }


@pytest.fixture(scope="module")
def monitoring(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    call_console(installation)
    scrapes = (*(pods(installation, name) for name in ("webhook", "controller", "console")), api_server(installation))
    with monitored(tmp_path_factory.mktemp("monitoring"), *scrapes) as running:
        wait_until(running.all_targets_up, 30, "a scrape of every target", pause=0.2)
        yield running


def test_the_alert_that_cautions_run_reaches_who_owns_images(
    installation: Installation, monitoring: Monitoring, new_namespace: NewNamespace, operator: Bomgate
) -> None:
    namespace = new_namespace("deny")
    apps = kubernetes.client.AppsV1Api(installation.cluster.client)
    answer = call(apps.create_namespaced_deployment_with_http_info, namespace, deployment(namespace, "web", CAUTION))
    assert answer.allowed, answer.message
    assert "CVE-2026-10003" in answer.warnings[0]
    # What is known has changed, so everything that runs is judged again; else it would be within the hour.
    operator.run("assess", "CVE-2026-10005", "--type", "Caution", "--comment", "an occasion", "--days", "1")
    receiver, alert = monitoring.told("BomgateCautionsRunning", seconds=90)
    assert receiver == "image-owners"
    assert alert["labels"] == {"alertname": "BomgateCautionsRunning", "severity": "warning", "namespace": NAMESPACE}
    assert alert["annotations"]["description"].partition(" ")[2].startswith("running workloads have vulnerabilities")


def test_the_api_server_measures_the_webhook_under_the_names_that_the_rules_ask_for(monitoring: Monitoring) -> None:
    duration = 'apiserver_admission_webhook_admission_duration_seconds_bucket{name=~".+[.]bomgate[.]dev", le="+Inf"}'
    wait_until(lambda: monitoring.query(duration), 30, "a call that the API server has measured", pause=0.2)
    names = {sample["metric"]["name"] for sample in monitoring.query(duration)}
    assert names <= {"enforced.bomgate.dev", "watched.bomgate.dev"}


def test_an_installation_that_works_has_no_alert_of_its_own_working(monitoring: Monitoring) -> None:
    wrong = {
        "BomgateWebhookDown",
        "BomgateWebhookSlow",
        "BomgateNoLeader",
        "BomgateRbacGaps",
        "BomgateDutyFailing",
        "BomgateAuditStale",
        "BomgateCertificateExpiring",
        "BomgateCertificateAuthorityExpiring",
        "BomgateCustomResourcesInvalid",
        "BomgateDownloadFailed",
        "BomgateOutOfCredits",
    }
    # What is absent before the first scrape of every Pod fires until then, as each rule waits for nothing here.
    wait_until(lambda: not monitoring.firing() & wrong, 60, f"none of {sorted(wrong)} to fire", pause=0.2)
    wait_until(lambda: len(monitoring.query("bomgate_leader == 1")) == 1, 30, "one leader", pause=0.2)
    for name in ("bomgate_certificate_authority_expiry_timestamp_seconds", "bomgate_assessments_opening"):
        wait_until(lambda name=name: monitoring.query(name), 30, name, pause=0.2)


def test_the_dashboard_shows_something_in_every_panel_that_needs_no_trouble(monitoring: Monitoring) -> None:
    quiet = [query for query in queries() if not any(name in query for name in BEGIN_WITH_AN_EVENT)]
    for query in quiet:  # a rate takes two scrapes, which a busy machine makes late
        wait_until(lambda query=query: monitoring.query(query), 30, query, pause=0.2)
