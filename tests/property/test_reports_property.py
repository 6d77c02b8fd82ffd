"""Reports and events about any verdict: within the limits of the API server, never milder than the verdict."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clusters import running
from tests.worlds import digest_of
from webhook.clients.kube.policyreports import POLICY_REPORT, REPORT, serialized
from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload
from webhook.model.images import parse_image
from webhook.model.policies import Mode
from webhook.model.purls import parse_purl
from webhook.model.reports import ReportStatus
from webhook.model.verdicts import Finding, ImageVerdict, Reason, Verdict
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import workload_verdict
from webhook.policy.remedies import Hints
from webhook.policy.reports import MAX_EVENT, event_about, fingerprint, report_about

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
PURLS = [parse_purl(f"pkg:npm/p{number}@1") for number in range(3)]
RANK = (ReportStatus.FAILED, ReportStatus.ERROR, ReportStatus.WARNED, ReportStatus.SKIPPED, ReportStatus.PASSED)

actions = st.sampled_from(Action)
scores = st.none() | st.decimals(0, 10, places=1)
vulnerabilities = st.builds(Vulnerability, st.text(min_size=1, max_size=300), st.text(max_size=600), scores)
findings = st.builds(Finding, st.sampled_from(PURLS), vulnerabilities, st.none(), actions)
reasons = st.builds(Reason, st.sampled_from(["unknown", "missing-sbom", "error"]), actions, st.text(max_size=500))


@st.composite
def image_verdicts(draw: st.DrawFn) -> ImageVerdict:
    name = draw(st.sampled_from(["app:1", "shop/web:2", f"x@{digest_of('x')}"]))
    found = tuple(sorted(draw(st.lists(findings, max_size=4)), key=lambda finding: -finding.action))
    said = tuple(draw(st.lists(reasons, max_size=2)))
    action = max((item.action for item in (*found, *said)), default=Action.ALLOW)
    verdict = Verdict(action, parse_image(name), digest_of(name), findings=found, reasons=said)
    return ImageVerdict(verdict, tuple(draw(st.lists(st.text(max_size=80), min_size=1, max_size=3))))


@st.composite
def audited(draw: st.DrawFn) -> AuditedWorkload:
    verdict = workload_verdict(draw(st.lists(image_verdicts(), min_size=1, max_size=3)))
    mode = draw(st.sampled_from([Mode.DENY, Mode.WARN, Mode.AUDIT]))
    return AuditedWorkload(running("web", "app:1"), mode, verdict, verdict.action, "findings")


@settings(max_examples=60, deadline=None)
@given(audited(), st.integers(1, 5))
def test_a_report_says_the_worst_within_its_cap(one: AuditedWorkload, most: int) -> None:
    report = report_about(one, AT, most)
    assert report is not None
    assert 0 < len(report.results) <= most
    assert sum(report.summary.values()) >= len(report.results)
    order = [RANK.index(result.status) for result in report.results]
    assert order == sorted(order)
    first = report.results[0].status
    if one.verdict.action is Action.ALLOW:
        assert set(report.summary) == {ReportStatus.PASSED}
    else:
        assert first in (ReportStatus.FAILED, ReportStatus.ERROR) or one.verdict.action is Action.WARN
        assert first is not ReportStatus.PASSED
    for kind in (POLICY_REPORT, REPORT):
        text = json.dumps(serialized(report, kind))
        assert len(text) < 5_000 * (most + 1)
        text.encode()


@settings(max_examples=60, deadline=None)
@given(audited())
def test_an_event_fits_and_says_that_something_is_wrong_only_then(one: AuditedWorkload) -> None:
    event = event_about(one, Hints())
    assert (event is None) is (one.verdict.action is Action.ALLOW)
    if event is not None:
        assert len(event.message) <= MAX_EVENT
        assert event.message.isprintable()
        assert (event.reason == "BomgateWouldBeDenied") is (one.verdict.action is Action.DENY)


@settings(max_examples=40, deadline=None)
@given(audited())
def test_the_order_of_images_and_time_do_not_make_another_fingerprint(one: AuditedWorkload) -> None:
    images = list(one.verdict.images)
    again = AuditedWorkload(one.workload, one.mode, workload_verdict(images[::-1]), one.action, one.reason)
    assert fingerprint(one) == fingerprint(again)
    reports = [report_about(one, at, 50) for at in (AT, AT + dt.timedelta(days=1))]
    assert reports[0] is not None
    assert reports[1] is not None
    assert reports[0].fingerprint == reports[1].fingerprint


def test_an_unscored_vulnerability_has_no_severity() -> None:
    finding = Finding(PURLS[0], Vulnerability("CVE-1", "", Decimal(0)), None, Action.WARN)
    verdict = Verdict(Action.WARN, parse_image("app:1"), None, findings=(finding,))
    made = workload_verdict([ImageVerdict(verdict, ())])
    report = report_about(AuditedWorkload(running("web"), Mode.DENY, made, Action.WARN, "findings"), AT, 5)
    assert report is not None
    assert (report.results[0].severity, "cvss" in report.results[0].properties) == ("", False)
