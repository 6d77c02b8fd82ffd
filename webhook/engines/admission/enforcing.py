"""Enforcing: what a verdict leads to, by the namespace's mode, former admissions and break-glass.

The API server is asked about a namespace that was made a moment ago, about an object that would be denied, and, while
images are searched for, about one that may turn out to be denied; never otherwise. It is asked on a native thread, for
no longer than the request has time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from webhook.engines.admission.admitted import AdmittedBefore, Owned
from webhook.engines.admission.breakglass import BreakGlass, GlassParts, is_proven
from webhook.engines.admission.cases import STANDS, Case, Ruling, ticket_of
from webhook.engines.admission.confirming import Confirmations
from webhook.engines.admission.questions import LANE, OwnerAnswers, OwnerQuestion, OwnerQuestions, RightQuestions
from webhook.engines.searching.flights import SingleFlight
from webhook.errors import BomgateError, DeadlineExceeded, Final, Retryable, SourceError, UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.model.owners import Controller
from webhook.model.policies import Mode, Policy
from webhook.model.reviews import AdmissionRequest
from webhook.model.workloads import OwnerRef, Workload
from webhook.policy.exemptions import unasked
from webhook.policy.modes import namespace_mode
from webhook.ports import (
    AccessReviewer,
    Background,
    Clock,
    GrantStore,
    LiveObjects,
    NamespaceLabels,
    TicketGuard,
    WorkloadInventory,
)
from webhook.telemetry import Faults

log = logging.getLogger("bomgate.enforcing")
T = TypeVar("T")
_NAMESPACE_SECONDS = 2.0
"""Longest wait for the labels of a namespace, so that time is left for the decision."""
_SILENT_SECONDS = 1.0
"""An API server that accepted a request and stays silent for this long counts as unreachable."""


@dataclass(frozen=True, slots=True)
class ClusterParts:
    """The means to ask the API server.

    Attributes:
        namespaces: labels of namespaces.
        inventory: controllers and what they run.
        access: who may use break-glass.
        grants: its uses.
        live: objects as the API server has them.
        guard: whether only those who may use break-glass can set a ticket.
        background: asks, so that the caller can stop waiting at its deadline.
        faults: takes note of unexpected errors.
    """

    namespaces: NamespaceLabels
    inventory: WorkloadInventory
    access: AccessReviewer
    grants: GrantStore
    live: LiveObjects
    guard: TicketGuard
    background: Background
    faults: Faults = field(default_factory=Faults)


class _Silent(SourceError):
    """The API server accepted a request and did not answer."""


class Enforcer:
    """Decides what verdicts lead to.

    Args:
        policy: the rules.
        cluster: whom to ask; None where there is no cluster, and then the policy alone counts.
        clock: time.
        confirmations: what tags stood for at former admissions, and uses of break-glass that may come about.
    """

    def __init__(
        self, policy: Policy, cluster: ClusterParts | None, clock: Clock, confirmations: Confirmations
    ) -> None:
        self._policy, self._cluster, self._clock = policy, cluster, clock
        if cluster is not None:
            self._reading = SingleFlight[str, Mapping[str, str]](cluster.background)
            self._admissions = confirmations
            grants = cluster.grants if policy.break_glass else None
            self._questions = OwnerQuestions(
                cluster.inventory, grants, cluster.background, clock, needs_pods=policy.admitted.keeps
            )
            self._rights = RightQuestions(cluster.access, cluster.background, clock)
            glass = GlassParts(self._rights, cluster.grants, cluster.live, cluster.guard, confirmations)
            self._glass = BreakGlass(policy, glass, clock)

    def mode(self, namespace: str, deadline: Deadline) -> Mode:
        """The mode of a namespace; ``policy.enforce`` if its labels cannot be read.

        Args:
            namespace: its name; empty for what belongs to the whole cluster.
            deadline: by when an answer must be there.
        """
        cluster = self._cluster
        if cluster is None or not namespace:
            return self._policy.enforce
        labels = cluster.namespaces.known(namespace)
        if labels is None:
            labels = self._read_labels(cluster, namespace, deadline)
        return namespace_mode(labels, self._policy)

    def concerns(self, workload: Workload) -> bool:
        """Whether any answer of the API server could admit what would be denied."""
        policy = self._policy
        if self._cluster is None or (workload.controller is None and not workload.annotations):
            return False
        if workload.controller is not None and policy.admitted.keeps:
            return True
        return policy.break_glass and (workload.controller is not None or ticket_of(workload) is not None)

    def expect(self, request: AdmissionRequest, workload: Workload, namespace: str) -> OwnerQuestion | None:
        """Start asking what :meth:`rule` would need, because the request may be denied once its images are known.

        Args:
            request: as the API server made it.
            workload: its object.
            namespace: where it is to run.
        """
        if not self.concerns(workload):
            return None
        try:
            if workload.controller is not None:
                return self._questions.put(workload.controller, namespace)
            old = request.old_workload
            if old is None or ticket_of(old) != ticket_of(workload):
                self._rights.put(request.requester, namespace)
        except SourceError as problem:  # asked again when needed
            log.warning("a question was not put early", extra={"object": workload.title, "why": problem.message})
        return None

    def rule(self, case: Case, deadline: Deadline, expected: OwnerQuestion | None = None) -> Ruling:
        """The ruling on a would-be denial. Every error becomes a ruling.

        The denial stands unless the API server says something else. Where it refuses to answer, cannot be reached or
        stays silent, an object of a controller that a controller's account makes is admitted if ``policy.admitted``
        would admit what runs already: then failing closed on running workloads is worse than admitting one and
        recording it. Time that was used up otherwise, and anything that the answer holds, lets nothing in.

        Args:
            case: the would-be denial.
            deadline: by when an answer must be there.
            expected: what :meth:`expect` gave for the same request.
        """
        owner, cluster = case.workload.controller, self._cluster
        if cluster is None or not self.concerns(case.workload):
            return STANDS
        try:
            if owner is None:
                return self._ask(cluster, lambda: self._look(case, None, deadline), case.namespace, deadline)
            return self._rule_by_owner(cluster, case, owner, deadline, expected)
        except (Retryable, Final, _Silent) as problem:
            self._tell(case, problem)
            unproven = owner is not None and not isinstance(problem, UnusableAnswer) and self._may_be_unproven(case)
            reason = "admitted-unproven" if unproven else ""
            return Ruling(reason, unasked(problem.message), ("admitted", "unproven") if reason else None)
        except BomgateError as problem:
            self._tell(case, problem)
            return Ruling(text=unasked(problem.message))
        except Exception as problem:  # nothing in the API server may admit by an error
            refusal = cluster.faults.refusal(problem, "owners", case.workload.title)
            return Ruling(text=unasked(f"The API server's answer cannot be used: {refusal.message}."))

    def _rule_by_owner(
        self, cluster: ClusterParts, case: Case, owner: OwnerRef, deadline: Deadline, expected: OwnerQuestion | None
    ) -> Ruling:
        question = expected or self._questions.put(owner, case.namespace)
        try:
            ruling = self._answered(cluster, case, question, deadline)
        except SourceError:
            if question.is_own:
                raise
            ruling = STANDS
        if ruling.lets_in or question.is_own:
            return ruling
        # Answers from before this request may admit it, but are too old to deny it.
        again = self._questions.put(owner, case.namespace, after=question.newest)
        return self._answered(cluster, case, again, deadline)

    def _answered(self, cluster: ClusterParts, case: Case, question: OwnerQuestion, deadline: Deadline) -> Ruling:
        answers = question.answers
        if not cluster.background.wait(question.task, deadline.remaining(self._clock.monotonic())):
            raise self._late(answers)
        if answers.problem is not None:
            raise answers.problem
        return self._ask(cluster, lambda: self._look(case, answers, deadline), case.namespace, deadline, answers)

    def _look(self, case: Case, answers: OwnerAnswers | None, deadline: Deadline) -> Ruling:
        """Find out what admits a case. Runs on a native thread, because it may have to read more."""
        inherited = None
        if answers is not None:
            owner = case.workload.controller
            assert owner is not None
            owners, grants = answers.owners(owner, case.namespace, deadline), answers.grants
            inherited = self._glass.inherited(case, owners, grants, deadline)
            if inherited is not None and inherited.lets_in:
                return inherited
            admitted = AdmittedBefore(self._policy.admitted, answers, self._clock, self._admissions)
            proven = [grant for grant in grants if is_proven(grant, owners)]
            if owners and admitted.keeps(case, Owned(owners, proven), deadline):
                return Ruling("admitted", annotation=("admitted", _top(owners)))
        # A controller that copies its annotations to its objects has not asked for anything.
        if case.workload.controller is None and case.ticket is not None and self._policy.break_glass:
            return self._glass.asked_for(case, case.ticket, deadline)
        return inherited or STANDS

    def _may_be_unproven(self, case: Case) -> bool:
        """Whether a controller made this object; only then may something have run before."""
        policy = self._policy
        return policy.admitted.keeps and case.request.requester.username in policy.admitted_controllers

    def _tell(self, case: Case, problem: BomgateError) -> None:
        extra = {"code": problem.code, "remedy": problem.remedy, "object": case.workload.title}
        log.error("%s", problem.message, extra=extra)

    def _late(self, answers: OwnerAnswers | None) -> SourceError:
        """Why there is no answer: the API server was silent, or the time ran out otherwise."""
        sign = None if answers is None else answers.last_sign
        if sign is not None and self._clock.monotonic() - sign >= _SILENT_SECONDS:
            return _Silent("The API server accepted the question and said nothing.")
        return DeadlineExceeded("The API server did not answer in the time left.")

    def _read_labels(self, cluster: ClusterParts, namespace: str, deadline: Deadline) -> Mapping[str, str]:
        """The labels of a namespace from the API server; concurrent requests share one question."""
        soon = Deadline(min(deadline.at, self._clock.monotonic() + _NAMESPACE_SECONDS))
        own = Deadline(self._clock.monotonic() + _NAMESPACE_SECONDS)
        try:
            reading = self._reading.join(namespace, partial(cluster.namespaces.read, namespace, own))
            assert isinstance(reading, Future), "nothing is remembered"
            if not cluster.background.wait(reading, soon.remaining(self._clock.monotonic())):
                raise DeadlineExceeded("The API server did not answer in the time left.")
            return reading.result()
        except SourceError as problem:
            detail = {"namespace": namespace, "why": problem.message, "remedy": problem.remedy}
            log.warning("the mode of the namespace is not known; policy.enforce counts", extra=detail)
            return {}

    def _ask(
        self,
        cluster: ClusterParts,
        question: Callable[[], T],
        namespace: str,
        deadline: Deadline,
        answers: OwnerAnswers | None = None,
    ) -> T:
        """The answer to a question asked on a native thread.

        Raises:
            SourceError: it did not come in time, or the API server refused to give it.
        """
        begun = threading.Event()

        def run() -> T:
            if answers is not None:
                answers.sign()  # time spent waiting for a thread is not the API server's
            begun.set()
            return question()

        task = cluster.background.start(run, host=LANE, tenant=namespace)
        if not cluster.background.wait(task, deadline.remaining(self._clock.monotonic())):
            raise self._late(answers if begun.is_set() else None)
        return task.result()


def _top(owners: Sequence[Controller]) -> str:
    return owners[-1].title
