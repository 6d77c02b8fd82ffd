"""``bomgate console``: what people look up and decide, in a browser."""

from __future__ import annotations

import click

from webhook.api.options import parse_listen
from webhook.cli.options import global_options, invocation
from webhook.cli.verbs import Verb


@click.command(
    "console",
    cls=Verb,
    examples=(
        "bomgate console",
        "bomgate console --listen 127.0.0.1:9000",
        "ssh -L 8470:127.0.0.1:8470 host bomgate console   # on another machine",
    ),
)
@click.option("--listen", metavar="HOST:PORT", help="Loopback address to listen on (console.listen).")
@global_options
def command(**flags: object) -> None:
    """Look things up and decide in a browser, on this machine.

    Prints a link by which one browser can sign in, once. Whoever opens it decides under the name of the user of the
    operating system. The JSON API is at /api/v1, its description at /api/v1/openapi.json, metrics at /metrics.
    """
    settings = invocation().settings({f"console.{name}": value for name, value in flags.items()}, runs_long=True)
    from webhook.bootstrap.console import serve_console

    serve_console(settings, parse_listen(settings.console.listen))
