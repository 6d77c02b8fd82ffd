"""Audits: what everything that runs would get at admission now."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.model.actions import Action
from webhook.model.policies import Mode
from webhook.model.registration import LeftOut
from webhook.model.running import RunningWorkload
from webhook.model.verdicts import Verdict, WorkloadVerdict


class AuditedWorkload(msgspec.Struct, frozen=True):
    """A workload and what it would get.

    Attributes:
        workload: what runs.
        mode: of its namespace; None where the webhook is not asked.
        verdict: about its images, whatever the mode makes of it; about none where nothing is looked at.
        action: what its Pods would get in that mode.
        reason: what weighs most, a bounded word: ``findings``, ``unknown``, ``missing-sbom`` …, ``clean``, ``off``, and
            ``excluded`` where the webhook is not asked.
    """

    workload: RunningWorkload
    mode: Mode | None
    verdict: WorkloadVerdict
    action: Action
    reason: str

    @property
    def is_judged(self) -> bool:
        """Whether its images were looked at."""
        return self.mode is not None and self.mode is not Mode.OFF


class AuditResult(msgspec.Struct, frozen=True):
    """One audit.

    Attributes:
        at: when it ended, UTC.
        seconds: how long it took.
        revision: the store's revision that it began with.
        workloads: each one.
        images: the verdict about each distinct image, once.
        left_out: namespaces labelled deny about which the API server does not ask, or not about everything, by name;
            None where the registration is not known.
    """

    at: dt.datetime
    seconds: float
    revision: int
    workloads: tuple[AuditedWorkload, ...]
    images: tuple[Verdict, ...]
    left_out: tuple[LeftOut, ...] | None = None

    @property
    def valid_until(self) -> dt.datetime | None:
        """The earliest moment at which time alone can change a verdict; None means never."""
        return min((image.valid_until for image in self.images if image.valid_until is not None), default=None)
