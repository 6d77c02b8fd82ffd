"""Who decided what, told in Events from the audit log: where, once, and what a slow or absent API server does to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tests.clusters import FakeEventSink
from tests.copies import replace
from tests.fakes import NOON
from tests.memory.requests import MemoryRequests
from tests.worlds import LOG4J, LOG4SHELL, World
from webhook.engines.controlling.decisionevents import DecisionEventParts, DecisionEvents
from webhook.errors import Final, Retryable
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.people import Person
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.requests import Asker, ExceptionRequest
from webhook.model.running import ObjectRef, RunningWorkload
from webhook.model.triage import AuditLine, AuditNote, AuditScan, Key
from webhook.model.verdicts import ImageVerdict, WorkloadVerdict

SECOND = dt.timedelta(seconds=1)
PACKAGE = Purl(LOG4J).package
ANA = Person("ana", "token", username="ana")


@dataclass
class Rows:
    """An audit log."""

    rows: list[AuditLine] = field(default_factory=list)

    def add(
        self, action: str, batch: str = "", by: str = "ben@host", at: dt.datetime = NOON, comment: str = ""
    ) -> None:
        note = AuditNote("ben", by, action, f"{LOG4SHELL.id} for {PACKAGE}", {"comment": comment} if comment else {})
        self.rows.append(AuditLine(len(self.rows) + 1, at, note, batch))

    def audit(self, scan: AuditScan, after: Key | None, most: int) -> Sequence[AuditLine]:
        there = [row for row in self.rows if after is None or row.number < int(after[0])]
        return there[::-1][:most]


@dataclass
class Told:
    """The duty with everything around it."""

    world: World = field(default_factory=World)
    rows: Rows = field(default_factory=Rows)
    requests: MemoryRequests = field(default_factory=MemoryRequests)
    sink: FakeEventSink = field(default_factory=FakeEventSink)
    latest: AuditResult | None = None

    def __post_init__(self) -> None:
        self.duty = self.new_duty()

    def new_duty(self) -> DecisionEvents:
        audit, assessments = cast("Any", self.rows), self.world.store.assessments
        parts = DecisionEventParts(audit, self.requests, assessments, self.sink, "bomgate-system", lambda: self.latest)
        return DecisionEvents(parts, self.world.clock)

    def request(self, origin: str = "", namespace: str | None = "shop") -> str:
        number = len(self.requests.requests) + 1
        asker = Asker(ANA, "why", NOON)
        scope = Scope(PACKAGE, None, None, namespace)
        made = ExceptionRequest(number, (LOG4SHELL.id,), scope, None, (asker,), NOON, origin=origin, origin_uid="uid-1")
        self.requests.requests[number] = made
        return made.batch

    def told(self) -> list[tuple[str, str]]:
        self.sink.events.clear()
        self.duty.run()
        return [(event.about.title, event.reason) for event in self.sink.events]


@pytest.fixture
def told() -> Told:
    made = Told()
    made.duty.run()
    return made


def workload(world: World, name: str, namespace: str = "shop") -> AuditedWorkload:
    world.image(f"shop/{name}:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    owner = ObjectRef("apps", "v1", "Deployment", namespace, name, f"uid-{name}")
    verdict = WorkloadVerdict(Action.DENY, (ImageVerdict(world.check(f"shop/{name}:1"), ()),))
    return AuditedWorkload(RunningWorkload(owner), Mode.DENY, verdict, Action.DENY, "findings")


def test_a_request_is_told_at_its_namespace_and_at_what_runs_there_with_it(told: Told) -> None:
    there = (workload(told.world, "web"), workload(told.world, "other", "lab"))
    told.latest = AuditResult(NOON, 1.0, 1, there, ())
    batch = told.request()
    for action in ("request", "approve-request", "deny-request", "withdraw-request"):
        told.rows.add(action, batch, comment="no input")
    reasons = ["ExceptionRequested", "ExceptionApproved", "ExceptionDenied", "ExceptionWithdrawn"]
    places = ["Namespace shop/shop", "Deployment shop/web"]
    assert told.told() == [(place, reason) for reason in reasons for place in places]
    assert told.sink.events[0].message == f"ben: request {LOG4SHELL.id} for {PACKAGE}: no input"
    assert told.told() == [], "each once"


def test_a_request_of_an_assessment_is_told_at_the_object(told: Told) -> None:
    told.rows.add("approve-request", told.request("Assessment log4shell", None))
    assert told.told() == [
        ("Namespace bomgate-system/bomgate-system", "ExceptionApproved"),
        ("Assessment log4shell", "ExceptionApproved"),
    ]
    assert told.sink.events[1].about.uid == "uid-1"


def test_decisions_of_the_command_line_are_told_where_they_hold_and_those_of_the_console_not_twice(told: Told) -> None:
    for namespace in ("shop", None):
        record = Assessment("V-1", "Ignore", Scope(namespace=namespace), AssessmentSource.MANUAL, "ben", "", NOON, None)
        batch = f"batch-{namespace}"
        told.world.store.assessments.append([replace(record, batch=batch)])
        told.rows.add("assess", batch)
        told.rows.add("assess", batch, by="console, 127.0.0.1, token")
    told.rows.add("edit-type", by="console, 127.0.0.1, token")
    assert told.told() == [
        ("Namespace shop/shop", "BomgateDecided"),
        ("Namespace bomgate-system/bomgate-system", "BomgateDecided"),
        ("Namespace bomgate-system/bomgate-system", "BomgateDecided"),
    ]


def test_a_new_leader_tells_the_last_minute_and_an_absent_api_server_loses_nothing(told: Told) -> None:
    for seconds in (-120, -61, -30, 0):
        told.rows.add("edit-type", at=NOON + seconds * SECOND)
    told.duty = told.new_duty()
    assert len(told.told()) == 2
    told.rows.add("edit-type")
    told.sink.error = Retryable("away")
    with pytest.raises(Retryable):
        told.duty.run()
    told.sink.error = None
    assert len(told.told()) == 1
    told.rows.add("edit-type")
    told.sink.error = Final("the namespace is gone")
    assert told.told() == [], "what nobody takes holds up nothing"
    told.sink.error = None
    assert told.told() == []


def test_many_rows_are_told_in_order_pass_by_pass(told: Told) -> None:
    for _ in range(250):
        told.rows.add("edit-type")
    keys: list[str] = []
    while told.told():
        keys += [event.key for event in told.sink.events]
    assert keys == [f"audit-{number}" for number in range(1, 251)]
