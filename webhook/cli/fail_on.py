"""``--fail-on``: what makes ``bomgate check`` exit with 1 beside a denial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from webhook.model.actions import Action
from webhook.model.verdicts import Finding, Verdict, WorkloadVerdict
from webhook.policy.scores import SEVERITIES, severity

_SEVERITIES = tuple(name.lower() for name in SEVERITIES)
STATES = ("warn", "unknown", "missing-sbom")


class FailOnType(click.ParamType[tuple[str, ...]]):
    """Conditions, separated by commas."""

    name = "CONDITION"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the conditions."""
        if isinstance(value, tuple):
            return value
        words = tuple(part.strip().lower() for part in str(value).split(",") if part.strip())
        for word in words or ("",):
            if word not in (*STATES, *_SEVERITIES):
                self.fail(f"{word!r:.60} is not one of {', '.join((*STATES, *_SEVERITIES))}.", param, ctx)
        return words


def met(conditions: Iterable[str], verdicts: Sequence[WorkloadVerdict]) -> tuple[str, ...]:
    """The conditions that one of the verdicts meets, in their order.

    Args:
        conditions: ``warn`` (a warning or worse), ``unknown`` (a component that no source has answered for, whatever
            the policy makes of it), ``missing-sbom``, or a severity: a finding of this severity or worse that no
            assessment allows. A finding without a score has no severity.
        verdicts: of all targets.
    """
    images = [image.verdict for verdict in verdicts for image in verdict.images]
    return tuple(word for word in dict.fromkeys(conditions) if any(_meets(word, verdict) for verdict in images))


def _meets(condition: str, verdict: Verdict) -> bool:
    if condition == "warn":
        return verdict.action is not Action.ALLOW
    if condition == "unknown":
        return verdict.counts.unknown > 0
    if condition == "missing-sbom":
        return any(reason.code == condition for reason in verdict.reasons)
    lowest = _SEVERITIES.index(condition)
    return any(
        not _is_allowed(finding)
        and (word := severity(finding.vulnerability.cvss_score).lower()) in _SEVERITIES
        and _SEVERITIES.index(word) >= lowest
        for finding in verdict.findings
    )


def _is_allowed(finding: Finding) -> bool:
    """Whether somebody decided so, or its source called it off; a policy for what is unassessed decides nothing."""
    is_decided = finding.assessment is not None or finding.vulnerability.rejected
    return finding.action is Action.ALLOW and is_decided
