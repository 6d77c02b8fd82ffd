"""What may be deleted: never what runs, and no image while it is not known what runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from webhook.model.images import Digest
from webhook.model.requests import ExceptionRequest, Phase
from webhook.model.retention import ImageUse, InventoryAge

_FRESH = dt.timedelta(days=1)
"""An audit comes at least every few hours; after a day without one something is wrong, and nobody knows what runs."""


def unneeded(uses: Iterable[ImageUse], before: dt.datetime) -> list[Digest]:
    """Images that neither a workload nor an assessment names, and that were not seen since a moment."""
    return [use.digest for use in uses if not use.is_named and use.last_seen < before]


def why_kept(inventory: InventoryAge, now: dt.datetime) -> str:
    """Why no image may be deleted, a sentence; empty when it is known what runs.

    Where no cluster was ever audited and no image was ever seen, as on a machine of a pipeline, nothing runs.
    """
    if inventory.taken_at is None:
        if not inventory.has_sightings:
            return ""
        return "Images are kept, because it is not known what runs: no controller has audited the cluster."
    age = now - inventory.taken_at
    if not -_FRESH <= age <= _FRESH:  # an audit that lies ahead was dated by a clock that was wrong, or this one is
        when = "was last audited on" if age > _FRESH else "was audited at a time to come,"
        return (
            f"Images are kept, because it is not known what runs: the cluster {when} "
            f"{inventory.taken_at:%Y-%m-%d %H:%M} UTC."
        )
    return ""


def has_ended(request: ExceptionRequest, before: dt.datetime) -> bool:
    """Whether a request was over at some moment, and so was the exception that it asked for.

    A request that stands for an object is kept: its object is still there, and would ask again.
    """
    if request.origin:
        return False
    phase, until = request.phase_at(before), request.until
    if phase is Phase.WAITING or (until is not None and until >= before):
        return False
    if phase is Phase.APPROVED:
        return until is not None
    at = request.created if request.answer is None else max(request.created, request.answer.at)
    return max(at, until or at) < before
