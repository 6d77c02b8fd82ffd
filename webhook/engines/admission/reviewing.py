"""Answers a request of the API server; never with an exception."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from webhook.engines.admission.cases import STANDS, Case, Ruling, ticket_of
from webhook.engines.admission.enforcing import Enforcer
from webhook.engines.admission.former import FormerImages, new_containers
from webhook.engines.admission.texts import ComposedTexts
from webhook.engines.checking.workloads import WorkloadJudge
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.policies import Mode, Policy
from webhook.model.records import ControllerAccount, Sighting
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation, Target, is_going, is_judged
from webhook.model.verdicts import WorkloadVerdict
from webhook.model.workloads import ContainerRef, OwnerRef, Workload
from webhook.policy.evaluation import workload_verdict
from webhook.policy.messages import MAX_WARNING, MAX_WARNINGS, Hints, grounds, warnings, with_addition, with_title
from webhook.policy.modes import enforced
from webhook.policy.plaintext import plain
from webhook.policy.reasons import error_action, weightiest
from webhook.ports import AccountSink, Clock, SightingSink

log = logging.getLogger("bomgate.admission")
_MAX_NAME = 250


@dataclass(frozen=True, slots=True)
class ReviewParts:
    """What a reviewer works with.

    Attributes:
        judge: judges the images of workloads.
        enforcer: decides what becomes of verdicts.
        sightings: where seen images are noted; the downloader asks for their components first.
        former: what objects had before an update.
        clock: time.
        accounts: where is noted who makes objects that have a controller, and is no listed account of one.
        reserve_seconds: how long before the deadline searches are not waited for any more.
    """

    judge: WorkloadJudge
    enforcer: Enforcer
    sightings: SightingSink
    former: FormerImages
    clock: Clock
    accounts: AccountSink
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
        self._texts = ComposedTexts(hints)
        self._sightings, self._former = parts.sightings, parts.former
        self._clock, self._reserve, self._accounts = parts.clock, parts.reserve_seconds, parts.accounts

    def review(self, request: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
        """Answer one request; whatever goes wrong becomes a decision by ``policy.onError``."""
        if request.odd:
            return self._odd(request, deadline)
        workload = request.workload
        if workload is None or not _is_judged(request):
            return AdmissionResponse(request.uid, allowed=True, reason="not-judged")
        containers = new_containers(workload, request.old_workload)
        if workload.is_blank and not (request.old_workload is not None and request.old_workload.is_blank):
            return self._blank(request, workload, deadline)
        if not containers and not _asks_anew(request):
            return AdmissionResponse(request.uid, allowed=True, reason="nothing-new")
        namespace = request.namespace or workload.namespace
        mode = request.mode or self._enforcer.mode(namespace, deadline)
        if mode is Mode.OFF:
            return AdmissionResponse(request.uid, allowed=True, reason="off")
        judged = containers or workload.containers
        judging = self._judge.begin(judged, namespace, workload.pull_access)
        expected = None
        if judging.lookups:
            if enforced(Action.DENY, workload.kind, mode, self._policy) is Action.DENY:
                expected = self._enforcer.expect(request, workload, namespace)
            verdict = self._judge.finish(judging, self._before(deadline))
        else:
            verdict = self._judge.finish(judging, deadline)
        if not request.dry_run:
            self._note(verdict)
            if workload.controller is not None and request.requester.username not in self._policy.admitted_controllers:
                self._note_account(request, workload.controller)
        action = enforced(verdict.action, workload.kind, mode, self._policy)
        if action is Action.DENY and containers and request.old_workload is not None:
            containers, verdict = self._without_former(request, containers, verdict, deadline)
            if not containers and not _asks_anew(request):
                return AdmissionResponse(request.uid, allowed=True, reason="nothing-new")
            action = enforced(verdict.action, workload.kind, mode, self._policy)
        if action is Action.DENY:
            ruling = STANDS
            if self._enforcer.concerns(workload):
                ruling = self._enforcer.rule(Case.of(request, workload, namespace, verdict), deadline, expected)
            if ruling.lets_in:
                return self._let_in(request, verdict, ruling)
            return self._deny(request, verdict, ruling) if containers else self._ignore(request, ruling)
        return self._allow(request, verdict, action) if containers else self._ignore(request, STANDS)

    def undecided(self, target: Target, why: str, deadline: Deadline) -> AdmissionResponse:
        """Answer what could not be decided, as far as the mode of the namespace lets it.

        No SBOM was seen either, so that the worse of ``policy.onError`` and ``policy.missingSbom`` counts: an error may
        not open what an image without an SBOM would not.

        Args:
            target: what the request is about.
            why: the reason, for people.
            deadline: by when an answer must be there.
        """
        policy = self._policy
        try:
            mode = target.mode or self._enforcer.mode(target.namespace, deadline)
        except Exception:  # this is the answer to errors, and may not be one itself
            log.exception("the mode of the namespace is not known; policy.enforce counts")
            mode = policy.enforce
        action = enforced(error_action(policy), target.kind, mode, policy)
        line = plain(f"bomgate could not decide: {why}", MAX_WARNING)
        return AdmissionResponse(
            target.uid,
            allowed=action is not Action.DENY,
            message=line if action is Action.DENY else "",
            warnings=(line,) if action is Action.WARN else (),
            decision=action.word,
            reason="error",
        )

    def _odd(self, request: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
        """Answer what was read in part: a denial of that part stands, and nothing else is decided or written down."""
        answer = self.review(replace(request, odd="", dry_run=True), deadline)
        return self.undecided(request.target, request.odd, deadline) if answer.allowed else answer

    def _without_former(
        self,
        request: AdmissionRequest,
        containers: tuple[ContainerRef, ...],
        verdict: WorkloadVerdict,
        deadline: Deadline,
    ) -> tuple[tuple[ContainerRef, ...], WorkloadVerdict]:
        """Containers and verdict of an update without the denied images that it had before under a tag.

        Where nothing is left, the verdict stays, for a ticket that may ask for what the object has.
        """
        denied = {one.verdict.image.text for one in verdict.images if one.verdict.action is Action.DENY}
        try:
            kept = self._former.kept(request, [one for one in containers if one.image in denied], deadline)
        except Exception:  # whatever the API server holds, it lets nothing in
            log.exception("what an update had before cannot be read", extra={"uid": request.uid})
            kept = frozenset()
        left = tuple(one for one in containers if one.image not in kept)
        if not kept or not left:
            return left, verdict
        return left, workload_verdict([one for one in verdict.images if one.verdict.image.text not in kept])

    def _before(self, deadline: Deadline) -> Deadline:
        """When to stop waiting for searches, so that the API server can still be asked."""
        return Deadline(deadline.at - min(self._reserve, deadline.remaining(self._clock.monotonic()) / 2))

    def _note_account(self, request: AdmissionRequest, owner: OwnerRef) -> None:
        if request.operation is Operation.CREATE and request.requester.username:
            user, controller = plain(request.requester.username, _MAX_NAME), f"{owner.kind} ({owner.api_version})"
            self._accounts.saw(ControllerAccount(user, plain(controller, _MAX_NAME), self._clock.now()))

    def _note(self, verdict: WorkloadVerdict) -> None:
        now = self._clock.now()
        for judged in verdict.images:
            one = judged.verdict
            self._sightings.saw(Sighting(one.digest, one.image.tagged, now, refused=one.action is Action.DENY))

    def _deny(self, request: AdmissionRequest, verdict: WorkloadVerdict, ruling: Ruling) -> AdmissionResponse:
        assert request.workload is not None
        text = with_title(request.workload.title, self._texts.get(verdict, grounds))
        return AdmissionResponse(
            request.uid,
            allowed=False,
            message=with_addition(text, ruling.text) if ruling.text else text,
            decision="deny",
            reason=weightiest(verdict),
            audit_annotations=_audit(verdict, Action.DENY),
            break_glass=ruling.break_glass,
        )

    def _blank(self, request: AdmissionRequest, workload: Workload, deadline: Deadline) -> AdmissionResponse:
        """Let in what has nothing where its kind should have a pod spec, and say so: its Pods are judged, it is not."""
        mode = request.mode or self._enforcer.mode(request.namespace or workload.namespace, deadline)
        if mode is Mode.OFF:
            return AdmissionResponse(request.uid, allowed=True, reason="off")
        text = f"bomgate found no image in this {workload.kind}: nothing at {', '.join(workload.nowhere)}"
        loud = mode is not Mode.AUDIT and _has_reader(request)
        return AdmissionResponse(
            request.uid,
            allowed=True,
            warnings=(plain(text, MAX_WARNING),) if loud else (),
            decision="audit" if mode is Mode.AUDIT else "warn",
            reason="no-pod-spec",
        )

    def _ignore(self, request: AdmissionRequest, ruling: Ruling) -> AdmissionResponse:
        """Let a ticket pass that does not count; the update brings no image, so there is nothing to deny."""
        return AdmissionResponse(
            request.uid,
            allowed=True,
            warnings=(plain(ruling.text, MAX_WARNING),) if ruling.text else (),
            reason="nothing-new",
            break_glass=ruling.break_glass,
        )

    def _let_in(self, request: AdmissionRequest, verdict: WorkloadVerdict, ruling: Ruling) -> AdmissionResponse:
        self._former.note(request, verdict)
        lines = (
            (plain(ruling.text, MAX_WARNING), *self._lines(request, verdict))
            if ruling.break_glass
            else self._lines(request, verdict)
        )
        extra = (ruling.annotation,) if ruling.annotation else ()
        return AdmissionResponse(
            request.uid,
            allowed=True,
            warnings=lines[:MAX_WARNINGS] if _has_reader(request) else (),
            decision="warn",
            reason=ruling.reason,
            audit_annotations=(*_audit(verdict, Action.WARN), *extra),
            break_glass=ruling.break_glass,
        )

    def _allow(self, request: AdmissionRequest, verdict: WorkloadVerdict, action: Action) -> AdmissionResponse:
        self._former.note(request, verdict)
        # In the mode audit the answer is a plain yes, and only the metrics and the audit log tell what it hides.
        silent = action is Action.ALLOW and verdict.action is not Action.ALLOW
        return AdmissionResponse(
            request.uid,
            allowed=True,
            warnings=() if silent else self._lines(request, verdict),
            decision="audit" if silent else action.word,
            reason=weightiest(verdict),
            audit_annotations=_audit(verdict, action),
        )

    def _lines(self, request: AdmissionRequest, verdict: WorkloadVerdict) -> tuple[str, ...]:
        return self._texts.get(verdict, warnings) if _has_reader(request) else ()


def _is_judged(request: AdmissionRequest) -> bool:
    return (
        is_judged(request.operation, request.subresource)
        and request.workload is not None
        and not is_going(request.operation, request.workload)
    )


def _asks_anew(request: AdmissionRequest) -> bool:
    """Whether an update asks for break-glass for what the object names already, under a new ticket."""
    new, old = request.workload, request.old_workload
    if new is None or old is None or new.controller is not None or not new.annotations:
        return False
    ticket = ticket_of(new)
    return ticket is not None and ticket.strip() != (ticket_of(old) or "").strip()


def _has_reader(request: AdmissionRequest) -> bool:
    """Whether somebody reads warnings; a controller does not, and its owner got the same ones."""
    return request.workload is not None and request.workload.controller is None


def _audit(verdict: WorkloadVerdict, action: Action) -> tuple[tuple[str, str], ...]:
    """What the API server's audit log says of a decision; ``would-be`` is the verdict that was not let do its work."""
    found = (("decision", action.word), ("images", str(len(verdict.images))))
    return found if action is verdict.action else (*found, ("would-be", verdict.action.word))
