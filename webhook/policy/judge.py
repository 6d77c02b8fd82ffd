"""Judge: what is in force for the vulnerabilities of one component, and what that asks for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from webhook.model.actions import Action, worst
from webhook.model.assessments import AssessmentSource
from webhook.model.policies import LocalRule
from webhook.model.verdicts import Finding
from webhook.policy.advisories import SUBSCRIBED, is_for_subscribers, is_malicious
from webhook.policy.answeredpairs import moved, score_move
from webhook.policy.automatic import reassessment
from webhook.policy.fleetprecedence import Passes, settled
from webhook.policy.matching import AssessmentIndex
from webhook.policy.phrases import known_exploited, score_origin
from webhook.policy.precedence import ANYWHERE, Effective, Place
from webhook.policy.sameness import are_of_several_sources, one_of_each, with_shared_names
from webhook.policy.scores import UNSCORED, is_scored

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment
    from webhook.model.changes import VulnerableComponent
    from webhook.model.purls import Purl
    from webhook.model.vulnerabilities import Vulnerability
    from webhook.policy.evaluation import Rules

Rank = tuple[float, "Purl", str]
"""Sorts findings, worst first; numbers of one kind, since an image's findings are sorted with each decision."""
_ACTION = 1000.0
"""What an action outweighs: every score."""


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


class JudgedComponent(NamedTuple):
    """A vulnerable component with its findings.

    Attributes:
        component: what was judged.
        ranked: its findings, worst first, each behind its rank.
        since: when it was judged.
        until: the first moment at which time alone can change a finding, also one that is not shown; None for never.
    """

    component: VulnerableComponent
    ranked: tuple[tuple[Rank, Finding], ...]
    since: dt.datetime
    until: dt.datetime | None


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

    def component(self, component: VulnerableComponent) -> JudgedComponent:
        """The findings of a component; of those that are the same only the worst."""
        vulnerabilities = with_shared_names(component.vulnerabilities)
        findings = sorted((self.finding(component.purl, each) for each in vulnerabilities), key=worst_first)
        until = min((each.changes_at for each in findings if each.changes_at is not None), default=None)
        if are_of_several_sources(vulnerabilities):
            findings = one_of_each(findings)
        return JudgedComponent(component, tuple((worst_first(each), each) for each in findings), self.now, until)

    def finding(self, purl: Purl, vulnerability: Vulnerability) -> Finding:
        """The finding for one vulnerability in one component."""
        whole = self.finding_by(self._effective(vulnerability, purl), purl, vulnerability)
        rule = self.rules.policy.local_rule
        if rule is LocalRule.ORDINARY:
            return whole

        def view(passes: Passes) -> Finding:
            return self.finding_by(self._effective(vulnerability, purl, passes), purl, vulnerability)

        return settled(rule, whole, view)

    def _effective(self, vulnerability: Vulnerability, purl: Purl, passes: Passes | None = None) -> Effective:
        return self.index.effective(vulnerability, purl, self.place, self.now, passes, self._outlasts_fix)

    def _outlasts_fix(self, record: Assessment) -> bool:
        return not self.rules.types.allows(record.type or "")

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


def worst_first(finding: Finding) -> Rank:
    """Sort key: action, then score (unscored last), then component and id."""
    return (-_ACTION * finding.action - score_to_sort(finding), finding.purl, finding.vulnerability.id)


def score_to_sort(finding: Finding) -> float:
    """The score of a finding; unscored ones are below all others."""
    score = finding.vulnerability.cvss_score
    return -1.0 if score is None or not score.is_finite() else float(score)
