"""What the hub decides for one member counts there alone, and no other member hears of it."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import yaml

from tests.cli.installation import invoke
from tests.fleet.hubs import Hub
from tests.fleet.members import Member
from tests.fleet.test_fleet_answers import in_force
from webhook.bootstrap.fleet import following
from webhook.clients.hub.keys import HubKeys, HubSigner
from webhook.engines.controlling.fleet import FleetDuty
from webhook.engines.fleet.publishing import Publisher
from webhook.errors import DocumentRefused
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.fleet import Addressee
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.model.triage import AuditScan
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.fleetdocuments import decode
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import ANYWHERE
from webhook.telemetry.metrics import Metrics

ONE = "CVE-2026-10001"
TRIM = ("--package", "pkg:npm/trim")


class Follower:
    """A member that follows its hub by its own duty."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.token = hub.token(folder.name)
        in_force(hub, self.token)
        self.member = Member(folder, hub, fleet={"hub": hub.url, "token": self.token})
        self.duty: FleetDuty = following(self.member.parts, Metrics())
        self.duty.run()

    def follow(self, revision: int) -> set[tuple[str, str | None]]:
        """What is in force here of the hub, once a revision of the hub was applied."""
        for _ in range(20):
            if self.member.followed.position.revision >= revision:
                return self.member.in_force
            self.duty.run()
        raise AssertionError("the member does not follow")


def revision_of(hub: Hub) -> int:
    """The hub's newest revision."""
    parts = hub.parts()
    try:
        return parts.store.feed.position().revision
    finally:
        parts.store.close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub").serving() as made:
        yield made


@pytest.fixture
def pair(hub: Hub, tmp_path: Path) -> Iterator[tuple[Follower, Follower]]:
    """Two members that follow."""
    both = Follower(hub, tmp_path / "berlin"), Follower(hub, tmp_path / "tokyo")
    yield both
    for follower in both:
        follower.member.parts.store.close()


def told(url: str, headers: dict[str, str]) -> requests.Response:
    """What a hub tells, once it has looked at its store."""
    until = time.monotonic() + 60
    while (answer := requests.get(url, headers=headers, timeout=60)).status_code != 200:
        assert time.monotonic() < until, answer.text
        time.sleep(0.1)
    return answer


def assess(hub: Hub, kind: str, *more: str) -> int:
    """Decide at the hub; the revision then."""
    hub.ok("assess", ONE, *TRIM, "--type", kind, "--comment", "here", "--allow-unknown", *more)
    return revision_of(hub)


def test_a_decision_for_one_cluster_counts_there_alone(hub: Hub, pair: tuple[Follower, Follower]) -> None:
    berlin, tokyo = pair
    revision = assess(hub, "Blocked", "--cluster", "berlin")
    assert berlin.follow(revision) == {(ONE, "Blocked")}
    assert tokyo.follow(revision) == set() and tokyo.member.records == []
    parts = hub.parts()
    assert parts.store.assessments.find(AssessmentQuery()) == [], "it counts in the cluster of the hub"
    assert [line.note.detail.get("cluster") for line in parts.store.triage.audit(AuditScan(), None, 5)] == ["berlin"]
    parts.store.close()
    shown = json.loads(hub.ok("fleet", "decisions", "berlin", "--output", "json").out)["assessments"]
    assert [(record["vulnerability"], record["type"]) for record in shown] == [(ONE, "Blocked")]
    hub.ok("assess", ONE, *TRIM, "--clear", "--cluster", "berlin")
    assert berlin.follow(revision_of(hub)) == set()
    assert "Nothing was decided for berlin alone." in hub.ok("fleet", "decisions", "berlin").err


@pytest.mark.parametrize("first", ["all", "one"])
def test_what_is_for_one_cluster_and_what_is_for_all_do_not_end_each_other(
    hub: Hub, pair: tuple[Follower, Follower], first: str
) -> None:
    berlin, tokyo = pair
    orders = [("Caution", ()), ("Blocked", ("--cluster", "berlin"))]
    for kind, more in orders if first == "all" else orders[::-1]:
        revision = assess(hub, kind, *more)
        berlin.follow(revision)  # each in a separate document, so that one is newer
    assert berlin.follow(revision) == {(ONE, "Caution"), (ONE, "Blocked")}
    assert tokyo.follow(revision) == {(ONE, "Caution")}
    assert in_force_of(berlin.member) == "Blocked", "the narrower of the two counts, whichever is newer"
    hub.ok("assess", ONE, *TRIM, "--clear")
    assert berlin.follow(revision_of(hub)) == {(ONE, "Blocked")}


def in_force_of(member: Member) -> str | None:
    """The type that counts for the package at a member."""
    index = AssessmentIndex.of(member.records)
    found = index.effective(
        Vulnerability(ONE, "", None, None, ""), Purl("pkg:npm/trim@1.0.0"), ANYWHERE, member.parts.clock.now()
    )
    return None if found.assessment is None else found.assessment.type


def test_no_other_member_hears_of_it_and_nobody_takes_what_is_for_another(
    hub: Hub, pair: tuple[Follower, Follower]
) -> None:
    berlin, tokyo = pair
    since = tokyo.member.followed.position
    assess(hub, "Ignore", "--cluster", "berlin")
    documents = []
    for follower in pair:
        headers = {"Authorization": f"Bearer {follower.token}"}
        query = f"after={since.revision}&store={since.store}&mark={since.mark}"
        answers = [told(f"{hub.url}/fleet/v1/{path}", headers) for path in (f"changes?{query}", "snapshot")]
        assert len({answer.headers["ETag"] for answer in answers}) == 2
        documents.append([answer.content for answer in answers])
    verify = HubKeys([hub.public]).verify
    assert [[len(decode(body, verify).assessments) for body in some] for some in documents] == [[1, 1], [0, 0]]
    for body in documents[0]:
        with pytest.raises(DocumentRefused, match="for another member"):
            tokyo.member.take(body)
    assert tokyo.member.records == []
    assert [applied.records for applied in map(berlin.member.take, documents[0][:1])] == [1]


