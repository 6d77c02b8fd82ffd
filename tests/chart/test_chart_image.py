"""The Dockerfile agrees with the chart, and installs nothing that is not locked."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.chart.values import ROOT, chart_values

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LOCKED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def test_the_image_runs_as_the_user_that_the_chart_names() -> None:
    (context,) = (chart_value.default for chart_value in chart_values() if chart_value.path == "podSecurityContext")
    (user,) = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user == (str(context["runAsUser"]), str(context["runAsGroup"]))


def test_everything_that_is_installed_is_checked_by_its_hash_or_made_here() -> None:
    installs = re.findall(r"pip [^;\n]*install ([^;\n]*)", DOCKERFILE)
    installs = [install for install in installs if not install.startswith("--quiet --yes")]
    assert len(installs) == 3
    assert all(
        "--require-hashes" in install or ("--no-index" in install and "/dist/" in install) for install in installs
    )


@pytest.mark.parametrize("name", ["run", "build"])
def test_every_requirement_of_the_image_is_locked_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=[a-z])", text.strip()) if block]
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_lock_for_building_holds_what_the_build_asks_for() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    locked = dict(LOCKED.findall((ROOT / "requirements" / "build.txt").read_text(encoding="utf-8")))
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[requirement.name])


def test_only_what_the_image_is_made_of_goes_to_the_builder() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    assert lines[0] == "*"
    assert set(lines[1:]) == {
        *("!webhook", "!requirements/run.txt", "!requirements/build.txt", "!wheels", "!pyproject.toml"),
        *("!README.md", "!LICENSE"),
        *("**/__pycache__", "**/*.pyc"),
    }
