"""The shipped rules, and promtool, which checks and tests them."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.alerts.cases import Moment
from tests.parts import unavailable

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "charts" / "bomgate" / "files" / "alerts.yaml"
RUNBOOKS = "docs/runbooks/"

_GOT = re.compile(r"Labels:\{(.*)\}\n +Annotations:\{(.*)\}")
_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')


@functools.cache
def shipped() -> dict[str, Any]:
    """The file as it is shipped; nobody may change it."""
    loaded: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return loaded


def rules(kind: str) -> list[dict[str, Any]]:
    """Every rule of a kind, which is ``alert`` or ``record``."""
    return [rule for group in shipped()["groups"] for rule in group["rules"] if kind in rule]


def expressions() -> Iterator[str]:
    """The expressions of all rules."""
    return (rule["expr"] for kind in ("alert", "record") for rule in rules(kind))


def promtool(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool; Debian has it in the package ``prometheus``."""
    program = shutil.which("promtool")
    if program is None:
        unavailable("promtool is not installed; Debian has it in the package prometheus")
    return subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=folder, check=False
    )


@dataclass(frozen=True)
class Fired:
    """An alert that fires: its labels without its name, and its annotations as they are rendered."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def evaluate(folder: Path, looks: Mapping[str, tuple[str, Moment]]) -> dict[str, list[Fired]]:
    """Which alerts of a name fire at each of several moments, as promtool sees it.

    promtool is told to expect none, so it writes down those that there are. All is one run, and each test has only the
    rules that it is about, because promtool evaluates every rule at every step.

    Args:
        folder: for the files of promtool.
        looks: name of an alert and a moment, by a name of your own.
    """
    tests: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name, (alert, moment) in looks.items():
        tests.setdefault((alert, moment.step), []).append(_test(name, alert, moment))
    for (alert, step), some in tests.items():
        _write(folder / f"{alert}.rules.yaml", {"groups": [{"name": alert, "rules": _about(alert)}]})
        content = {"rule_files": [f"{alert}.rules.yaml"], "evaluation_interval": step, "tests": some}
        _write(folder / f"{alert}.{step}.test.yaml", content)
    done = promtool(folder, "test", "rules", *sorted(folder.glob("*.test.yaml")))
    said = done.stdout + done.stderr
    found: dict[str, list[Fired]] = {name: [] for name in looks}
    for part in said.split("\n    name: ")[1:]:
        name, _, answer = part.partition(",\n")
        for labels, texts in _GOT.findall(answer):
            pairs = {key: value for key, value in _pairs(labels).items() if key != "alertname"}
            found[name].append(Fired(pairs, _pairs(texts)))
    assert done.returncode == 0 or any(found.values()), said
    return found


def _about(alert: str) -> list[dict[str, Any]]:
    """The rules of an alert's name, after the recordings that they use."""
    chosen = [rule for rule in rules("alert") if rule["alert"] == alert]
    for recording in reversed(rules("record")):
        if any(recording["record"] in rule["expr"] for rule in chosen):
            chosen.insert(0, recording)
    return chosen


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def _test(name: str, alert: str, moment: Moment) -> dict[str, Any]:
    return {
        "name": name,
        "interval": moment.step,
        "input_series": [{"series": series, "values": values} for series, values in moment.series.items()],
        "alert_rule_test": [{"eval_time": moment.at, "alertname": alert, "exp_alerts": []}],
    }


def _pairs(text: str) -> dict[str, str]:
    return {name: json.loads(quoted) for name, quoted in _PAIR.findall(text)}
