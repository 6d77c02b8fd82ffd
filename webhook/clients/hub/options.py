"""Options of a member: how it reaches the hub, and whose documents it trusts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class HubClientOptions:
    """How a member reaches its hub."""

    hub: str = field(
        default="",
        metadata={
            "help": "Address of the hub, such as https://bomgate-hub.corp:8445; empty at a member without a network, "
            "which imports what the hub exports."
        },
    )
    token: str = field(default="", metadata={"help": "Token of this member, which `bomgate fleet add` prints once."})
    ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) of the hub, beside the usual ones."}
    )
    hub_keys: tuple[Path, ...] = field(
        default=(),
        metadata={
            "help": "Files with public keys (PEM) of the hub; a document counts if one of them has signed it. Name "
            "both while the hub changes its key."
        },
    )

    def check(self) -> None:
        """Refuse what cannot work at a member.

        Raises:
            ConfigError: for the first thing that is wrong.
        """
        if not self.hub_keys:
            raise ConfigError(
                "A member has to know its hub's key: fleet.hubKeys is empty.",
                remedy="Name the file of the public key; `bomgate fleet key` of the hub prints it.",
            )
        if not self.hub:
            return
        parts = urlsplit(self.hub)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ConfigError(f"fleet.hub is not an address: {self.hub[:100]!r}.", remedy="Write https://host:8445.")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ConfigError(
                "fleet.hub is not encrypted, and this member would send its token.", remedy="Write https://host:8445."
            )
        if not self.token:
            raise ConfigError(
                "A member needs a token: fleet.token is not set.",
                remedy="Run `bomgate fleet add NAME` at the hub, and set what it prints.",
            )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
