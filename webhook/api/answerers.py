"""Answerers: from the bytes of a review to the bytes of its answer, with what the metrics and the log say of it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from webhook.api.bodies import LARGE_BYTES
from webhook.api.decoding import ReviewDecoder, UndecodedReview
from webhook.api.prefixes import PREFIX_BYTES, read_target
from webhook.api.reviews import RejectedReview, decode_review, encode_response
from webhook.engines.admission.mutating import PodPinner
from webhook.engines.admission.reviewing import AdmissionReviewer
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.policies import Mode, Policy
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Target
from webhook.model.workloads import Workload
from webhook.ports import Clock
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.api")
_SYSTEM_PREFIXES = ("kube-", "openshift-")
_SYSTEM_NAMES = ("openshift",)
_KEPT = ("admitted", "admitted-unproven")


@dataclass(frozen=True, slots=True)
class AdmissionFace:
    """What the application needs.

    Attributes:
        reviewer: answers requests.
        policy: for the configured kinds.
        metrics: of this process.
        clock: time.
        unready: why the webhook cannot decide yet; None when it can.
        pinner: answers /mutate; None lets everything through unchanged.
        starting: why the whole server is not ready yet; None when it is.
        wait_ready: waits at most so many seconds until ``unready`` gives no reason any more.
    """

    reviewer: AdmissionReviewer
    policy: Policy
    metrics: Metrics
    clock: Clock
    unready: Callable[[], str | None]
    pinner: PodPinner | None = None
    starting: Callable[[], str | None] = lambda: None
    wait_ready: Callable[[float], object] = lambda _: None


class Validation:
    """Answers the reviews of a path of /validate.

    Args:
        face: what decides.
        decoder: reads large reviews.
        mode: of the namespace, where the path tells.
    """

    def __init__(self, face: AdmissionFace, decoder: ReviewDecoder, mode: Mode | None) -> None:
        self._face, self._decoder, self._mode = face, decoder, mode
        self._is_ready = False

    def answer(self, body: bytes | bytearray, deadline: Deadline) -> bytes:
        """Answer a review.

        Raises:
            InvalidInput: there is no uid that could be answered.
        """
        began = time.perf_counter()
        face, decoder = self._face, self._decoder
        try:
            if len(body) <= LARGE_BYTES:
                asked = decode_review(bytes(body), decoder.extra_kinds, self._mode)
            else:
                asked = decoder.decode(body, self._mode, deadline)
        except RejectedReview as problem:
            log.warning("object not understood", extra={"uid": problem.target.uid, "error": problem.message})
            return encode_response(_undecided(face, problem.target, problem.message, deadline))
        except UndecodedReview as problem:
            return self.answer_unread(bytes(body[:PREFIX_BYTES]), problem.message, deadline)
        unready = None if self._is_ready else self._wait_ready(deadline)
        if unready is not None:
            answer = _undecided(face, asked.target, unready, deadline)
        else:
            try:
                answer = face.reviewer.review(asked, deadline)
                if asked.odd:
                    _tell_odd(face.metrics, asked, answer)
            except Exception:  # the outermost handler: whatever it is, the API server gets a decision
                error_id = secrets.token_hex(4)
                log.exception("review failed", extra={"error_id": error_id, "uid": asked.uid})
                why = f"internal error {error_id}; the webhook's log has the details under this id"
                answer = _undecided(face, asked.target, why, deadline)
        account(face.metrics, asked, answer, time.perf_counter() - began)
        return encode_response(answer)

    def answer_unread(self, prefix: bytes, why: str, deadline: Deadline) -> bytes:
        """Answer a review of which only the first bytes were read, as what could not be decided.

        Raises:
            InvalidInput: they do not tell the uid.
        """
        target = _unread_target(self._face, prefix, self._mode, why)
        return encode_response(_undecided(self._face, target, why, deadline))

    def _wait_ready(self, deadline: Deadline) -> str | None:
        """Wait until the webhook can decide; why it cannot, if it cannot in time. Once it can, it always can."""
        face = self._face
        if face.unready() is not None:
            face.wait_ready(deadline.remaining(face.clock.monotonic()))
        unready = face.unready()
        self._is_ready = unready is None
        return unready


@dataclass(frozen=True, slots=True)
class Mutation:
    """Answers the reviews of /mutate: always with yes, and with a patch when there is something to pin.

    Attributes:
        face: what decides.
        decoder: reads large reviews.
    """

    face: AdmissionFace
    decoder: ReviewDecoder

    def answer(self, body: bytes | bytearray, deadline: Deadline) -> bytes:
        """Answer a review.

        Raises:
            InvalidInput: there is no uid that could be answered.
        """
        face = self.face
        try:
            if len(body) <= LARGE_BYTES:
                asked = decode_review(bytes(body), self.decoder.extra_kinds)
            else:
                asked = self.decoder.decode(body, None, deadline)
        except RejectedReview as problem:
            log.warning("object not understood", extra={"uid": problem.target.uid, "error": problem.message})
            return self._unchanged(problem.target.uid)
        except UndecodedReview as problem:
            return self.answer_unread(bytes(body[:PREFIX_BYTES]), problem.message, deadline)
        answer = AdmissionResponse(asked.uid, allowed=True, reason="unresolved")
        try:
            if face.pinner is not None and face.unready() is None:
                answer = face.pinner.mutate(asked, deadline)
        except Exception:  # whatever it is, the Pod passes as it is; /validate has the last word
            log.exception("mutation failed", extra={"uid": asked.uid})
            return self._unchanged(asked.uid)
        face.metrics.count("bomgate_mutations_total", answer.reason)
        return encode_response(answer)

    def answer_unread(self, prefix: bytes, why: str, deadline: Deadline) -> bytes:
        """Let what could not be read pass unchanged; /validate has the last word.

        Raises:
            InvalidInput: the first bytes do not tell the uid.
        """
        return self._unchanged(_unread_target(self.face, prefix, None, why).uid)

    def _unchanged(self, uid: str) -> bytes:
        self.face.metrics.count("bomgate_mutations_total", "error")
        return encode_response(AdmissionResponse(uid, allowed=True, reason="error"))


def _undecided(face: AdmissionFace, target: Target, why: str, deadline: Deadline) -> AdmissionResponse:
    face.metrics.count("bomgate_admission_errors_total")
    return face.reviewer.undecided(target, why, deadline)


def _unread_target(face: AdmissionFace, prefix: bytes, mode: Mode | None, why: str) -> Target:
    target = read_target(prefix, mode)
    if target is None:
        raise InvalidInput(f"The first bytes of the AdmissionReview hold no uid, and {why}")
    face.metrics.count("bomgate_reviews_unread_total")
    extra = {"uid": target.uid, "object": f"{target.kind} in {target.namespace}", "error": why}
    log.error("review not read; answered by policy.onError and policy.missingSbom", extra=extra)
    return target


def _tell_odd(metrics: Metrics, asked: AdmissionRequest, answer: AdmissionResponse) -> None:
    log.warning("object not understood", extra={"uid": asked.uid, "error": asked.odd})
    if answer.reason == "error":
        metrics.count("bomgate_admission_errors_total")


def account(metrics: Metrics, asked: AdmissionRequest, answer: AdmissionResponse, seconds: float) -> None:
    """Count and log an answer of /validate.

    A dry run is counted as a request, but neither as a denial nor as what was kept or admitted by break-glass: nothing
    came of it, and nobody is to be woken.

    Args:
        metrics: of this process.
        asked: the request.
        answer: to it.
        seconds: that it took.
    """
    kind = asked.kind if asked.workload is not None else "other"
    metrics.count("bomgate_admission_requests_total", asked.operation, kind, answer.decision, answer.reason)
    metrics.observe("bomgate_admission_duration_seconds", seconds, answer.decision)
    if not asked.dry_run and not (answer.allowed and answer.reason not in _KEPT and not answer.break_glass):
        _count_effects(metrics, asked, answer)
    level = logging.INFO if answer.decision != "allow" else logging.DEBUG
    if log.isEnabledFor(level):
        log.log(
            level,
            "reviewed",
            extra={
                "uid": asked.uid,
                "operation": asked.operation,
                "object": f"{asked.kind} {asked.namespace}/{asked.name}",
                "decision": answer.decision,
                "reason": answer.reason,
                "dry_run": asked.dry_run,
                "milliseconds": round(seconds * 1000, 2),
            },
        )


def _count_effects(metrics: Metrics, asked: AdmissionRequest, answer: AdmissionResponse) -> None:
    if not answer.allowed:
        metrics.count("bomgate_denials_total", subject(asked.workload), area(asked.namespace))
        metrics.count("bomgate_refusals_total", answer.reason)
    elif answer.reason in _KEPT:
        metrics.count("bomgate_admitted_kept_total")
        if answer.reason == "admitted-unproven":
            metrics.count("bomgate_admitted_unproven_total")
    if answer.break_glass:
        metrics.count("bomgate_break_glass_total", answer.break_glass)


def subject(workload: Workload | None) -> str:
    """Whose denial it is: a workload's, a Pod's, or that of what a controller makes, which nobody sees at once."""
    if workload is not None and workload.controller is not None:
        return "controller-pod"
    return "pod" if workload is not None and workload.kind == "Pod" else "workload"


def area(namespace: str) -> str:
    """``system`` for the namespaces that a cluster itself lives from, else ``other``."""
    return "system" if namespace.startswith(_SYSTEM_PREFIXES) or namespace in _SYSTEM_NAMES else "other"
