"""Duties: joins what the controller does while it leads, and the rights that it needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from webhook.bootstrap.audit import audit_duty
from webhook.bootstrap.cluster import features
from webhook.bootstrap.fleet import hub_duties, member_duties
from webhook.bootstrap.notifying import audited, notifying_duty
from webhook.bootstrap.parts import Parts
from webhook.clients.authority import CertificateSigner
from webhook.clients.machine import ThreadBackground
from webhook.engines.assessing.rules import ModelRules
from webhook.engines.controlling.approvals import AssessmentApprovals
from webhook.engines.controlling.certificates import CertificateDuty, CertificateParts
from webhook.engines.controlling.decisionevents import DecisionEventParts, DecisionEvents
from webhook.engines.controlling.documents import RereadDuty
from webhook.engines.controlling.expiry import ExpiryDuty
from webhook.engines.controlling.granting import GrantDuty, GrantParts
from webhook.engines.controlling.matching import MatchDuty, MatchParts
from webhook.engines.controlling.provisioning import Provisioning, ProvisioningParts
from webhook.engines.controlling.requests import RequestDuty, RequestParts
from webhook.engines.controlling.retention import RetentionDuty
from webhook.engines.controlling.rights import RightsDuty, controller_needs
from webhook.engines.controlling.running_images import InventoryDuty, InventoryParts
from webhook.engines.controlling.urgent import UrgentDuty
from webhook.engines.controlling.vex import VexDuty, read_vex
from webhook.engines.matching.sources import SetState
from webhook.model.audits import AuditResult
from webhook.model.records import OutdatedCounts
from webhook.model.requests import RequestCounts
from webhook.ports.processes import Duty
from webhook.sboms import READER
from webhook.telemetry.metrics import Metrics


def duties(parts: Parts, metrics: Metrics) -> Iterator[Duty]:
    """What the settings ask for; certificates first, because nothing works without them.

    Raises:
        ConfigError: a setting cannot work, or there is no way to the API server.
    """
    settings, cluster = parts.settings, parts.cluster
    if settings.certificates.manage:
        yield certificates(parts, metrics)
    if settings.policy.break_glass:
        events = cluster.events if settings.audit.events else None
        yield GrantDuty(GrantParts(cluster.grants, cluster.live, events), parts.clock)
    yield provisioning(parts, metrics)
    yield requests(parts, metrics)
    yield inventory(parts, metrics)
    if parts.sources.publish:
        yield matching(parts, metrics)
    if parts.vex.unscheduled:
        yield VexDuty(parts.vex.intake(), parts.vex.unscheduled, settings.controller.vex_seconds)
    yield from hub_duties(parts)
    yield from member_duties(parts, metrics)
    if settings.controller.urgent_components and parts.sources.asks and not parts.sources.asks_hub:
        yield UrgentDuty(parts.downloader(), parts.clock, settings.controller)
    yield rereading(parts, metrics)
    yield RetentionDuty(parts.pruner(), parts.store.retention, parts.clock, settings.retention, metrics)
    auditing = audit_duty(parts, metrics)
    yield auditing
    yield notifying_duty(parts, metrics, lambda: audited(auditing.latest))
    if settings.audit.events:
        yield decision_events(parts, lambda: auditing.latest)
    yield ExpiryDuty(parts.model, ModelRules(parts.rules, parts.model), parts.clock, metrics)


def certificates(parts: Parts, metrics: Metrics) -> CertificateDuty:
    """Keeps the webhook's certificate valid."""
    cluster, options = parts.cluster, parts.settings.certificates
    options.check()

    def on_authority(until: dt.datetime) -> None:
        metrics.set("bomgate_certificate_authority_expiry_timestamp_seconds", until.timestamp())

    made = CertificateParts(CertificateSigner(), cluster.secrets(), cluster.registrations())
    return CertificateDuty(made, cluster.namespace, options, parts.clock, on_authority)


def provisioning(parts: Parts, metrics: Metrics) -> Provisioning:
    """Brings assessment types and assessments that are objects in the cluster into the store."""
    store = parts.store
    made = ProvisioningParts(
        resources=parts.cluster.resources(),
        types=store.types,
        assessments=store.assessments,
        model=parts.model,
        refresher=parts.refresher,
        guard=parts.cluster.author_guard(),
        approvals=AssessmentApprovals(parts.desk, parts.clock),
        policy=parts.settings.policy,
        vulnerabilities=store.vulnerabilities,
        tells_fixes=parts.sources.matches,
    )

    def publish(kind: str, valid: bool, number: int) -> None:
        metrics.set("bomgate_custom_resources", number, kind, str(valid).lower())

    interval = parts.settings.controller.resource_seconds
    return Provisioning(made, parts.settings.types, parts.clock, publish, interval)


