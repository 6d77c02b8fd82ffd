"""The hub: joins its routes to their data. Separate, because no other command loads it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from webhook import __version__
from webhook.api.bodies import BodyBudget, BodyReader
from webhook.api.connections import Connections, TimeLimits
from webhook.api.hub import HubBackground
from webhook.api.options import ServeOptions
from webhook.api.server import WorkerParts
from webhook.api.tls import CertificateFiles
from webhook.bootstrap.parts import Parts, open_parts
from webhook.clients.hub.keys import HubSigner
from webhook.clients.lanes import LaneLimits
from webhook.clients.ossindex.forms import asked_by_key
from webhook.engines.fleet.answering import FleetAnswers
from webhook.engines.fleet.gathering import FleetInventories
from webhook.engines.fleet.members import MemberBook
from webhook.engines.fleet.offering import SetOffers
from webhook.engines.fleet.publishing import Publisher
from webhook.engines.fleet.requests import FleetRequests
from webhook.errors import BomgateError
from webhook.hub.app import create_hub
from webhook.hub.face import HubFace
from webhook.hub.server import HubParts, HubServer
from webhook.hub.waiting import Waiters
from webhook.model.changes import START
from webhook.settings import Settings
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.hub")
_LOOK_SECONDS = 0.25
"""Between two looks at the store's revision: one row."""
_MEMBER_BEATS = 4
"""Looks at the store for one at the members' tokens."""
_QUEUE_BEATS = 60
"""The same for one at how much members wait for."""
_BODIES = 128 * 1024 * 1024
"""Bytes of bodies under way, as they come; unpacked they are in the background alone, a few at a time."""
_LIMITS = LaneLimits(threads=8, threads_per_host=8)


def serve_hub(settings: Settings, folder: Path) -> None:
    """Serve until a signal ends it.

    Args:
        settings: all settings; ``settings.hub`` was checked.
        folder: through which metrics are shared.

    Raises:
        ConfigError: the key, the certificate or an address cannot be used.
        StoreError: the database is of another version.
    """
    options, key = settings.hub.serving, settings.hub.signing_key
    assert key is not None
    signer = HubSigner(key)
    parts = open_parts(settings)
    parts.store.prepare()
    parts.store.close()  # what is open here must not be shared with the process that is forked from this one
    log.info("hub", extra={"key": signer.fingerprint})
    HubServer(options, lambda: hub_parts(settings, options, signer), folder).run()


def hub_parts(settings: Settings, options: ServeOptions, signer: HubSigner) -> HubParts:
    """What the process of the hub runs."""
    parts, metrics, waiters = open_parts(settings, create=False), Metrics(), Waiters()
    limits = TimeLimits(
        options.handshake_seconds, options.head_seconds, options.body_seconds, options.keepalive_seconds
    )
    clock = parts.clock
    connections = Connections(
        options.connections, limits, clock.monotonic, lambda why: metrics.count("bomgate_connections_closed_total", why)
    )
    publisher = Publisher(parts.store.hub_feed, parts.store.fleet_decisions, signer.sign, clock, parts.rules_now)
    members = MemberBook(parts.store.fleet_members)
    face = HubFace(
        publisher=publisher,
        members=members,
        answers=FleetAnswers(
            parts.store.fleet_reports,
            clock,
            settings.download.due_after,
            settings.fleet.new_keys_per_day,
            asked_by_key,
        ),
        inventories=FleetInventories(parts.store.clusters, clock, settings.fleet.new_keys_per_day),
        requests=FleetRequests(parts.store.requests, parts.rules_now, settings.requests.max_days, clock),
        sets=SetOffers(parts.store.fleet_sets),
        sign=signer.sign,
        waiters=waiters,
        background=HubBackground(_LIMITS),
        connections=connections,
        bodies=BodyReader(BodyBudget(_BODIES, clock.monotonic)),
        clock=clock,
        metrics=metrics,
        unready=lambda: "the store was not read yet" if publisher.position == START else None,
    )
    metrics.set("bomgate_build_info", 1, __version__)
    following = _Following(parts, face)
    pair = None
    if options.tls_cert is not None and options.tls_key is not None:
        pair = CertificateFiles(options.tls_cert, options.tls_key, clock.monotonic)
    worker = WorkerParts(
        app=create_hub(face),
        certificates=pair,
        start=following.start,
        stop=following.stop,
        loaded=lambda: face.unready() is None,
        load_failed=lambda: following.has_failed,
    )
    return HubParts(worker, waiters)


class _Following:
    """The thread that follows the store.

    Args:
        parts: of the process.
        face: what it tells.
    """

    def __init__(self, parts: Parts, face: HubFace) -> None:
        self._parts, self._face, self._stop = parts, face, threading.Event()
        self._thread = threading.Thread(target=self._run, name="bomgate-hub-follow", daemon=True)
        self.has_failed = False

    def start(self) -> None:
        """Start it."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join(timeout=5)
        self._parts.store.close()

    def _run(self) -> None:
        beats = 0
        while not self._stop.is_set():
            try:
                self._look(beats)
                self.has_failed = False
            except BomgateError as problem:
                if not self.has_failed:
                    log.warning(
                        "the store does not answer; members wait",
                        extra={"error": problem.message, "remedy": problem.remedy},
                    )
                self.has_failed = True
            except Exception:  # nobody is above this thread
                log.exception("the store cannot be followed")
                self.has_failed = True
            beats += 1
            self._stop.wait(_LOOK_SECONDS)

    def _look(self, beats: int) -> None:
        """Look at the store; members that wait learn of news whatever fails behind that."""
        if self._face.publisher.look():
            self._face.waiters.wake()
        if beats % _MEMBER_BEATS == 0:
            if self._face.members.look():
                self._face.waiters.wake()
            self._face.members.note()
        if beats % _QUEUE_BEATS == 0:
            waiting = self._parts.store.fleet_reports.size().waiting
            self._face.metrics.set("bomgate_fleet_waiting", waiting)
            self._count_members()
            requests = self._parts.store.clusters.waiting_requests()
            self._face.metrics.set("bomgate_fleet_requests_waiting", requests)

    def _count_members(self) -> None:
        members, silent = self._face.members.count(self._face.clock.now())
        self._face.metrics.set("bomgate_fleet_members", members)
        self._face.metrics.set("bomgate_fleet_members_silent", silent)
