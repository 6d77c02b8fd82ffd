"""Admitted stays admitted: what a controller runs already is let in again when its verdict turns bad.

Otherwise a new vulnerability would turn the drain of a node, a crash or a scale-up into an outage: the very Pods that
run now could not come back. What counts is what the API server has of the controller, never what the object states.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webhook.engines.admission.cases import Case
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant
from webhook.model.images import identity
from webhook.model.owners import Controller, OwnedPod
from webhook.model.policies import Admitted
from webhook.model.verdicts import Verdict
from webhook.ports import Clock, WorkloadInventory


@dataclass(frozen=True, slots=True)
class Owned:
    """What the API server says of an object's controllers.

    Attributes:
        owners: nearest first, not empty.
        grants: uses of break-glass for them.
    """

    owners: Sequence[Controller]
    grants: Sequence[BreakGlassGrant] = ()


class AdmittedBefore:
    """Decides whether an object is the same that was let in before.

    Args:
        rule: whether that counts, and for how long.
        inventory: what runs.
        clock: time.
    """

    def __init__(self, rule: Admitted, inventory: WorkloadInventory, clock: Clock) -> None:
        self._rule, self._inventory, self._clock = rule, inventory, clock

    def keeps(self, case: Case, owned: Owned, deadline: Deadline) -> bool:
        """Whether all denied images were let in before, under the same controller, and may stay.

        Pods that came in by break-glass are no evidence. A StatefulSet, and a Deployment of the strategy Recreate, make
        a Pod only when the former one is gone. So where no other Pod is left, a template that named the images before
        the verdict turned bad counts as well.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        turned_bad = case.turned_bad
        if not self._rule.keeps or (turned_bad is not None and not self._in_time(turned_bad)):
            return False
        grants = [grant for grant in owned.grants if grant.touches(case.images)]
        every = self._inventory.pods(owned.owners, case.namespace, deadline)
        pods = (pod for pod in every if not _came_by_break_glass(pod, grants))
        first = next(pods, None)
        if first is not None:
            return self._run_all(case, itertools.chain((first,), pods))
        if turned_bad is None:
            return False
        revisions = self._inventory.revisions(owned.owners, case.namespace, deadline)
        # Both are whole seconds. Within the same one nobody can say which was first, and the decision that let the
        # template in knew of the assessment only later.
        return any(
            revision.created <= turned_bad and all(_is_named(one, revision.references) for one in case.denied)
            for revision in revisions
        )

    def _run_all(self, case: Case, pods: Iterable[OwnedPod]) -> bool:
        """Whether these Pods run every denied image, and when it matters, since when."""
        by_age = self._rule.life is not None and case.turned_bad is None
        missing, oldest = set(range(len(case.denied))), None
        for pod in pods:
            found = {number for number, verdict in enumerate(case.denied) if _runs(pod, verdict)}
            missing -= found
            if found and (oldest is None or pod.created < oldest):
                oldest = pod.created
            if not missing and not by_age:
                return True
        return not missing and oldest is not None and self._in_time(oldest)

    def _in_time(self, since: dt.datetime) -> bool:
        return self._rule.life is None or self._clock.now() < since + self._rule.life


def _came_by_break_glass(pod: OwnedPod, grants: Sequence[BreakGlassGrant]) -> bool:
    """Whether a Pod was made after a grant for its controllers; what it runs may never have been admitted otherwise."""
    return any(grant.workload.uid in pod.owners and grant.at <= pod.created for grant in grants)


def _runs(pod: OwnedPod, verdict: Verdict) -> bool:
    return verdict.digest in pod.digests or _is_named(verdict, pod.references)


def _is_named(verdict: Verdict, references: frozenset[str]) -> bool:
    """Whether the image is among these references; a digest that a mutating webhook has put behind its tag is none."""
    names = {identity(one) for one in references}
    return not names.isdisjoint((verdict.image.identity, verdict.image.tagged))
