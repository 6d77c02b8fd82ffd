"""Rules and dashboard use only what exists, and what is defined is written somewhere."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.dashboard import FILE, queries, text
from tests.alerts.rules import ROOT, expressions, promtool, rules
from webhook.telemetry import DEFINITIONS

TARGET = {"cluster", "namespace", "job", "instance"}
"""Labels that whoever scrapes gives."""
EXTERNAL = {
    "apiserver_admission_webhook_rejection_count": {"name", "type", "operation", "error_type", "rejection_code"},
    "apiserver_admission_webhook_fail_open_count": {"name", "type"},
    "apiserver_admission_webhook_admission_duration_seconds_bucket": {"name", "type", "operation", "rejected", "le"},
    "ALERTS": {"alertname", "alertstate", "severity"},
}
"""Metrics of the API server and of Prometheus, with their labels."""

_NAME = re.compile(r"\b(?:bomgate[_:]|apiserver_|ALERTS\b)[\w:]*")
_SELECTOR = re.compile(r"([\w:]+)\{([^}]*)\}")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
_EVERYTHING = [*expressions(), *queries()]


def _known() -> Mapping[str, set[str]]:
    """Labels by metric: those of bomgate, of others, and those that the rules record."""
    found = {name: set(labels) for name, labels in EXTERNAL.items()}
    for definition in DEFINITIONS:
        if definition.kind == "histogram":
            found |= {f"{definition.name}_{part}": set(definition.labels) for part in ("sum", "count")}
            found[f"{definition.name}_bucket"] = {*definition.labels, "le"}
        else:
            found[definition.name] = set(definition.labels)
    for rule in rules("record"):
        first = _GROUPING.search(rule["expr"])
        assert first is not None, rule["record"]
        found[rule["record"]] = set(re.findall(r"\w+", first[1])) - {"le"}
    return found


KNOWN = _known()


@pytest.mark.parametrize("expression", _EVERYTHING)
def test_every_metric_and_every_label_of_an_expression_exists(expression: str) -> None:
    names = set(_NAME.findall(re.sub(r'"[^"]*"', '""', expression)))
    assert names - KNOWN.keys() == set()
    for name, matchers in _SELECTOR.findall(re.sub(r'"[^"]*"', '""', expression)):
        assert set(_MATCHER.findall(matchers)) - KNOWN[name] - TARGET == set(), name
    labels = {label for group in _GROUPING.findall(expression) for label in re.findall(r"\w+", group)}
    assert labels - TARGET - set().union(*(KNOWN[name] for name in names)) == set()


def test_every_metric_that_is_defined_is_watched() -> None:
    used = {name for expression in _EVERYTHING for name in _NAME.findall(expression)}
    shown = {
        definition.name for definition in DEFINITIONS if definition.name in used or f"{definition.name}_bucket" in used
    }
    assert {definition.name for definition in DEFINITIONS} - shown == set()


def _written() -> Iterator[str]:
    """Texts in the code, outside of the definitions."""
    for path in sorted((ROOT / "webhook").rglob("*.py")):
        if path.parent.name != "telemetry":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_metric_that_is_defined_is_written_somewhere() -> None:
    assert {definition.name for definition in DEFINITIONS} - set(_written()) == set()


# -- the dashboard --------------------------------------------------------------------------------------------------


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["panels"]
    return found


def test_the_dashboard_is_what_the_code_makes_of_it() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run `python -m tests.alerts.dashboard`"


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_has_a_title_a_sentence_and_queries_that_ask_the_chosen_source() -> None:
    for panel in panels():
        assert panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["description"].endswith("."), panel["title"]
        assert panel["targets"], panel["title"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${datasource}"}
        assert [target["refId"] for target in panel["targets"]] == sorted({item["refId"] for item in panel["targets"]})
        for target in panel["targets"]:
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            by = {label for group in _GROUPING.findall(target["expr"]) for label in re.findall(r"\w+", group)}
            names = _NAME.findall(re.sub(r'"[^"]*"', '""', target["expr"]))
            kept = by or TARGET | set().union(*(KNOWN[name] for name in names))
            assert shown <= kept, panel["title"]


@pytest.mark.e2e
def test_promtool_accepts_every_query_of_the_dashboard(tmp_path: Path) -> None:
    some = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries())]
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": some}]}))
    done = promtool(tmp_path, "check", "rules", "queries.yaml")
    assert done.returncode == 0, done.stderr
