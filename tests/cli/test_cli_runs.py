"""``bomgate runs``: what ended, what goes on, and its end; and who it was that decided, in a cluster."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.team import Team
from webhook.bootstrap.parts import Parts, open_parts
from webhook.model.runs import RunProgress
from webhook.model.triage import AuditScan
from webhook.settings import load_settings


@pytest.fixture
def team(tmp_path: Path, filled_file: Path) -> Team:
    shutil.copy(filled_file, tmp_path / "bomgate.db")
    return Team(f"sqlite:///{tmp_path}/bomgate.db", tmp_path)


@pytest.fixture
def parts(team: Team) -> Iterator[Parts]:
    opened = open_parts(load_settings(team.config, environment={}))
    yield opened
    opened.store.close()


@pytest.fixture
def going_on(parts: Parts) -> Iterator[Parts]:
    """A run of another process that goes on."""
    lease = parts.store.runs.acquire("host-7/4711", duration=dt.timedelta(minutes=10))
    parts.store.run_progress.begin(lease, parts.clock.now())
    told = RunProgress(1200, 512, 509, 14, 3, 0, 512.0, 3988.0)
    parts.store.run_progress.tell(lease, told, ["asks for 1,200", "\x1b[31mred"], parts.clock.now())
    yield parts
    parts.store.runs.release(lease)


def test_runs_are_listed_and_shown(team: Team) -> None:
    listed = team.ok("runs", "list").out
    assert "74" in listed and "complete" in listed
    (run,) = team.ok("runs", "list", "--output", "json").json["runs"]
    shown = team.ok("runs", "show", str(run["number"])).out
    assert "74 of 74" in shown and "yes" in shown
    assert team.ok("runs", "show", str(run["number"]), "--output", "json").json["now"] is None
    for which in ("99", "x", "9" * 30, ""):
        refused = team.run("runs", "show", which)
        assert refused.code == 2 and "There is no run" in refused.err
    assert "No run is in progress." in team.run("runs", "show", "now").err
    assert "There is no run to cancel." in team.run("runs", "cancel", "--author", "ana").err


def test_the_run_that_goes_on_is_shown_and_cancelled_once(team: Team, going_on: Parts) -> None:
    assert "512 of 1,200 components" in team.ok("runs", "list").err
    shown = team.ok("runs", "show", "now").out
    assert "host-7/4711" in shown and "asks for 1,200" in shown and "\x1b" not in shown
    assert team.ok("runs", "show", "now", "--output", "json").json["now"]["done"] == 512
    cancelled = team.ok("runs", "cancel", "--author", "ana", "--output", "json")
    assert cancelled.json["cancelled"]["holder"] == "host-7/4711"
    assert "ends after the batch" in cancelled.err
    assert "ana" in team.ok("runs", "show", "now").out
    again = team.run("runs", "cancel", "--author", "ben")
    assert again.code == 2 and "There is no run to cancel." in again.err
    (row,) = going_on.store.triage.audit(AuditScan(), None, 10)
    assert (row.note.actor, row.note.action) == ("ana", "cancel-run")


def test_in_a_cluster_an_author_without_a_proof_is_shown_as_a_claim(team: Team, going_on: Parts) -> None:
    team.config.write_text(json.dumps({"database": {"url": team.url}, "kube": {"cluster": True, "namespace": "own"}}))
    given = ("--author", "ana")
    team.ok("assess", "CVE-2020-14343", "--type", "Blocked", "--comment", "why", *given)
    team.ok("types", "add", "Mine", "--action", "deny", *given)
    team.ok("runs", "cancel", *given)
    rows = going_on.store.triage.audit(AuditScan(), None, 10)
    assert [row.note.action for row in rows] == ["cancel-run", "create-type", "assess"]
    for row in rows:
        assert row.note.actor == f"ana (claimed by {row.note.recorded_by})" and "in namespace own)" in row.note.actor
