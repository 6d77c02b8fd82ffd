"""Answers of OSS Index reach a member without a network in the hub's snapshot, as old as they are at the hub."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from pathlib import Path

import pytest
from msgspec import structs

from tests.doubles.ossindex.behaviour import PAT, Behaviour
from tests.doubles.ossindex.server import OssIndexDouble
from tests.fleet.hubs import Hub
from tests.fleet.members import Member, content_of
from tests.fleet.test_fleet_answers import ADVISORIES, COMPONENTS, Installation, sbom
from tests.ports.samples import digest
from webhook.clients.hub.keys import HubSigner
from webhook.errors import DocumentRefused
from webhook.model.fleetreports import FleetReport
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ASKED, Vulnerability
from webhook.policy.fleetdocuments import encode

LODASH, LEFT_PAD, NOBODY = COMPONENTS[6:9]
HOUR = dt.timedelta(hours=1)
FOUND = Vulnerability("CVE-2026-1007", "title", source=ASKED)


def test_one_file_brings_what_the_hub_knows_and_nothing_is_asked(tmp_path: Path) -> None:
    behaviour = Behaviour(advisories=ADVISORIES, unknown=frozenset([NOBODY[2]]), unknown_as="omitted")
    document = sbom(tmp_path, LODASH, LEFT_PAD, NOBODY)
    image = ("--image", f"registry.example/shop@{digest(1)}")
    with OssIndexDouble(behaviour) as service:
        hub = Hub(tmp_path / "hub", ossindex={"url": service.url, "token": PAT})
        hub.ok("sbom", "add", str(document), *image)
        hub.ok("download")
        written = hub.ok("fleet", "export", str(tmp_path / "fleet.bomgate"))
        assert "It has 2 answers of OSS Index." in written.err
        asked = len(service.service.journal)
        fleet = {"mode": "member", "hubKeys": [str(hub.public)]}
        member = Installation(tmp_path / "member", fleet=fleet, ossindex={"url": service.url})
        member.ok("sbom", "add", str(document), *image)
        member.download()
        assert {state for _, state in member.known()["components"]} == {0}, "unknown, and never clean"
        taken = json.loads(member.ok("fleet", "import", str(tmp_path / "fleet.bomgate"), "--output", "json"))
        assert taken["answers"] == 2
        assert [name for _, name in member.known()["findings"]] == ["CVE-2026-1007", "CVE-2026-1008"]
        assert dict(member.known()["components"]) == {LODASH[2]: 2, LEFT_PAD[2]: 1, NOBODY[2]: 0}
        assert len(service.service.journal) == asked, "the member asked for itself"
    ages = "SELECT purl, answered_at FROM components ORDER BY purl"
    with sqlite3.connect(hub.folder / "hub.db") as there, sqlite3.connect(member.file) as here:
        assert here.execute(ages).fetchall() == there.execute(ages).fetchall()


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def member(tmp_path: Path, hub: Hub) -> Member:
    made = Member(tmp_path / "member", hub)
    made.ok("sbom", "add", str(sbom(tmp_path, LODASH)), "--image", f"registry.example/shop@{digest(1)}")
    return made


def findings(member: Member, tmp_path: Path, hub: Hub, *reports: FleetReport) -> set[str]:
    """The vulnerabilities of a member's component once it has imported a snapshot with some reports."""
    content = structs.replace(content_of(hub), reports=reports)
    (tmp_path / "file").write_bytes(encode(content, HubSigner(hub.key).sign))
    member.ok("fleet", "import", str(tmp_path / "file"))
    with sqlite3.connect(member.folder / "member.db") as database:
        rows = database.execute("SELECT vulnerability_id FROM findings").fetchall()
    return {name for (name,) in rows}


def test_an_older_answer_changes_nothing_and_a_newer_one_takes_back(hub: Hub, member: Member, tmp_path: Path) -> None:
    purl, now = Purl(LODASH[2]), member.parts.clock.now()
    assert findings(member, tmp_path, hub, FleetReport(purl, now - HOUR, (FOUND,))) == {FOUND.id}
    assert findings(member, tmp_path, hub, FleetReport(purl, now - 2 * HOUR, ())) == {FOUND.id}, "it is older"
    assert findings(member, tmp_path, hub, FleetReport(purl, now, None)) == {FOUND.id}, "nobody knows it: no answer"
    assert findings(member, tmp_path, hub) == {FOUND.id}, "a snapshot without it"
    other = FleetReport(Purl("pkg:npm/lodash@4.17.21"), now, ())
    assert findings(member, tmp_path, hub, other) == {FOUND.id}, "another version"
    assert findings(member, tmp_path, hub, FleetReport(purl, now, ())) == set()
    member.parts.store.close()


def test_an_answer_of_the_future_is_as_old_as_its_import(hub: Hub, member: Member, tmp_path: Path) -> None:
    purl, now = Purl(LODASH[2]), member.parts.clock.now()
    findings(member, tmp_path, hub, FleetReport(purl, now + 9000 * HOUR, (FOUND,)))
    with sqlite3.connect(member.folder / "member.db") as database:
        (at,) = database.execute("SELECT answered_at FROM components").fetchone()
    assert now.timestamp() - 1 <= at <= (now + HOUR).timestamp()
    member.parts.store.close()


def test_a_report_that_is_none_refuses_the_whole_file(hub: Hub, member: Member) -> None:
    bad = FleetReport(Purl(LODASH[2]), member.parts.clock.now(), (structs.replace(FOUND, title="x" * 2000),))
    before = member.followed.position
    with pytest.raises(DocumentRefused):
        member.take(encode(structs.replace(content_of(hub), reports=(bad,)), HubSigner(hub.key).sign))
    assert member.followed.position == before
    member.parts.store.close()
