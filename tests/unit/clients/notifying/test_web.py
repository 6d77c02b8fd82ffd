"""Webhooks: what is sent, to whom, and what counts as taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.doubles.receiver import Receiver
from tests.fakes import NOON, FakeClock
from webhook.clients.http.exchange import Exchange
from webhook.clients.notifying.options import DestinationOptions, DestinationRule
from webhook.clients.notifying.web import LIMITS, WebMessenger
from webhook.errors import ConfigError, Final, Retryable, SourceError
from webhook.model.notifications import Announcement, Message, Told, Topic

MESSAGE = Message("id-1", "team", (Told(Announcement("k", Topic.TEST, "a test"), NOON),), 1, 1)


def messenger(url: str, clock: FakeClock, **more: Any) -> WebMessenger:
    rule = DestinationRule("team", "webhook", url=url, **{"plain_http": True, **more})
    return WebMessenger(rule, Exchange(LIMITS, clock), clock, "https://bomgate.corp")


def test_a_message_is_posted_with_its_id_and_the_token_of_the_file(clock: FakeClock, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    with Receiver() as receiver:
        messenger(receiver.url, clock, token_file=token).send(MESSAGE)
    (request,) = receiver.received
    assert request.path == "/hook/secret-part"
    assert request.headers["Idempotency-Key"] == request.body["id"] == "id-1"
    assert request.headers["Authorization"] == "Bearer s3cret"


def test_the_address_may_stand_in_a_file_which_is_read_for_each_message(clock: FakeClock, tmp_path: Path) -> None:
    file = tmp_path / "url"
    with Receiver() as receiver:
        carrier = messenger("", clock, url_file=file)
        with pytest.raises(Final, match="urlFile of team cannot be read"):
            carrier.send(MESSAGE)
        file.write_text(f"{receiver.url}\n")
        carrier.send(MESSAGE)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(("status", "kind"), [(503, Retryable), (429, Retryable), (404, Final), (302, Final)])
def test_what_is_not_taken_is_said_without_the_address(clock: FakeClock, status: int, kind: type[SourceError]) -> None:
    with Receiver(answers=[status]) as receiver:
        receiver.location = f"{receiver.url}/elsewhere"
        with pytest.raises(kind, match=rf"destination team answered with status {status}") as caught:
            messenger(receiver.url, clock).send(MESSAGE)
    assert "secret-part" not in str(caught.value)
    assert len(receiver.received) == 1, "a redirect is not followed"


def test_nobody_there_is_no_answer(clock: FakeClock) -> None:
    with Receiver() as receiver:
        url = receiver.url
    with pytest.raises(Retryable) as caught:
        messenger(url, clock).send(MESSAGE)
    assert "secret-part" not in str(caught.value)


def test_a_certificate_has_to_be_trusted(clock: FakeClock, tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with Receiver(certificate=authority.issue().write(tmp_path)) as receiver:
        with pytest.raises(Final, match="certificate"):
            messenger(receiver.url, clock).send(MESSAGE)
        messenger(receiver.url, clock, ca_file=tmp_path / "ca.pem").send(MESSAGE)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"url": "http://hooks.corp/x"}, "not encrypted"),
        ({"url": "https://user:word@hooks.corp/x"}, "not like https://host/path"),
        ({"url": "https://hooks.corp/x", "url_file": Path("f")}, "either url or urlFile"),
        ({"url": "https://hooks.corp/x", "topics": ("bloked",)}, "known topics are blocked, unassessed"),
        ({"kind": "email", "recipients": ("a@corp\r\nBcc: b@corp",)}, "no address"),
        ({"kind": "pager"}, "no known kind"),
        ({"name": "A team"}, "is no name"),
    ],
)
def test_settings_that_cannot_work_are_refused(more: dict[str, Any], problem: str) -> None:
    rule = DestinationRule(**{"name": "team", "kind": "slack", **more})
    with pytest.raises(ConfigError, match=problem):
        DestinationOptions((rule,)).check()
