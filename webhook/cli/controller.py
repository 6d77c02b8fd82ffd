"""``bomgate controller``: what is done once for the whole cluster."""

from __future__ import annotations

import signal
import threading

import click

from webhook.cli.options import global_options, invocation
from webhook.cli.verbs import Verb


@click.command(
    "controller",
    cls=Verb,
    examples=(
        "bomgate controller --config /etc/bomgate/config.yaml",
        "bomgate controller --listen 127.0.0.1:9090",
    ),
)
@click.option("--listen", metavar="HOST:PORT", help="Where probes and metrics listen (controller.listen).")
@global_options
def command(**flags: object) -> None:
    """Do what is done once for the whole cluster: certificates, audit, SBOMs of what runs, custom resources.

    Run two of them: one leads, by a Lease in kube.namespace, and the other one takes over when it ends or is not heard
    of. GET /healthz, /readyz and /metrics are answered over plain HTTP. The database may be down when it starts.
    """
    settings = invocation().settings({f"controller.{name}": value for name, value in flags.items()}, runs_long=True)
    from webhook.bootstrap.controlling import run_controller

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_controller(settings, stop)
