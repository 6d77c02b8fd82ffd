"""``bomgate serve``: the webhook."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import tempfile
from functools import partial
from pathlib import Path

import click

from webhook.api.options import ServeOptions, parse_listen
from webhook.cli import garbage
from webhook.cli.options import global_options, invocation
from webhook.cli.verbs import Verb
from webhook.errors import ConfigError
from webhook.policy.lint import Level
from webhook.settings import Settings
from webhook.settings.process import enter_environment_with, environment_with, metrics_directory

log = logging.getLogger("bomgate.start")


@click.command(
    "serve",
    cls=Verb,
    examples=(
        "bomgate serve --config /etc/bomgate/bomgate.yaml",
        "bomgate serve --tls-cert tls.crt --tls-key tls.key --listen 0.0.0.0:8443",
        "bomgate serve --insecure-http --listen 127.0.0.1:8080   # for tests; the API server refuses it",
    ),
)
@click.option("--listen", metavar="HOST:PORT", help="Where the webhook listens (serve.listen).")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Key of the certificate, PEM.")
@click.option("--insecure-http", is_flag=True, default=None, help="Plain HTTP instead of TLS.")
@click.option("--metrics-listen", metavar="HOST:PORT", help="Where /metrics listens (serve.metricsListen).")
@global_options
def command(**flags: object) -> None:
    """Run the webhook: POST /validate, GET /healthz, GET /readyz, and /metrics on its own port.

    Needs a certificate and its key; changed files take effect at once. bomgate creates and upgrades an SQLite database
    when needed; upgrade PostgreSQL with `bomgate db upgrade`. If the database does not answer at startup, the webhook
    decides with the copy of its read model in serve.stateDirectory; without one, it is not ready until PostgreSQL does.
    """
    settings = invocation().settings({f"serve.{name}": value for name, value in flags.items()}, runs_long=True)
    check_options(settings.serve)
    folder = metrics_folder()
    server = os.getpid()
    try:
        run(settings, folder)
    finally:
        if os.getpid() == server:  # a worker that ends comes by here, too, and the others still need the folder
            shutil.rmtree(folder, ignore_errors=True)


def check_options(options: ServeOptions) -> None:
    """Refuse what cannot be served, before anything is started.

    Raises:
        ConfigError: for the first thing that is wrong.
    """
    if not options.insecure_http and (options.tls_cert is None or options.tls_key is None):
        missing = "certificate" if options.tls_cert is None else "key of the certificate"
        raise ConfigError(
            f"The webhook needs a {missing}: the API server speaks TLS only.",
            remedy="Give --tls-cert and --tls-key (serve.tlsCert, serve.tlsKey), or --insecure-http for a test.",
        )
    if options.insecure_http and options.tls_cert is not None:
        raise ConfigError("Both a certificate and plain HTTP are configured.", remedy="Leave out one of the two.")
    bounds: tuple[tuple[str, float, float], ...] = (
        ("workers", options.workers, 1),
        ("connections", options.connections, 1),
        ("metricsConnections", options.metrics_connections, 1),
        ("handshakeSeconds", options.handshake_seconds, 0.1),
        ("headSeconds", options.head_seconds, 0.1),
        ("bodySeconds", options.body_seconds, 0.1),
        ("bodyBudgetMib", options.body_budget_mib, 1),
    )
    for name, value, lowest in bounds:
        if value < lowest:
            raise ConfigError(f"serve.{name} is {value}; it has to be at least {lowest}.")


def metrics_folder() -> Path:
    """The folder through which the workers of this process share their metrics: a fresh one, made here.

    ``prometheus_client`` looks for the folder when it is imported. Nothing imports it before the server does; where
    somebody has all the same, this process restarts and does not return.

    Raises:
        ConfigError: there is no place for the folder.
    """
    given = metrics_directory()
    if given is not None:  # by the process that restarted
        return given
    try:
        folder = Path(tempfile.mkdtemp(prefix="bomgate-metrics-"))
    except OSError as problem:
        raise ConfigError(
            f"There is no folder for temporary files: {problem.strerror or problem}.",
            remedy="Mount a writable folder at /tmp, such as an emptyDir.",
        ) from problem
    if "prometheus_client" in sys.modules:
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment_with(folder))  # noqa: S606  # ourselves
    enter_environment_with(folder)
    return folder


def run(settings: Settings, folder: Path) -> None:
    """Serve until a signal ends it.

    Raises:
        ConfigError: an address or the certificate cannot be used.
        StoreError: the database cannot be used, and nothing can stand in for it.
    """
    # Loaded here: what they load looks for the folder of the metrics, and has to find it.
    from webhook.api.server import AdmissionServer
    from webhook.bootstrap import SystemClock, open_parts
    from webhook.bootstrap.server import certificates, leave_copy, prepare_store, worker_parts

    check_address("serve.listen", parse_listen(settings.serve.listen))
    pair = certificates(settings, SystemClock())
    for trap in open_parts(settings, create=False).traps():
        if trap.level is Level.WARNING:
            log.warning(
                "trap in the configuration: %s", trap.sentence, extra={"code": trap.code, "remedy": trap.remedy}
            )
    prepared = prepare_store(settings)
    if prepared:
        leave_copy(settings)
    build = partial(worker_parts, settings, provision=not prepared, former=pair)
    server = AdmissionServer(settings.serve, build, folder)
    garbage.look_as_usual()  # for the workers, too, which are forked from here
    server.run()


def check_address(name: str, address: tuple[str, int]) -> None:
    """Try whether an address is free to listen on: the server itself would only retry and give up.

    Raises:
        ConfigError: it is not.
    """
    host, port = address
    try:
        socket.create_server(address, family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as problem:
        raise ConfigError(
            f"{name}: cannot listen on {host}:{port}: {problem.strerror or problem}.", remedy="Choose another address."
        ) from problem
