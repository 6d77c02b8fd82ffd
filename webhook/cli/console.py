"""``bomgate console``: what people look up and decide, in a browser."""

from __future__ import annotations

import click

from webhook.api.options import parse_listen
from webhook.cli import garbage
from webhook.cli.options import global_options, invocation
from webhook.cli.verbs import Verb


@click.command(
    "console",
    cls=Verb,
    examples=(
        "bomgate console",
        "bomgate console --listen 127.0.0.1:9000",
        "ssh -L 8470:127.0.0.1:8470 host bomgate console   # on another machine",
        "bomgate console --oidc-issuer https://login.corp --oidc-client-id bomgate",
    ),
)
@click.option("--listen", metavar="HOST:PORT", help="Address to listen on (console.listen).")
@click.option("--url", metavar="URL", help="Address by which browsers reach it (console.url).")
@click.option("--tls-cert", metavar="FILE", help="Certificate, PEM (console.tlsCert).")
@click.option("--tls-key", metavar="FILE", help="Its private key, PEM (console.tlsKey).")
@click.option("--tokens/--no-tokens", default=None, help="Sign in with tokens of the API server (console.tokens).")
@click.option("--oidc-issuer", metavar="URL", help="Sign in at this OpenID Connect provider (oidc.issuer).")
@click.option("--oidc-client-id", metavar="NAME", help="Name of the console there (oidc.clientId).")
@click.option("--oidc-title", metavar="TEXT", help="What people call the provider (oidc.title).")
@click.option("--oidc-ca-file", metavar="FILE", help="Its certificate authority, PEM (oidc.caFile).")
@global_options
def command(**flags: object) -> None:
    """Look things up and decide in a browser.

    On one machine it prints a link by which one browser can sign in, once; whoever opens it decides under the name of
    the user of the operating system. With --oidc-issuer or --tokens people sign in with their names of a cluster, and
    Kubernetes says what they may do; the client's secret comes from BOMGATE_OIDC_CLIENT_SECRET. The JSON API is at
    /api/v1, its description at /api/v1/openapi.json, metrics at /metrics.
    """
    settings = invocation().settings({_setting(name): value for name, value in flags.items()}, runs_long=True)
    from webhook.bootstrap.console import serve_console

    garbage.look_as_usual()
    serve_console(settings, parse_listen(settings.console.listen))


def _setting(flag: str) -> str:
    group, _, name = flag.partition("_")
    return f"oidc.{name}" if group == "oidc" else f"console.{flag}"
