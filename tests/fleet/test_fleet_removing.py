"""Who is no member any more: what goes at once, what stays, and what goes on request."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.cli.installation import invoke
from tests.fleet.hubs import Hub
from webhook.model.fleetreports import FleetQuestion
from webhook.model.purls import Purl
from webhook.model.triage import AuditScan

_DAY = dt.timedelta(days=1)
_SHARED, _ALONE, _ASKED = (Purl(f"pkg:npm/{name}@1") for name in ("shared", "alone", "asked"))


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    made = Hub(tmp_path)
    for name in ("berlin", "tokyo"):
        made.token(name)
        made.ok("assess", "CVE-2026-1", "--type", "Blocked", "--comment", "why", "--cluster", name)
    return made


def asks(hub: Hub, member: str, *coordinates: Purl) -> None:
    parts = hub.parts()
    question = FleetQuestion(member, coordinates)
    parts.store.fleet_reports.ask(question, now=parts.clock.now(), ttl=_DAY, ceiling=9, by_key=lambda purls: purls)
    parts.store.close()


def test_what_only_a_removed_member_waits_for_is_not_asked_for(hub: Hub) -> None:
    asks(hub, "berlin", _SHARED, _ALONE, _ASKED)
    parts = hub.parts()
    reports, now = parts.store.fleet_reports, parts.clock.now() - 2 * _DAY
    reports.record(
        (),
        unanswered=[_ASKED],
        own=(),
        assess=lambda found, purl: None,
        now=now,
        reassess_on_score_change=False,
        lease=None,
    )
    asks(hub, "tokyo", _SHARED)
    hub.ok("fleet", "remove", "berlin")
    wanted = reports.wanted(now=parts.clock.now(), ttl=_DAY, kept=_DAY, by_key=lambda purls: purls)
    assert {component.purl for component in wanted} == {_SHARED, _ASKED}, "what was asked before serves others, too"
    assert reports.size().by_member == {"tokyo": 1}
    parts.store.close()


def test_decisions_for_a_removed_member_stay_until_somebody_deletes_them(hub: Hub) -> None:
    ran = hub.ok("fleet", "remove", "berlin")
    assert "stays (1 record)" in ran.err and "bomgate fleet remove berlin --forget" in ran.err
    hub.ok("fleet", "add", "berlin")
    assert "CVE-2026-1" in hub.ok("fleet", "decisions", "berlin").out, "they are there for the new member of that name"
    hub.ok("fleet", "remove", "berlin")
    ran = hub.ok("fleet", "remove", "berlin", "--forget", "--author", "ana")
    assert "Deleted 1 record for berlin alone." in ran.out
    hub.ok("fleet", "add", "berlin")
    assert "CVE-2026-1" not in hub.ok("fleet", "decisions", "berlin").out
    assert "CVE-2026-1" in hub.ok("fleet", "decisions", "tokyo").out
    parts = hub.parts()
    (line,) = parts.store.triage.audit(AuditScan(), None, 1)
    assert (line.note.action, line.note.subject, line.note.actor) == ("forget-member", "berlin", "ana")
    assert line.note.detail["records"] == "1"
    parts.store.close()


def test_nothing_is_forgotten_of_who_is_no_member(hub: Hub) -> None:
    for more in ((), ("--forget",)):
        ran = invoke("fleet", "remove", "paris", *more, "--config", str(hub.config))
        assert (ran.code, "There is no member 'paris'" in ran.err) == (2, True), ran.err