def test_a_decision_between_two_looks_of_the_hub_is_not_missed(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    hub.token("berlin")
    parts = hub.parts()
    publisher = Publisher(
        parts.store.hub_feed, parts.store.fleet_decisions, HubSigner(hub.key).sign, parts.clock, parts.rules_now
    )
    berlin = Addressee("berlin", "0" * 64)
    publisher.look()
    since = publisher.position
    assess(hub, "Blocked", "--cluster", "berlin")
    verify = HubKeys([hub.public]).verify
    made = publisher.changes(since, berlin)
    assert made is not None and len(decode(made.body, verify).assessments) == 1
    assert len(decode(publisher.snapshot(berlin).body, verify).assessments) == 1
    other = publisher.changes(since, Addressee("tokyo", "1" * 64))
    assert other is not None and decode(other.body, verify).assessments == ()
    parts.store.close()


def test_a_snapshot_for_one_member_goes_over_as_a_file(
    hub: Hub, pair: tuple[Follower, Follower], tmp_path: Path
) -> None:
    berlin, tokyo = pair
    assess(hub, "Blocked", "--cluster", "berlin")
    file = tmp_path / "fleet.bomgate"
    hub.ok("fleet", "export", str(file), "--cluster", "berlin")
    ran = invoke("fleet", "import", str(file), "--config", str(tokyo.member.config))
    assert (ran.code, "for another member" in ran.err) == (2, True)
    berlin.member.ok("fleet", "import", str(file))
    assert berlin.member.in_force == {(ONE, "Blocked")}
    ran = invoke("fleet", "export", str(file), "--cluster", "oslo", "--config", str(hub.config))
    assert (ran.code, "The members are: berlin, tokyo." in ran.err) == (2, True)


def test_what_cannot_be_decided_for_one_cluster_is_refused(hub: Hub, pair: tuple[Follower, Follower]) -> None:
    berlin, _ = pair
    given = ("assess", ONE, *TRIM, "--type", "Blocked", "--comment", "x", "--allow-unknown")
    for config, more, message in (
        (hub.config, (*given, "--cluster", "oslo"), "There is no member 'oslo'."),
        (berlin.member.config, (*given, "--cluster", "tokyo"), "This installation is not a hub"),
        (hub.config, ("assess", "--existing", "--cluster", "berlin"), "--cluster takes IDs"),
        (hub.config, ("assess", ONE, "--clear", "--cluster", "berlin"), "Nothing was decided about"),
    ):
        ran = invoke(*more, "--config", str(config))
        assert ran.code == 2 and message in ran.err, ran.err


def test_where_two_have_to_agree_one_cluster_gets_denials_alone(hub: Hub, pair: tuple[Follower, Follower]) -> None:
    settings: dict[str, Any] = yaml.safe_load(hub.config.read_text())
    hub.config.write_text(yaml.safe_dump({**settings, "requests": {"required": True}}))
    given = ("assess", ONE, *TRIM, "--comment", "x", "--cluster", "berlin", "--config", str(hub.config))
    ran = invoke(*given, "--type", "Ignore")
    assert (ran.code, "Ask for it in that cluster" in ran.err) == (2, True), ran.err
    parts = hub.parts()
    assert parts.store.fleet_decisions.of("berlin") == []
    parts.store.close()


def test_a_record_for_one_cluster_is_kept_as_it_was_made(hub: Hub) -> None:
    parts = hub.parts()
    at = parts.clock.now().replace(microsecond=0)
    made = Assessment(
        ONE,
        "Ignore",
        Scope("pkg:npm/trim", ">=1", None, "shop"),
        AssessmentSource.MANUAL,
        "ana",
        "why",
        at,
        at + dt.timedelta(days=3),
        batch="b1",
        until_fixed=True,
    )
    from webhook.policy.audit import noted

    parts.store.fleet_decisions.append("berlin", [made], noted([made]), replaced=[])
    (kept,) = parts.store.fleet_decisions.of("berlin")
    assert msgspec.structs.replace(kept, sequence=0) == made
    parts.store.close()


def test_a_batch_for_one_cluster_is_taken_back_and_what_others_decided_stays(hub: Hub) -> None:
    hub.token("rome")
    for_rome = ("--cluster", "rome", "--package", "pkg:npm/trim", "--comment", "why")
    hub.ok("assess", ONE, *for_rome, "--type", "Blocked", "--author", "ana")
    refused = invoke("assess", ONE, *for_rome, "--type", "Ignore", "--author", "bob", "--config", str(hub.config))
    assert (refused.code, "--override" in refused.err) == (2, True)
    made = hub.ok("assess", ONE, *for_rome, "--type", "Ignore", "--author", "bob", "--override", "--output", "json")
    batch = json.loads(made.out)["batch"]
    rehearsed = hub.ok("assess", "--undo", batch, "--cluster", "rome", "--dry-run")
    assert "Would record for rome" in rehearsed.out and "0 running workloads in rome" in rehearsed.err
    hub.ok("assess", "--undo", batch, "--cluster", "rome")
    shown = json.loads(hub.ok("fleet", "decisions", "rome", "--output", "json").out)["assessments"]
    assert [record["type"] for record in shown] == ["Blocked"]
    wrong = invoke("assess", "--undo", "20260101-000000", "--cluster", "rome", "--config", str(hub.config))
    assert (wrong.code, "There is no batch" in wrong.err) == (2, True)
