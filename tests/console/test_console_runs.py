"""Runs in the console and in the API: looked at while they go on, begun and cancelled."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import Console, console_on
from tests.console.world import HOSTILE, settings_of
from tests.copies import replace
from tests.e2e.processes import wait_until
from webhook.bootstrap.parts import open_parts
from webhook.bootstrap.running import LocalRuns
from webhook.clients.osv.options import SourceRule
from webhook.errors import Retryable
from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.runs import RunProgress
from webhook.ports import RunStarter

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def begins(filled_file: Path, tmp_path: Path) -> Iterator[Console]:
    """A console that runs the downloader in its process, on recorded reports."""
    shutil.copy(filled_file, tmp_path / "b.db")
    parts = open_parts(settings_of(f"sqlite:///{tmp_path}/b.db", str(tmp_path)), recording=b"[]")
    starter: RunStarter = LocalRuns(parts)
    made = console_on(parts, starter)
    made.sign_in()
    yield made
    parts.store.close()


@pytest.fixture
def going_on(console: Console) -> tuple[Console, Lease]:
    """A console, and a run of another process that goes on."""
    store, now = console.parts.store, console.parts.clock.now()
    lease = store.runs.acquire("host-7/42", duration=HOUR)
    store.run_progress.begin(lease, now)
    store.run_progress.tell(lease, RunProgress(100, 40, 40, 3, 0, 0, 41.0, 459.0), ["40 of 100", HOSTILE], now)
    return console, lease


def audited(console: Console) -> list[tuple[str, str]]:
    return [(line["actor"], line["action"]) for line in console.get("/api/v1/audit").json["items"]]


def test_a_run_is_watched_without_scripts(going_on: tuple[Console, Lease]) -> None:
    console, lease = going_on
    assert "A run is in progress" in console.get("/runs").text
    page = console.get("/runs/now")
    assert page.headers["Refresh"] == "3" and "host-7/42" in page.text and "<b>459</b> credits left" in page.text
    assert "<script>" not in page.text
    assert "Refresh" not in console.get("/runs/now?refresh=off").headers
    one = console.get("/api/v1/runs/now").json
    assert (one["run"]["total"], one["run"]["done"], one["run"]["credits_remaining"]) == (100, 40, 459.0)
    behind = console.get(f"/api/v1/runs/now?after={one['log'][0]['number']}").json["log"]
    assert len(one["log"]) == 2 and len(behind) == 1
    console.parts.store.runs.release(lease)
    assert console.get("/runs/now").headers["Location"] == "/runs/1"


def test_the_log_is_streamed_until_the_run_ends(going_on: tuple[Console, Lease]) -> None:
    console, lease = going_on
    store, now = console.parts.store, console.parts.clock.now()
    answer = console.get("/runs/now/log", headers={"Accept-Encoding": "gzip"})
    assert answer.mimetype == "text/plain"
    lines = iter(answer.response)
    assert b"40 of 100" in next(lines) and b"<script>" in next(lines)
    store.run_progress.tell(lease, RunProgress(), ["the end"], now)
    store.runs.release(lease)
    assert [b"the end" in line for line in lines] == [True]
    answer.close()
    assert console.get("/runs/now/log").status_code == 404


def test_a_run_is_cancelled_once_with_a_row_in_the_audit_log(going_on: tuple[Console, Lease]) -> None:
    console, lease = going_on
    assert console.post("/runs/now/cancel").headers["Location"] == "/runs/now"
    assert "ana has cancelled it" in console.get("/runs/now").text
    assert console.parts.store.run_progress.tell(lease, RunProgress(), [], console.parts.clock.now()) == "ana"
    assert console.put("/api/v1/runs/now", {}, "DELETE").status_code == 404
    assert audited(console) == [("ana", "cancel-run")]
    assert counted(console) == {"begun": 0.0, "cancelled": 1.0, "failed": 0.0}


def test_a_run_is_begun_after_its_cost_was_said(begins: Console) -> None:
    store = begins.parts.store
    page = begins.get("/runs/new").text
    assert "components to ask for" in page and "each can cost a credit" in page
    where = begins.post("/runs").headers["Location"]
    assert where.startswith("/runs/now?begun=")
    rows = wait_until(lambda: len(r) > 1 and r if (r := store.triage.runs(None, 5)) else None, 30, "the run")
    (number, run) = rows[0]
    assert run.report.complete
    page = begins.get(f"/runs/{number}").text
    assert "components to ask for" in page and "Complete." in page
    assert "Complete." in begins.get(f"/runs/{number}/log").text
    assert begins.get(f"/api/v1/runs/{number}").json["log"][-1]["text"] == "Complete."
    assert audited(begins) == [("ana", "start-run")]
    assert counted(begins) == {"begun": 1.0, "cancelled": 0.0, "failed": 0.0}


def test_a_run_that_could_not_be_begun_is_counted_and_its_row_stays(stranger: Console) -> None:
    class Refusing:
        way = "as a Job"

        def start(self) -> str:
            raise Retryable("The API server is away.")

    console = console_on(stranger.parts, Refusing())
    console.sign_in()
    assert console.send("/api/v1/runs", {}).status_code >= 500
    assert counted(console) == {"begun": 0.0, "cancelled": 0.0, "failed": 1.0}
    assert audited(console) == [("ana", "start-run")]


def counted(console: Console) -> dict[str, float]:
    changes = ("begun", "cancelled", "failed")
    name = "bomgate_console_runs_total"
    return {change: console.metrics.registry.get_sample_value(name, {"change": change}) or 0.0 for change in changes}


def test_no_second_run_is_begun(begins: Console) -> None:
    begins.parts.store.runs.acquire("host-7/42", duration=HOUR)
    assert "A run is already in progress" in begins.get("/runs/new").text
    answer = begins.send("/api/v1/runs", {})
    assert answer.status_code == 400 and "already in progress" in answer.json["message"]
    assert audited(begins) == []


def test_a_console_that_cannot_begin_runs_says_so(console: Console) -> None:
    assert "This console cannot start runs" in console.get("/runs/new").text
    assert console.send("/api/v1/runs", {}).status_code == 400
    assert audited(console) == []


def test_pages_of_runs_that_there_are_not(console: Console) -> None:
    for path in ("/runs/99", "/runs/99999999999999999999", "/api/v1/runs/0", "/runs/now/log", "/runs/99/log"):
        assert console.get(path).status_code == 404, path
    assert console.get("/api/v1/runs/now").json == {"run": None, "log": []}
    assert console.get("/api/v1/runs/now?after=x").status_code == 400


def test_how_a_run_ended_is_seen(console: Console) -> None:
    store, now = console.parts.store, console.parts.clock.now()
    lease = store.runs.acquire("here", duration=HOUR)
    report = DownloadReport(complete=False, stopped_by="Cancelled by ana.", stopped_code="cancelled")
    store.runs.finish(report, started=now, finished=now, lease=lease)
    row: Any = console.get("/api/v1/runs").json["items"][0]
    assert (row["stopped_code"], row["complete"]) == ("cancelled", False)
    assert "cancelled</span>" in console.get(f"/runs/{row['number']}").text


def test_the_sets_that_a_run_brings_up_to_date_are_named_before(filled_file: Path, tmp_path: Path) -> None:
    shutil.copy(filled_file, tmp_path / "b.db")
    rules = (SourceRule("osv", "osv", "/osv", ("Debian", "npm")), SourceRule("kev", "kev", "/kev"))
    settings = replace(settings_of(f"sqlite:///{tmp_path}/b.db", str(tmp_path)), sources=rules)
    console = console_on(open_parts(settings, recording=b"[]"))
    console.sign_in()
    assert "which costs no credits: osv: Debian, osv: npm, kev: KEV" in console.get("/runs/new").text
    assert console.get("/api/v1/runs/estimate").json["sets"] == ["osv: Debian", "osv: npm", "kev: KEV"]
    assert "Source osv" in console.get("/settings").text
    console.parts.store.close()
