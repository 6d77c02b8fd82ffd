"""Answers requests of the API server, never with an exception."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from webhook.engines.admission.cases import STANDS, Case, Ruling, ticket_of
from webhook.engines.admission.enforcing import Enforcer
from webhook.engines.admission.former import FormerImages, new_containers
from webhook.engines.admission.questions import OwnerQuestion
from webhook.engines.admission.responses import Consequence, Responses, blank, ignored, not_judged
from webhook.engines.judging.workloads import WorkloadJudge
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.policies import Mode, Policy
from webhook.model.records import ControllerAccount
from webhook.model.reviews import JUDGED, AdmissionRequest, AdmissionResponse, Operation, Target, is_going
from webhook.model.verdicts import WorkloadVerdict
from webhook.model.workloads import ContainerRef, OwnerRef, Workload
from webhook.policy.evaluation import workload_verdict
from webhook.policy.modes import changed_as, enforced
from webhook.policy.plaintext import plain
from webhook.policy.remedies import Hints
from webhook.ports import Clock

log = logging.getLogger("bomgate.admission")
_MAX_NAME = 250


@dataclass(frozen=True, slots=True)
class ReviewParts:
    """What a reviewer works with.

    Attributes:
        judge: judges the images of workloads.
        enforcer: decides what becomes of verdicts.
        on_verdict: notes the images of a workload, whose components the downloader asks for first; never blocks or
            fails.
        former: what objects had before an update.
        clock: time.
        on_account: notes who makes objects that have a controller, and is no listed account of one; never blocks or
            fails.
        reserve_seconds: how long before the deadline searches are not waited for any more.
    """

    judge: WorkloadJudge
    enforcer: Enforcer
    on_verdict: Callable[[WorkloadVerdict], None]
    former: FormerImages
    clock: Clock
    on_account: Callable[[ControllerAccount], None]
    reserve_seconds: float = 1.0


class AdmissionReviewer:
    """Answers admission requests.

    Args:
        parts: who judges, enforces and takes notes.
        policy: what becomes of verdicts and errors.
        hints: what denials tell people to do.
    """

    def __init__(self, parts: ReviewParts, policy: Policy, hints: Hints) -> None:
        self._judge, self._enforcer, self._policy = parts.judge, parts.enforcer, policy
        self._responses = Responses(policy, hints)
        self._on_verdict, self._former = parts.on_verdict, parts.former
        self._clock, self._reserve, self._on_account = parts.clock, parts.reserve_seconds, parts.on_account

    def review(self, request: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
        """Answer a request. Every error becomes a decision by ``policy.onError``."""
        if request.odd:
            return self._odd(request, deadline)
        workload, old = request.workload, request.old_workload
        if workload is None or (request.operation, request.subresource) not in JUDGED:
            return not_judged(request, "not-judged")
        if workload.deleting and is_going(request.operation, workload):
            return not_judged(request, "not-judged")
        containers = workload.containers if old is None else new_containers(workload, old)
        if workload.nowhere and workload.is_blank and not (old is not None and old.is_blank):
            return self._blank(request, workload, deadline)
        if not containers and not _asks_anew(request):
            return not_judged(request, "nothing-new")
        mode = request.mode or self._enforcer.mode(request.namespace or workload.namespace, deadline)
        if mode is Mode.OFF:
            return not_judged(request, "off")
        return self._decide(request, workload, containers, mode, deadline)

    def undecided(self, target: Target, why: str, deadline: Deadline) -> AdmissionResponse:
        """Answer what could not be decided; see :meth:`Responses.undecided`.

        Args:
            target: what the request is about.
            why: the reason, for people.
            deadline: by when an answer must be there.
        """
        try:
            mode = target.mode or self._enforcer.mode(target.namespace, deadline)
        except Exception:  # the answer to errors must not raise one
            log.exception("the mode of the namespace is not known; policy.enforce counts")
            mode = self._policy.enforce
        return self._responses.undecided(target, why, mode)

    def _odd(self, request: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
        """Answer a review that was read in part. A denial of that part stands; nothing else is decided or recorded."""
        answer = self.review(replace(request, odd="", dry_run=True), deadline)
        return self.undecided(request.target, request.odd, deadline) if answer.allowed else answer

    def _blank(self, request: AdmissionRequest, workload: Workload, deadline: Deadline) -> AdmissionResponse:
        mode = request.mode or self._enforcer.mode(request.namespace or workload.namespace, deadline)
        if mode is Mode.OFF:
            return not_judged(request, "off")
        return blank(request, mode, has_reader=_has_reader(workload))

    def _decide(
        self,
        request: AdmissionRequest,
        workload: Workload,
        containers: tuple[ContainerRef, ...],
        mode: Mode,
        deadline: Deadline,
    ) -> AdmissionResponse:
        """Judge, find out what overrides a denial, and answer.

        Args:
            request: as the API server made it.
            workload: its object.
            containers: those that it brings; none when it asks for a ticket for what it has.
            mode: of the namespace.
            deadline: by when an answer must be there.
        """
        namespace, expected = request.namespace or workload.namespace, list[OwnerQuestion | None]()
        kind = workload.kind if request.operation is not Operation.UPDATE else changed_as(workload.kind)

        def before_waiting() -> Deadline:
            if enforced(Action.DENY, kind, mode, self._policy) is Action.DENY:
                expected.append(self._enforcer.expect(request, workload, namespace))
            return self._before(deadline)

        judged = containers or workload.containers
        verdict = self._judge.judge(judged, namespace, deadline, workload.pull_access, before_waiting)
        if not request.dry_run:
            self._on_verdict(verdict)
            if workload.controller is not None and request.requester.username not in self._policy.admitted_controllers:
                self._note_account(request, workload.controller)
        consequence = self._consequence(verdict, kind, mode, has_reader=workload.controller is None)
        if consequence.action is Action.DENY and containers and request.old_workload is not None:
            containers, verdict = self._without_former(request, containers, verdict, deadline)
            if not containers and not _asks_anew(request):
                return not_judged(request, "nothing-new")
            consequence = self._consequence(verdict, kind, mode, has_reader=_has_reader(workload))
        ruling = STANDS
        if consequence.action is Action.DENY and self._enforcer.concerns(workload):
            ruling = self._enforcer.rule(Case.of(request, workload, namespace, verdict), deadline, *expected)
        return self._respond(request, workload, containers, consequence, ruling)

    def _consequence(self, verdict: WorkloadVerdict, kind: str, mode: Mode, *, has_reader: bool) -> Consequence:
        known = self._responses.consequences.get((id(verdict), kind, mode, has_reader))
        return known or self._responses.consequence(verdict, kind, mode, has_reader=has_reader)

    def _respond(
        self,
        request: AdmissionRequest,
        workload: Workload,
        containers: tuple[ContainerRef, ...],
        consequence: Consequence,
        ruling: Ruling,
    ) -> AdmissionResponse:
        """Answer, and note what the tags of an admitted object stand for."""
        if ruling is not STANDS and ruling.lets_in:
            self._former.note(request, consequence.verdict)
            return self._responses.let_in(request, consequence.verdict, ruling, has_reader=_has_reader(workload))
        if not containers:
            return ignored(request, ruling)
        if consequence.action is Action.DENY:
            return self._responses.denied(request, workload.title, consequence, ruling)
        if consequence.names_tags:
            self._former.note(request, consequence.verdict)
        return replace(consequence.response, uid=request.uid)

    def _without_former(
        self,
        request: AdmissionRequest,
        containers: tuple[ContainerRef, ...],
        verdict: WorkloadVerdict,
        deadline: Deadline,
    ) -> tuple[tuple[ContainerRef, ...], WorkloadVerdict]:
        """Containers and verdict of an update, without denied images that it already had under a tag.

        Where nothing is left, the verdict stays, for a ticket that may ask for what the object has.
        """
        denied = {image.verdict.image.text for image in verdict.images if image.verdict.action is Action.DENY}
        try:
            kept = self._former.kept(
                request, [container for container in containers if container.image in denied], deadline
            )
        except Exception:  # nothing in the API server may admit by an error
            log.exception("what an update had before cannot be read", extra={"uid": request.uid})
            kept = frozenset()
        left = tuple(container for container in containers if container.image not in kept)
        if not kept or not left:
            return left, verdict
        return left, workload_verdict([image for image in verdict.images if image.verdict.image.text not in kept])

    def _before(self, deadline: Deadline) -> Deadline:
        """When to stop waiting for searches, so that the API server can still be asked."""
        return Deadline(deadline.at - min(self._reserve, deadline.remaining(self._clock.monotonic()) / 2))

    def _note_account(self, request: AdmissionRequest, owner: OwnerRef) -> None:
        if request.operation is Operation.CREATE and request.requester.username:
            user, controller = plain(request.requester.username, _MAX_NAME), f"{owner.kind} ({owner.api_version})"
            self._on_account(ControllerAccount(user, plain(controller, _MAX_NAME), self._clock.now()))


def _asks_anew(request: AdmissionRequest) -> bool:
    """Whether an update uses a new ticket for what the object already names."""
    new, old = request.workload, request.old_workload
    if new is None or old is None or new.controller is not None or not new.annotations:
        return False
    ticket = ticket_of(new)
    return ticket is not None and ticket.strip() != (ticket_of(old) or "").strip()


def _has_reader(workload: Workload) -> bool:
    """Whether somebody reads warnings. A controller does not, and its owner got the same ones."""
    return workload.controller is None
