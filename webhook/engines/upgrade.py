"""Upgrading the database, also one that does not answer yet, and the decisions that an upgrade leaves to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webhook.errors import StoreUnreachable
from webhook.model.assessments import Assessment
from webhook.model.records import AssessmentQuery
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import unreadable
from webhook.ports import AssessmentStore, Clock, ComponentStore, StoreAdmin

_PAUSE_SECONDS = 1.0


def upgrade_when_there(
    admin: StoreAdmin, clock: Clock, seconds: float, waiting: Callable[[StoreUnreachable], None]
) -> None:
    """Bring the schema to the version of this program, waiting for a database that may answer later.

    Only what may pass by itself is waited for: a wrong password or a database that does not exist is told at once.

    Args:
        admin: the database.
        clock: time.
        seconds: how long to wait at most; 0 tries once.
        waiting: told why it waits, once for each new reason.

    Raises:
        StoreError: it cannot be done, or the time is up.
    """
    deadline = clock.monotonic() + seconds
    told = ""
    while True:
        try:
            admin.upgrade()
            return
        except StoreUnreachable as problem:
            left = deadline - clock.monotonic()
            if left <= 0:
                raise
            if problem.message != told:
                told = problem.message
                waiting(problem)
        clock.sleep(min(_PAUSE_SECONDS, left))


@dataclass(frozen=True, slots=True)
class FormerDecision:
    """An assessment that was made for a former spelling.

    Attributes:
        assessment: as recorded.
        packages: affected packages of today that it may have meant, sorted; it counts for them where it is stricter.
    """

    assessment: Assessment
    packages: tuple[str, ...]


def unreadable_decisions(assessments: AssessmentStore, clock: Clock) -> list[Assessment]:
    """Assessments that count nowhere because their scope cannot be read, in the order in which they were recorded.

    Args:
        assessments: all of them.
        clock: time.

    Raises:
        StoreError: the store did not answer.
    """
    return unreadable(assessments.find(AssessmentQuery()), clock.now())


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
        for assessment in index.former(vulnerability, package):
            meant.setdefault(assessment, set()).add(package)
    ordered = sorted(meant, key=lambda assessment: assessment.sequence)
    return [FormerDecision(assessment, tuple(sorted(meant[assessment]))) for assessment in ordered]
