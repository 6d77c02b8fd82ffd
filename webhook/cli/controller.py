"""``bomgate controller``: what is done once for the whole cluster."""

from __future__ import annotations

import signal
import threading

import click

from webhook.cli import garbage
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
    """Run the tasks that exist once per cluster: certificates, audit, SBOMs of running images, custom resources.

    Run two controllers: one leads, elected through a Lease in kube.namespace, and the other takes over when the leader
    stops or is no longer heard of. GET /healthz, /readyz and /metrics are served over plain HTTP. The database may be
    down at startup.
    """
    settings = invocation().settings({f"controller.{name}": value for name, value in flags.items()}, runs_long=True)
    from webhook.bootstrap.controller import run_controller

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    garbage.look_as_usual()
    run_controller(settings, stop)
