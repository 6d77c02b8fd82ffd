"""Responses: the answer to the API server about a verdict, composed once for all objects that share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from msgspec.structs import replace

from webhook.engines.admission.cases import Ruling
from webhook.model.actions import Action
from webhook.model.policies import Mode, Policy
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Target
from webhook.model.verdicts import WorkloadVerdict
from webhook.policy.messages import MAX_WARNING, MAX_WARNINGS, grounds, warnings, with_addition, with_title
from webhook.policy.modes import changed_as, enforced
from webhook.policy.plaintext import plain
from webhook.policy.reasons import error_action, weightiest
from webhook.policy.remedies import Hints

T = TypeVar("T")
_MOST_CONSEQUENCES = 1_000
_MOST_TEXTS = 1_000


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a verdict leads to for objects of a kind in namespaces of a mode, unless something else admits them.

    Attributes:
        verdict: what was decided.
        action: what it leads to.
        response: to any such request; the uid is missing, and so is the title of a denied object.
        names_tags: whether images that are admitted are named by tags, so that what these stand for is noted.
    """

    verdict: WorkloadVerdict
    action: Action
    response: AdmissionResponse
    names_tags: bool


class Responses:
    """Composes responses and caches them, because Pods of a workload and its retries need the same ones.

    Composing a message costs more than all the rest of a decision. As long as nothing changes, the judge gives the same
    object for the same decision; what is remembered keeps the objects alive that its keys name by identity.

    Args:
        policy: what becomes of verdicts and errors.
        hints: what denials tell people to do.

    Attributes:
        consequences: by the identity of a verdict, kind, mode, and whether somebody reads warnings.
    """

    def __init__(self, policy: Policy, hints: Hints) -> None:
        self._policy, self._hints = policy, hints
        # A plain dict, because every decision reads it.
        self.consequences: dict[tuple[int, str, Mode, bool], Consequence] = {}
        self._texts: dict[tuple[Callable[..., object], int], tuple[WorkloadVerdict, object]] = {}

    def consequence(self, verdict: WorkloadVerdict, kind: str, mode: Mode, *, has_reader: bool) -> Consequence:
        """What a verdict leads to.

        Args:
            verdict: what was decided.
            kind: of the object.
            mode: of its namespace.
            has_reader: whether somebody reads warnings.
        """
        key = (id(verdict), kind, mode, has_reader)
        known = self.consequences.get(key)
        if known is None:
            if len(self.consequences) >= _MOST_CONSEQUENCES:
                self.consequences = {}
            known = self.consequences[key] = self._compose(
                verdict, enforced(verdict.action, kind, mode, self._policy), key
            )
        return known

    def denied(
        self, request: AdmissionRequest, title: str, consequence: Consequence, ruling: Ruling
    ) -> AdmissionResponse:
        """Deny an object.

        Args:
            request: asks for it.
            title: of the object.
            consequence: the denial.
            ruling: why nothing lets it in.
        """
        text = with_title(title, consequence.response.message)
        message = with_addition(text, ruling.text) if ruling.text else text
        return replace(consequence.response, uid=request.uid, message=message, break_glass=ruling.break_glass)

    def let_in(
        self, request: AdmissionRequest, verdict: WorkloadVerdict, ruling: Ruling, *, has_reader: bool
    ) -> AdmissionResponse:
        """Admit a would-be denial.

        Args:
            request: asks for it.
            verdict: what was decided.
            ruling: what lets it in.
            has_reader: whether somebody reads warnings.
        """
        lines = self._text(verdict, warnings) if has_reader else ()
        if ruling.break_glass:
            lines = (plain(ruling.text, MAX_WARNING), *lines)
        extra = (ruling.annotation,) if ruling.annotation else ()
        return AdmissionResponse(
            request.uid,
            allowed=True,
            warnings=lines[:MAX_WARNINGS] if has_reader else (),
            decision="warn",
            reason=ruling.reason,
            audit_annotations=(*_audit(verdict, Action.WARN), *extra),
            break_glass=ruling.break_glass,
        )

    def undecided(self, target: Target, why: str, mode: Mode) -> AdmissionResponse:
        """Answer what could not be decided, within the mode of the namespace.

        No SBOM was seen either, so that the worse of ``policy.onError`` and ``policy.missingSbom`` counts: an error may
        not open what an image without an SBOM would not.

        Args:
            target: what the request is about.
            why: the reason, for people.
            mode: of the namespace.
        """
        kind = changed_as(target.kind)  # it may be one
        action = enforced(error_action(self._policy), kind, mode, self._policy)
        line = plain(f"bomgate could not decide: {why}", MAX_WARNING)
        return AdmissionResponse(
            target.uid,
            allowed=action is not Action.DENY,
            message=line if action is Action.DENY else "",
            warnings=(line,) if action is Action.WARN else (),
            decision=action.word,
            reason="error",
        )

    def _compose(self, verdict: WorkloadVerdict, action: Action, key: tuple[int, str, Mode, bool]) -> Consequence:
        if action is Action.DENY:
            response = AdmissionResponse(
                "",
                allowed=False,
                message=self._text(verdict, grounds),
                decision="deny",
                reason=weightiest(verdict),
                audit_annotations=_audit(verdict, Action.DENY),
            )
            return Consequence(verdict, action, response, names_tags=False)
        # In mode audit the answer is a plain yes; only the metrics and the audit log show the verdict.
        silent = action is Action.ALLOW and verdict.action is not Action.ALLOW
        response = AdmissionResponse(
            "",
            allowed=True,
            warnings=self._text(verdict, warnings) if key[3] and not silent else (),
            decision="audit" if silent else action.word,
            reason=weightiest(verdict),
            audit_annotations=_audit(verdict, action),
        )
        return Consequence(
            verdict, action, response, any(image.verdict.image.digest is None for image in verdict.images)
        )

    def _text(self, verdict: WorkloadVerdict, compose: Callable[[WorkloadVerdict, Hints], T]) -> T:
        """The response that ``compose`` makes of the verdict, cached."""
        known = self._texts.get((compose, id(verdict)))
        if known is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts = {}
            known = self._texts[compose, id(verdict)] = (verdict, compose(verdict, self._hints))
        return cast("T", known[1])


