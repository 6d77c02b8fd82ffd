"""Former decisions: which assessments were made for spellings of packages that are no keys any more."""

from __future__ import annotations

from dataclasses import dataclass

from webhook.model.assessments import Assessment
from webhook.model.records import AssessmentQuery
from webhook.policy.matching import AssessmentIndex
from webhook.ports import AssessmentStore, ComponentStore


@dataclass(frozen=True, slots=True)
class FormerDecision:
    """An assessment that was made for a former spelling.

    Attributes:
        assessment: as recorded.
        packages: affected packages of today that it may have meant, sorted; it counts for them where it is stricter.
    """

    assessment: Assessment
    packages: tuple[str, ...]


def former_decisions(assessments: AssessmentStore, components: ComponentStore) -> list[FormerDecision]:
    """Assessments that may have meant packages with another key today, in the order in which they were recorded.

    Args:
        assessments: all of them.
        components: what is affected.

    Raises:
        StoreError: the store did not answer.
    """
    index = AssessmentIndex.of(assessments.find(AssessmentQuery()))
    meant: dict[Assessment, set[str]] = {}
    for vulnerability, package in components.unassessed_pairs():
        for one in index.former(vulnerability, package):
            meant.setdefault(one, set()).add(package)
    ordered = sorted(meant, key=lambda one: one.sequence)
    return [FormerDecision(one, tuple(sorted(meant[one]))) for one in ordered]
