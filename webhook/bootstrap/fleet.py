"""The fleet: joins what a hub asks for its members, and what a member asks its hub and tells it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from webhook.errors import ConfigError
from webhook.model.fleet import FleetMode

if TYPE_CHECKING:
    from webhook.bootstrap.parts import Parts
    from webhook.engines.assessing.onecluster import ClusterDesk
    from webhook.engines.controlling.fleet import FleetDuty
    from webhook.engines.controlling.fleetrequests import FleetRequestDuty
    from webhook.engines.downloading.downloader import Downloader
    from webhook.engines.downloading.progress import DownloadListener
    from webhook.model.downloads import DownloadReport
    from webhook.model.fleet import Followed
    from webhook.model.fleetinventory import WaitingRequests
    from webhook.policy.fleetfacts import FleetFact
    from webhook.ports import RunProgressStore
    from webhook.ports.processes import Duty
    from webhook.telemetry.metrics import Metrics

_ALL = 2**31


def fleet_downloader(
    parts: Parts, listener: DownloadListener | None = None, progress: RunProgressStore | None = None
) -> Downloader | None:
    """Asks OSS Index for what members wait for; None where this is no hub, or asks nobody.

    Args:
        parts: of the process.
        listener: sees progress.
        progress: where runs say how far they are; the store when left out.
    """
    if parts.settings.fleet.mode is not FleetMode.HUB or not parts.sources.asks or parts.recording is not None:
        return None
    from webhook.clients.ossindex.forms import asked_by_key
    from webhook.engines.fleet.queue import FleetQueue

    queue = FleetQueue(parts.store.fleet_reports, asked_by_key)
    return replace(parts.downloader(listener, progress), source=parts.sources.verbatim, components=queue)


def fleet_facts(parts: Parts) -> Sequence[FleetFact]:
    """What this installation says of its fleet; nothing where it stands alone.

    Raises:
        StoreError: the store did not answer.
    """
    from webhook.policy.fleetfacts import hub_facts, member_facts

    settings, store, now = parts.settings, parts.store, parts.clock.now()
    if settings.fleet.mode is FleetMode.HUB:
        waiting = store.fleet_reports.size().waiting
        return list(hub_facts(store.fleet_members.list(), store.hub_feed.position(), waiting, now))
    if settings.fleet.mode is FleetMode.MEMBER:
        followed, is_connected = store.following.followed(), bool(settings.hub_client.hub)
        return list(member_facts(followed, now, is_connected=is_connected, ways=own_ways(parts, followed)))
    return ()


def own_ways(parts: Parts, followed: Followed) -> Sequence[str]:
    """How a finding can get something milder at this member than its hub has decided; nothing where this is none."""
    from webhook.policy.fleetfacts import own_ways

    settings = parts.settings
    if settings.fleet.mode is not FleetMode.MEMBER:
        return ()
    has_trust, loosens = bool(settings.vex.trust), settings.fleet.local_loosening
    return own_ways(settings.types, followed.types, trusts_vex=has_trust, loosens=loosens)


def cluster_desk(parts: Parts) -> ClusterDesk:
    """Decides for single members of this hub.

    Raises:
        ConfigError: this is no hub.
    """
    from webhook.engines.assessing.onecluster import ClusterDesk

    settings, store = parts.settings, parts.store
    if settings.fleet.mode is not FleetMode.HUB:
        raise ConfigError(
            "This installation is not a hub, so it has no members.", remedy="Set fleet.mode to hub there."
        )
    return ClusterDesk(
        store.fleet_members,
        store.fleet_decisions,
        parts.assessor,
        lambda: parts.rules_now().types,
        parts.clock,
        settings.requests.required,
    )


def run_downloads(
    parts: Parts, listener: DownloadListener | None = None, progress: RunProgressStore | None = None
) -> DownloadReport:
    """One run for this installation, and at a hub one for its members; both within the budget of one run.

    Args:
        parts: of the process.
        listener: sees progress.
        progress: where runs say how far they are; the store when left out.

    Raises:
        ConfigError: an option cannot work.
        DownloadRunningError: another run holds the lease.
        StoreError: the store did not say what is wanted.
    """
    own, members = parts.downloader(listener, progress), fleet_downloader(parts, listener, progress)
    if members is None:
        return own.run()
    from webhook.engines.downloading.sharing import run_shared

    return run_shared(own, members, parts.store.fleet_reports)


def hub_duties(parts: Parts) -> Iterator[Duty]:
    """What the controller of a hub does for its members."""
    from webhook.engines.controlling.urgent import UrgentDuty

    downloader = fleet_downloader(parts)
    if downloader is not None and parts.settings.controller.urgent_components:
        yield UrgentDuty(downloader, parts.clock, parts.settings.controller, name="urgent-members")


def following(parts: Parts, metrics: Metrics) -> FleetDuty:
    """Takes over what the hub decides.

    Raises:
        ConfigError: a setting cannot work.
    """
    from webhook.bootstrap.fleetsnapshots import taker
    from webhook.engines.controlling.fleet import FleetDuty
    from webhook.engines.fleet.following import Follower

    taking = taker(parts, lambda: metrics.count("bomgate_fleet_documents_refused_total"))
    follower = Follower(parts.sources.hub_client(), taking, parts.store.following, parts.clock)
    return FleetDuty(follower, parts.clock, metrics)


def bringing(parts: Parts) -> FleetRequestDuty:
    """Brings the requests of this member to its hub.

    Raises:
        ConfigError: a setting cannot work.
    """
    from webhook.clients.hub.requests import HubRequests
    from webhook.engines.controlling.fleetrequests import FleetRequestDuty

    return FleetRequestDuty(parts.desk, HubRequests(parts.sources.hub_client()), parts.clock)


def member_duties(parts: Parts, metrics: Metrics) -> Iterator[Duty]:
    """What the controller of a member does with its hub."""
    if not parts.sources.asks_hub:
        return
    yield following(parts, metrics)
    if parts.settings.fleet.hub_answers:
        yield bringing(parts)
    from webhook.clients.hub.inventory import HubReceiver
    from webhook.clients.ossindex.forms import forms
    from webhook.engines.controlling.changedanswers import ChangedAnswersDuty
    from webhook.engines.controlling.clusterreports import ClusterReportDuty, ClusterReportParts
    from webhook.engines.controlling.urgent import UrgentDuty
    from webhook.model.purls import Purl

    settings, store = parts.settings, parts.store
    urgent = replace(parts.downloader(), source=parts.sources.hub_source(is_running=True))
    if settings.controller.urgent_components:
        # Asking the hub costs nothing: it keeps to its budget itself.
        options = replace(settings.controller, urgent_per_day=_ALL)
        yield UrgentDuty(urgent, parts.clock, options)

    def coordinates(purl: Purl, spellings: Sequence[Purl]) -> list[Purl]:
        return [form.coordinates for form in forms(purl, spellings)]

    yield ChangedAnswersDuty(urgent, store.fleet_pending, coordinates, parts.clock)
    if settings.fleet.report_seconds > 0:
        made = ClusterReportParts(
            store.inventory,
            store.image_contents,
            store.refusals.counts,
            partial(_waiting_requests, parts),
            HubReceiver(parts.sources.hub_client()),
        )
        yield ClusterReportDuty(made, secrets.token_hex, settings.fleet.report_seconds)


def _waiting_requests(parts: Parts) -> WaitingRequests:
    """How many requests for exceptions wait here, and since when."""
    from webhook.model.fleetinventory import WaitingRequests
    from webhook.model.requests import Phase

    counts = parts.store.requests.counts(parts.clock.now())
    return WaitingRequests(counts.by_phase[Phase.WAITING], counts.oldest)