def not_judged(request: AdmissionRequest, reason: str) -> AdmissionResponse:
    """Admit an object that is not judged.

    Args:
        request: asks for it.
        reason: why not, a bounded word for metrics.
    """
    return AdmissionResponse(request.uid, allowed=True, reason=reason)


def ignored(request: AdmissionRequest, ruling: Ruling) -> AdmissionResponse:
    """Admit a ticket that does not count: the update brings no image, so there is nothing to deny."""
    return AdmissionResponse(
        request.uid,
        allowed=True,
        warnings=(plain(ruling.text, MAX_WARNING),) if ruling.text else (),
        reason="nothing-new",
        break_glass=ruling.break_glass,
    )


def blank(request: AdmissionRequest, mode: Mode, *, has_reader: bool) -> AdmissionResponse:
    """Admit an object without the pod spec that its kind should have, and say so. Its Pods are judged instead.

    Args:
        request: asks for it.
        mode: of the namespace; not OFF.
        has_reader: whether somebody reads warnings.
    """
    assert request.workload is not None
    text = f"bomgate found no image in this {request.workload.kind}: nothing at {', '.join(request.workload.nowhere)}"
    loud = mode is not Mode.AUDIT and has_reader
    return AdmissionResponse(
        request.uid,
        allowed=True,
        warnings=(plain(text, MAX_WARNING),) if loud else (),
        decision="audit" if mode is Mode.AUDIT else "warn",
        reason="no-pod-spec",
    )


def _audit(verdict: WorkloadVerdict, action: Action) -> tuple[tuple[str, str], ...]:
    """Audit annotations of a decision; ``would-be`` is the verdict that was not enforced."""
    found = (("decision", action.word), ("images", str(len(verdict.images))))
    return found if action is verdict.action else (*found, ("would-be", verdict.action.word))
