"""The console: joins its pages to their data. Separate, because no other command loads it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gc
import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from functools import partial

from webhook import __version__
from webhook.api.probes import Page, ProbeServer
from webhook.bootstrap.notifying import known, telling
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.running import LocalRuns, starter_of
from webhook.bootstrap.selfcheck import KeptChecks, checks
from webhook.bootstrap.signing import check_sign_in, is_shared, sign_in_of
from webhook.bootstrap.triage import Triage, cluster_decider, cluster_lists, open_triage, within
from webhook.console.app import create_console
from webhook.console.face import ConsoleFace, SettingLine
from webhook.console.lists.base import Cursors
from webhook.console.server import ConsoleServer, Served
from webhook.engines.assessing.rules import ModelRules
from webhook.errors import BomgateError, ConfigError
from webhook.ports import RunStarter
from webhook.settings import GROUPS, Settings
from webhook.settings.lookup import camel
from webhook.telemetry.metrics import Metrics, exposition

log = logging.getLogger("bomgate.console")
_SECRET = ("token", "username", "client_secret", "smtp_username", "smtp_password")
"""Fields of which only whether they are set is shown."""


def serve_console(settings: Settings, address: tuple[str, int]) -> None:
    """Serve until a signal ends it.

    Args:
        settings: all settings.
        address: host and port.

    Raises:
        ConfigError: the address cannot be used, or a setting cannot work.
    """
    host, port = address
    check_sign_in(settings, host)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as problem:
        raise ConfigError(
            f"console.listen: cannot listen on {host}:{port}: {problem.strerror or problem}.",
            remedy="Choose another address.",
        ) from problem
    bound = listener.getsockname()[1]
    files = (settings.console.tls_cert, settings.console.tls_key)
    ConsoleServer(listener, settings.console.threads, partial(served, settings, host, bound), files).run()


def served(settings: Settings, host: str, port: int) -> Served:
    """What the process of the console runs."""
    parts, stop, metrics = open_parts(settings, create=False), threading.Event(), Metrics()
    triage = open_triage(parts)
    sign_in, starter = sign_in_of(parts, host, port), starter_of(parts)
    kept = KeptChecks(partial(checks, parts, triage), parts.clock)
    app = create_console(console_face(parts, triage, metrics, starter, kept), sign_in)
    teller = telling(parts, metrics, lambda: known(triage.boards.now()))
    thread = threading.Thread(target=_follow, args=(parts, triage, kept, stop), name="bomgate-console", daemon=True)
    probes = _probes(parts, metrics)

    def start() -> None:
        if probes is not None:
            probes.start()
        parts.refresher.warm_up(is_walked=True)
        parts.refresher.tick()
        thread.start()
        if teller is not None:
            teller.start()
            teller.lead(True)
        if sign_in.owner is not None:
            sign_in.announce(sign_in.sessions.new_link())

    def end() -> None:
        stop.set()
        if isinstance(starter, LocalRuns):
            starter.stop()
        if teller is not None:
            teller.stop(5)
        if probes is not None:
            probes.close()
        thread.join(timeout=5)
        parts.store.close()

    return Served(app, start, end)


def _probes(parts: Parts, metrics: Metrics) -> ProbeServer | None:
    """The port on which the console is watched, where it has one."""

    def readyz() -> Page:
        return Page(200, b"ok\n") if parts.model.loaded else Page(503, b"the read model is not loaded yet\n")

    listen = parts.settings.console.metrics_listen
    pages = {
        "/healthz": lambda: Page(200, b"ok\n"),
        "/readyz": readyz,
        "/metrics": lambda: Page(200, *exposition(metrics.registry)),
    }
    return ProbeServer(listen, pages) if listen else None


def _follow(parts: Parts, triage: Triage, kept: KeptChecks, stop: threading.Event) -> None:
    """Keep the read model, the board and the self-check up to date."""
    beats, settled = 0, triage.whole.latest

    def after_tick() -> None:
        nonlocal beats, settled
        beats += 1
        if parts.model.loaded:
            try:
                # Also one that was made where a decision was recorded.
                if (board := triage.whole.refresh(inventory=beats % 10 == 1)) is not settled:
                    settled = board
                    gc.collect()
                    gc.freeze()  # what a board holds stays; to look through all of it for garbage would hold pages up
                triage.types.refresh()
                if beats % 10 == 1:
                    kept.refresh()
            except BomgateError as problem:
                log.debug("the board stays as it is", extra={"error": problem.message})

    parts.refresher.run(stop, after_tick)


def console_face(
    parts: Parts,
    triage: Triage,
    metrics: Metrics,
    starter: RunStarter | None = None,
    kept: KeptChecks | None = None,
) -> ConsoleFace:
    """What the console works with; ``starter`` begins runs of the downloader, ``kept`` has the last self-check."""
    shared = is_shared(parts.settings)
    kept = kept or KeptChecks(partial(checks, parts, triage), parts.clock)
    face = ConsoleFace(
        boards=triage.boards,
        vulnerabilities=triage.vulnerabilities,
        packages=triage.packages,
        assessments=triage.assessments,
        overviews=triage.overviews,
        clusters=cluster_lists(parts),
        vex=triage.vex,
        decider=triage.decider,
        cluster_decider=cluster_decider(parts, triage),
        types=triage.types,
        type_editor=triage.type_editor,
        within=lambda namespaces: _within(face, parts, triage, namespaces),
        events=parts.cluster.events if shared else None,
        home=_home(parts) if shared else "",
        desk=parts.desk,
        refresh=partial(_refresh, parts, triage),
        runs=parts.store.run_progress,
        starter=starter,
        estimate=lambda: parts.downloader().estimate(),
        sets=tuple(f"{source}: {name}" for source, name in parts.sources.sets),
        store=parts.store.triage,
        sboms=parts.store.sboms,
        documents=parts.store.documents,
        rules=ModelRules(parts.rules, parts.model),
        outbox=parts.store.outbox,
        destinations=tuple(rule.name for rule in parts.settings.destinations.destinations),
        checks=partial(checks, parts, triage),
        kept_checks=kept.now,
        settings=tuple(setting_lines(parts.settings)),
        token_ends=parts.settings.ossindex.token_expires,
        stale_since=partial(_stale_since, parts),
        clock=parts.clock,
        cursors=Cursors(parts.clock),
        metrics=metrics,
        version=__version__,
    )
    return face


def _within(face: ConsoleFace, parts: Parts, triage: Triage, namespaces: frozenset[str]) -> ConsoleFace:
    """The same for those who may see these namespaces only."""
    narrow = within(parts, triage, namespaces)
    return dataclasses.replace(
        face,
        boards=narrow.boards,
        vulnerabilities=narrow.vulnerabilities,
        packages=narrow.packages,
        assessments=narrow.assessments,
        overviews=narrow.overviews,
        clusters=None,
        cluster_decider=None,
        vex=narrow.vex,
        decider=narrow.decider,
        desk=parts.desk.within(namespaces),
    )


def _refresh(parts: Parts, triage: Triage) -> None:
    parts.refresher.refresh()
    triage.boards.refresh(inventory=False)


def _stale_since(parts: Parts) -> dt.datetime | None:
    since = parts.refresher.failing_since
    return None if since is None else parts.clock.now() - dt.timedelta(seconds=parts.clock.monotonic() - since)


def _home(parts: Parts) -> str:
    """The namespace in which Events about the whole cluster stand."""
    try:
        return parts.cluster.namespace
    except ConfigError:
        return "default"  # outside of the cluster, and nothing says another one


def setting_lines(settings: Settings) -> Sequence[SettingLine]:
    """The settings in force; of what may be a secret only whether it is set."""
    by_class: Mapping[type, object] = {
        type(value): value
        for value in (getattr(settings, field.name) for field in dataclasses.fields(settings))
        if dataclasses.is_dataclass(value)
    }
    lines = []
    for group in GROUPS:
        for options, field in group.fields():
            made = by_class.get(options)
            value = getattr(made, field.name, None) if made is not None else None
            text = ("set" if value else "not set") if field.name in _SECRET else _text(value)
            if group.name == "database" and field.name == "url":
                text = "see the self-check"
            name = f"{group.name}.{camel(field.name)}"
            lines.append(SettingLine(name, text, str(field.metadata.get("help", ""))))
    return lines


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return str(value)
