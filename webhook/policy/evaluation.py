"""Evaluation: turns what is known about an image into a verdict.

The same code judges at admission, in the audit, at the command line and in lists, so that they cannot disagree. A
verdict is the worst of its findings and of its reasons. It says how long it is valid, because an assessment that
expires changes a decision without any message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from webhook.model.actions import Action, worst
from webhook.model.assessments import AssessmentSource
from webhook.model.policies import LocalRule
from webhook.model.verdicts import (
    ComponentCounts,
    Finding,
    ImageVerdict,
    Reason,
    SbomStatus,
    Verdict,
    WorkloadVerdict,
)
from webhook.policy.advisories import SUBSCRIBED, is_for_subscribers, is_malicious
from webhook.policy.automatic import moved, reassessment, score_move
from webhook.policy.fleetprecedence import Passes, settled
from webhook.policy.matching import AssessmentIndex, Effective
from webhook.policy.phrases import known_exploited, score_origin
from webhook.policy.precedence import ANYWHERE, Place
from webhook.policy.reasons import error_reason, missing_reason, state_reasons
from webhook.policy.sameness import are_of_several_sources, one_of_each, with_shared_names
from webhook.policy.scores import UNSCORED, is_scored

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment
    from webhook.model.changes import ImageFacts
    from webhook.model.images import Digest, ImageRef
    from webhook.model.policies import Policy
    from webhook.model.purls import Purl
    from webhook.model.vulnerabilities import Vulnerability
    from webhook.policy.typetable import TypeTable

_NO_SCORE = Decimal(-1)


@dataclass(frozen=True, slots=True)
class Rules:
    """The types and the policy: everything that decides besides the assessments."""

    types: TypeTable
    policy: Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a verdict.

    Attributes:
        image: the reference as parsed.
        digest: what it was resolved to; None when it could not be.
        namespace: where it is to run; empty when that is not known.
        revision: the store's revision that the facts are from.
    """

    image: ImageRef
    digest: Digest | None
    namespace: str = ""
    revision: int = 0