def requests(parts: Parts, metrics: Metrics) -> RequestDuty:
    """Makes requests of the cluster's objects, and counts all requests."""
    cluster, settings = parts.cluster, parts.settings
    events = cluster.events if settings.audit.events else None
    made = RequestParts(parts.desk, cluster.request_objects(), cluster.request_guard(), events)

    def publish(counts: RequestCounts) -> None:
        for phase, number in counts.by_phase.items():
            metrics.set("bomgate_requests", number, phase.value)
        waited = 0.0 if counts.oldest is None else (parts.clock.now() - counts.oldest).total_seconds()
        metrics.set("bomgate_requests_oldest_waiting_seconds", waited)

    return RequestDuty(made, parts.clock, publish, settings.controller.resource_seconds)


def decision_events(parts: Parts, latest: Callable[[], AuditResult | None]) -> DecisionEvents:
    """Tells in Events who decided what."""
    store, cluster = parts.store, parts.cluster
    made = DecisionEventParts(
        audit=store.triage,
        requests=store.requests,
        assessments=store.assessments,
        cursors=store.cursors,
        events=cluster.events,
        home=cluster.namespace,
        latest=latest,
    )
    return DecisionEvents(made, parts.clock, parts.settings.controller.resource_seconds)


def inventory(parts: Parts, metrics: Metrics) -> InventoryDuty:
    """Notes what runs, and searches for SBOMs."""
    options = parts.settings.controller
    made = InventoryParts(
        running=parts.cluster.running,
        checker=parts.checker(ThreadBackground(options.searches)),
        background=ThreadBackground(options.searches),  # not the same: who checks would wait for itself
        sightings=parts.store.sightings,
        model=parts.model,
        refresher=parts.refresher,
        clock=parts.clock,
        pull_secrets=parts.settings.kube.pull_secrets,
        sboms=parts.store.sboms,
        refresh_seconds=parts.settings.sbom.refresh_hours * 3600,
        unread=partial(parts.store.readings.unread, READER),
        publish_outdated=lambda images: metrics.set("bomgate_outdated_running_images", images),
    )
    return InventoryDuty(made, options)


def matching(parts: Parts, metrics: Metrics) -> MatchDuty:
    """Matches new components with advisories, asks sources that are due, and tells how old their sets are."""

    def publish(states: Sequence[SetState]) -> None:
        counts: dict[tuple[str, ...], float] = {}
        checks, days, unreadable = dict(counts), dict(counts), dict(counts)
        for state in states:
            key = (state.source, state.name)
            counts[key] = float(state.records)
            checks[key] = 0.0 if state.checked_at is None else state.checked_at.timestamp()
            unreadable[key] = float(state.is_unreadable)
            if state.as_of is not None:
                midnight = dt.datetime.combine(state.as_of, dt.time(), dt.UTC)
                days[key] = midnight.timestamp()
        metrics.replace("bomgate_source_records", counts)
        metrics.replace("bomgate_source_checked_timestamp_seconds", checks)
        metrics.replace("bomgate_source_unreadable", unreadable)
        metrics.replace("bomgate_source_published_timestamp_seconds", days)

    schedule, intake = parts.sources.schedule(parts.store), parts.vex.intake()
    made = MatchParts(parts.matcher, parts.exploits, schedule, partial(read_vex, intake))
    return MatchDuty(made, publish, parts.settings.controller.match_seconds)


def rereading(parts: Parts, metrics: Metrics) -> RereadDuty:
    """Reads documents again after an update, and removes those that nobody needs."""

    def publish(counts: OutdatedCounts) -> None:
        for state, number in (
            ("waiting", counts.waiting),
            ("unread", counts.unread),
            ("without-document", counts.without_document),
        ):
            metrics.set("bomgate_outdated_sboms", number, state)
        metrics.set("bomgate_rekeyed_components", counts.to_ask)

    return RereadDuty(parts.rereader(), parts.store.documents, publish)


def rights(parts: Parts, on_gaps: Callable[[int], None]) -> RightsDuty:
    """Asks what the controller may do."""
    needs = controller_needs(features(parts.settings, parts.cluster.namespace))
    return RightsDuty(parts.cluster.rights(), needs, on_gaps)
