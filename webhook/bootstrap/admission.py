"""Admission: joins what answers reviews, for the webhook and for ``bomgate check``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook.engines.admission.confirming import Confirmations
from webhook.engines.admission.enforcing import ClusterParts, Enforcer
from webhook.engines.admission.former import FormerImages
from webhook.engines.admission.reviewing import AdmissionReviewer, ReviewParts

if TYPE_CHECKING:
    from webhook.bootstrap.parts import Parts
    from webhook.engines.admission.admissions import AdmissionNotes
    from webhook.engines.judging.images import ImageChecker
    from webhook.model.records import ControllerAccount
    from webhook.model.verdicts import WorkloadVerdict
    from webhook.ports import Background


@dataclass(frozen=True, slots=True)
class ReviewNotes:
    """What reviews leave behind.

    Attributes:
        on_verdict: notes which images were seen.
        confirmations: what tags stood for, and uses of break-glass.
        on_account: notes who makes objects that have a controller.
    """

    on_verdict: Callable[[WorkloadVerdict], None]
    confirmations: Confirmations
    on_account: Callable[[ControllerAccount], None]


def make_confirmations(parts: Parts, admissions: AdmissionNotes) -> Confirmations:
    """What keeps what reviews leave behind until the API server has it."""
    if not parts.settings.kube.cluster:
        return Confirmations(admissions, parts.clock)
    return Confirmations(admissions, parts.clock, parts.cluster.live, parts.cluster.grants)


def make_reviewer(
    parts: Parts,
    checker: ImageChecker,
    notes: ReviewNotes,
    background: Background,
    cluster: ClusterParts | None = None,
) -> AdmissionReviewer:
    """Answers admission requests.

    Args:
        parts: of this process.
        checker: judges images.
        notes: where is noted what was seen and admitted.
        background: asks what was admitted.
        cluster: whom to ask about namespaces, owners and rights; None leaves them out.
    """
    enforcer = Enforcer(parts.settings.policy, cluster, parts.clock, notes.confirmations)
    inventory = cluster.inventory if cluster is not None else None
    former = FormerImages(notes.confirmations, inventory, background, parts.clock)
    reserve = parts.settings.search.reserve_seconds
    judge = parts.judge(checker)
    review_parts = ReviewParts(judge, enforcer, notes.on_verdict, former, parts.clock, notes.on_account, reserve)
    return AdmissionReviewer(review_parts, parts.settings.policy, parts.hints)