class _Standing(NamedTuple):
    """What is in force for a finding.

    Attributes:
        assessment: what is in force; None when unassessed.
        expired: what would be in force had it not expired.
        action: what that asks for.
        notes: remarks.
        changes: the moments at which time alone can change it.
    """

    assessment: Assessment | None
    expired: Assessment | None
    action: Action
    notes: tuple[str, ...] = ()
    changes: tuple[dt.datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges individual findings.

    Attributes:
        rules: types and policy.
        index: the assessments.
        now: UTC, aware.
        place: where the components are.
    """

    rules: Rules
    index: AssessmentIndex
    now: dt.datetime
    place: Place = ANYWHERE

    def finding(self, purl: Purl, vulnerability: Vulnerability) -> Finding:
        """The finding for one vulnerability in one component."""
        whole = self.finding_by(self.index.effective(vulnerability, purl, self.place, self.now), purl, vulnerability)
        rule = self.rules.policy.local_rule
        if rule is LocalRule.ORDINARY:
            return whole

        def view(passes: Passes) -> Finding:
            effective = self.index.effective(vulnerability, purl, self.place, self.now, passes)
            return self.finding_by(effective, purl, vulnerability)

        return settled(rule, whole, view)

    def finding_by(self, effective: Effective, purl: Purl, vulnerability: Vulnerability) -> Finding:
        """The finding where this is what is in force, whatever the index says."""
        standing = self._stated(purl, vulnerability, effective)
        if standing is None:
            standing = self._standing(vulnerability, effective.assessment, effective.expired)
        is_vex = standing.assessment is not None and standing.assessment.source is AssessmentSource.VEX
        for assessment in effective.doubtful:
            if is_vex and not assessment.by_hand:
                continue
            standing = self._with_doubtful(standing, assessment, purl, vulnerability)
        notes = (*standing.notes, SUBSCRIBED) if is_for_subscribers(purl, vulnerability.fixed) else standing.notes
        return Finding(
            purl,
            vulnerability,
            standing.assessment,
            standing.action,
            standing.expired,
            "; ".join(notes),
            min(standing.changes, default=None),
        )

    def _stated(self, purl: Purl, vulnerability: Vulnerability, effective: Effective) -> _Standing | None:
        """What a VEX statement makes of a finding that nobody decided about; None when none counts."""
        vex, given = self.index.vex, effective.assessment
        if not vex or (given is not None and given.by_hand) or is_malicious(vulnerability):
            return None
        claim, changes = vex.evidence(vulnerability, purl, self.place, self.now)
        if claim is None:
            if not changes:
                return None
            standing = self._standing(vulnerability, given, effective.expired)
            return standing._replace(changes=(*standing.changes, *changes))
        return _Standing(claim.shown, None, Action.ALLOW, changes=changes)

    def _standing(
        self, vulnerability: Vulnerability, given: Assessment | None, expired: Assessment | None
    ) -> _Standing:
        if expired is not None:
            again = reassessment(self.rules.types, vulnerability, expired, self.now)
            if again is not None and again.expired(self.now):
                expired = again
            elif again is not None:
                given = again
        if given is None:
            action, notes = self.rules.policy.unassessed, _unassessed_notes(vulnerability)
        else:
            action, notes = self._assessed(given, vulnerability)
        if origin := score_origin(vulnerability):
            notes = (*notes, origin)
        if is_malicious(vulnerability):
            notes = (*notes, "malicious package")
            if given is None or not given.by_hand:
                action = worst((action, self.rules.policy.malicious))
        if known := known_exploited(vulnerability):
            notes = (*notes, known)
        if vulnerability.rejected:
            notes = (*notes, "rejected or withdrawn")
            most = self.rules.policy.rejected
            if most is not None and (given is None or not given.by_hand):
                action = min(action, most)
        return _Standing(given, expired, action, notes, () if given is None or given.until is None else (given.until,))

    def _with_doubtful(
        self, standing: _Standing, doubtful: Assessment, purl: Purl, vulnerability: Vulnerability
    ) -> _Standing:
        """The stricter outcome, for when it is unknown whether the version is in an assessment's range."""
        is_over = doubtful.expired(self.now)
        claim = self._standing(vulnerability, None if is_over else doubtful, doubtful if is_over else None)
        if claim.assessment is None:
            return standing
        scope = doubtful.scope
        why = (
            f"it was made for {scope.package}"
            if scope.package not in (None, purl.package)
            else f"{purl.version} cannot be compared with {scope.version_range}"
        )
        changes = (*standing.changes, *claim.changes)
        if claim.action > standing.action:
            remark = f"{why}: {claim.assessment.type} counts, being stricter"
            return claim._replace(notes=(*claim.notes, remark), changes=changes)
        if not doubtful.by_hand and scope.package not in (None, purl.package):
            return standing._replace(changes=changes)  # nobody decided this, and it makes no difference
        remark = f"{why}: {claim.assessment.type} does not count"
        return standing._replace(notes=(*standing.notes, remark), changes=changes)

    def _assessed(self, assessment: Assessment, vulnerability: Vulnerability) -> tuple[Action, tuple[str, ...]]:
        kind = self.rules.types.get(assessment.type or "")
        notes = []
        if kind is None:
            # A type that no longer exists may have denied. It must not silently admit anything.
            retired = self.rules.types.retired(assessment.type or "")
            last = Action.ALLOW if retired is None else retired.action
            action = worst((Action.WARN, self.rules.policy.unassessed, last))
            what = "is not configured" if retired is None else f"is gone; its last action was {last.word}"
            notes.append(f"assessment type {assessment.type} {what}")
        else:
            action = kind.action
        if assessment.score is not None:
            if moved(assessment.score, vulnerability.cvss_score):
                notes.append(score_move(assessment.score, vulnerability.cvss_score))
        elif vulnerability.rescored is not None and vulnerability.rescored.at > assessment.assessed_at:
            notes.append(score_move(vulnerability.rescored.former, vulnerability.cvss_score))
        return action, tuple(notes)


def _unassessed_notes(vulnerability: Vulnerability) -> tuple[str, ...]:
    unscored = () if is_scored(vulnerability.cvss_score) else (UNSCORED,)
    if vulnerability.rescored is None:
        return unscored
    return (*unscored, score_move(vulnerability.rescored.former, vulnerability.cvss_score))


def evaluate(facts: ImageFacts, subject: Subject, rules: Rules, index: AssessmentIndex, now: dt.datetime) -> Verdict:
    """Judge an image whose components are known.

    ``facts`` count answers that are too old as unknown already; ``facts.answered_at`` serves only to tell when the next
    answer becomes too old.

    Args:
        facts: what is known of its components.
        subject: the image, and where it is to run.
        rules: types and policy.
        index: the assessments.
        now: UTC, aware.
    """
    judge = Judge(rules, index, now, Place(subject.image, subject.digest, subject.namespace))
    findings = [
        judge.finding(component.purl, vulnerability)
        for component in facts.vulnerable
        for vulnerability in with_shared_names(component.vulnerabilities)
    ]
    findings.sort(key=worst_first)
    if are_of_several_sources(finding.vulnerability for finding in findings):
        findings = one_of_each(findings)
    reasons = state_reasons(facts, rules.policy)
    changes = [finding.changes_at for finding in findings if finding.changes_at is not None]
    if rules.policy.max_report_age is not None and facts.answered_at is not None:
        changes.append(facts.answered_at + rules.policy.max_report_age)
    return Verdict(
        action=max(findings[0].action if findings else Action.ALLOW, reasons[0].action if reasons else Action.ALLOW),
        image=subject.image,
        digest=subject.digest,
        counts=ComponentCounts(
            total=facts.total,
            vulnerable=len(facts.vulnerable),
            clean=facts.clean,
            unknown=facts.unknown,
            not_covered=facts.not_covered,
            unusable=facts.unusable,
            not_in_image=facts.not_in_image,
        ),
        findings=tuple(findings),
        reasons=reasons,
        valid_until=min(changes, default=None),
        revision=subject.revision,
    )


def worst_first(finding: Finding) -> tuple[int, Decimal, Purl, str]:
    """Sort key: action, then score (unscored last), then component and id."""
    score = finding.vulnerability.cvss_score
    known = _NO_SCORE if score is None or not score.is_finite() else score
    return (-finding.action, -known, finding.purl, finding.vulnerability.id)


def missing(subject: Subject, status: SbomStatus, detail: str, rules: Rules) -> Verdict:
    """Judge an image whose components are not known.

    Args:
        subject: the image.
        status: what became of the search for its SBOM; not FOUND.
        detail: what the search met, a sentence without its full stop; possibly empty.
        rules: types and policy.
    """
    reason = missing_reason(status, detail, rules.policy)
    return Verdict(
        action=reason.action,
        image=subject.image,
        digest=subject.digest,
        reasons=(reason,),
        revision=subject.revision,
        sbom=status,
    )


def failed(subject: Subject, error_id: str, rules: Rules, *, has_sbom: bool) -> Verdict:
    """The verdict when judging failed. The API server never sees an exception, and an error is never clean.

    Args:
        subject: the image.
        error_id: under which the log has the details.
        rules: types and policy.
        has_sbom: whether an SBOM of the image is known; where none is, the error may not count less than that.
    """
    reason: Reason = error_reason(error_id, rules.policy, has_sbom=has_sbom)
    return Verdict(
        action=reason.action,
        image=subject.image,
        digest=subject.digest,
        reasons=(reason,),
        revision=subject.revision,
        sbom=SbomStatus.NONE,
    )


def workload_verdict(images: Sequence[ImageVerdict]) -> WorkloadVerdict:
    """The worst of the verdicts for a workload's images, which keep their order."""
    return WorkloadVerdict(worst(image.verdict.action for image in images), tuple(images))
