"""Grants: uses of break-glass are told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.fakes import NOON, FakeClock
from webhook.engines.controlling.granting import GrantDuty
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
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
)


@dataclass
class FakeGrants:
    """Keeps grants by name."""

    there: dict[str, BreakGlassGrant] = field(default_factory=dict)

    def everything(self, deadline: Deadline) -> Sequence[tuple[str, BreakGlassGrant]]:
        return tuple(self.there.items())


@dataclass
class FakeEvents:
    """Keeps every event."""

    told: list[ObjectEvent] = field(default_factory=list)

    def emit(self, event: ObjectEvent) -> None:
        self.told.append(event)


def test_a_new_grant_is_told_once_on_its_workload(clock: FakeClock) -> None:
    grants, events = FakeGrants({"uid-web": GRANT}), FakeEvents()
    duty = GrantDuty(grants, events, clock)
    duty.run()
    duty.run()
    (event,) = events.told
    assert event.about == ObjectRef("apps", "v1", "Deployment", "shop", "web", "uid-web")
    assert event.reason == "BomgateBreakGlass"
    assert event.message == (
        "admin@shop.example let this in under INC-1 although it would be denied; what it makes of shop/web:1 is let "
        "in until 2026-03-01 20:00 UTC"
    )
    grants.there["uid-web-2"] = replace(GRANT, ticket="INC-2")
    duty.run()
    assert [event.key for event in events.told] == ["uid-web", "uid-web-2"]


def test_a_new_leader_does_not_tell_old_ones_again(clock: FakeClock) -> None:
    events = FakeEvents()
    clock.advance(3600)
    GrantDuty(FakeGrants({"uid-web": GRANT}), events, clock).run()
    assert events.told == []


def test_a_pod_without_group_is_an_object_of_the_core_group(clock: FakeClock) -> None:
    events = FakeEvents()
    pod = replace(GRANT, workload=GrantedWorkload("v1", "Pod", "web", "uid-pod"))
    GrantDuty(FakeGrants({"uid-pod": pod}), events, clock).run()
    assert events.told[0].about.api_version == "v1"
