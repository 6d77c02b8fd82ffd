"""Notifications in the console: what was told, what waits, and a test message."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.console.conftest import HOST, Console, console_on
from tests.doubles.receiver import Receiver
from webhook.bootstrap.notifying import known, telling
from webhook.bootstrap.parts import open_parts
from webhook.settings import load_settings
from webhook.telemetry.metrics import Metrics


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def told(filled_file: Path, tmp_path: Path, receiver: Receiver) -> Iterator[Console]:
    """A console with a destination, signed in."""
    shutil.copy(filled_file, tmp_path / "b.db")
    secret = tmp_path / "hook"
    secret.write_text(receiver.url)
    rule = {"name": "team", "kind": "webhook", "urlFile": str(secret), "plainHttp": True}
    config = tmp_path / "bomgate.yaml"
    config.write_text(yaml.safe_dump({"notifications": {"destinations": [rule], "digestAbove": 5000}}))
    settings = load_settings(config, {"database.url": f"sqlite:///{tmp_path}/b.db"}, {"HOME": str(tmp_path)})
    made = console_on(open_parts(settings))
    made.sign_in()
    yield made
    made.parts.store.close()


def test_a_test_message_goes_through_the_outbox_to_its_destination(told: Console, receiver: Receiver) -> None:
    assert "Send a test message" in told.get("/notifications").text
    assert told.post("/notifications/test", {"destination": "team"}).status_code == 303
    assert told.post("/notifications/test", {"destination": "nobody"}).status_code == 400
    assert told.post("/notifications/test", {"destination": "team"}, token="x").status_code == 403
    runner = telling(told.parts, Metrics(), lambda: known(told.triage.boards.now()))
    assert runner is not None
    runner.pacers[0].run()
    sent = [item for request in receiver.received for item in request.body["notifications"]]
    (test,) = [item for item in sent if item["topic"] == "test"]
    assert test["facts"] == {"by": "ana"}
    lines = told.get("/api/v1/notifications?state=sent&limit=1000").json["items"]
    assert ("team", "test", 1) in [(line["destination"], line["topic"], line["tries"]) for line in lines]
    blocked = [item["subject"] for item in sent if item["topic"] == "blocked"]
    assert "CVE-2021-44228 (CVSS 10.0, Critical)" in blocked
    assert all("\u202e" not in str(item) for item in sent)


def test_without_destinations_nobody_is_told_and_the_self_check_says_so(console: Console) -> None:
    assert telling(console.parts, Metrics(), lambda: None) is None
    assert "Nobody is told of anything." in console.get("/settings").text
    assert "Send a test message" not in console.get("/notifications").text


def test_the_settings_page_shows_no_address_of_a_destination(told: Console, receiver: Receiver) -> None:
    assert receiver.url not in told.get("/settings").text


def test_the_api_takes_a_name_and_nothing_else(told: Console) -> None:
    assert told.send("/api/v1/notifications/test", {"destination": "team"}).status_code == 202
    assert told.send("/api/v1/notifications/test", {"destination": ["team"]}).status_code == 400
    assert told.send("/api/v1/notifications/test", ["team"]).status_code == 400
    headers = {"Host": HOST, "X-Form-Token": told.token, "Origin": "http://evil.example"}
    assert (
        told.client.post("/api/v1/notifications/test", json={"destination": "team"}, headers=headers).status_code == 403
    )
