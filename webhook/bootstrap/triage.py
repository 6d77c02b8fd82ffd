"""Triage: joins the lists and verdicts that people look up; the read model has to be loaded first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from webhook.bootstrap.fleet import cluster_desk
from webhook.bootstrap.parts import Parts
from webhook.clients.machine import ThreadBackground
from webhook.engines.assessing.rules import ModelRules
from webhook.engines.triage.assessments import AssessmentLists
from webhook.engines.triage.boards import Boards, BoardSource
from webhook.engines.triage.catalogs import Catalogs
from webhook.engines.triage.clusterdeciding import ClusterDecider
from webhook.engines.triage.clusters import ClusterLists
from webhook.engines.triage.deciding import Decider, DecidingParts
from webhook.engines.triage.overview import Overviews
from webhook.engines.triage.packages import PackageLists
from webhook.engines.triage.typeediting import TypeEditor, TypeParts
from webhook.engines.triage.typelists import TypeLists
from webhook.engines.triage.vex import VexLists
from webhook.engines.triage.vulnerabilities import VulnerabilityLists
from webhook.model.fleet import FleetMode


@dataclass(frozen=True, slots=True)
class Triage:
    """What people look up.

    Attributes:
        whole: images and running workloads with their verdicts, whatever namespaces may be seen.
        boards: those of what may be seen.
        vulnerabilities, packages, assessments: lists.
        overviews: what a person looks at first.
        vex: what VEX documents say.
        decider: plans and records decisions.
        types: the types, whatever namespaces may be seen.
        type_editor: changes them.
    """

    whole: Boards
    boards: BoardSource
    vulnerabilities: VulnerabilityLists
    packages: PackageLists
    assessments: AssessmentLists
    overviews: Overviews
    vex: VexLists
    decider: Decider
    types: TypeLists
    type_editor: TypeEditor


def open_triage(parts: Parts, *, judges: bool = True) -> Triage:
    """The lists of a process that follows the store with a read model; nothing is searched for in registries.

    Args:
        parts: of the process.
        judges: whether images and workloads are judged; without, only lists that show no verdicts may be asked for.
    """
    rules = ModelRules(parts.rules, parts.model)
    boards = Boards(
        parts.model,
        Catalogs(parts.store.triage, parts.model, rules, parts.clock),
        parts.checker(ThreadBackground(1)),
        parts.settings.policy,
        parts.store.inventory,
        parts.clock,
        judges=judges,
    )
    return _triage(parts, boards, boards, rules)


def cluster_lists(parts: Parts) -> ClusterLists | None:
    """What a hub knows of its members' clusters; None where this is no hub."""
    fleet = parts.settings.fleet
    if fleet.mode is not FleetMode.HUB:
        return None
    old_after = dt.timedelta(minutes=fleet.member_stale_minutes)
    store = parts.store
    return ClusterLists(store.fleet_members, store.clusters, store.hub_feed.position, parts.clock, old_after)


def cluster_decider(parts: Parts, triage: Triage) -> ClusterDecider | None:
    """Decides for single members of this hub; None where this is no hub."""
    clusters = cluster_lists(parts)
    if clusters is None:
        return None
    return ClusterDecider(cluster_desk(parts), triage.vulnerabilities, triage.packages, clusters)


def within(parts: Parts, triage: Triage, namespaces: frozenset[str]) -> Triage:
    """The same for those who may see some namespaces only.

    Args:
        parts: of the process.
        triage: of everything.
        namespaces: that may be seen.
    """
    return _triage(parts, triage.whole, triage.whole.within(namespaces), ModelRules(parts.rules, parts.model))


def _triage(parts: Parts, whole: Boards, boards: BoardSource, rules: ModelRules) -> Triage:
    store, model, clock = parts.store.triage, parts.model, parts.clock
    vulnerabilities = VulnerabilityLists(store, model, boards, rules, clock)
    assessments = AssessmentLists(store, model, clock, boards)
    deciding = DecidingParts(
        parts.assessor, vulnerabilities, boards, model, parts.refresher, rules, parts.settings.policy, clock
    )
    editing = TypeParts(
        parts.store.types,
        parts.settings.types,
        rules,
        model,
        parts.refresher,
        whole,
        parts.settings.policy,
        clock,
        parts.settings.requests.required,
    )
    return Triage(
        whole,
        boards,
        vulnerabilities,
        PackageLists(store, model, boards),
        assessments,
        Overviews(store, model, boards, vulnerabilities, assessments, clock),
        VexLists(model, boards, clock),
        Decider(deciding),
        TypeLists(parts.settings.types, rules, model, clock),
        TypeEditor(editing),
    )
