"""Enforcing: what a verdict becomes, by the namespace's mode, by what was admitted before, and by break-glass.

The API server is asked about a namespace that was made a moment ago, and about an object that would be denied; never
otherwise. It is asked on a native thread, for no longer than the request has time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from webhook.engines.admission.admitted import AdmittedBefore, Owned
from webhook.engines.admission.asking import ask
from webhook.engines.admission.breakglass import BreakGlass
from webhook.engines.admission.cases import STANDS, Case, Ruling, ticket_of
from webhook.errors import BomgateError, DeadlineExceeded, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.owners import Controller
from webhook.model.policies import Mode, Policy
from webhook.model.workloads import OwnerRef, Workload
from webhook.policy.exemptions import unasked
from webhook.policy.modes import namespace_mode
from webhook.ports import (
    AccessReviewer,
    AdmittedImages,
    Background,
    Clock,
    GrantStore,
    NamespaceLabels,
    WorkloadInventory,
)

log = logging.getLogger("bomgate.enforcing")
T = TypeVar("T")
_NAMESPACE_SECONDS = 2.0
"""Longest wait for the labels of a namespace; the decision needs time as well."""
_KEPT_SECONDS = 5.0
"""For how long what a controller runs is believed: a scale-up asks the same for every Pod."""
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class ClusterParts:
    """What the API server is asked through.

    Attributes:
        namespaces: labels of namespaces.
        inventory: controllers and what they run.
        access: who may use break-glass.
        grants: its uses.
        background: asks, so that the one who waits can stop waiting at its deadline.
    """

    namespaces: NamespaceLabels
    inventory: WorkloadInventory
    access: AccessReviewer
    grants: GrantStore
    background: Background


class Enforcer:
    """Decides what becomes of verdicts.

    Args:
        policy: the rules.
        cluster: whom to ask; None where there is no cluster, and then the policy alone counts.
        clock: time.
        admissions: what tags stood for at former admissions.
    """

    def __init__(self, policy: Policy, cluster: ClusterParts | None, clock: Clock, admissions: AdmittedImages) -> None:
        self._policy, self._cluster, self._clock = policy, cluster, clock
        self._kept: dict[tuple[str, str, frozenset[str]], tuple[float, Ruling]] = {}
        if cluster is not None:
            self._admitted = AdmittedBefore(policy.admitted, cluster.inventory, clock, admissions)
            self._glass = BreakGlass(policy, cluster.access, cluster.grants, clock)

    def mode(self, namespace: str, deadline: Deadline) -> Mode:
        """The mode of a namespace; ``policy.enforce`` when its labels cannot be had.

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
        """Whether anything that the API server could say would let in what would be denied."""
        policy = self._policy
        if self._cluster is None or (workload.controller is None and not workload.annotations):
            return False
        if workload.controller is not None and policy.admitted.keeps:
            return True
        return policy.break_glass and (workload.controller is not None or ticket_of(workload) is not None)

    def rule(self, case: Case, deadline: Deadline) -> Ruling:
        """What becomes of a would-be denial; whatever goes wrong is a ruling, too.

        When the API server cannot be asked about an object of a controller, it is let in if ``policy.admitted`` would
        let in what runs already: to deny what runs already is worse than to let in, with a trace, what should have been
        denied.

        Args:
            case: the would-be denial.
            deadline: by when an answer must be there.
        """
        owner, cluster = case.workload.controller, self._cluster
        if cluster is None or not self.concerns(case.workload):
            return STANDS
        key = (case.namespace, owner.uid if owner else "", case.images)
        until, known = self._kept.get(key, (0.0, STANDS))
        if owner is not None and self._clock.monotonic() < until:
            return known
        try:
            ruling = self._ask(cluster, lambda: self._look(case, owner, cluster, deadline), deadline)
        except BomgateError as problem:
            log.error(
                "%s",
                problem.message,
                extra={"code": problem.code, "remedy": problem.remedy, "object": case.workload.title},
            )
            reason = "admitted-unproven" if owner is not None and self._policy.admitted.keeps else ""
            return Ruling(reason, unasked(problem.message), ("admitted", "unproven") if reason else None)
        if owner is not None and ruling.reason == "admitted":
            if len(self._kept) >= _MOST_KEPT:
                self._kept = {}
            self._kept[key] = (self._clock.monotonic() + _KEPT_SECONDS, ruling)
        return ruling

    def _look(self, case: Case, owner: OwnerRef | None, cluster: ClusterParts, deadline: Deadline) -> Ruling:
        """Ask the API server all that matters; on a native thread."""
        inherited = None
        if owner is not None:
            owners = cluster.inventory.owners(owner, case.namespace, deadline)
            grants = self._glass.of_owners(case, owners, deadline)
            inherited = self._glass.inherited(case, grants)
            if inherited is not None and inherited.lets_in:
                return inherited
            if owners and self._admitted.keeps(case, Owned(owners, grants), deadline):
                return Ruling("admitted", annotation=("admitted", _top(owners)))
        # A controller that copies its annotations to what it makes has not asked for anything.
        if inherited is None and case.ticket is not None and self._policy.break_glass:
            return self._glass.asked_for(case, case.ticket, deadline)
        return inherited or STANDS

    def _read_labels(self, cluster: ClusterParts, namespace: str, deadline: Deadline) -> Mapping[str, str]:
        soon = Deadline(min(deadline.at, self._clock.monotonic() + _NAMESPACE_SECONDS))
        try:
            return self._ask(cluster, lambda: cluster.namespaces.read(namespace, soon), soon)
        except SourceError as problem:
            detail = {"namespace": namespace, "why": problem.message, "remedy": problem.remedy}
            log.warning("the mode of the namespace is not known; policy.enforce counts", extra=detail)
            return {}

    def _ask(self, cluster: ClusterParts, question: Callable[[], T], deadline: Deadline) -> T:
        """The answer to a question that is asked on a native thread.

        Raises:
            DeadlineExceeded: it did not come in time.
            SourceError: the API server did not answer, or refused to.
        """
        try:
            return ask(cluster.background, self._clock, question, deadline)
        except DeadlineExceeded as problem:
            raise DeadlineExceeded("The API server did not answer in the time that was left.") from problem


def _top(owners: Sequence[Controller]) -> str:
    return owners[-1].title
