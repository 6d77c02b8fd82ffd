"""``bomgate notifications``: whether a destination can be reached, and what people were told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.installation import Ran, invoke
from tests.doubles.receiver import Receiver
from webhook.clients.machine import SystemClock
from webhook.model.downloads import DownloadReport
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Path:
    """The path of the settings file."""
    return tmp_path / "bomgate.yaml"


def run(config: Path, url: str, hook: str, *arguments: str) -> Ran:
    rule = {"name": "team", "kind": "slack", "url": hook, "plainHttp": True}
    settings: dict[str, Any] = {"database": {"url": url}, "notifications": {"destinations": [rule]}}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return invoke("notifications", *arguments, "--config", str(config))


def test_a_test_message_is_sent_at_once_and_says_whether_it_was_taken(config: Path, sqlite_url: str) -> None:
    with Receiver(answers=[200, 403]) as receiver:
        sent = run(config, sqlite_url, receiver.url, "test")
        assert (sent.code, sent.out) == (0, "team: sent.\n")
        assert receiver.received[0].body == {"text": "*Test message*: `sent by 'bomgate notifications test'`"}
        refused = run(config, sqlite_url, receiver.url, "test", "team")
    assert refused.code == 3
    assert "answered with status 403" in refused.out and "secret-part" not in refused.out
    unknown = run(config, sqlite_url, "http://127.0.0.1:9/", "test", "nobody")
    assert unknown.code == 2 and "notifications.destinations has: team" in unknown.err


def test_the_list_says_what_waits(config: Path, sqlite_url: str) -> None:
    now = dt.datetime.now(dt.UTC)
    store: Store = open_store(StoreOptions(url=sqlite_url), SystemClock())
    lease = store.runs.acquire("me", duration=dt.timedelta(hours=1))
    report = DownloadReport(complete=False, stopped_by="No credits are left.", stopped_code="source-final")
    store.runs.finish(report, started=now, finished=now, lease=lease)
    store.outbox.spread({"team": ["run-failed"]}, now, now - dt.timedelta(days=1))
    store.close()
    listed = run(config, sqlite_url, "http://127.0.0.1:9/", "list", "--state", "waiting", "-o", "json")
    (item,) = listed.json["notifications"]
    assert (item["topic"], item["destination"], item["tries"]) == ("run-failed", "team", 0)
    assert item["facts"]["why"] == "No credits are left."
    assert "run-failed" in run(config, sqlite_url, "http://127.0.0.1:9/", "list").out


def test_secrets_of_destinations_do_not_show(config: Path, sqlite_url: str) -> None:
    ran = run(config, sqlite_url, "ftp://hooks.corp/secret-part", "test")
    assert ran.code == 2 and "secret-part" not in ran.err
