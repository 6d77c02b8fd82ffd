"""Destinations: how a server is reached, and what holds for everything that it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path


class Reach(Enum):
    """Addresses that may be connected to."""

    PUBLIC = auto()
    PRIVATE = auto()
    """Private and loopback addresses, too; link-local and metadata addresses never."""
    ANY = auto()
    """Whatever the operator names; only for servers that send nobody elsewhere."""


@dataclass(frozen=True, slots=True)
class Remedies:
    """What people can do about a connection that failed, where settings of the client help.

    Attributes:
        certificate: when the certificate is not trusted.
        tls: when the server does not speak TLS.
        unreachable: when no connection is made.
        size: when an answer is larger than is read.
    """

    certificate: str
    tls: str
    unreachable: str
    size: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the requests of one client.

    Attributes:
        connect_seconds: longest wait for a connection.
        read_seconds: longest wait for the next bytes.
        redirects: how many one request follows; with 0 a redirect is an answer.
        connections_per_host: requests under way to one host, and connections kept open to it.
        requests_per_minute: requests to one host in a minute; 0 for no limit.
        retry_after_seconds: longest pause of a host that is waited for, see ``Hosts``.
    """

    connect_seconds: float
    read_seconds: float
    redirects: int = 3
    connections_per_host: int = 64
    requests_per_minute: int = 0
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Destination:
    """A server, as the settings say that it is reached.

    Attributes:
        remedies: for people.
        reach: addresses that may be connected to.
        plain_http: whether redirects, and whatever else it refers to, may be unencrypted.
        ca_file: certificate authorities (PEM) that are trusted; read again when the file changes.
        ca_only: whether they are trusted instead of the usual ones, or beside them.
        verify: whether its certificate is looked at.
        server_name: that its certificate has to have; empty for the host of the address.
        client_certificate: files of a certificate and its key (PEM) that are shown to it.
        proxy: address of the proxy on the way; empty for what the environment says.
        name: what it is, for people, such as ``the API server``; empty for its address.
    """

    remedies: Remedies
    reach: Reach = Reach.PUBLIC
    plain_http: bool = False
    ca_file: Path | None = None
    ca_only: bool = False
    verify: bool = True
    server_name: str = ""
    client_certificate: tuple[str, str] | None = None
    proxy: str = ""
    name: str = ""
