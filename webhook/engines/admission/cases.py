"""Cases: requests that would be denied, and the rulings on what becomes of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from webhook.model.actions import Action
from webhook.model.grants import BREAK_GLASS_ANNOTATION
from webhook.model.reviews import AdmissionRequest
from webhook.model.running import with_digest
from webhook.model.verdicts import Verdict, WorkloadVerdict
from webhook.model.workloads import Workload


@dataclass(frozen=True, slots=True)
class Case:
    """A request that would be denied.

    Attributes:
        request: as the API server made it.
        workload: its object.
        namespace: where it is to run.
        denied: the verdicts that deny.
    """

    request: AdmissionRequest
    workload: Workload
    namespace: str
    denied: tuple[Verdict, ...]

    @classmethod
    def of(cls, request: AdmissionRequest, workload: Workload, namespace: str, verdict: WorkloadVerdict) -> Case:
        """The case of a request with its verdict."""
        denied = tuple(image.verdict for image in verdict.images if image.verdict.action is Action.DENY)
        return cls(request, workload, namespace, denied)

    @property
    def images(self) -> frozenset[str]:
        """The denied images, named as in grants."""
        return frozenset(with_digest(verdict.image.text, verdict.digest) for verdict in self.denied)

    @property
    def ticket(self) -> str | None:
        """The value of the break-glass annotation; None without one."""
        return ticket_of(self.workload)

    @property
    def turned_bad(self) -> dt.datetime | None:
        """The time of the newest denying assessment; None if no assessment denies."""
        assessed = (
            finding.assessment.assessed_at
            for verdict in self.denied
            for finding in verdict.findings
            if finding.action is Action.DENY and finding.assessment is not None
        )
        return max(assessed, default=None)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The ruling on a would-be denial.

    Attributes:
        reason: why it is admitted, a bounded word for metrics: ``admitted``, ``admitted-unproven`` or ``break-glass``;
            empty when it is denied.
        text: for people: a warning when it is admitted, else an addition to the denial; possibly empty.
        annotation: for the audit log, key and value.
        break_glass: what became of break-glass: ``used``, ``refused``, ``expired``; empty when it played no part.
    """

    reason: str = ""
    text: str = ""
    annotation: tuple[str, str] | None = None
    break_glass: str = ""

    @property
    def lets_in(self) -> bool:
        """Whether the request is admitted after all."""
        return bool(self.reason)


def ticket_of(workload: Workload) -> str | None:
    """The value of the break-glass annotation of an object; None without one."""
    return dict(workload.annotations).get(BREAK_GLASS_ANNOTATION)


STANDS = Ruling()
"""The denial stands, with nothing to add."""
