"""The dashboard as code: ``python -m tests.alerts.dashboard`` rewrites charts/bomgate/files/dashboard.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.alerts.panels import Panel
from tests.alerts.rows import ROWS

FILE = Path(__file__).resolve().parents[2] / "charts" / "bomgate" / "files" / "dashboard.json"
_WIDTH, _HEIGHT, _STAT_HEIGHT = 24, 8, 4
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    namespaces = {
        "name": "namespace",
        "label": "Namespace",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": "label_values(bomgate_build_info, namespace)", "refId": "namespaces"},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "bomgate",
        "title": "bomgate",
        "description": "What bomgate decides, what runs, what is known, and whether it works.",
        "tags": ["bomgate"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, namespaces]},
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS:
        number += 1
        place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        top, left, height = top + 1, 0, 0
        for panel in panels:
            if left + panel.width > _WIDTH:
                top, left = top + height, 0
            number += 1
            height = _STAT_HEIGHT if panel.stat else _HEIGHT
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": height})
            left += panel.width
        top += height


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.stat:
        steps = [{"color": color, "value": value} for value, color in panel.stat]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    return {
        "id": number,
        "type": "stat" if panel.stat else "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(65 + index), "datasource": _SOURCE, "expr": expression, "legendFormat": legend or "__auto"}
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


def queries() -> list[str]:
    """Every expression, with what Grafana would put in place of its variables."""
    return [
        expression.replace("$namespace", ".*").replace("$__rate_interval", "5m")
        for _, panels in ROWS
        for panel in panels
        for expression, _ in panel.queries
    ]


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
