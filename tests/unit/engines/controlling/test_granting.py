"""Grants: uses of break-glass are told once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock, FakeGrantStore, FakeLiveObjects
from webhook.engines.controlling.granting import GrantDuty, GrantParts
from webhook.errors import Final
from webhook.model.grants import BreakGlassGrant, GrantedWorkload, SetTicket
from webhook.model.owners import LiveObject
from webhook.model.reports import ObjectEvent
from webhook.model.running import ObjectRef

GRANT = BreakGlassGrant(
    "shop",
    "INC-1",
    "admin@shop.example",
    GrantedWorkload("apps/v1", "Deployment", "web", "uid-web"),
    ("shop/web:1",),
    NOON,
    NOON + dt.timedelta(hours=8),
    made=NOON,
    confirmed=True,
    name="ticket-1",
    uid="g-1",
)


@dataclass
class FakeEvents:
    """Keeps every event."""

    told: list[ObjectEvent] = field(default_factory=list)

    def emit(self, event: ObjectEvent) -> None:
        self.told.append(event)


def test_a_new_grant_is_told_once_on_its_workload(clock: FakeClock) -> None:
    grants, events = FakeGrantStore([GRANT]), FakeEvents()
    duty = GrantDuty(GrantParts(grants, FakeLiveObjects(), events), clock)
    duty.run()
    duty.run()
    (event,) = events.told
    assert event.about == ObjectRef("apps", "v1", "Deployment", "shop", "web", "uid-web")
    assert event.reason == "BomgateBreakGlass"
    assert event.message == (
        "admin@shop.example admitted this under INC-1 although it would be denied; what it makes of shop/web:1 is "
        "admitted until 2026-03-01 20:00 UTC"
    )
    grants.kept.append(replace(GRANT, ticket="INC-2", name="ticket-2"))
    duty.run()
    assert [event.key for event in events.told] == ["ticket-1", "ticket-2"]


def test_a_new_leader_does_not_tell_old_ones_again(clock: FakeClock) -> None:
    events = FakeEvents()
    clock.advance(3600)
    GrantDuty(GrantParts(FakeGrantStore([GRANT]), FakeLiveObjects(), events), clock).run()
    assert events.told == []


def test_a_pod_without_group_is_an_object_of_the_core_group(clock: FakeClock) -> None:
    events = FakeEvents()
    pod = replace(GRANT, workload=GrantedWorkload("v1", "Pod", "web", "uid-pod"))
    GrantDuty(GrantParts(FakeGrantStore([pod]), FakeLiveObjects(), events), clock).run()
    assert events.told[0].about.api_version == "v1"


NEW = replace(GRANT, confirmed=False)


def live(ticket: SetTicket | None) -> FakeLiveObjects:
    return FakeLiveObjects({"uid-web": LiveObject(NOON, frozenset(), ticket=ticket)})


def test_a_use_is_told_once_its_ticket_was_seen_and_it_is_confirmed_then(clock: FakeClock) -> None:
    grants, events, there = FakeGrantStore([NEW]), FakeEvents(), live(None)
    duty = GrantDuty(GrantParts(grants, there, events), clock)
    duty.run()
    assert (events.told, grants.kept[0].confirmed) == ([], False)
    there.objects = live(SetTicket("INC-1", NOON)).objects
    duty.run()
    assert [event.key for event in events.told] == ["ticket-1"]
    assert grants.kept[0].confirmed


@pytest.mark.parametrize(
    "ticket",
    [
        None,
        SetTicket("INC-2", NOON),
        SetTicket("INC-1"),
        SetTicket("INC-1", NOON - dt.timedelta(minutes=5)),
        SetTicket("INC-1", NOON + dt.timedelta(minutes=5)),
    ],
)
def test_a_grant_whose_change_never_came_about_is_removed_and_not_told(
    clock: FakeClock, ticket: SetTicket | None
) -> None:
    grants, events = FakeGrantStore([NEW, replace(GRANT, uid="g-2", ticket="INC-2")]), FakeEvents()
    duty = GrantDuty(GrantParts(grants, live(ticket), events), clock)
    clock.advance(119)
    duty.run()
    assert len(grants.kept) == 2
    clock.advance(1)
    duty.run()
    assert [kept.uid for kept in grants.kept] == ["g-2"]
    assert len(events.told) == 1


def test_a_grant_is_kept_where_nobody_can_say_what_came_about(clock: FakeClock) -> None:
    clock.advance(600)
    unreadable = FakeLiveObjects(unreadable=frozenset({"Deployment"}))
    for there in (unreadable, FakeLiveObjects(error=Final("no"))):
        grants, events = FakeGrantStore([NEW]), FakeEvents()
        GrantDuty(GrantParts(grants, there, events), clock).run()
        assert grants.kept == [NEW]
