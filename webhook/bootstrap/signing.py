"""Signing in: joins the ways to sign in, and what says who may do what."""

from __future__ import annotations

import getpass
import os
import sys

from webhook.bootstrap.cluster import Cluster
from webhook.bootstrap.parts import Parts
from webhook.console.identity import ClusterGate, Gate
from webhook.console.sessions import Sessions
from webhook.console.signing import SignIn
from webhook.errors import ConfigError
from webhook.model.people import Person
from webhook.ports import Clock, SignInProvider
from webhook.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def is_shared(settings: Settings) -> bool:
    """Whether people sign in with names of a cluster, whose rights the API server knows; else one machine has one."""
    return bool(settings.oidc.issuer) or settings.console.tokens


def check_sign_in(settings: Settings, host: str) -> None:
    """Refuse addresses and ways to sign in that would open the console to anybody, or to eavesdroppers.

    Raises:
        ConfigError: for the first such setting.
    """
    console = settings.console
    console.check()
    settings.oidc.check()
    if host not in LOOPBACK:
        if not is_shared(settings):
            raise ConfigError(
                f"console.listen: {host} is not a loopback address, and sign-in by link works on one machine only.",
                remedy="Write 127.0.0.1:8470 and reach it through an SSH tunnel, or set oidc.issuer or console.tokens.",
            )
        if console.tls_cert is None:
            raise ConfigError(
                f"console.listen: {host} is not a loopback address, and without TLS anyone on the way reads sessions.",
                remedy="Set console.tlsCert and console.tlsKey.",
            )
        if not console.url.startswith("https://"):
            raise ConfigError(
                "console.url is not an https address, so the console cannot tell its pages from others.",
                remedy="Write the address that people open, such as https://bomgate.corp.",
            )


def sign_in_of(parts: Parts, host: str, port: int) -> SignIn:
    """How people sign in to a console that listens there.

    Raises:
        ConfigError: a setting cannot work, or there is no way to the API server that it needs.
    """
    settings, clock = parts.settings, parts.clock
    console = settings.console
    sessions = Sessions(console.session_hours * 3600, clock.monotonic)
    watched = not console.metrics_listen and host in LOOPBACK
    secure = console.tls_cert is not None or console.url.startswith("https://")
    if is_shared(settings):
        tokens = parts.cluster.token_reviews(console.token_audiences) if console.tokens else None
        return SignIn(
            sessions,
            host,
            port,
            clock,
            provider=_provider(settings, clock),
            tokens=tokens,
            url=console.url,
            secure=secure,
            gate=cluster_gate(parts.cluster),
            is_watched=watched,
        )
    shown = f"[{host}]" if ":" in host else host

    def announce(secret: str) -> None:
        sys.stderr.write(
            f"Open http://{shown}:{port}/sign-in?token={secret}\nThe link can be used once, within ten minutes.\n"
        )
        sys.stderr.flush()

    owner = Person(_user(), "one-time link", username=_user())
    return SignIn(sessions, host, port, clock, owner, url=console.url, announce=announce, is_watched=watched)


def cluster_gate(cluster: Cluster) -> Gate:
    """What people may do, as the API server says.

    Raises:
        ConfigError: there is no way to the API server.
    """
    return ClusterGate(cluster.rights_reviewer(), cluster.clock)


def _provider(settings: Settings, clock: Clock) -> SignInProvider | None:
    if not settings.oidc.issuer:
        return None
    from webhook.clients.oidc.provider import OidcProvider

    return OidcProvider(settings.oidc, clock)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"
