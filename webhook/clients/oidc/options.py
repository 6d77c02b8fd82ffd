"""Options of signing in at an OpenID Connect provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webhook.clients.http.headers import web_address
from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class OidcOptions:
    """The OpenID Connect provider at which people sign in to the console."""

    issuer: str = field(
        default="",
        metadata={"help": "Address of the provider, exactly as its tokens name it (iss); empty: no sign-in by OIDC."},
    )
    client_id: str = field(default="", metadata={"help": "Name under which the console is registered there."})
    client_secret: str = field(
        default="", repr=False, metadata={"help": "Secret of the console there; empty for a public client."}
    )
    title: str = field(default="OIDC", metadata={"help": "What people call the provider, for the sign-in page."})
    scopes: tuple[str, ...] = field(
        default=("openid", "profile", "email"),
        metadata={"help": "What is asked for; add what your provider wants for groups, such as groups."},
    )
    username_claim: str = field(
        default="sub",
        metadata={"help": "Claim with the user name, as the API server's --oidc-username-claim has it."},
    )
    username_prefix: str = field(
        default="oidc:",
        metadata={"help": "In front of the user name, as the API server's --oidc-username-prefix has it."},
    )
    groups_claim: str = field(
        default="groups", metadata={"help": "Claim with the groups, as the API server's --oidc-groups-claim has it."}
    )
    groups_prefix: str = field(
        default="oidc:",
        metadata={"help": "In front of each group, as the API server's --oidc-groups-prefix has it."},
    )
    ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) that the provider may have, besides the usual."}
    )
    clock_skew_seconds: float = field(
        default=60.0, metadata={"help": "Seconds by which the provider's clock may differ from this one."}
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if not self.issuer:
            return
        address = web_address(self.issuer)
        if address is None or address.scheme != "https" or address.query or address.fragment:
            raise ConfigError(
                f"oidc.issuer cannot be {self.issuer!r:.100}.", remedy="Write its https address, as its tokens have it."
            )
        if not self.client_id:
            raise ConfigError("oidc.clientId is not set.", remedy="Register the console at the provider.")
        if "openid" not in self.scopes:
            raise ConfigError("oidc.scopes lacks openid.", remedy="Without it no provider gives an ID token.")
        if not 0 <= self.clock_skew_seconds <= 300:
            raise ConfigError(f"oidc.clockSkewSeconds is {self.clock_skew_seconds:g}; it has to be 0 to 300.")
