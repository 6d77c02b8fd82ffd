"""The ports: what the use cases need of the outside, as Protocols.

Belongs here: Protocols and nothing else. ``engines`` are written against them; ``clients`` and ``store`` implement
them; ``bootstrap`` joins the two. Each port that has more than one implementation has one test suite in
``tests/ports``, run on the fake and on the real one. Every method may raise the errors of :mod:`webhook.errors` that
its docstring names.
"""

from __future__ import annotations

from webhook.ports.advisories import AdvisorySource, AdvisoryStore
from webhook.ports.cluster import (
    AccessReviewer,
    EventSink,
    GrantStore,
    LiveObjects,
    NamespaceLabels,
    ReportSink,
    RunningWorkloads,
    TicketGuard,
    WorkloadInventory,
)
from webhook.ports.decisions import AssessmentStore, AutoAssess, ComponentStore, TypeStore, VulnerabilityStore
from webhook.ports.exploits import ExploitSource, ExploitStore
from webhook.ports.fleet import ClusterDecisions, FollowingStore, HubClient, HubFeed, HubSets, MemberStore
from webhook.ports.fleetreports import ClusterReceiver, ClusterStore, FleetPending, FleetReports, ImageContents
from webhook.ports.notifying import Messenger, Outbox
from webhook.ports.people import RightsReviewer, SignInProvider, TokenReviewer
from webhook.ports.processes import AdmittedImages, Background, Clock, RunStarter
from webhook.ports.retention import RetentionStore
from webhook.ports.sources import (
    ConditionalSource,
    ImageResolver,
    NoneCounts,
    Opening,
    PartlyRead,
    PullSecretSource,
    RegistryOpener,
    SbomSource,
    VulnerabilitySource,
)
from webhook.ports.stores import (
    AccountStore,
    AdmissionStore,
    ChangeFeed,
    CursorStore,
    DocumentStore,
    HotStart,
    ReadingStore,
    RunProgressStore,
    RunStore,
    SbomStore,
    SearchedStore,
    SearchStore,
    SightingStore,
    StoreAdmin,
)
from webhook.ports.triaging import InventoryStore, TriageStore
from webhook.ports.vex import VexPlace, VexSource, VexStore

__all__ = [
    "AccessReviewer",
    "AccountStore",
    "AdmissionStore",
    "AdmittedImages",
    "AdvisorySource",
    "AdvisoryStore",
    "AssessmentStore",
    "AutoAssess",
    "Background",
    "ChangeFeed",
    "Clock",
    "ClusterDecisions",
    "ClusterReceiver",
    "ClusterStore",
    "ComponentStore",
    "ConditionalSource",
    "CursorStore",
    "DocumentStore",
    "EventSink",
    "ExploitSource",
    "ExploitStore",
    "FleetPending",
    "FleetReports",
    "FollowingStore",
    "GrantStore",
    "HotStart",
    "HubClient",
    "HubFeed",
    "HubSets",
    "ImageContents",
    "ImageResolver",
    "InventoryStore",
    "LiveObjects",
    "MemberStore",
    "Messenger",
    "NamespaceLabels",
    "NoneCounts",
    "Opening",
    "Outbox",
    "PartlyRead",
    "PullSecretSource",
    "ReadingStore",
    "RegistryOpener",
    "ReportSink",
    "RetentionStore",
    "RightsReviewer",
    "RunProgressStore",
    "RunStarter",
    "RunStore",
    "RunningWorkloads",
    "SbomSource",
    "SbomStore",
    "SearchStore",
    "SearchedStore",
    "SightingStore",
    "SignInProvider",
    "StoreAdmin",
    "TicketGuard",
    "TokenReviewer",
    "TriageStore",
    "TypeStore",
    "VexPlace",
    "VexSource",
    "VexStore",
    "VulnerabilitySource",
    "VulnerabilityStore",
    "WorkloadInventory",
]
