"""Effects: what would change for images and running workloads if some of their findings were judged otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Protocol

from webhook.engines.triage.board import Board
from webhook.model.actions import Action, worst
from webhook.model.assessments import Assessment
from webhook.model.images import Digest
from webhook.model.policies import Policy
from webhook.model.verdicts import Verdict
from webhook.policy.judge import Judge
from webhook.policy.modes import enforced
from webhook.policy.precedence import Place


@dataclass(frozen=True, slots=True)
class ChangedImage:
    """An image whose verdict changes."""

    digest: Digest
    title: str
    before: Action
    after: Action


@dataclass(frozen=True, slots=True)
class ChangedWorkload:
    """A running workload for which a new Pod would get something else."""

    title: str
    namespace: str
    before: Action
    after: Action


@dataclass(frozen=True, slots=True)
class Effects:
    """What a decision would change.

    Attributes:
        findings: (vulnerability, component) pairs whose assessment changes.
        touched: images that contain one of them.
        images: those whose verdict changes.
        workloads: running ones that would get something else.
        replaced: decisions of people that would no longer count, each once.
    """

    findings: int
    touched: int
    images: tuple[ChangedImage, ...]
    workloads: tuple[ChangedWorkload, ...]
    replaced: tuple[Assessment, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where something running would get something else."""
        return tuple(sorted({workload.namespace for workload in self.workloads}))


class Rejudged(Protocol):
    """Verdicts as they would be."""

    def action(self, verdict: Verdict, namespace: str) -> Action:
        """What an image would get in a namespace, given its verdict now."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """What verdicts would be with further assessments: only the findings that these can be about are judged again.

    Attributes:
        judge: with the further assessments.
        ids: of the vulnerabilities that they name.
    """

    judge: Judge
    ids: Set[str]

    def action(self, verdict: Verdict, namespace: str) -> Action:
        """What an image would get in a namespace, given its verdict now."""
        judge = replace(self.judge, place=Place(verdict.image, verdict.digest, namespace))
        actions = [
            judge.finding(finding.purl, finding.vulnerability).action
            if finding.vulnerability.id in self.ids
            else finding.action
            for finding in verdict.findings
        ]
        return worst((*actions, *(reason.action for reason in verdict.reasons)))


def changed_images(board: Board, digests: Iterable[Digest], supposed: Rejudged) -> Iterable[ChangedImage]:
    """Those of some images that would get another verdict, as for no namespace."""
    for digest in digests:
        known = board.by_digest.get(digest)
        if known is None:
            continue
        action = supposed.action(known.verdict, "")
        if action is not known.verdict.action:
            yield ChangedImage(digest, known.title, known.verdict.action, action)


def changed_workloads(
    board: Board, digests: Iterable[Digest], supposed: Rejudged, policy: Policy
) -> Iterable[ChangedWorkload]:
    """The running workloads with one of some images for which a new Pod would get something else."""
    for place in sorted({place for digest in digests for place in board.running.get(digest, ())}):
        one = board.workloads[place]
        namespace, mode = one.workload.namespace, one.workload.mode
        if not one.workload.is_judged or mode is None:
            continue
        actions = (
            image.action if image.verdict is None else supposed.action(image.verdict, namespace) for image in one.images
        )
        action = enforced(worst(actions), "Pod", mode, policy)
        if action is not one.action:
            yield ChangedWorkload(one.workload.title, namespace, one.action, action)
