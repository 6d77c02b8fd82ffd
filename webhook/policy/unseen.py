"""Verdicts on images whose components are not known: their SBOM is missing, or judging failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook.model.verdicts import Reason, SbomStatus, Verdict
from webhook.policy.reasons import error_reason, missing_reason

if TYPE_CHECKING:
    from webhook.policy.evaluation import Rules, Subject


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
