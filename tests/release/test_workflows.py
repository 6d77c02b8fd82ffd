"""What would run elsewhere: workflows and hooks call what exists, and nothing that can change unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def commands() -> str:
    return "\n".join(step["run"] for workflow in WORKFLOWS for step in steps(workflow) if "run" in step)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_reads_only_by_default(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [item for item in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v[\d.]+", item)] == []
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_workflows_run_what_this_repository_has() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {word for line in re.findall(r"\bmake ((?:[a-z]+ ?)+)", commands()) for word in line.split()}
    assert called == {"lint", "unit", "docs", "release"}
    assert called <= targets
    assert "bash .ci/run" in commands()
    assert (ROOT / ".ci" / "run").exists()


def test_the_supported_pythons_are_tested() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    said = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["unit"]["strategy"]["matrix"]["python"] == said


def test_hooks_before_a_commit_download_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    (repo,) = hooks["repos"]
    assert all(hook["language"] == "system" and hook["entry"].startswith(".venv/bin/") for hook in repo["hooks"])


def test_updates_are_asked_for_everything_that_is_pinned() -> None:
    asked = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert {item["package-ecosystem"] for item in asked} == {"pip", "gomod", "github-actions", "docker"}
    (go,) = [item for item in asked if item["package-ecosystem"] == "gomod"]
    covered = {path for pattern in go["directories"] for path in ROOT.glob(f"{pattern[1:]}/go.sum")}
    assert covered == set((ROOT / "tests").rglob("go.sum"))
