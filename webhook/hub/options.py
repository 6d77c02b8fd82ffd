"""Options of the hub's server."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from webhook.api.options import ServeOptions, parse_listen
from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Where and how the hub listens."""

    listen: str = field(
        default="0.0.0.0:8445",  # members come from other clusters
        metadata={"help": "Host and port of `bomgate hub`; port 0 selects a free port and logs it."},
    )
    metrics_listen: str = field(
        default="0.0.0.0:9090",
        metadata={"help": "Host and port of the hub's /metrics, over plain HTTP; empty: no metrics."},
    )
    tls_cert: Path | None = field(
        default=None,
        metadata={"help": "Certificate chain (PEM) of the hub. A changed file takes effect without a restart."},
    )
    tls_key: Path | None = field(default=None, metadata={"help": "Private key of the certificate (PEM)."})
    signing_key: Path | None = field(
        default=None,
        metadata={
            "help": "Private key (Ed25519, PEM) with which the hub signs what it tells its members; `bomgate fleet "
            "key` makes one."
        },
    )
    connections: int = field(
        default=4000,
        metadata={"help": "Maximum number of open connections of the hub; each member keeps two or three."},
    )
    graceful_seconds: int = field(
        default=10, metadata={"help": "Seconds for open requests to finish when the hub stops."}
    )

    def check(self) -> None:
        """Refuse what cannot be served.

        Raises:
            ConfigError: for the first thing that is wrong.
        """
        if self.signing_key is None:
            raise ConfigError(
                "The hub has no key to sign with: fleet.signingKey is not set.",
                remedy="Make one with `bomgate fleet key FILE`, and name the file.",
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError("fleet.tlsCert and fleet.tlsKey belong together.", remedy="Set both, or none.")
        if self.tls_cert is None and not _is_loopback(parse_listen(self.listen)[0]):
            raise ConfigError(
                "The hub needs a certificate: members send their tokens.",
                remedy="Set fleet.tlsCert and fleet.tlsKey, or listen on a loopback address for a test.",
            )
        if self.connections < 1:
            raise ConfigError(f"fleet.connections is {self.connections}; it has to be at least 1.")

    @property
    def serving(self) -> ServeOptions:
        """The same for the webhook's server, of which the hub's is one with other routes."""
        return ServeOptions(
            listen=self.listen,
            metrics_listen=self.metrics_listen,
            tls_cert=self.tls_cert,
            tls_key=self.tls_key,
            insecure_http=self.tls_cert is None,
            workers=1,  # all members wait in one process, which makes each document once
            connections=self.connections,
            graceful_seconds=self.graceful_seconds,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
