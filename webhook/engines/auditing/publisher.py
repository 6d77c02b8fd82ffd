"""Publishes what an audit found as events, reports and metrics; rate-limited and idempotent.

Everything here can be repeated: an event is sent when the verdict of its workload changes, and once a day, and a report
is written when it differs from the existing report.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from webhook.engines.auditing.options import AuditOptions
from webhook.errors import SourceError
from webhook.model.audits import AuditResult
from webhook.model.registration import WAYS_OUT
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.policy.remedies import Hints
from webhook.policy.reports import event_about, report_about
from webhook.policy.scores import SEVERITIES, UNSCORED, severity
from webhook.ports import Clock, EventSink, ReportSink
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.audit")
_AGAIN = dt.timedelta(hours=24)
_LONGEST_SECONDS = 600.0
"""A pass that writes for longer ends; the rest is written in the next one."""
_MOST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where the results of an audit are published.

    Attributes:
        events: None where none are wanted.
        reports: None where none are wanted.
        metrics: of this process.
        hints: what people are told to do.
    """

    events: EventSink | None
    reports: ReportSink | None
    metrics: Metrics
    hints: Hints


class AuditPublisher:
    """Tells what audits find; remembers of which verdict each workload's event was.

    Args:
        sinks: whom to tell.
        clock: time.
        options: how fast, and how much.

    Attributes:
        unfinished: whether the last pass left something untold.
    """

    def __init__(self, sinks: Sinks, clock: Clock, options: AuditOptions) -> None:
        self._sinks, self._clock, self._options = sinks, clock, options
        self._told: dict[str, tuple[str, dt.datetime]] = {}
        self.unfinished = False

    def tell(self, result: AuditResult) -> None:
        """Tell events and reports, as far as they are new; trouble with single ones is counted and logged.

        Raises:
            SourceError: the API server did not say which reports there are.
        """
        self.unfinished = True
        writes = _Writes(self._clock, self._options, self._sinks.metrics)
        self._tell_events(result, writes)
        self._write_reports(result, writes)
        self.unfinished = not writes.goes_on or writes.failures > 0
        if writes.failures:
            extra = {"failed": writes.failures, "why": writes.why, "remedy": writes.remedy}
            log.warning("not everything that the audit found could be written to the cluster", extra=extra)

    def _tell_events(self, result: AuditResult, writes: _Writes) -> None:
        sink, now = self._sinks.events, self._clock.now()
        if sink is None:
            return
        events = {
            event.about.uid: event for event in (event_about(w, self._sinks.hints) for w in result.workloads) if event
        }
        # A workload that recovers, or is gone, gets another event when its verdict turns bad again.
        self._told = {uid: told for uid, told in self._told.items() if uid in events}
        for uid, event in events.items():
            key, at = self._told.get(uid, ("", now))
            if key == event.key and now - at < _AGAIN:
                continue
            if not writes.goes_on:
                return
            if writes.write("event", "written", partial(sink.emit, event)):
                self._told[uid] = (event.key, now)

    def _write_reports(self, result: AuditResult, writes: _Writes) -> None:
        sink = self._sinks.reports
        there = None if sink is None or not writes.goes_on else sink.written()
        if sink is None or there is None:
            return
        wanted = {}
        for workload in result.workloads:
            report = report_about(workload, result.at, self._options.max_results)
            if report is None:
                continue
            wanted[report.key] = report.fingerprint
            if there.get(report.key) != report.fingerprint and writes.goes_on:
                writes.write("report", "written", partial(sink.write, report))
        for key in there.keys() - wanted.keys():
            if writes.goes_on:
                writes.write("report", "removed", partial(sink.remove, key))


class _Writes:
    """The writes of one pass: not too fast, not for too long, and not on and on against a wall."""

    def __init__(self, clock: Clock, options: AuditOptions, metrics: Metrics) -> None:
        self._clock, self._metrics = clock, metrics
        self._pause = 1.0 / options.writes_per_second
        self._end = clock.monotonic() + _LONGEST_SECONDS
        self._next = clock.monotonic()
        self._in_a_row = 0
        self.failures, self.why, self.remedy = 0, "", ""

    @property
    def goes_on(self) -> bool:
        """Whether there is a point in writing more."""
        return self._in_a_row < _MOST_FAILURES and self._clock.monotonic() < self._end

    def write(self, kind: str, result: str, work: Callable[[], None]) -> bool:
        """Write one thing when its time has come; whether that worked."""
        wait = self._next - self._clock.monotonic()
        if wait > 0:
            self._clock.sleep(wait)
        self._next = max(self._next, self._clock.monotonic()) + self._pause
        try:
            work()
        except SourceError as problem:
            self._metrics.count("bomgate_reports_total", kind, "failed")
            self.failures, self._in_a_row = self.failures + 1, self._in_a_row + 1
            self.why, self.remedy = problem.message, problem.remedy
            return False
        self._metrics.count("bomgate_reports_total", kind, result)
        self._in_a_row = 0
        return True


def publish(result: AuditResult, metrics: Metrics) -> None:
    """Set the gauges of an audit."""
    workloads: Counter[tuple[str, ...]] = Counter(
        (workload.action.word, workload.reason) for workload in result.workloads
    )
    images: Counter[tuple[str, ...]] = Counter((image.sbom.value,) for image in result.images)
    components: Counter[tuple[str, ...]] = Counter()
    for image in result.images:
        counts = image.counts
        for state in ("vulnerable", "clean", "unknown", "not_covered", "unusable"):
            components[state,] += getattr(counts, state)
    metrics.replace("bomgate_audit_workloads", workloads)
    metrics.replace("bomgate_audit_images", images)
    metrics.set("bomgate_audit_images_incomplete", sum(map(_is_incomplete, result.images)))
    metrics.replace("bomgate_audit_components", components)
    metrics.replace("bomgate_audit_unassessed", _unassessed(result))
    if result.left_out is not None:
        missed: Counter[tuple[str, ...]] = Counter({(by,): 0 for by in WAYS_OUT})
        missed.update((place.by,) for place in result.left_out)
        metrics.replace("bomgate_audit_namespaces_left_out", missed)
    metrics.set("bomgate_audit_timestamp_seconds", result.at.timestamp())
    metrics.set("bomgate_audit_duration_seconds", result.seconds)


def _is_incomplete(image: Verdict) -> bool:
    """Whether an SBOM was found, and something beside it is missing."""
    return image.sbom is SbomStatus.FOUND and any(reason.code == "missing-sbom" for reason in image.reasons)


def _unassessed(result: AuditResult) -> Counter[tuple[str, ...]]:
    """What waits for people: (vulnerability, package) pairs by severity, every severity included."""
    waiting = {
        (finding.vulnerability.id, finding.purl.package): severity(finding.vulnerability.cvss_score)
        for image in result.images
        for finding in image.findings
        if finding.assessment is None
    }
    counts: Counter[tuple[str, ...]] = Counter({(name.lower(),): 0 for name in (*SEVERITIES, UNSCORED)})
    counts.update((name.lower(),) for name in waiting.values())
    return counts
