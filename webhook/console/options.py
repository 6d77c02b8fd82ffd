"""Options of the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """Where people look further, and how they sign in there."""

    url: str = field(
        default="",
        metadata={
            "help": "Address of the console as browsers reach it, such as https://bomgate.corp, for links in denials "
            "and for the way back from an OIDC provider; empty: no link."
        },
    )
    listen: str = field(
        default="127.0.0.1:8470",
        metadata={
            "help": "Host and port of `bomgate console`; port 0 takes a free one. Other than loopback addresses need "
            "TLS, and people who sign in by OIDC or with tokens."
        },
    )
    metrics_listen: str = field(
        default="",
        metadata={
            "help": "Host and port for /healthz, /readyz and /metrics without TLS; empty: on console.listen, where "
            "that is a loopback address."
        },
    )
    tls_cert: Path | None = field(
        default=None, metadata={"help": "Certificate (PEM) that the console shows; read again for each connection."}
    )
    tls_key: Path | None = field(default=None, metadata={"help": "Its private key (PEM)."})
    tokens: bool = field(
        default=False,
        metadata={
            "help": "Sign in with, and take in the API, tokens that the API server knows: short-lived ones of "
            "ServiceAccounts, and those of users."
        },
    )
    token_audiences: tuple[str, ...] = field(
        default=("bomgate",),
        metadata={"help": "What a token has to be for, such as by `kubectl create token NAME --audience bomgate`."},
    )
    download_cron_job: str = field(
        default="",
        metadata={
            "help": "CronJob in bomgate's namespace from which people begin runs as Jobs; empty: they run in the "
            "console's process, where ossindex.token is set."
        },
    )
    session_hours: float = field(default=8.0, metadata={"help": "Hours after which a person has to sign in again."})
    threads: int = field(default=8, metadata={"help": "Requests that the console answers at a time."})

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError("console.tlsCert and console.tlsKey belong together.", remedy="Set both, or none.")
        if not 0 < self.session_hours <= 168:
            raise ConfigError(f"console.sessionHours is {self.session_hours:g}; it has to be more than 0, at most 168.")
        if self.tokens and not self.token_audiences:
            raise ConfigError("console.tokenAudiences is empty, so no token could be used.")
