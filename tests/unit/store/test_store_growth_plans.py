"""No page and no job that comes again every few seconds reads a table that grows from end to end, on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.unit.store.plans import ROWS, WITH_FINDINGS, explained, filled, read_whole
from webhook.model.changes import Position
from webhook.model.images import Digest, parse_image
from webhook.model.looks import Look
from webhook.model.notifications import Announcement, DeliveryScan, DeliveryState, Topic
from webhook.model.purls import Purl
from webhook.model.records import AdmittedImage, AssessmentQuery, Sighting
from webhook.model.requests import Phase, RequestScan
from webhook.model.searches import SearchOutcome
from webhook.model.triage import AssessmentScan, AuditNote, AuditScan, PackageScan
from webhook.model.verdicts import SbomStatus
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store

BOUNDED = (
    "revision",
    "leases",
    "high_water",
    "deletable",
    "running_workloads",
    "readings",
    "inventories",
    "cursors",
    "advisory_state",
)
"""Tables that do not grow with time or images, but with what runs at this moment."""
OLD, NEW = Purl("pkg:npm/p7@1"), Purl("pkg:npm/new@1")
LATER = NOON + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A database with many rows of every kind."""
    postgres, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    return filled(postgres, template, WITH_FINDINGS)


@pytest.fixture
def store(url: str, clock: FakeClock) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=url), clock)
    opened.feed.position()
    yield opened
    opened.close()


def test_pages_are_read_by_an_index(store: Store) -> None:
    triage = store.triage
    with explained() as plans:
        triage.vulnerabilities(["V-7", "V-8"])
        triage.first_seen(["V-7"])
        assert triage.vulnerability("v-7") is not None
        for packages in (
            PackageScan(),
            PackageScan(name="p7"),
            PackageScan(name="p7*"),
            PackageScan(name="pkg:npm/p7*"),
        ):
            assert triage.packages(packages, None, 10)
        triage.versions("pkg:npm/p7", None, 10)
        triage.components([7, 8], None, 10)
        for scan in (
            AssessmentScan(),
            AssessmentScan(vulnerability="V-7"),
            AssessmentScan(author="ada"),
            AssessmentScan(type="Ignore"),
            AssessmentScan(batch="b"),
            AssessmentScan(package="pkg:npm/p7"),
            AssessmentScan(by_hand=True),
            AssessmentScan(ends_before=LATER),
            AssessmentScan(names=frozenset({"v-7"})),
        ):
            triage.assessments(scan, None, 10)
        triage.runs(None, 10)
        for audited in (AuditScan(), AuditScan(actor="ada"), AuditScan(batch="b")):
            triage.audit(audited, None, 10)
        for asked in (RequestScan(), RequestScan(phase=Phase.DENIED), RequestScan(namespace="team-1")):
            store.requests.page(asked, 1, 10, now=NOON)
        store.outbox.lines(DeliveryScan(), 10)
        store.outbox.lines(DeliveryScan(state=DeliveryState.WAITING), 10)
        store.sboms.show(digest(7))
        store.sboms.looks([digest(7)])
        store.sboms.departures(digest(7))
        store.documents.find("sha256:d7")
        store.vulnerabilities.show("V-7")
        store.assessments.find(AssessmentQuery(vulnerability="V-7"))
        store.runs.last()
    assert len(plans) > 60
    assert any("ix_assessments_package" in plan for _, plan in plans), "not record after record, newest first"
    assert read_whole(plans, BOUNDED) == set()


def test_what_is_done_every_few_seconds_is_read_by_an_index(store: Store) -> None:
    with explained() as plans:
        at = store.feed.position()
        store.feed.changes(Position(at.store, at.revision, at.mark))
        store.outbox.spread({"slack": [Topic.RUN_FAILED]}, NOON, NOON)
        store.outbox.take("slack", NOON, LATER, 1)
        store.outbox.backlog(["slack"])
        store.outbox.sent_since("slack", NOON)
        store.outbox.give_up(NOON, NOON)
        store.outbox.announce([Announcement("k-new", Topic.RUN_FAILED, "s", {}, "/")], NOON)
        store.requests.waiting(NOON, 10, now=NOON)
        store.requests.counts(NOON)
        store.requests.with_origin("AssessmentRequest")
        store.requests.of_member("berlin", [7, 8], now=NOON)
        store.searches.begin("k7", "me", lease_seconds=1)
        store.searches.renew(["k7"], "me", lease_seconds=1)
        store.searches.end("k7", "me", SearchOutcome(SbomStatus.NONE), seconds=1)
        store.sightings.record([Sighting(digest(7), "docker.io/shop/n7:1", LATER)])
        store.admissions.record([AdmittedImage("u7", "docker.io/shop/n7:1", digest(7), LATER)])
        store.admissions.find(["u7"], ["docker.io/shop/n7:1"])
        store.run_progress.current()
        store.runs.holder()
    assert len(plans) > 15
    assert read_whole(plans, BOUNDED) == set()


def test_what_an_image_an_answer_and_a_decision_bring_is_written_by_an_index(store: Store) -> None:
    lease = store.runs.acquire("run", duration=dt.timedelta(minutes=1))
    with explained() as plans:
        added = Digest(f"sha256:{ROWS + 5:064x}")
        store.sboms.add(added, make_sbom(OLD, NEW), place="added", image=parse_image("shop/new:1"))
        store.sboms.record(digest(9), Look("o", {"referrers": [make_sbom(OLD)]}), image=parse_image("shop/web:1"))
        store.components.fresh([OLD, NEW], now=NOON, ttl=dt.timedelta(hours=1))
        store.components.names([OLD, NEW], settled_after=NOON)
        told = [answer(OLD, vulnerability("V-7", "9.8")), answer(NEW)]
        store.components.record(told, assess=AutoRule(), now=NOON, lease=lease)
        store.assessments.append([assessment("V-7")])
        store.run_progress.note(AuditNote("ada", "here", "assess", "V-7"), NOON)
    store.runs.release(lease)
    assert len(plans) > 15
    assert read_whole(plans, BOUNDED) == set()
