"""Notifying: joins the outbox, those who carry messages, and what is worth telling."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from webhook.bootstrap.parts import Parts
from webhook.clients.http.exchange import Exchange
from webhook.clients.notifying.mail import MailMessenger
from webhook.clients.notifying.options import DestinationRule
from webhook.clients.notifying.web import LIMITS, WebMessenger
from webhook.engines.assessing.rules import ModelRules
from webhook.engines.controlling.duties import DutyEvents, DutyPacer, DutyRunner
from webhook.engines.notifying.duty import NotifyingDuty
from webhook.engines.notifying.sending import Recipient, Sender
from webhook.engines.notifying.watching import Running
from webhook.model.audits import AuditResult
from webhook.ports import Messenger
from webhook.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from webhook.engines.triage.board import Board


def messengers(parts: Parts) -> Mapping[str, Messenger]:
    """Who carries messages, by the name of the destination.

    Raises:
        ConfigError: a setting cannot work.
    """
    options, clock, console_url = parts.settings.destinations, parts.clock, parts.settings.console.url
    options.check()
    exchange = Exchange(LIMITS, clock)

    def made(rule: DestinationRule) -> Messenger:
        if rule.kind == "email":
            return MailMessenger(rule, options, clock, console_url)
        return WebMessenger(rule, exchange, clock, console_url)

    return {rule.name: made(rule) for rule in options.destinations}


def notifying_duty(parts: Parts, metrics: Metrics, running: Callable[[], Running | None]) -> NotifyingDuty:
    """The duty ``notifications``.

    Args:
        parts: of this process.
        metrics: of this process.
        running: what runs, with its verdicts.

    Raises:
        ConfigError: a setting cannot work.
    """
    options = parts.settings.notifying
    options.check()
    carriers = messengers(parts)
    rules = {rule.name: rule for rule in parts.settings.destinations.destinations}
    recipients = {name: Recipient(carrier, rules[name].wanted) for name, carrier in carriers.items()}
    jitter = random.SystemRandom().random
    sender = Sender(parts.store.outbox, recipients, options, parts.clock, metrics, jitter) if recipients else None
    model_rules = ModelRules(parts.rules, parts.model)
    store = parts.store
    return NotifyingDuty(
        store.outbox, store.requests, store.runs, sender, running, parts.model, model_rules, parts.clock, options
    )


def audited(result: AuditResult | None) -> Running | None:
    """What runs, as an audit found it."""
    if result is None:
        return None
    return [
        (workload.workload.owner.title, [image.verdict for image in workload.verdict.images])
        for workload in result.workloads
        if workload.is_judged
    ]


def known(board: Board) -> Running:
    """What runs, as the board has it; without a cluster every known image stands for something that runs."""
    if board.taken_at is None:
        return [(image.title, [image.verdict]) for image in board.images]
    return [
        (workload.workload.title, [image.verdict for image in workload.images if image.verdict is not None])
        for workload in board.workloads
    ]


def telling(parts: Parts, metrics: Metrics, running: Callable[[], Running | None]) -> DutyRunner | None:
    """Tells people from a process on one machine; None in a cluster, where the controller does, and without anybody.

    Raises:
        ConfigError: a setting cannot work.
    """
    settings = parts.settings
    if settings.kube.cluster or not settings.destinations.destinations:
        return None
    duty = notifying_duty(parts, metrics, running)
    pacer = DutyPacer(duty, parts.clock, random.SystemRandom().random, DutyEvents())
    return DutyRunner([pacer], parts.clock, settings.controller)
