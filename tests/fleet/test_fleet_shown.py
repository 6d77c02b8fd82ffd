"""What a hub and a member say of the fleet at the command line, and in the self-check."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.installation import invoke
from tests.console.test_console_fleet import join, workload
from tests.fleet.hubs import Hub
from tests.fleet.members import Member, documented
from webhook.bootstrap.selfcheck import checks
from webhook.bootstrap.triage import open_triage
from webhook.console.face import Health
from webhook.model.changes import Position
from webhook.model.fleet import Followed, MemberSeen
from webhook.policy.fleetfacts import FleetFact, member_facts, own_ways

ONE = "CVE-2026-10001"
NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def member(tmp_path: Path, hub: Hub) -> Iterator[Member]:
    made = Member(tmp_path / "member", hub)
    yield made
    made.parts.store.close()


def status(config: Path) -> list[tuple[bool, str]]:
    """What the status of the database says of the fleet."""
    shown = json.loads(invoke("db", "status", "--output", "json", "--config", str(config)).out)
    return [(fact["good"], fact["sentence"]) for fact in shown["fleet"]]


def test_a_member_says_how_far_it_is_and_what_stays_in_force(hub: Hub, member: Member) -> None:
    hub.record(ONE, "Ignore")
    shutil.copy(hub.folder / "hub.db", hub.folder / "copy.db")
    invoke("db", "upgrade", "--config", str(member.config))
    assert status(member.config) == [(False, "Member of a fleet that has taken nothing from its hub yet.")]
    hub.record(ONE, "Blocked")
    member.follow()
    ((is_good, sentence),) = status(member.config)
    assert is_good and sentence.startswith(f"Member at revision {member.followed.position.revision} of its hub")
    shutil.copy(hub.folder / "copy.db", hub.folder / "hub.db")
    member.take(documented(hub))
    facts = status(member.config)
    assert facts[1] == (False, "The hub has lost 1 decision that restrict; they stay in force here.")
    ran = invoke("db", "status", "--config", str(member.config))
    assert "bomgate fleet accept" in ran.err
    found = [check for check in self_check(member) if check.name == "Fleet"]
    assert [check.level for check in found] == ["good", "bad"]


def self_check(member: Member) -> Sequence[Health]:
    member.parts.refresher.refresh()
    triage = open_triage(member.parts)
    triage.boards.refresh()
    return checks(member.parts, triage)


@pytest.mark.parametrize(
    ("minutes", "skew", "is_connected", "expected"),
    [
        (1, 0.0, True, [True]),
        (11, 0.0, True, [False]),
        (11, 0.0, False, [True]),
        (1, 61.0, True, [True, False]),
        (1, -61.0, True, [True, False]),
        (1, 60.0, True, [True]),
    ],
)
def test_a_member_that_hears_nothing_or_has_another_clock_says_so(
    minutes: int, skew: float, is_connected: bool, expected: list[bool]
) -> None:
    seen = NOW - dt.timedelta(minutes=minutes)
    followed = Followed(Position("a", 7, "m"), seen_at=seen, skew_seconds=skew)
    found: list[FleetFact] = list(member_facts(followed, NOW, is_connected=is_connected))
    assert [condition.is_good for condition in found] == expected
    assert all(condition.is_good or condition.remedy for condition in found)


def test_a_member_says_what_can_be_milder_there_than_at_its_hub(hub: Hub, tmp_path: Path) -> None:
    types = [
        {"name": "Own", "action": "allow", "autoAssess": {"min": 0.0, "max": 3.9}},
        {"name": "Strict", "action": "deny", "autoAssess": {"min": 9.0, "max": 10.0}},
        {"name": "Shared", "action": "warn", "autoAssess": {"min": 4.0, "max": 6.9}},
    ]
    hub.ok("types", "add", "Shared", "--action", "warn")
    member = Member(tmp_path / "m", hub, fleet={"localLoosening": False}, assessmentTypes=types)
    member.follow()
    milder = "conditions of the types Own of the settings file"
    told = json.loads(invoke("fleet", "status", "--output", "json", "--config", str(member.config)).out)
    assert told["own_ways"] == [milder]
    assert f"Findings can get something milder here than at the hub by {milder}." in [
        text for _, text in status(member.config)
    ]
    loose = own_ways((), (), trusts_vex=True, loosens=True)
    assert loose == ("decisions of people here (fleet.localLoosening)", "VEX documents that vex.trust trusts")
    assert own_ways((), (), trusts_vex=False, loosens=False) == ()
    member.parts.store.close()


def test_a_hub_names_the_members_that_need_somebody(hub: Hub) -> None:
    parts, now = hub.parts(), hub.parts().clock.now()
    for name in ("new", "silent", "skewed", "other", "well"):
        hub.token(name)
    position = parts.store.hub_feed.position()
    for name, minutes, skew, store in (
        ("silent", 20, 0.0, position.store),
        ("skewed", 1, 90.0, position.store),
        ("other", 1, 0.0, "another"),
        ("well", 1, 0.0, position.store),
    ):
        at, applied = now - dt.timedelta(minutes=minutes), Position(store, max(1, position.revision), "m")
        parts.store.fleet_members.note([MemberSeen(name, at, applied, skew, "0.1.0")])
    parts.store.close()
    facts = status(hub.config)
    assert facts[0][0] and facts[0][1].startswith("Hub of 5 members at revision")
    assert [sentence.partition(".")[0] for _, sentence in facts[1:]] == [
        "Not heard of for ten minutes: silent",
        "Never heard of: new",
        "Of another history of the hub: other",
        "Clocks differ by more than a minute: skewed",
    ]


def test_an_installation_alone_says_nothing_of_a_fleet(tmp_path: Path) -> None:
    config = tmp_path / "bomgate.json"
    config.write_text(json.dumps({"database": {"url": f"sqlite:///{tmp_path}/b.db"}}))
    invoke("db", "upgrade", "--config", str(config))
    assert status(config) == []


def test_a_type_that_is_milder_here_than_at_the_hub_is_named(hub: Hub, tmp_path: Path) -> None:
    types = [{"name": "Risky", "action": "warn"}, {"name": "Fine", "action": "deny"}]
    member = Member(tmp_path / "stating", hub, assessmentTypes=types)
    hub.ok("types", "add", "Risky", "--action", "deny")
    hub.ok("types", "add", "Fine", "--action", "allow", "--yes")
    member.follow()
    member.parts.store.close()
    ran = invoke("types", "lint", "--output", "json", "--config", str(member.config))
    found = [trap["sentence"] for trap in json.loads(ran.out)["traps"] if trap["code"] == "milder-than-the-fleet"]
    assert found == ["The assessment type Risky of the settings file is warn. The fleet's is deny, and counts."]


def test_a_hub_finds_packages_in_the_clusters_of_its_members(hub: Hub, member: Member) -> None:
    parts = hub.parts()
    join(parts, "berlin", [workload(0)])
    join(parts, "tokyo", [workload(1), workload(2)])
    parts.store.close()
    ran = invoke("components", "find", "log4j*", "--output", "json", "--config", str(hub.config))
    (found,) = json.loads(ran.out)["components"]
    assert ran.code == 0
    assert (found["images"], found["clusters"]) == ([], {"berlin": 3, "tokyo": 3})
    table = invoke("components", "find", "log4j*", "--config", str(hub.config))
    assert "cluster berlin, cluster tokyo" in table.out and "In 2 clusters of members: berlin, tokyo." in table.err
    written = invoke("components", "find", "log4j*", "--output", "csv", "--config", str(hub.config)).out
    assert [row["clusters"] for row in csv.DictReader(io.StringIO(written))] == ["berlin tokyo"]
