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
from tests.memory.images import MemoryCursors
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
    cursors: MemoryCursors = field(default_factory=MemoryCursors)
    sink: FakeEventSink = field(default_factory=FakeEventSink)
    latest: AuditResult | None = None

    def __post_init__(self) -> None:
        self.duty = self.new_duty()

    def new_duty(self) -> DecisionEvents:
        audit, assessments = cast("Any", self.rows), self.world.store.assessments
        parts = DecisionEventParts(
            audit, self.requests, assessments, self.cursors, self.sink, "bomgate-system", lambda: self.latest
        )
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


def test_decisions_are_told_where_they_hold_and_those_of_the_console_under_the_name_that_it_gives_them(
    told: Told,
) -> None:
    for namespace in ("shop", None):
        record = Assessment("V-1", "Ignore", Scope(namespace=namespace), AssessmentSource.MANUAL, "ben", "", NOON, None)
        batch = f"batch-{namespace}"
        told.world.store.assessments.append([replace(record, batch=batch)])
        told.rows.add("assess", batch)
        told.rows.add("assess", batch, by="console, 127.0.0.1, token")
    told.rows.add("edit-type", by="console, 127.0.0.1, token")
    told.duty.run()
    assert all(event.once and event.reason == "BomgateDecided" for event in told.sink.events)
    assert [(event.about.name, event.key) for event in told.sink.events] == [
        ("shop", "audit-1"),
        ("shop", "batch-shop"),
        ("bomgate-system", "audit-3"),
        ("bomgate-system", "batch-None"),
        ("bomgate-system", "audit-5"),
    ]


def test_the_first_leader_tells_the_last_minute_and_an_absent_api_server_loses_nothing() -> None:
    told = Told()
    for seconds in (-120, -61, -30, 0):
        told.rows.add("edit-type", at=NOON + seconds * SECOND)
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


def keys(told: Told) -> list[str]:
    told.told()
    return [event.key for event in told.sink.events]


def test_a_new_leader_goes_on_where_the_last_one_was_even_after_half_an_hour(told: Told) -> None:
    told.rows.add("edit-type")
    assert keys(told) == ["audit-1"]
    told.rows.add("edit-type", at=NOON + 90 * SECOND)
    told.world.clock.current += 1800 * SECOND
    told.duty = told.new_duty()
    assert keys(told) == ["audit-2"]
    told.duty = told.new_duty()
    assert keys(told) == []
    told.rows.add("edit-type", at=told.world.clock.current)
    told.world.clock.current += 3601 * SECOND
    assert keys(told) == [], "an Event would not be there any more"


def test_what_a_killed_leader_had_told_is_told_again_by_the_same_names_and_nothing_is_left_out(told: Told) -> None:
    for _ in range(5):
        told.rows.add("edit-type")
    emit, left = told.sink.emit, [3]

    def dies(event: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        emit(event)

    told.sink.emit = dies  # type: ignore[method-assign]  # killed in the middle
    noted, told.cursors.advance = told.cursors.advance, lambda name, position: None  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        told.duty.run()
    first = [(event.about.uid, event.reason, event.key) for event in told.sink.events]
    told.sink.emit, told.cursors.advance = emit, noted  # type: ignore[method-assign]
    told.duty = told.new_duty()
    assert keys(told) == [f"audit-{number}" for number in range(1, 6)]
    assert [(event.about.uid, event.reason, event.key) for event in told.sink.events][:3] == first


def test_a_row_that_is_committed_behind_a_later_one_is_told(told: Told) -> None:
    for _ in range(3):
        told.rows.add("edit-type")
    late = told.rows.rows.pop(1)
    assert keys(told) == ["audit-1", "audit-3"]
    told.rows.rows.insert(1, late)
    assert keys(told) == ["audit-2"]
    assert told.cursors.position("decision-events") == 3


def test_many_rows_are_told_in_order_pass_by_pass(told: Told) -> None:
    for _ in range(250):
        told.rows.add("edit-type")
    found: list[str] = []
    while told.told():
        found += [event.key for event in told.sink.events]
    assert found == [f"audit-{number}" for number in range(1, 251)]
