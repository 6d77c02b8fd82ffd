"""What the chart makes of the alerts and of the dashboard: the files, whole and unchanged."""

from __future__ import annotations

import json
from typing import Any

from tests.alerts.dashboard import dashboard
from tests.alerts.rules import RUNBOOKS, shipped
from tests.chart.rendering import MONITORING, objects, render


def rule(values: dict[str, Any] | None = None) -> dict[str, Any]:
    """The PrometheusRule of the chart."""
    found: dict[str, Any] = objects(render(values, apis=MONITORING))["PrometheusRule", "bomgate"]
    return found


def test_the_alerts_are_on_where_the_cluster_knows_them_without_any_value() -> None:
    assert rule()["spec"] == shipped()
    assert ("PrometheusRule", "bomgate") not in objects(render())


def test_every_runbook_is_below_the_address_that_was_given() -> None:
    made = rule({"prometheusRule": {"runbookUrl": "https://docs.example.com/bomgate/"}})
    alerts = [item for group in made["spec"]["groups"] for item in group["rules"] if "alert" in item]
    originals = [item for group in shipped()["groups"] for item in group["rules"] if "alert" in item]
    for alert, original in zip(alerts, originals, strict=True):
        name = original["annotations"]["runbook_url"].removeprefix(RUNBOOKS)
        assert alert["annotations"]["runbook_url"] == f"https://docs.example.com/bomgate/{name}"


def test_the_dashboard_arrives_as_it_is() -> None:
    found = objects(render(apis=MONITORING))["ConfigMap", "bomgate-dashboard"]
    assert json.loads(found["data"]["bomgate.json"]) == dashboard()
