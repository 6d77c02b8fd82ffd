"""Options of the webhook's server, and of the controller's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where and how the webhook listens."""

    listen: str = field(
        default="0.0.0.0:8443",  # a webhook in a Pod is reached through its Service
        metadata={"help": "Host and port of the webhook; port 0 selects a free port and logs it."},
    )
    metrics_listen: str = field(
        default="0.0.0.0:9090",  # scraped from another Pod
        metadata={"help": "Host and port of /metrics, over plain HTTP; empty: no metrics."},
    )
    tls_cert: Path | None = field(
        default=None,
        metadata={"help": ("Certificate chain (PEM). A changed file takes effect at once, without a restart.")},
    )
    tls_key: Path | None = field(default=None, metadata={"help": "Private key of the certificate (PEM)."})
    insecure_http: bool = field(
        default=False,
        metadata={"help": ("Serve plain HTTP, for tests and behind a proxy. The API server does not accept it.")},
    )
    workers: int = field(default=2, metadata={"help": ("Number of worker processes; each has a separate read model.")})
    connections: int = field(
        default=2000,
        metadata={
            "help": (
                "Maximum number of open connections per process; beyond it, the least needed one is "
                "closed. Lowered at startup if the limit of open files requires it."
            )
        },
    )
    metrics_connections: int = field(
        default=16, metadata={"help": "Maximum number of open connections per process on the metrics port."}
    )
    handshake_seconds: float = field(
        default=5.0, metadata={"help": "Seconds for the TLS handshake of a new connection."}
    )
    head_seconds: float = field(
        default=5.0, metadata={"help": "Seconds for the head of a request, from its first byte."}
    )
    body_seconds: float = field(default=10.0, metadata={"help": "Seconds for the body of a request."})
    body_budget_mib: int = field(
        default=64,
        metadata={
            "help": (
                "MiB of request bodies that a process holds at once; beyond it, reading pauses until "
                "a request's deadline."
            )
        },
    )
    keepalive_seconds: int = field(
        default=120,
        metadata={"help": "Seconds for which an idle connection is kept; the API server keeps its end for 90."},
    )
    graceful_seconds: int = field(
        default=20, metadata={"help": "Seconds for open connections to finish when the server stops."}
    )
    state_directory: Path | None = field(
        default=None,
        metadata={
            "help": (
                "Directory for a copy of the read model, with which a replica can start while the database is down."
            )
        },
    )


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """Where the controller listens."""

    listen: str = field(
        default="0.0.0.0:9090",  # asked by the kubelet and scraped from another Pod
        metadata={"help": "Host and port of the controller's /healthz, /readyz and /metrics, over plain HTTP."},
    )


def parse_listen(text: str) -> tuple[str, int]:
    """Split ``host:port``; the host may be a bracketed IPv6 address.

    Raises:
        ConfigError: it is not of that form.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{text!r} is not host:port", remedy="Write it as 0.0.0.0:8443 or [::]:8443.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  # an empty host means every address
