"""What the console works with: joined by ``bootstrap``, used by pages and API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook.console.lists.base import Cursors
from webhook.engines.assessing.rules import RuleSource
from webhook.engines.requesting.desk import RequestDesk
from webhook.engines.triage.assessments import AssessmentLists
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.clusterdeciding import ClusterDecider
from webhook.engines.triage.clusters import ClusterLists
from webhook.engines.triage.deciding import Decider
from webhook.engines.triage.overview import Overviews
from webhook.engines.triage.packages import PackageLists
from webhook.engines.triage.typeediting import TypeEditor
from webhook.engines.triage.typelists import TypeLists
from webhook.engines.triage.vex import VexLists
from webhook.engines.triage.vulnerabilities import VulnerabilityLists
from webhook.model.runs import RunEstimate
from webhook.ports import (
    Clock,
    DocumentStore,
    EventSink,
    Outbox,
    RunProgressStore,
    RunStarter,
    SbomStore,
    TriageStore,
)
from webhook.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Health:
    """A line of the self-check.

    Attributes:
        name: what was looked at.
        level: ``good``, ``note`` or ``bad``.
        sentence: what was found.
        remedy: what to do; empty when there is nothing to do.
    """

    name: str
    level: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting as it is in force.

    Attributes:
        name: in the file.
        value: as text; secrets are never shown.
        help: what it does.
    """

    name: str
    value: str
    help: str


@dataclass(frozen=True, slots=True)
class ConsoleFace:
    """What the console works with.

    Attributes:
        boards, vulnerabilities, packages, assessments, overviews: what people look up.
        clusters: those of a hub's members; None where there is no hub, or not all may be seen.
        vex: what VEX documents say of that.
        decider: what they decide.
        cluster_decider: what they decide for one member of a hub; None where there is no hub.
        types: assessment types.
        type_editor: changes them.
        within: the same for those who may see some namespaces only.
        events: where the cluster learns what was decided; None without one.
        home: the namespace of bomgate, for what concerns the whole cluster.
        desk: requests for exceptions.
        refresh: brings what was recorded into what is shown.
        runs: those of the downloader that go on.
        starter: begins one; None where nothing can.
        estimate: what one would ask for now.
        sets: of the sources that a run brings up to date beside that, such as ``osv: Debian``.
        store: lists that are not judged.
        sboms: SBOMs of an image.
        documents: what they were read from.
        rules: types and policy now.
        outbox: what people are told.
        destinations: names of those who are told.
        checks: the self-check, recreated each time.
        kept_checks: the last one, some seconds old.
        settings: all settings in force.
        token_ends: the day on which the token of OSS Index ends; empty when nobody said it.
        stale_since: since when the database has not answered; None when it does.
        clock: time.
        cursors: where pages end, in addresses.
        metrics: of this process.
        version: of bomgate.
    """

    boards: BoardSource
    vulnerabilities: VulnerabilityLists
    packages: PackageLists
    assessments: AssessmentLists
    overviews: Overviews
    clusters: ClusterLists | None
    vex: VexLists
    decider: Decider
    cluster_decider: ClusterDecider | None
    types: TypeLists
    type_editor: TypeEditor
    within: Callable[[frozenset[str]], ConsoleFace]
    events: EventSink | None
    home: str
    desk: RequestDesk
    refresh: Callable[[], None]
    runs: RunProgressStore
    starter: RunStarter | None
    estimate: Callable[[], RunEstimate]
    sets: Sequence[str]
    store: TriageStore
    sboms: SbomStore
    documents: DocumentStore
    rules: RuleSource
    outbox: Outbox
    destinations: Sequence[str]
    checks: Callable[[], Sequence[Health]]
    kept_checks: Callable[[], Sequence[Health]]
    settings: Sequence[SettingLine]
    token_ends: str
    stale_since: Callable[[], dt.datetime | None]
    clock: Clock
    cursors: Cursors
    metrics: Metrics
    version: str
