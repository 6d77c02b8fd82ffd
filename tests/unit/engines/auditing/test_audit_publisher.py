"""Telling what an audit found: events when a verdict changes, reports when they differ, slowly, and the duty itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.clusters import FakeEventSink, FakeRegistration, FakeReportSink, FakeRunningWorkloads, running
from tests.copies import replace
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.engines.auditing.auditor import Auditor, AuditParts, labelled_modes
from webhook.engines.auditing.duty import AuditDuty
from webhook.engines.auditing.options import AuditOptions
from webhook.engines.auditing.publisher import AuditPublisher, Sinks
from webhook.errors import Final, InvalidInput, Retryable
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.images import parse_image
from webhook.model.looks import Look, origin_of
from webhook.model.reports import ReportStatus
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.modes import ENFORCE_LABEL
from webhook.policy.remedies import Hints
from webhook.telemetry.metrics import Metrics, exposition

BAD, RISKY, GOOD = "shop/bad:1", "shop/risky:1", "shop/good:1"
DAY = 24 * 3600.0


@dataclass
class Audited:
    """A world whose cluster is audited by the duty, and all that was told."""

    options: AuditOptions = field(default_factory=AuditOptions)
    world: World = field(default_factory=World)
    cluster: FakeRunningWorkloads = field(default_factory=FakeRunningWorkloads)
    events: FakeEventSink = field(default_factory=FakeEventSink)
    reports: FakeReportSink = field(default_factory=FakeReportSink)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        world = self.world
        world.image(BAD, LOG4J, LEFTPAD)
        world.image(RISKY, LODASH)
        world.image(GOOD, LEFTPAD)
        world.answer_all([(LOG4J, [LOG4SHELL]), (LODASH, [LODASH_INJECTION]), (LEFTPAD, [])])
        parts = AuditParts(
            self.cluster,
            FakeRegistration().entries,
            world.judge,
            world.model,
            world.refresher,
            world.clock,
            world.policy,
        )
        sinks = Sinks(self.events, self.reports, self.metrics, Hints())
        self.publisher = AuditPublisher(sinks, world.clock, self.options)
        auditor = Auditor(parts, self.options, labelled_modes(world.policy))
        self.duty = AuditDuty(parts, auditor, self.publisher, self.options, self.metrics)

    def after(self, seconds: float) -> None:
        """Run the duty when this much time has passed."""
        self.world.clock.advance(seconds)
        self.duty.run()

    def assess(self, kind: str) -> None:
        now = self.world.clock.now()
        made = Assessment("CVE-2021-44228", kind, Scope(), AssessmentSource.MANUAL, "ada", "because", now, None)
        self.world.store.assessments.append([made])

    def metric(self, name: str, **labels: str) -> float:
        text = exposition(self.metrics.registry)[0].decode()
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return sum(
            sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
        )


@pytest.fixture
def audited() -> Audited:
    return Audited()


def test_events_name_what_is_wrong_and_only_where_something_is(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD), running("risky", RISKY), running("good", GOOD)]
    audited.duty.run()
    told = {event.about.name: event for event in audited.events.events}
    assert {name: event.reason for name, event in told.items()} == {
        "bad": "BomgateWouldBeDenied",
        "risky": "BomgateCaution",
    }
    for part in ("denied if they were recreated now", BAD, "CVE-2021-44228", "Blocked"):
        assert part in told["bad"].message
    assert "with a warning" in told["risky"].message
    assert all(len(event.message) <= 1024 for event in told.values())


def test_where_a_namespace_does_not_enforce_the_event_says_so(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.cluster.labels = {"shop": {ENFORCE_LABEL: "warn"}}
    audited.duty.run()
    (event,) = audited.events.events
    assert event.reason == "BomgateWouldBeDenied"
    assert "would be denied if this namespace enforced (its mode is warn)" in event.message


def test_an_event_comes_once_and_again_only_after_a_day(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.duty.run()
    for _ in range(5):
        audited.after(3 * 3600)
    assert len(audited.events.events) == 1
    audited.after(DAY)
    assert [event.key for event in audited.events.events] == [audited.events.events[0].key] * 2


def test_a_changed_verdict_is_told_at_once_and_a_good_one_lets_it_be_told_anew(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.duty.run()
    audited.assess("Caution")
    audited.after(60)
    audited.assess("Ignore")
    audited.after(60)
    audited.assess("Blocked")
    audited.after(60)
    reasons = [event.reason for event in audited.events.events]
    assert reasons == ["BomgateWouldBeDenied", "BomgateCaution", "BomgateWouldBeDenied"]


def test_how_many_components_are_unknown_is_no_other_verdict(audited: Audited) -> None:
    audited.world.image("shop/half:1", LEFTPAD, "pkg:npm/never@1.0.0", "pkg:npm/ever@1.0.0")
    audited.cluster.found = [running("half", "shop/half:1")]
    audited.duty.run()
    audited.world.answer("pkg:npm/never@1.0.0")
    audited.after(60)
    assert len(audited.events.events) == 1
    assert audited.reports.writes == 2, "but a report says the number"


def test_a_report_is_written_when_it_differs_and_goes_with_its_workload(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD), running("good", GOOD)]
    audited.duty.run()
    assert sorted(audited.reports.reports) == [("shop", "uid-shop-bad"), ("shop", "uid-shop-good")]
    audited.after(3600)
    assert audited.reports.writes == 2
    audited.assess("Caution")
    audited.after(60)
    assert audited.reports.writes == 3
    assert [result.status for result in audited.reports.reports["shop", "uid-shop-bad"].results] == [
        ReportStatus.WARNED
    ]
    audited.cluster.found = [running("good", GOOD)]
    audited.after(3600)
    assert list(audited.reports.reports) == [("shop", "uid-shop-good")]


def test_the_report_of_a_namespace_that_is_not_looked_at_any_more_is_removed(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.duty.run()
    audited.cluster.labels = {"shop": {ENFORCE_LABEL: "off"}}
    audited.after(3600)
    assert audited.reports.reports == {}


def test_a_report_keeps_the_worst_results_and_counts_all(audited: Audited) -> None:
    audited = Audited(AuditOptions(max_results=3))
    scores = [Decimal(number) / 10 for number in range(40, 100, 5)]
    found = [Vulnerability(f"CVE-1-{number}", "", score) for number, score in enumerate(scores)]
    audited.world.image("shop/many:1", "pkg:npm/many@1.0.0")
    audited.world.answer("pkg:npm/many@1.0.0", *found)
    audited.cluster.found = [running("many", "shop/many:1")]
    audited.duty.run()
    (report,) = audited.reports.reports.values()
    assert [(result.status, result.properties["cvss"], result.severity) for result in report.results] == [
        (ReportStatus.FAILED, "9.5", "critical"),
        (ReportStatus.FAILED, "9.0", "critical"),
        (ReportStatus.WARNED, "8.5", "high"),
    ]
    assert sum(report.summary.values()) == 12


def test_a_cluster_that_takes_no_reports_gets_none(audited: Audited) -> None:
    audited.reports.served = False
    audited.cluster.found = [running("bad", BAD)]
    audited.duty.run()
    assert (audited.reports.writes, len(audited.events.events)) == (0, 1)


def test_writes_keep_to_their_rate() -> None:
    audited = Audited(AuditOptions(writes_per_second=10.0))
    audited.cluster.found = [running(f"bad-{number}", BAD) for number in range(20)]
    audited.duty.run()
    slept = sum(audited.world.clock.sleeps)
    assert audited.reports.writes + len(audited.events.events) == 40
    assert slept == pytest.approx(3.9)


def test_what_takes_too_long_is_told_in_the_next_pass() -> None:
    audited = Audited(AuditOptions(writes_per_second=0.1))
    audited.cluster.found = [running(f"bad-{number}", BAD) for number in range(100)]
    audited.duty.run()
    assert len(audited.events.events) < 100
    for _ in range(5):
        audited.after(60)
    assert len(audited.events.events) == 100
    assert len(audited.reports.reports) == 100


def test_trouble_with_writing_is_counted_and_ends_soon_and_is_tried_again(audited: Audited) -> None:
    audited.cluster.found = [running(f"bad-{number}", BAD) for number in range(100)]
    audited.events.error = Final("Forbidden: bomgate may not create events.")
    audited.duty.run()
    assert audited.metric("bomgate_reports_total", kind="event", result="failed") == 20
    audited.events.error = None
    audited.after(60)
    assert len(audited.events.events) == 100
    assert audited.metric("bomgate_reports_total", kind="event", result="written") == 100


def test_reports_that_could_not_be_compared_are_written_in_the_next_pass_without_another_audit(
    audited: Audited,
) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.reports.error = Retryable("The API server answered 429: storage is (re)initializing.")
    with pytest.raises(Retryable):
        audited.duty.run()
    audited.reports.error, first = None, ended(audited)
    audited.after(1)
    assert (len(audited.reports.reports), ended(audited)) == (1, first)


def test_the_metrics_say_what_was_found(audited: Audited) -> None:
    audited.cluster.found = [
        running("bad", BAD),
        running("also-bad", BAD),
        running("good", GOOD),
        running("stranger", "shop/stranger:1"),
        running("system", BAD, namespace="free"),
    ]
    audited.cluster.labels = {"free": {ENFORCE_LABEL: "off"}}
    audited.duty.run()
    workloads = "bomgate_audit_workloads"
    assert audited.metric(workloads, action="deny", reason="findings") == 2
    assert audited.metric(workloads, action="warn", reason="missing-sbom") == 1
    assert audited.metric(workloads, action="allow", reason="off") == 1
    assert audited.metric("bomgate_audit_images", sbom="found") == 2
    assert audited.metric("bomgate_audit_images", sbom="unresolved") == 1
    assert audited.metric("bomgate_audit_components", state="vulnerable") == 1
    assert audited.metric("bomgate_audit_components", state="clean") == 2
    assert audited.metric("bomgate_audit_unassessed", rating="critical") == 0
    assert audited.duty.latest is not None
    assert audited.metric("bomgate_audit_timestamp_seconds") == audited.duty.latest.at.timestamp()
    audited.cluster.found = [running("good", GOOD)]
    audited.after(3600)
    assert audited.metric(workloads, action="deny") == 0


def test_images_of_which_only_a_part_is_known_are_counted(audited: Audited) -> None:
    image, store = parse_image("shop/part:1"), audited.world.store
    audited.cluster.found = [running("part", "shop/part:1"), running("twin", "shop/part:1"), running("bad", BAD)]
    look = Look(origin_of(image.name), {"referrers": [sbom_of(LEFTPAD)]})
    store.sboms.record(digest_of("part"), look, image=image)
    audited.duty.run()
    assert audited.metric("bomgate_audit_images_incomplete") == 0
    audited.world.directory.sboms[digest_of("part")] = InvalidInput("It is no SBOM.", remedy="Make it again.")
    store.sboms.record(digest_of("part"), replace(look, trouble="directory: It is no SBOM.", passing=False))
    audited.after(3600)
    assert audited.metric("bomgate_audit_images_incomplete") == 1
    assert audited.metric("bomgate_audit_images", sbom="found") == 2, "it has an SBOM all the same"


def test_what_is_unassessed_is_counted_by_severity_and_once_a_package(audited: Audited) -> None:
    unassessed = "bomgate_audit_unassessed"
    audited.world.image("shop/twin:1", LOG4J)
    audited.cluster.found = [running("bad", BAD), running("twin", "shop/twin:1"), running("good", GOOD)]
    audited.duty.run()
    assert audited.metric(unassessed) == 0
    audited.after(31 * DAY)  # Blocked has expired
    assert audited.metric(unassessed, rating="critical") == 1
    audited.cluster.found = [running("risky", RISKY)]
    audited.after(DAY)
    assert (audited.metric(unassessed, rating="critical"), audited.metric(unassessed)) == (0, 1)
    audited.cluster.found = [running("good", GOOD)]
    audited.after(DAY)
    assert audited.metric(unassessed) == 0


# -- when ----------------------------------------------------------------------------------------------------------


def ended(audited: Audited) -> object:
    return None if audited.duty.latest is None else audited.duty.latest.at


def test_it_audits_at_first_then_by_period(audited: Audited) -> None:
    audited.cluster.found = [running("good", GOOD)]
    audited.duty.run()
    first = ended(audited)
    audited.after(14 * 60)
    assert ended(audited) == first
    audited.after(60)
    assert ended(audited) != first


def test_it_audits_when_the_data_changed_but_not_too_often(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.duty.run()
    first = ended(audited)
    audited.assess("Caution")
    audited.after(30)
    assert ended(audited) == first
    audited.after(30)
    assert ended(audited) != first
    assert audited.duty.interval_seconds == 60


def test_it_audits_when_time_alone_changes_a_verdict() -> None:
    audited = Audited(AuditOptions(period_minutes=10**6))
    audited.cluster.found = [running("bad", BAD)]
    audited.duty.run()
    audited.after(29 * DAY)
    assert len(audited.events.events) == 1
    audited.after(DAY)
    assert [event.reason for event in audited.events.events] == ["BomgateWouldBeDenied", "BomgateCaution"]


def test_a_failed_audit_leaves_the_last_one_and_is_due_again(audited: Audited) -> None:
    audited.cluster.found = [running("bad", BAD)]
    audited.cluster.error = Retryable("The API server cannot be reached.")
    with pytest.raises(Retryable):
        audited.duty.run()
    audited.cluster.error = None
    audited.duty.run()
    assert len(audited.events.events) == 1
