"""Options of destinations: who gets messages, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from webhook.errors import ConfigError, Final
from webhook.model.notifications import Topic

KINDS = ("webhook", "slack", "email")
SECURITY = ("starttls", "tls", "none")
TOPICS = tuple(topic.value for topic in Topic if topic is not Topic.TEST)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
_ADDRESS = re.compile(r"[^\s@<>,;:\"'()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}")
_MOST_SECRET = 8192


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """One entry of ``notifications.destinations``: somebody who is told."""

    name: str = field(metadata={"help": "A word for it in metrics, logs and the console, such as security-team."})
    kind: str = field(
        metadata={"help": "webhook (JSON), slack (also Mattermost and others with such webhooks) or email."}
    )
    topics: tuple[str, ...] = field(
        default=(), metadata={"help": f"What to tell it of: {', '.join(TOPICS)}; none means all."}
    )
    url: str = field(
        default="", repr=False, metadata={"help": "Address of a webhook or slack destination, if it is no secret."}
    )
    url_file: Path | None = field(
        default=None, metadata={"help": "File that holds the address, such as a mounted Secret; read for each message."}
    )
    token_file: Path | None = field(
        default=None,
        metadata={
            "help": "File that holds a token, sent to a webhook as `Authorization: Bearer`; read for each message."
        },
    )
    ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) that are trusted beside the usual ones."}
    )
    plain_http: bool = field(default=False, metadata={"help": "Allow an address that begins with http:."})
    recipients: tuple[str, ...] = field(default=(), metadata={"help": "E-mail addresses, for email."})

    @property
    def wanted(self) -> frozenset[Topic]:
        """The topics that it gets."""
        return frozenset(Topic(name) for name in self.topics or TOPICS)

    def address(self) -> str:
        """Where messages are posted.

        Raises:
            Final: the file cannot be read, or it holds no such address.
        """
        url = self.url or read_secret(self.url_file, f"notifications.destinations: urlFile of {self.name}")
        problem = _unusable(url, self.plain_http)
        if problem:
            raise Final(f"The address of destination {self.name} {problem}.", remedy="Correct url or urlFile.")
        return url

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: for the first such thing.
        """
        problem = next(self._problems(), "")
        if problem:
            raise ConfigError(f"notifications.destinations: {self.name[:60]!r} {problem}.")

    def _problems(self) -> Iterator[str]:
        if not _NAME.fullmatch(self.name):
            yield "is no name; write lower-case letters, digits and hyphens"
        if self.kind not in KINDS:
            yield f"is of no known kind; write one of {', '.join(KINDS)}"
        unknown = [topic for topic in self.topics if topic not in TOPICS]
        if unknown:
            yield f"wants to know of {unknown[0][:60]!r}; known topics are {', '.join(TOPICS)}"
        if self.kind == "email":
            bad = [address for address in self.recipients if not _ADDRESS.fullmatch(address)]
            if not self.recipients or bad:
                yield "has no recipients" if not bad else f"has a recipient that is no address: {bad[0][:80]!r}"
        elif bool(self.url) == bool(self.url_file):
            yield "needs either url or urlFile"
        elif self.url and (problem := _unusable(self.url, self.plain_http)):
            yield f"has a url that {problem}"


@dataclass(frozen=True, slots=True)
class DestinationOptions:
    """Whom bomgate tells, and the mail server."""

    destinations: tuple[DestinationRule, ...] = field(
        default=(),
        metadata={"help": "Who is told of blocked vulnerabilities, ending blocks, requests and failed runs."},
    )
    smtp_host: str = field(default="", metadata={"help": "Mail server that takes messages for email destinations."})
    smtp_port: int = field(default=587, metadata={"help": "Port of the mail server."})
    smtp_security: str = field(
        default="starttls",
        metadata={"help": "starttls, tls (encrypted from the first byte, usually port 465) or none."},
    )
    smtp_username: str = field(default="", metadata={"help": "Account at the mail server; empty: none is needed."})
    smtp_password: str = field(default="", repr=False, metadata={"help": "Password of the account."})
    smtp_sender: str = field(default="", metadata={"help": "Address that messages come from, such as bomgate@corp."})
    smtp_ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) that are trusted for the mail server."}
    )

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: for the first such thing.
        """
        for rule in self.destinations:
            rule.check()
        names = [rule.name for rule in self.destinations]
        if len(set(names)) < len(names):
            raise ConfigError(
                "notifications.destinations has two entries of one name.", remedy="Give each another name."
            )
        if self.smtp_security not in SECURITY:
            raise ConfigError(
                f"notifications.smtpSecurity cannot be {self.smtp_security!r:.40}.",
                remedy=f"Write one of: {', '.join(SECURITY)}.",
            )
        if self.smtp_username and self.smtp_security == "none":
            raise ConfigError(
                "notifications: the password of smtpUsername would be sent unencrypted.",
                remedy="Set smtpSecurity to starttls or tls.",
            )
        if any(rule.kind == "email" for rule in self.destinations):
            if not self.smtp_host or not 0 < self.smtp_port < 65536:
                raise ConfigError("notifications: an email destination needs smtpHost and smtpPort.")
            if not _ADDRESS.fullmatch(self.smtp_sender):
                raise ConfigError("notifications.smtpSender is not an e-mail address.")


def read_secret(path: Path | None, name: str) -> str:
    """What a file holds, without white space around it.

    Raises:
        Final: it cannot be read, or holds more than one line.
    """
    if path is None:
        return ""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MOST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise Final(f"{name} cannot be read: {problem}", remedy="Check the path, and the mounted Secret.") from problem
    if not text or any(character.isspace() for character in text):
        raise Final(f"{name}: {path} has to hold one word.", remedy="Check what the file holds.")
    return text


def _unusable(url: str, plain_http: bool) -> str:
    """Why an address cannot be used; empty when it can."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "is none"
    if not usable or not url.isascii() or any(character.isspace() for character in url) or "@" in parts.netloc:
        return "is not like https://host/path"
    if parts.scheme != "https" and not (parts.scheme == "http" and plain_http):
        return "is not encrypted; write https:, or set plainHttp"
    return ""
