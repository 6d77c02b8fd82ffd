"""A real Prometheus scrapes a running webhook, and a real Alertmanager tells somebody what was found."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.alerts.dashboard import queries
from tests.alerts.monitoring import Monitoring, alertmanager_settings, documented, monitored, program
from tests.alerts.rules import FILE, expressions, promtool
from tests.certificates import Authority
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e import catalogue
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def webhook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bomgate]:
    """A webhook that runs, and that knows an image with a caution."""
    with OssIndexDouble(Behaviour(advisories=catalogue.ADVISORIES)) as double:
        settings = {"ossindex": {"url": double.url, "token": PAT}}
        made = Bomgate("watched", tmp_path_factory.mktemp("alerts") / "bomgate", Authority(), settings)
        documents = made.folder / "to-import"
        documents.mkdir()
        write_sbom(documents, catalogue.digest("caution"), catalogue.CONTENTS["caution"])
        made.run("sbom", "import", documents)
        made.run("download")
        made.start()
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def monitoring(webhook: Bomgate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    scrape = {"job_name": "bomgate", "static_configs": [{"targets": [webhook.metrics_address]}]}
    with monitored(tmp_path_factory.mktemp("monitoring"), scrape) as running:
        wait_until(running.all_targets_up, 20, "a scrape of every target", pause=0.1)
        yield running


def ask(webhook: Bomgate, image: str) -> dict[str, Any]:
    """Ask for a decision as the API server does; its answer."""
    manifest = pod("shop", "web", image)
    request = {
        "uid": str(uuid.uuid4()),
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {"username": "ann"},
        "object": manifest,
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    ca = webhook.folder / "ca.pem"
    ca.write_bytes(webhook.authority.pem)
    url = f"https://127.0.0.1:{webhook.port}/validate?timeout=5s"
    answer = requests.post(url, json=review, verify=str(ca), timeout=10)
    response: dict[str, Any] = answer.json()["response"]
    return response


def test_the_caution_alert_reaches_who_owns_images(webhook: Bomgate, monitoring: Monitoring) -> None:
    # The first one makes the series, which an increase is counted from.
    ask(webhook, catalogue.CAUTION)
    warned = 'bomgate_admission_requests_total{decision="warn"}'
    wait_until(lambda: monitoring.query(warned), 20, "a scrape of the first decision", pause=0.2)
    response = ask(webhook, catalogue.CAUTION)
    assert response["allowed"]
    assert "CVE-2026-10003" in response["warnings"][0]
    receiver, alert = monitoring.told("BomgateCautionsAdmitted")
    assert receiver == "image-owners"
    assert alert["labels"]["severity"] == "info"
    assert alert["annotations"]["summary"] == "Workloads with vulnerabilities were admitted with a warning."
    assert "requests of the last hour were allowed" in alert["annotations"]["description"]
    assert alert["annotations"]["runbook_url"] == "docs/runbooks/cautions-admitted.md"


def test_every_rule_is_evaluated_without_an_error(monitoring: Monitoring) -> None:
    groups = monitoring.get("rules")["groups"]
    found = [rule for group in groups for rule in group["rules"]]
    assert len(found) == len(list(expressions()))
    assert [(rule["name"], rule["lastError"]) for rule in found if rule.get("lastError")] == []


def test_every_query_of_the_dashboard_is_answered(monitoring: Monitoring) -> None:
    for query in queries():
        monitoring.query(query)
    ready = monitoring.query('sum(bomgate_webhook_ready{namespace=~".*"})')
    assert [sample["value"][1] for sample in ready] == ["1"], "a target without the label is shown, too"


def test_nothing_else_is_wrong_with_a_webhook_that_has_just_been_set_up(monitoring: Monitoring) -> None:
    expected = {
        "BomgateCautionsAdmitted",
        "BomgateNoLeader",  # there is no controller here
    }
    assert monitoring.firing() - expected == set()


def test_the_alert_that_the_webhook_is_down_reaches_who_is_on_call(webhook: Bomgate, monitoring: Monitoring) -> None:
    assert "BomgateWebhookDown" not in monitoring.firing()
    webhook.stop()
    receiver, alert = monitoring.told("BomgateWebhookDown")
    assert (receiver, alert["labels"]["severity"]) == ("on-call", "critical")


def test_the_documented_settings_of_prometheus_can_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_bytes(FILE.read_bytes())
    content = documented("prometheus.yml")
    for scrape in content["scrape_configs"]:
        for name in ("tls_config", "authorization"):  # they name files of a Pod
            scrape.pop(name, None)
        assert scrape.pop("kubernetes_sd_configs")  # which Debian's Prometheus is built without
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    done = promtool(tmp_path, "check", "config", "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("alert", "severity", "receiver"),
    [
        ("BomgateCautionsRunning", "warning", "image-owners"),
        ("BomgateBreakGlassUsed", "warning", "security"),
        ("BomgateWebhookDown", "critical", "on-call"),
        ("BomgateDenials", "info", "nobody"),
    ],
)
def test_the_documented_routes_lead_where_they_are_meant_to(
    alert: str, severity: str, receiver: str, tmp_path: Path
) -> None:
    for name, content in (
        ("as-shown.yml", documented("alertmanager.yml")),
        ("ours.yml", alertmanager_settings("http://x")),
    ):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
        command = [program("amtool", "prometheus-alertmanager"), "config", "routes", "test", f"--config.file={name}"]
        done = subprocess.run(
            [*command, f"alertname={alert}", f"severity={severity}"], capture_output=True, text=True, cwd=tmp_path
        )
        assert (done.returncode, done.stdout.strip()) == (0, receiver), done.stderr
