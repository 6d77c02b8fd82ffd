"""Evaluation: turns what is known about an image into a verdict.

The same code judges at admission, in the audit, at the command line and in lists, so that they cannot disagree. A
verdict is the worst of its findings and of its reasons. It says how long it is valid, because an assessment that
expires changes a decision without any message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING

from webhook.model.actions import Action, worst
from webhook.model.verdicts import ComponentCounts, ImageVerdict, Reason, Verdict, WorkloadVerdict
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.reasons import state_reasons

if TYPE_CHECKING:
    from webhook.model.changes import ImageFacts, VulnerableComponent
    from webhook.model.images import Digest, ImageRef
    from webhook.model.policies import Policy
    from webhook.policy.sharing import SharedFindings
    from webhook.policy.typetable import TypeTable

_rank, _finding = itemgetter(0), itemgetter(1)
MOST_FINDINGS = 50_000
"""Findings of an image that are judged; real ones have a few thousand. What has more is denied."""


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


@dataclass(frozen=True, slots=True)
class StateSummary:
    """What the states of an image's components say; it stays as long as the facts and the policy do.

    Attributes:
        counts: components by state.
        judged: the vulnerable components whose findings are judged.
        reasons: what counts besides the findings, worst first.
        ages_at: when the next answer becomes too old; None for never.
    """

    counts: ComponentCounts
    judged: Sequence[VulnerableComponent]
    reasons: tuple[Reason, ...]
    ages_at: dt.datetime | None


def summary(facts: ImageFacts, policy: Policy) -> StateSummary:
    """The part of a verdict for which no assessment is needed.

    Args:
        facts: what is known of the components; see :func:`evaluate`.
        policy: what each state leads to.
    """
    judged, left_out = _within_bounds(facts.vulnerable)
    age, answered = policy.max_report_age, facts.answered_at
    return StateSummary(
        ComponentCounts(
            total=facts.total,
            vulnerable=len(facts.vulnerable),
            clean=facts.clean,
            unknown=facts.unknown,
            not_covered=facts.not_covered,
            unusable=facts.unusable,
            not_in_image=facts.not_in_image,
        ),
        judged,
        state_reasons(facts, policy, left_out),
        None if age is None or answered is None else answered + age,
    )


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
    return conclude(summary(facts, rules.policy), subject, rules, index, now)


def conclude(
    states: StateSummary,
    subject: Subject,
    rules: Rules,
    index: AssessmentIndex,
    now: dt.datetime,
    shared: SharedFindings | None = None,
) -> Verdict:
    """As :func:`evaluate`, from the summary of the facts.

    Args:
        states: the summary.
        subject: the image, and where it is to run.
        rules: types and policy.
        index: the assessments.
        now: UTC, aware.
        shared: findings that were judged for other images.
    """
    judge = Judge(rules, index, now, Place(subject.image, subject.digest, subject.namespace))
    components = list(map(judge.component, states.judged)) if shared is None else shared.of(states.judged, judge)
    ranked = [pair for component in components for pair in component.ranked]
    if len(components) > 1:
        ranked.sort(key=_rank)
    findings, reasons = tuple(map(_finding, ranked)), states.reasons
    changes = [component.until for component in components if component.until is not None]
    if states.ages_at is not None:
        changes.append(states.ages_at)
    return Verdict(
        max(findings[0].action if findings else Action.ALLOW, reasons[0].action if reasons else Action.ALLOW),
        subject.image,
        subject.digest,
        states.counts,
        findings,
        reasons,
        min(changes, default=None),
        subject.revision,
    )


def _within_bounds(vulnerable: Sequence[VulnerableComponent]) -> tuple[Sequence[VulnerableComponent], int]:
    """The components whose findings are judged, and how many findings the others have."""
    sizes = [len(component.vulnerabilities) for component in vulnerable]
    if sum(sizes) <= MOST_FINDINGS:
        return vulnerable, 0
    fitting = sum(together <= MOST_FINDINGS for together in accumulate(sizes))
    return vulnerable[:fitting], sum(sizes[fitting:])


def workload_verdict(images: Sequence[ImageVerdict]) -> WorkloadVerdict:
    """The worst of the verdicts for a workload's images, which keep their order."""
    return WorkloadVerdict(worst(image.verdict.action for image in images), tuple(images))
