"""Auditing: joins what judges everything that runs, for the controller and for ``bomgate readiness``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from webhook.bootstrap.parts import Parts
from webhook.clients.machine import ThreadBackground
from webhook.engines.auditing.auditor import Auditor, AuditParts, enforcing_modes, labelled_modes
from webhook.engines.auditing.duty import AuditDuty
from webhook.engines.auditing.noting import AuditNotes
from webhook.engines.auditing.publisher import AuditPublisher, Sinks
from webhook.policy.plans import rehearsed
from webhook.telemetry.metrics import Metrics

_SEARCHES = 4
"""Searches for SBOMs of unknown images that an audit lets run at a time."""


def audit_parts(parts: Parts) -> AuditParts:
    """What an audit works with."""
    return AuditParts(
        running=parts.cluster.running,
        registered=parts.cluster.registration.entries,
        judge=parts.judge(parts.checker(ThreadBackground(_SEARCHES))),
        model=parts.model,
        refresher=parts.refresher,
        clock=parts.clock,
        policy=parts.settings.policy,
        excluded=_excluded(parts),
        pull_secrets=parts.settings.kube.pull_secrets,
    )


def _excluded(parts: Parts) -> frozenset[str]:
    """Namespaces in which the webhook is not asked, bomgate's own included."""
    own = parts.settings.kube.namespace
    return frozenset((*parts.settings.audit.excluded_namespaces, *([own] if own else ())))


def readiness_auditor(parts: Parts, *, everywhere: bool) -> Auditor:
    """Judges everything that runs as if bomgate enforced, with the assessments of the settings file; writes nothing.

    Args:
        parts: of this process.
        everywhere: also where a namespace's label says warn or audit.

    Raises:
        ConfigError: a setting cannot work, or there is no way to the API server.
    """
    settings = parts.settings
    settings.audit.check()
    used = audit_parts(parts)
    if settings.path is not None:
        used = replace(used, rehearse=partial(_rehearse, parts))
    return Auditor(used, settings.audit, enforcing_modes(settings.policy, everywhere=everywhere))


def _rehearse(parts: Parts) -> None:
    assessments, settings = parts.model.assessments, parts.settings
    assessments.add(rehearsed(assessments, settings.assessments, settings.types, parts.clock.now()))


def audit_duty(parts: Parts, metrics: Metrics) -> AuditDuty:
    """The duty ``audit`` of the controller.

    Raises:
        ConfigError: a setting cannot work, or there is no way to the API server.
    """
    options, cluster, used = parts.settings.audit, parts.cluster, audit_parts(parts)
    options.check()
    sinks = Sinks(
        events=cluster.events if options.events else None,
        reports=cluster.reports if options.reports else None,
        metrics=metrics,
        hints=parts.hints,
    )
    publisher = AuditPublisher(sinks, parts.clock, options)
    auditor = Auditor(used, options, labelled_modes(used.policy))
    notes = AuditNotes(parts.store.inventory, parts.store.admissions, parts.clock)
    return AuditDuty(used, auditor, publisher, options, metrics, notes)
