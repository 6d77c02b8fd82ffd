"""Options of the OSS Index client, and what must be said about a choice of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.errors import ConfigError

GUIDE_URL = "https://api.guide.sonatype.com"
OLD_HOST = "ossindex.sonatype.org"
MAX_BATCH_SIZE = 128
"""The most coordinates that the service takes in one request (OSS Index REST v3)."""
_REMEDIES = Remedies(
    certificate="Name the certificate authority of your proxy or mirror as ossindex.caFile.",
    tls="Check ossindex.url, and any proxy on the way.",
    unreachable="Check ossindex.url, the network policy and HTTPS_PROXY; nothing already fetched is lost.",
    size="Ask for less at once (ossindex.batchSize), or raise ossindex.maxBodyBytes.",
)


@dataclass(frozen=True, slots=True)
class OssIndexOptions:
    """How to reach OSS Index, with which account, and how patient to be."""

    url: str = field(
        default=GUIDE_URL,
        metadata={"help": "Address of the service up to /api/v3, or of a mirror."},
    )
    token: str = field(
        default="",
        repr=False,
        metadata={"help": "Personal access token (sonatype_pat_…), or the API token of an older account."},
    )
    username: str = field(
        default="",
        metadata={
            "help": (
                "E-mail address of the account; required with an older API token, ignored with a personal access token."
            )
        },
    )
    token_expires: str = field(
        default="",
        metadata={
            "help": "Day on which the token ends, such as '2026-12-31'; the console warns 14 days before. OSS Index "
            "does not tell it."
        },
    )
    ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) to trust instead of the default ones."}
    )
    batch_size: int = field(default=MAX_BATCH_SIZE, metadata={"help": "Components per request, 1 to 128."})
    connect_timeout_seconds: float = field(default=10.0, metadata={"help": "Seconds to wait for a connection."})
    read_timeout_seconds: float = field(
        default=60.0, metadata={"help": ("Seconds to wait for the next part of a response.")}
    )
    max_tries: int = field(
        default=5, metadata={"help": "Attempts for a batch before it counts as failed (429, 5xx, timeouts)."}
    )
    backoff_seconds: float = field(
        default=1.0, metadata={"help": ("Seconds before the first retry; doubles with each retry, up to a minute.")}
    )
    max_wait_seconds: float = field(
        default=300.0, metadata={"help": "Maximum wait before a retry, even if Retry-After asks for more."}
    )
    max_batch_seconds: float = field(
        default=600.0, metadata={"help": "Maximum time for a batch, including all retries and waits."}
    )
    max_body_bytes: int = field(
        default=32 * 1024 * 1024, metadata={"help": "Maximum size of a response, after decompression."}
    )

    @property
    def endpoint(self) -> str:
        """Where component reports are asked for."""
        return f"{self.url.rstrip('/')}/api/v3/component-report"

    @property
    def host(self) -> str:
        """Name of the host, lower-case."""
        return (urlsplit(self.url).hostname or "").lower()

    @property
    def destination(self) -> Destination:
        """How it is reached; a mirror may have a private address."""
        plain_http = self.url.lower().startswith("http:")
        return Destination(_REMEDIES, Reach.PRIVATE, plain_http, ca_file=self.ca_file, ca_only=self.ca_file is not None)

    @property
    def limits(self) -> Limits:
        """Those of requests."""
        return Limits(connect_seconds=self.connect_timeout_seconds, read_seconds=self.read_timeout_seconds)

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        try:
            if self.token_expires:
                dt.date.fromisoformat(self.token_expires)
        except ValueError as problem:
            raise ConfigError(
                f"ossindex.tokenExpires is not a day: {self.token_expires[:40]!r}", remedy="Write it as 2026-12-31."
            ) from problem
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.query or parts.fragment or any(char.isspace() for char in self.url):
            raise ConfigError(
                f"ossindex.url is not the address of a service: {self.url[:100].rpartition('@')[2]!r}",
                remedy=f"Write it like {GUIDE_URL}.",
            )
        if "@" in parts.netloc:
            raise ConfigError(
                "ossindex.url has a user name in it.", remedy="Use ossindex.username and ossindex.token instead."
            )
        if not 1 <= self.batch_size <= MAX_BATCH_SIZE:
            raise ConfigError(
                f"ossindex.batchSize is {self.batch_size}; the service takes 1 to {MAX_BATCH_SIZE} components at once."
            )
        for name, value in self._positive():
            if not value > 0:
                raise ConfigError(f"ossindex.{name} is {value}; it has to be more than 0.")
        if self.backoff_seconds < 0:
            raise ConfigError(f"ossindex.backoffSeconds is {self.backoff_seconds}; it cannot be negative.")

    def _positive(self) -> Iterator[tuple[str, float]]:
        yield "connectTimeoutSeconds", self.connect_timeout_seconds
        yield "readTimeoutSeconds", self.read_timeout_seconds
        yield "maxTries", self.max_tries
        yield "maxWaitSeconds", self.max_wait_seconds
        yield "maxBatchSeconds", self.max_batch_seconds
        yield "maxBodyBytes", self.max_body_bytes
