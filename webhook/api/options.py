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
        metadata={"help": "Host and port of the webhook; port 0 takes a free one and logs it."},
    )
    metrics_listen: str = field(
        default="0.0.0.0:9090",  # scraped from another Pod
        metadata={"help": "Host and port of /metrics, over plain HTTP; empty turns it off."},
    )
    tls_cert: Path | None = field(
        default=None, metadata={"help": "Certificate chain (PEM); a changed file is used at once, without a restart."}
    )
    tls_key: Path | None = field(default=None, metadata={"help": "Private key of the certificate (PEM)."})
    insecure_http: bool = field(
        default=False, metadata={"help": "Serve plain HTTP, for tests and behind a proxy; the API server refuses it."}
    )
    workers: int = field(default=2, metadata={"help": "Processes that answer; each holds its own read model."})
    connections: int = field(
        default=2000,
        metadata={
            "help": "Open connections a process may have; past it the least needed one is closed. "
            "Lowered at start where the limit of open files leaves room for fewer."
        },
    )
    metrics_connections: int = field(
        default=16, metadata={"help": "Open connections that a process may have on the port of /metrics."}
    )
    handshake_seconds: float = field(
        default=5.0, metadata={"help": "Seconds a new connection gets for its TLS handshake."}
    )
    head_seconds: float = field(
        default=5.0, metadata={"help": "Seconds that the head of a request may take, from its first byte."}
    )
    body_seconds: float = field(default=10.0, metadata={"help": "Seconds that the body of a request may take."})
    body_budget_mib: int = field(
        default=64,
        metadata={
            "help": "MiB of request bodies that a process holds at once; past it reading pauses until a request's "
            "deadline."
        },
    )
    keepalive_seconds: int = field(
        default=120,
        metadata={"help": "Seconds an idle connection is kept; the API server keeps its end for 90."},
    )
    graceful_seconds: int = field(
        default=20, metadata={"help": "Seconds that open connections get to finish when the server is told to stop."}
    )
    state_directory: Path | None = field(
        default=None,
        metadata={"help": "Folder for the copy of the read model that lets a replica start with the database down."},
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
