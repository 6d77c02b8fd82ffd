"""Triage: joins the lists and verdicts that people look up; the read model has to be loaded first."""

from __future__ import annotations

from dataclasses import dataclass

from webhook.bootstrap.parts import Parts
from webhook.clients.machine import ThreadBackground
from webhook.engines.assessing.rules import ModelRules
from webhook.engines.triage.assessments import AssessmentLists
from webhook.engines.triage.board import Boards
from webhook.engines.triage.catalog import Catalogs
from webhook.engines.triage.deciding import Decider, DecidingParts
from webhook.engines.triage.overview import Overviews
from webhook.engines.triage.packages import PackageLists
from webhook.engines.triage.vulnerabilities import VulnerabilityLists


@dataclass(frozen=True, slots=True)
class Triage:
    """What people look up.

    Attributes:
        boards: images and running workloads with their verdicts.
        vulnerabilities, packages, assessments: lists.
        overviews: what a person looks at first.
        decider: plans and records decisions.
    """

    boards: Boards
    vulnerabilities: VulnerabilityLists
    packages: PackageLists
    assessments: AssessmentLists
    overviews: Overviews
    decider: Decider


def open_triage(parts: Parts) -> Triage:
    """The lists of a process that follows the store with a read model; nothing is searched for in registries."""
    store, model, clock = parts.store.triage, parts.model, parts.clock
    rules = ModelRules(parts.rules, model)
    checker = parts.checker(ThreadBackground(1))
    boards = Boards(
        model, Catalogs(store, model, rules, clock), checker, parts.settings.policy, parts.store.inventory, clock
    )
    vulnerabilities = VulnerabilityLists(store, model, boards, rules, clock)
    assessments = AssessmentLists(store, model, rules, clock)
    return Triage(
        boards,
        vulnerabilities,
        PackageLists(store, model, boards),
        assessments,
        Overviews(store, model, boards, vulnerabilities, assessments, clock),
        Decider(
            DecidingParts(
                parts.assessor,
                vulnerabilities,
                boards,
                model,
                parts.refresher,
                rules,
                parts.settings.policy,
                clock,
            )
        ),
    )
