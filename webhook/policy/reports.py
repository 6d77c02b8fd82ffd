"""What the audit publishes about a workload in the cluster: an event and a report.

Both say what would become of its Pods at admission now, and are made so that the same verdict makes the same ones.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator

from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload
from webhook.model.policies import Mode
from webhook.model.reports import ObjectEvent, ReportResult, ReportStatus, WorkloadReport
from webhook.model.verdicts import Finding, ImageVerdict, Reason, Verdict
from webhook.policy.messages import warnings
from webhook.policy.phrases import MAX_ID, MAX_PURL, explained, rated, title
from webhook.policy.plaintext import cut, plain
from webhook.policy.remedies import Hints
from webhook.policy.scores import is_scored, round_score, severity

WOULD_BE_DENIED = "BomgateWouldBeDenied"
CAUTION = "BomgateCaution"
MAX_EVENT = 1_000
"""Characters of the longest message; the API server takes 1,024."""

_MAX_MESSAGE = 500
_STATUSES = {Action.DENY: ReportStatus.FAILED, Action.WARN: ReportStatus.WARNED}
_ORDER = (ReportStatus.FAILED, ReportStatus.ERROR, ReportStatus.WARNED, ReportStatus.SKIPPED, ReportStatus.PASSED)


def fingerprint(audited: AuditedWorkload) -> str:
    """Equal for verdicts that need no new event; the number of unknown components does not matter."""
    told = [
        (
            str(judged.verdict.digest or judged.verdict.image.text),
            sorted(_weighty(judged.verdict)),
        )
        for judged in audited.verdict.images
        if judged.verdict.action is not Action.ALLOW
    ]
    return _hash([audited.action.word, audited.verdict.action.word, sorted(told)])


def _weighty(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    for finding in verdict.findings:
        if finding.action is not Action.ALLOW:
            kind = finding.assessment.type or "" if finding.assessment else ""
            yield (finding.action.word, finding.vulnerability.id, finding.purl, kind)
    yield from ((reason.action.word, reason.code) for reason in verdict.reasons if reason.action is not Action.ALLOW)


def event_about(audited: AuditedWorkload, hints: Hints) -> ObjectEvent | None:
    """The event for a workload that would be denied or warned about; None for others."""
    if not audited.is_judged or audited.verdict.action is Action.ALLOW:
        return None
    denies = audited.verdict.action is Action.DENY
    text = "; ".join(warnings(audited.verdict, hints))
    return ObjectEvent(
        about=audited.workload.owner,
        reason=WOULD_BE_DENIED if denies else CAUTION,
        message=cut(f"{_head(audited)} {text}", MAX_EVENT),
        key=fingerprint(audited),
    )


def _head(audited: AuditedWorkload) -> str:
    if audited.verdict.action is not Action.DENY:
        return "Its Pods would be admitted with a warning now:"
    if audited.action is Action.DENY:
        return "Its Pods would be denied if they were recreated now; those that run stay:"
    mode = audited.mode.value if audited.mode else Mode.OFF.value
    return f"Its Pods would be denied if this namespace enforced (its mode is {mode}):"


def report_about(audited: AuditedWorkload, at: dt.datetime, most: int) -> WorkloadReport | None:
    """The report about a workload; None if nothing was judged.

    Args:
        audited: the workload.
        at: when it was audited, UTC.
        most: results that it keeps; the worst ones.
    """
    if not audited.is_judged:
        return None
    results = sorted((result for judged in audited.verdict.images for result in _results(judged)), key=_rank)
    summary = Counter(result.status for result in results)
    kept = tuple(results[:most])
    told = [
        [result.status.value, result.rule, result.message, result.severity, sorted(result.properties.items())]
        for result in kept
    ]
    owner = audited.workload.owner
    print_of_all = _hash([owner.api_version, owner.kind, owner.name, told, sorted(summary.items())])
    return WorkloadReport(owner, kept, dict(summary), at, print_of_all)


def _rank(one: ReportResult) -> tuple[int, float, str]:
    return (_ORDER.index(one.status), -float(one.properties.get("cvss", "0")), one.rule)


def _results(judged: ImageVerdict) -> Iterator[ReportResult]:
    verdict = judged.verdict
    about = {"image": plain(verdict.image.text, MAX_PURL), "containers": plain(", ".join(judged.containers), 300)}
    if verdict.digest is not None:
        about["digest"] = str(verdict.digest)
    found = [finding for finding in verdict.findings if finding.action in _STATUSES]
    reasons = [reason for reason in verdict.reasons if reason.action in _STATUSES]
    yield from (_of_finding(finding, about) for finding in found)
    yield from (_of_reason(reason, about) for reason in reasons)
    if not found and not reasons:
        yield ReportResult(ReportStatus.PASSED, "image", f"{about['image']} is admitted.", properties=about)


def _of_finding(one: Finding, about: dict[str, str]) -> ReportResult:
    vulnerability = one.vulnerability
    band = severity(vulnerability.cvss_score).lower() if is_scored(vulnerability.cvss_score) else ""
    properties = {**about, "component": plain(one.purl, MAX_PURL)}
    if vulnerability.cvss_score is not None and is_scored(vulnerability.cvss_score):
        properties["cvss"] = str(round_score(vulnerability.cvss_score))
    if one.assessment is not None:
        properties["assessment"] = plain(one.assessment.type or "", MAX_ID)
    said = title(vulnerability)
    text = f"{plain(one.purl, MAX_PURL)}: {rated(vulnerability)}{f': {said}' if said else ''}; {explained(one)}"
    rule = plain(vulnerability.id, MAX_ID)
    return ReportResult(_STATUSES[one.action], rule, cut(text, _MAX_MESSAGE), band, properties)


def _of_reason(one: Reason, about: dict[str, str]) -> ReportResult:
    status = ReportStatus.ERROR if one.code == "error" else _STATUSES[one.action]
    return ReportResult(status, one.code, cut(plain(f"{one.text} {one.remedy}", _MAX_MESSAGE), _MAX_MESSAGE), "", about)


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
