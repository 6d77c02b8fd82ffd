"""Mail: what a real SMTP server gets, and what is never sent to one."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.certificates import Authority
from tests.e2e.processes import free_port
from tests.fakes import NOON, FakeClock
from webhook.clients.notifying.mail import MailMessenger
from webhook.clients.notifying.options import DestinationOptions, DestinationRule
from webhook.errors import ConfigError, Final, Retryable
from webhook.model.notifications import Announcement, Message, Told, Topic

HOSTILE = "CVE-1\r\nBcc: all@corp\r\n\r\n.\r\nMAIL FROM:<x@y> <b>\u202e"
MESSAGE = Message(
    "0123abcd", "team", (Told(Announcement("k", Topic.BLOCKED, HOSTILE, {"title": HOSTILE}), NOON),), 1, 1
)


class Mailbox:
    """What a server took."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.taken.append((list(envelope.rcpt_tos), mail))
        return "250 OK"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Certificate authority, certificate and key."""
    made, folder = Authority(), tmp_path_factory.mktemp("mail")
    (folder / "ca.pem").write_bytes(made.pem)
    return (folder / "ca.pem", *made.issue(names=("localhost",)).write(folder))


@pytest.fixture
def server(authority: tuple[Path, Path, Path]) -> Iterator[Controller]:
    """A server that takes nothing without STARTTLS and the password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*map(str, authority[1:]))

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"bomgate", b"word"), handled=False)

    controller = Controller(
        Mailbox(),
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
    )
    controller.start()
    yield controller
    controller.stop()


def messenger(port: int, ca: Path | None, clock: FakeClock, **more: Any) -> MailMessenger:
    values = {
        "smtp_host": "localhost",
        "smtp_port": port,
        "smtp_username": "bomgate",
        "smtp_password": "word",
        "smtp_sender": "bomgate@corp.example",
        "smtp_ca_file": ca,
        **more,
    }
    rule = DestinationRule("team", "email", recipients=("ana@corp.example", "ben@corp.example"))
    options = DestinationOptions((rule,), **values)
    options.check()
    return MailMessenger(rule, options, clock, "")


def test_a_mail_goes_encrypted_to_the_recipients_of_the_settings_alone(
    server: Controller, authority: tuple[Path, Path, Path], clock: FakeClock
) -> None:
    carrier = messenger(server.port, authority[0], clock)
    carrier.send(MESSAGE)
    carrier.send(MESSAGE)
    (recipients, mail), (_, again) = server.handler.taken
    assert recipients == ["ana@corp.example", "ben@corp.example"]
    assert mail["Subject"] == "[bomgate] Blocked vulnerability in what runs: CVE-1 Bcc: all@corp . MAIL FROM:<x@y> <b>"
    assert mail["Bcc"] is None and mail.get_content_type() == "text/plain"
    assert mail["Message-ID"] == again["Message-ID"] == "<0123abcd@corp.example>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_server_whose_certificate_is_not_trusted_gets_neither_password_nor_mail(
    server: Controller, clock: FakeClock
) -> None:
    with pytest.raises(Final, match="certificate"):
        messenger(server.port, None, clock).send(MESSAGE)
    assert server.handler.taken == []


def test_a_wrong_password_and_refused_recipients_are_said(
    server: Controller, authority: tuple[Path, Path, Path], clock: FakeClock
) -> None:
    with pytest.raises(Final, match="refused the account"):
        messenger(server.port, authority[0], clock, smtp_password="other").send(MESSAGE)
    server.handler.refused = {"ana@corp.example", "ben@corp.example"}
    with pytest.raises(Final, match="refused every recipient"):
        messenger(server.port, authority[0], clock).send(MESSAGE)
    server.handler.refused = {"ben@corp.example"}
    messenger(server.port, authority[0], clock).send(MESSAGE)
    assert [recipients for recipients, _ in server.handler.taken] == [["ana@corp.example"]]


def test_nobody_there_is_tried_again(clock: FakeClock) -> None:
    with pytest.raises(Retryable, match="rejected a message"):
        messenger(free_port(), None, clock).send(MESSAGE)


def test_a_password_is_never_sent_unencrypted() -> None:
    with pytest.raises(ConfigError, match="unencrypted"):
        DestinationOptions(smtp_security="none", smtp_username="bomgate").check()
