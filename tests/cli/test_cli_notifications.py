"""``bomgate notifications``: whether a destination can be reached, and what people were told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from aiosmtpd.controller import Controller

from tests.cli.installation import Ran, invoke
from tests.doubles.receiver import Receiver
from tests.e2e.processes import free_port
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
    settings: dict[str, Any] = {
        "database": {"url": url},
        "console": {"url": "https://bomgate.corp"},
        "notifications": {"destinations": [rule]},
    }
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return invoke("notifications", *arguments, "--config", str(config))


def test_a_test_message_is_sent_at_once_and_says_whether_it_was_taken(config: Path, sqlite_url: str) -> None:
    with Receiver(answers=[200, 403]) as receiver:
        sent = run(config, sqlite_url, receiver.url, "test")
        assert (sent.code, sent.out) == (0, "team: sent.\n")
        assert receiver.received[0].body == {
            "text": "*Test message*: `sent by 'bomgate notifications test'`\n"
            "<https://bomgate.corp/notifications|Open in bomgate>"
        }
        refused = run(config, sqlite_url, receiver.url, "test", "team")
    assert refused.code == 3
    assert "answered with status 403" in refused.out and "secret-part" not in refused.out
    unknown = run(config, sqlite_url, "http://127.0.0.1:9/", "test", "nobody")
    assert unknown.code == 2 and "notifications.destinations has: team" in unknown.err


def test_every_kind_of_destination_can_be_tested_and_gets_the_link(config: Path, sqlite_url: str) -> None:
    class Mailbox:
        taken: ClassVar[list[str]] = []

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # the library's name
            self.taken.append(envelope.content.decode())
            return "250 OK"

    controller = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with Receiver() as receiver:
            hook = {"url": receiver.url, "plainHttp": True}
            rules = [
                {"name": "chat", "kind": "slack", **hook},
                {"name": "tickets", "kind": "webhook", **hook},
                {"name": "people", "kind": "email", "recipients": ["team@corp.example"]},
            ]
            smtp = {"smtpHost": "127.0.0.1", "smtpPort": controller.port, "smtpSecurity": "none"}
            told = {"destinations": rules, **smtp, "smtpSender": "bomgate@corp.example"}
            settings = {
                "database": {"url": sqlite_url},
                "console": {"url": "https://bomgate.corp"},
                "notifications": told,
            }
            config.write_text(yaml.safe_dump(settings), encoding="utf-8")
            ran = invoke("notifications", "test", "--config", str(config))
    finally:
        controller.stop()
    assert (ran.code, ran.out) == (0, "chat: sent.\ntickets: sent.\npeople: sent.\n")
    chat, tickets = (taken.body for taken in receiver.received)
    (mail,) = Mailbox.taken
    link = "https://bomgate.corp/notifications"
    assert link in chat["text"] and tickets["notifications"][0]["link"] == link and link in mail


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
