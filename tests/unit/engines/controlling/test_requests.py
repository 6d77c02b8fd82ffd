"""The duty that makes requests of objects: what counts, what does not, and what the objects are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock, FakeTicketGuard, MemoryStore
from tests.memory.requests import MemoryRequests
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.controlling.requests import RequestDuty, RequestParts
from webhook.engines.requesting.desk import RequestDesk
from webhook.engines.requesting.options import RequestOptions
from webhook.engines.requesting.reader import DraftAnswer, RequestReader
from webhook.model.assessments import Scope
from webhook.model.people import KUBERNETES, Person
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.reports import ObjectEvent
from webhook.model.requestobjects import RequestObject, RequestStatus
from webhook.model.requests import Phase, RequestCounts, Wish
from webhook.policy.evaluation import Rules
from webhook.policy.phrases import moment
from webhook.policy.typetable import default_types

LODASH = "pkg:npm/lodash@4.17.20"
ASKED = RequestObject(
    "shop",
    "lodash",
    "uid-1",
    1,
    NOON,
    False,
    "dora",
    "one",
    Wish(("CVE-1",), Scope("pkg:npm/lodash"), "shop", "no templates", days=30),
    None,
    None,
)
BEN = Person("ben", "token", issuer=KUBERNETES, username="ben")


@dataclass
class Objects:
    """The objects of a cluster; a status that is reported is theirs."""

    there: list[RequestObject] | None = field(default_factory=lambda: [ASKED])

    def list(self) -> Sequence[RequestObject] | None:
        return None if self.there is None else tuple(self.there)

    def report(self, one: RequestObject, status: RequestStatus) -> None:
        assert self.there is not None
        self.there = [replace(other, status=status) if other.uid == one.uid else other for other in self.there]

    @property
    def status(self) -> RequestStatus:
        assert self.there is not None
        assert self.there[0].status is not None
        return self.there[0].status


@dataclass
class World:
    """A duty with everything around it."""

    duty: RequestDuty
    desk: RequestDesk
    requests: MemoryRequests
    objects: Objects
    guard: FakeTicketGuard
    events: list[ObjectEvent]
    counts: list[RequestCounts]

    def emit(self, event: ObjectEvent) -> None:
        self.events.append(event)


@pytest.fixture
def world(clock: FakeClock) -> World:
    store, requests = MemoryStore(clock), MemoryRequests()
    store.sboms.add(digest(1), make_sbom(Purl(LODASH)), place="added")
    store.components.record([answer(LODASH, vulnerability("CVE-1"), at=NOON)], assess=AutoRule(), now=NOON)
    rules = StoreRules(Rules(default_types(), Policy()), store.types)
    desk = RequestDesk(requests, RequestReader(store.vulnerabilities, rules, RequestOptions(), clock), clock)
    objects, guard, events, counts = Objects(), FakeTicketGuard(), list[ObjectEvent](), list[RequestCounts]()
    made = World(None, desk, requests, objects, guard, events, counts)
    made.duty = RequestDuty(RequestParts(desk, objects, guard, made), clock, counts.append)
    return made


def test_an_object_becomes_a_request_and_is_told_of_its_answer(world: World) -> None:
    world.duty.run()
    assert (world.objects.status.reason, world.objects.status.number) == ("Waiting", 1)
    world.duty.run()
    assert [event.reason for event in world.events] == ["RequestWaiting"]  # told once
    world.desk.approve(1, DraftAnswer("until May"), BEN, "test")
    world.duty.run()
    said = world.objects.status
    assert (said.reason, said.phase, said.answered_by, said.comment) == ("Approved", "approved", "ben", "until May")
    assert world.events[-1].message == "ben has approved request 1: until May"
    assert world.counts[-1].by_phase[Phase.APPROVED] == 1


def test_the_status_has_the_end_that_the_approval_gave(world: World, clock: FakeClock) -> None:
    world.duty.run()
    assert world.objects.status.until == NOON + dt.timedelta(days=30)
    given = NOON + dt.timedelta(days=5)
    world.desk.approve(1, DraftAnswer("until Thursday", until=given), BEN, "test")
    world.duty.run()
    assert world.objects.status.until == given
    assert world.objects.status.message == f"ben has approved request 1 until {moment(given)}: until Thursday"
    clock.advance(5 * 86_400)
    world.duty.run()
    said = world.objects.status
    assert (said.reason, said.message) == ("Ended", f"The exception ended on {moment(given)}.")


def test_a_status_that_somebody_else_wrote_is_put_back(world: World) -> None:
    world.duty.run()
    kept = world.objects.status
    world.objects.report(ASKED, replace(kept, phase="approved", reason="Approved", answered_by="dora"))
    world.duty.run()
    assert world.objects.status == kept
    assert world.desk.named(1).phase is Phase.WAITING


def test_without_the_guard_an_object_is_no_request(world: World) -> None:
    for at in (None, NOON + dt.timedelta(seconds=1)):
        world.guard.moment = at
        world.duty.run()
        assert (world.objects.status.ready, world.objects.status.reason) == (False, "Unguarded")
    assert world.requests.requests == {}
    world.guard.moment = NOON
    world.duty.run()
    world.desk.approve(1, DraftAnswer("fine"), BEN, "test")
    world.guard.moment = None
    world.duty.run()
    assert world.desk.named(1).phase is Phase.APPROVED  # what was made sure of before stays
    changed = replace(ASKED, definition="two", requester="ben", generation=2)
    world.objects.there = [changed]
    world.duty.run()
    assert world.desk.named(1).phase is Phase.WITHDRAWN  # and what was changed since does not count


def test_what_is_changed_waits_again_even_into_what_cannot_be_asked_for(world: World) -> None:
    world.duty.run()
    world.desk.approve(1, DraftAnswer("fine"), BEN, "test")
    assert ASKED.wish is not None
    longer = replace(ASKED, definition="two", wish=replace(ASKED.wish, days=60), generation=2)
    world.objects.there = [longer]
    world.duty.run()
    assert (world.desk.named(1).phase, world.desk.named(1).version) == (Phase.WAITING, 2)
    assert [record.type for record in world.requests.records] == ["Ignore", None]
    world.desk.approve(1, DraftAnswer("fine"), BEN, "test")
    world.objects.there = [replace(longer, definition="three", wish=replace(ASKED.wish, days=91))]
    world.duty.run()
    assert world.objects.status.reason == "Refused"
    assert "at most 90 days" in world.objects.status.message
    assert world.desk.named(1).phase is Phase.WITHDRAWN
    assert world.requests.records[-1].type is None


@pytest.mark.parametrize("gone", [[], [replace(ASKED, is_going=True)], [replace(ASKED, uid="uid-2")]])
def test_an_exception_ends_with_its_object(world: World, gone: list[RequestObject]) -> None:
    world.duty.run()
    world.desk.approve(1, DraftAnswer("fine"), BEN, "test")
    world.objects.there = list(gone)
    for _ in range(2):
        world.duty.run()
    assert world.desk.named(1).phase is Phase.WITHDRAWN
    assert world.requests.records[-1].type is None
    again = [request.phase for request in world.requests.requests.values()][1:]
    assert again == ([Phase.WAITING] if gone and not gone[0].is_going else [])


def test_a_cluster_that_does_not_know_the_kind_changes_nothing(world: World) -> None:
    world.duty.run()
    world.desk.approve(1, DraftAnswer("fine"), BEN, "test")
    world.objects.there = None
    world.duty.run()
    assert world.desk.named(1).phase is Phase.APPROVED
    assert world.counts[-1].by_phase[Phase.APPROVED] == 1


def test_a_program_that_is_not_listed_is_refused(world: World) -> None:
    world.objects.there = [replace(ASKED, requester="system:serviceaccount:shop:deployer")]
    world.duty.run()
    assert world.objects.status.reason == "Refused"
    assert "is not a person" in world.objects.status.message
