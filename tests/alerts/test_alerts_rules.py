"""Each alert fires, does not fire at the near miss, says something readable, and leads to a runbook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.alerts.cases import CASES, Case
from tests.alerts.rules import FILE, RUNBOOKS, Fired, evaluate, promtool, rules

pytestmark = pytest.mark.e2e


def name_of(case: Case, why: str = "") -> str:
    """The name of a moment of a case."""
    place = [
        other_case for other_case in CASES if (other_case.alert, other_case.severity) == (case.alert, case.severity)
    ].index(case) + 1
    number = f" {place}" if place > 1 else ""
    return f"{case.alert} {case.severity}{number}: {why or 'fires'}"


_QUIET = [(case, why) for case in CASES for why in case.quiet]
cases = pytest.mark.parametrize("case", CASES, ids=[name_of(case) for case in CASES])


def test_promtool_accepts_the_shipped_file(tmp_path: Path) -> None:
    done = promtool(tmp_path, "check", "rules", FILE)
    assert done.returncode == 0, done.stderr
    assert "SUCCESS" in done.stdout


def test_every_alert_is_tested_in_each_of_its_severities() -> None:
    assert {(case.alert, case.severity) for case in CASES} == {
        (rule["alert"], rule["labels"]["severity"]) for rule in rules("alert")
    }
    assert [case.alert for case in CASES if not case.quiet] == []


@pytest.fixture(scope="session")
def fired(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Fired]]:
    """What fires at every moment of every case."""
    looks = {name_of(case): (case.alert, case.fires) for case in CASES}
    looks |= {name_of(case, why): (case.alert, case.quiet[why]) for case, why in _QUIET}
    return evaluate(tmp_path_factory.mktemp("rules"), looks)


@cases
def test_it_fires(case: Case, fired: Mapping[str, list[Fired]]) -> None:
    expected = [{"severity": severity, **case.labels} for severity in sorted((case.severity, *case.also))]
    assert (
        sorted((other_fired.labels for other_fired in fired[name_of(case)]), key=lambda labels: labels["severity"])
        == expected
    )


@pytest.mark.parametrize(("case", "why"), _QUIET, ids=[name_of(case, why) for case, why in _QUIET])
def test_it_does_not_fire_when(case: Case, why: str, fired: Mapping[str, list[Fired]]) -> None:
    assert {other_fired.labels["severity"] for other_fired in fired[name_of(case, why)]} == set(case.also)


@cases
def test_what_it_says_is_readable(case: Case, fired: Mapping[str, list[Fired]]) -> None:
    for alert in fired[name_of(case)]:
        text = alert.annotations["description"]
        assert re.search(r"<no value>|<error|NaN|Inf|%!|\{\{", text) is None
        assert text.endswith(".")
        assert re.search(r"\d\.\d{3}", text) is None, "a number with more digits than anybody reads"


def test_alerts_are_labelled_and_annotated_alike() -> None:
    for rule in rules("alert"):
        name = rule["alert"]
        assert re.fullmatch(r"Bomgate([A-Z][a-z]+)+", name)
        assert set(rule["labels"]) == {"severity"}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, name
        summary = rule["annotations"]["summary"]
        assert summary.endswith(".") and "{{" not in summary and "\n" not in summary, name
        kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", name.removeprefix("Bomgate")).lower()
        assert rule["annotations"]["runbook_url"] == f"{RUNBOOKS}{kebab}.md"


def test_recordings_are_named_by_level_metric_and_operation() -> None:
    assert [rule["record"] for rule in rules("record") if not re.fullmatch(r"bomgate:\w+:\w+", rule["record"])] == []
