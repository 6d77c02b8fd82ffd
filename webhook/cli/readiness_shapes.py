"""The JSON of ``bomgate readiness``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.shapes import ImageShape
from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload
from webhook.model.verdicts import SbomStatus


@dataclass(frozen=True, slots=True)
class WorkloadShape:
    """A workload that would not simply be admitted."""

    api_version: Annotated[str, "Such as apps/v1."]
    kind: Annotated[str, "Of the top owner, such as Deployment."]
    name: Annotated[str, "Of the top owner."]
    action: Annotated[str, "What its Pods would get: allow, warn or deny."]
    reason: Annotated[str, "What weighs most, a bounded word: findings, unknown, missing-sbom …"]
    pods: Annotated[int, "How many Pods of it run."]
    images: Annotated[tuple[ImageShape, ...], "Each distinct image of its template and of its Pods."]

    @classmethod
    def of(cls, one: AuditedWorkload) -> WorkloadShape:
        """From the model."""
        owner = one.workload.owner
        return cls(
            api_version=owner.api_version,
            kind=owner.kind,
            name=owner.name,
            action=one.action.word,
            reason=one.reason,
            pods=one.workload.pods,
            images=tuple(ImageShape.of(image.verdict, image.containers) for image in one.verdict.images),
        )


@dataclass(frozen=True, slots=True)
class NamespaceShape:
    """A namespace."""

    namespace: Annotated[str, "Its name."]
    mode: Annotated[str | None, "What it was judged with: deny, warn, audit or off; null: the webhook is not asked."]
    denied: Annotated[int, "Workloads that would be denied."]
    warned: Annotated[int, "Workloads that would be admitted with a warning."]
    allowed: Annotated[int, "Workloads that would be admitted, those not looked at included."]
    workloads: Annotated[tuple[WorkloadShape, ...], "Those denied or warned of, worst first."]


@dataclass(frozen=True, slots=True)
class AccountShape:
    """An account that makes objects which have a controller."""

    user: Annotated[str, "Its name."]
    controller: Annotated[str, "Kind and API version of an owner that such an object stated."]
    last_seen: Annotated[dt.datetime, "When, UTC."]


@dataclass(frozen=True, slots=True)
class LeftOutShape:
    """A namespace labelled deny about which bomgate is not asked, or not about everything."""

    namespace: Annotated[str, "Its name."]
    by: Annotated[str, "What leaves it out: namespaceSelector, objectSelector or matchConditions."]
    entries: Annotated[tuple[str, ...], "The entries of the registration that select it."]


@dataclass(frozen=True, slots=True)
class ReadinessShape:
    """``bomgate readiness --output json``."""

    sentence: Annotated[str, "The result in one sentence."]
    workloads: Annotated[int, "Workloads that run, by their top owner."]
    denied: Annotated[int, "Of those, how many would be denied; more than 0 makes the exit code 1."]
    denied_namespaces: Annotated[int, "In how many namespaces."]
    warned: Annotated[int, "How many would be admitted with a warning."]
    no_sbom: Annotated[int, "How many have an image whose SBOM was not found, or cannot be used."]
    undecided: Annotated[int, "How many could not be judged; with none denied it makes the exit code 3."]
    not_looked_at: Annotated[Mapping[str, int], "Workloads that are not judged, by reason: excluded, off."]
    images: Annotated[int, "Distinct images that were judged."]
    revision: Annotated[int, "Revision of the data that they were judged with."]
    tickets_guarded: Annotated[
        bool | None,
        "Whether a policy of the API server keeps tickets of break-glass from those who may not use it; null: it could "
        "not be read, or break-glass is switched off.",
    ]
    left_out: Annotated[
        tuple[LeftOutShape, ...] | None,
        "Namespaces labelled deny that the webhook's registration leaves out, in whole or in part; null: the "
        "registration could not be read.",
    ]
    unlisted_accounts: Annotated[
        tuple[AccountShape, ...],
        "Accounts seen making objects that have a controller and that policy.admittedControllers does not list, newest "
        "first.",
    ]
    namespaces: Annotated[
        tuple[NamespaceShape, ...], "Each one with workloads: those with denials first, then by name."
    ]


@dataclass(frozen=True, slots=True)
class Tally:
    """Workloads by what they would get.

    Attributes:
        denied: those that would be denied.
        warned: those that would be admitted with a warning.
        no_sbom: those with an image whose SBOM was not found, or cannot be used.
        undecided: those that could not be judged.
    """

    denied: Sequence[AuditedWorkload]
    warned: Sequence[AuditedWorkload]
    no_sbom: int
    undecided: int

    @classmethod
    def of(cls, workloads: Iterable[AuditedWorkload]) -> Tally:
        """Count."""
        found = list(workloads)
        return cls(
            denied=[workload for workload in found if workload.action is Action.DENY],
            warned=[workload for workload in found if workload.action is Action.WARN],
            no_sbom=sum(
                any(image.verdict.sbom is not SbomStatus.FOUND for image in workload.verdict.images)
                for workload in found
            ),
            undecided=sum(_is_undecided(workload) for workload in found),
        )


def _is_undecided(one: AuditedWorkload) -> bool:
    return any(reason.code == "error" for image in one.verdict.images for reason in image.verdict.reasons)
