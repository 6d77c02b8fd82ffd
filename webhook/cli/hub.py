"""``bomgate hub``: what the members of a fleet follow."""

from __future__ import annotations

import os
import shutil

import click

from webhook.api.options import parse_listen
from webhook.cli import garbage
from webhook.cli.options import global_options, invocation
from webhook.cli.serve import check_address, metrics_folder
from webhook.cli.verbs import Verb


@click.command(
    "hub",
    cls=Verb,
    examples=(
        "bomgate hub --config /etc/bomgate/bomgate.yaml",
        "bomgate hub --listen 127.0.0.1:8445 --signing-key hub.key   # for a test on this machine",
    ),
)
@click.option("--listen", metavar="HOST:PORT", help="Where the hub listens (fleet.listen).")
@click.option("--tls-cert", metavar="FILE", help="Certificate chain, PEM (fleet.tlsCert).")
@click.option("--tls-key", metavar="FILE", help="Key of the certificate, PEM (fleet.tlsKey).")
@click.option("--signing-key", metavar="FILE", help="Key that signs what members are told (fleet.signingKey).")
@click.option("--metrics-listen", metavar="HOST:PORT", help="Where /metrics listens (fleet.metricsListen).")
@global_options
def command(**flags: object) -> None:
    """Run the hub of a fleet: members follow its assessments and types at /fleet/v1.

    GET /healthz and /readyz are on the same port, /metrics on its own. Members are added with `bomgate fleet add`. The
    hub uses the store of its installation; members go on deciding while it is away.
    """
    settings = invocation().settings({f"fleet.{name}": value for name, value in flags.items()}, runs_long=True)
    settings.hub.check()
    folder = metrics_folder()
    server = os.getpid()
    try:
        check_address("fleet.listen", parse_listen(settings.hub.listen))
        from webhook.bootstrap.hub import serve_hub

        garbage.look_as_usual()
        serve_hub(settings, folder)
    finally:
        if os.getpid() == server:  # the process that answers comes by here, too
            shutil.rmtree(folder, ignore_errors=True)
