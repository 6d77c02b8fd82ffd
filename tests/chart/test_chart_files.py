"""What the chart takes from files as they are: alerts, dashboard and custom resource definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.chart.rendering import MONITORING, objects, render
from tests.chart.sets import DATABASE
from tests.chart.values import CHART

FILES = CHART / "files"
Key = tuple[str, str]


def test_the_alerts_are_on_where_the_cluster_knows_them() -> None:
    rule = objects(render(DATABASE, apis=MONITORING))["PrometheusRule", "bomgate"]
    assert rule["spec"] == yaml.load((FILES / "alerts.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.mark.parametrize("key", [("PrometheusRule", "bomgate"), ("ServiceMonitor", "bomgate")], ids=str)
def test_what_the_cluster_does_not_know_or_nobody_wants_is_left_out(key: Key) -> None:
    off = {"prometheusRule": {"enabled": False}, "serviceMonitor": {"enabled": False}}
    assert key in objects(render(DATABASE, apis=MONITORING))
    assert key not in objects(render(DATABASE))
    assert key not in objects(render({**DATABASE, **off}, apis=MONITORING))


def test_metrics_are_scraped_at_ports_that_the_services_have() -> None:
    hub = {"mode": "hub", "hub": {"signingKeySecret": "key", "tlsSecret": "tls"}}
    rendered = objects(render({**DATABASE, "console": {"enabled": True}, "fleet": hub}, apis=MONITORING))
    monitor = rendered["ServiceMonitor", "bomgate"]["spec"]
    components = ["webhook", "controller", "console", "hub"]
    assert monitor["selector"]["matchExpressions"][0]["values"] == components
    for component in components:  # other clusters reach the hub's first Service, which is for members alone
        service = rendered["Service", f"bomgate-{component}{'-metrics' * (component == 'hub')}"]
        assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert monitor["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]


def test_the_dashboard_is_the_one_of_the_file_with_the_label_that_grafana_looks_for() -> None:
    found = objects(render(DATABASE))["ConfigMap", "bomgate-dashboard"]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["bomgate.json"]) == json.loads((FILES / "dashboard.json").read_text("utf-8"))


@pytest.mark.parametrize("path", sorted((FILES / "crds").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_definition_is_upgraded_with_the_chart_and_outlives_it(path: Any) -> None:
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    name = given["metadata"]["name"]
    found = objects(render(DATABASE))["CustomResourceDefinition", name]
    assert found["spec"] == given["spec"]
    assert found["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert ("CustomResourceDefinition", name) not in objects(render({**DATABASE, "crds": {"install": False}}))
