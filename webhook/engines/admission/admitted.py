"""Admitted stays admitted: what a controller already runs is admitted again even if its verdict turns bad.

Otherwise a new vulnerability would turn the drain of a node, a crash or a scale-up into an outage: the very Pods that
run now could not come back. What counts is what the API server has of the controller, never what the object states.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from webhook.engines.admission.cases import Case
from webhook.errors import StoreError
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant
from webhook.model.images import Digest, identity
from webhook.model.owners import Controller, OwnedPod
from webhook.model.policies import Admitted
from webhook.model.records import pods_of
from webhook.model.verdicts import Verdict
from webhook.policy.admissions import first_of_each_write
from webhook.ports import AdmittedImages, Clock, WorkloadInventory

log = logging.getLogger("bomgate.admission")
Recorded = Mapping[str, Collection[Digest]]
"""Digests by tagged name."""


@dataclass(frozen=True, slots=True)
class Owned:
    """What the API server says about an object's controllers.

    Attributes:
        owners: nearest first, not empty.
        grants: uses of break-glass for them that came about.
    """

    owners: Sequence[Controller]
    grants: Sequence[BreakGlassGrant] = ()


class _Seen:
    """What the Pods read so far have shown.

    Args:
        images: how many are looked for.
    """

    def __init__(self, images: int) -> None:
        self.missing = set(range(images))
        self._says_something = False
        self._told: set[str] = set()
        self._silent: set[str] = set()

    def take(self, pod: OwnedPod, running: Collection[int]) -> None:
        """Add a Pod that runs some of the images, given by their numbers."""
        self.missing -= set(running)
        self._says_something |= bool(pod.digests)
        for name, digest in pod.tags:
            (self._silent if digest is None else self._told).add(name)

    def nothing_of(self, names: Sequence[str]) -> bool:
        """Whether no Pod tells which digest these tagged names stand for, as if there were no Pods."""
        return not self._says_something or (bool(names) and self._silent - self._told >= set(names))


class AdmittedBefore:
    """Decides whether an object was admitted before.

    Args:
        rule: whether that counts, and for how long.
        inventory: what runs.
        clock: time.
        records: what tags stood for at former admissions.
    """

    def __init__(self, rule: Admitted, inventory: WorkloadInventory, clock: Clock, records: AdmittedImages) -> None:
        self._rule, self._inventory, self._clock, self._records = rule, inventory, clock, records

    def keeps(self, case: Case, owned: Owned, deadline: Deadline) -> bool:
        """Whether all denied images were admitted before, under the same controller, and may stay.

        Pods that came in by break-glass are no evidence, and a Pod that does not say yet what it runs is one only with
        a record: its tag may have been moved. A StatefulSet, and a Deployment of the strategy Recreate, make a Pod only
        when the former one is gone. So where no other Pod is left, a template that named the images before anything
        denied them counts as well: by digest, or by a tag that a record says to have stood for the digest.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        turned_bad = case.turned_bad
        if not self._rule.keeps or (turned_bad is not None and not self._in_time(turned_bad)):
            return False
        grants = [grant for grant in owned.grants if grant.touches(case.images)]
        every = self._inventory.pods(owned.owners, case.namespace, deadline)
        recorded = self._recorded(case, owned)
        pods = (pod for pod in every if not _came_by_break_glass(pod, grants))
        seen = _Seen(len(case.denied))
        if self._run_all(case, (_told(pod, recorded) for pod in pods), seen):
            return True
        if not seen.nothing_of([case.denied[number].image.tagged for number in seen.missing]):
            return False
        since = [_bad_since(verdict) for verdict in case.denied]
        if None in since:
            return False
        revisions = self._inventory.revisions(owned.owners, case.namespace, deadline)
        # Both are whole seconds. Within one second their order is unknown, and the decision that admitted the
        # template may not have known of the assessment yet.
        return any(
            all(
                bad is not None
                and revision.created <= bad
                and (_is_pinned(verdict, revision.references) or _stood_for(verdict, revision.references, recorded))
                for verdict, bad in zip(case.denied, since, strict=True)
            )
            for revision in revisions
        )

    def _recorded(self, case: Case, owned: Owned) -> Recorded:
        """The digests of the denied images' tags when these controllers and their Pods were admitted."""
        names = frozenset(verdict.image.tagged for verdict in case.denied)
        recorded: dict[str, set[Digest]] = {}
        try:
            uids = [uid for owner in owned.owners for uid in (owner.uid, pods_of(owner.uid))]
            for image in first_of_each_write(self._records.admitted(uids, names)):
                recorded.setdefault(image.name, set()).add(image.digest)
        except StoreError as problem:
            log.warning("what was admitted is not known", extra={"object": case.workload.title, "why": problem.message})
        return recorded

    def _run_all(self, case: Case, pods: Iterable[OwnedPod], seen: _Seen) -> bool:
        """Whether these Pods run every denied image and, if it matters, since when."""
        by_age = self._rule.life is not None and case.turned_bad is None
        oldest = None
        for pod in pods:
            running = {number for number, verdict in enumerate(case.denied) if verdict.digest in pod.digests}
            seen.take(pod, running)
            if running and (oldest is None or pod.created < oldest):
                oldest = pod.created
            if not seen.missing and not by_age:
                return True
        return not seen.missing and oldest is not None and self._in_time(oldest)

    def _in_time(self, since: dt.datetime) -> bool:
        return self._rule.life is None or self._clock.now() < since + self._rule.life


def _bad_since(verdict: Verdict) -> dt.datetime | None:
    """When the first of the assessments that deny an image was made; None where something else denies it, too.

    The newest would not do: whoever builds an image could add a package that was blocked yesterday, and have everything
    else in it count as admitted before.
    """
    denying = [finding.assessment for finding in verdict.findings if finding.action is Action.DENY]
    if any(reason.action is Action.DENY for reason in verdict.reasons):
        return None
    times = [assessment.assessed_at for assessment in denying if assessment is not None]
    return min(times, default=None) if len(times) == len(denying) else None


def _came_by_break_glass(pod: OwnedPod, grants: Sequence[BreakGlassGrant]) -> bool:
    """Whether a Pod is newer than a grant for its controllers. Only the grant may have admitted what it runs."""
    return any(grant.workload.uid in pod.owners and grant.at <= pod.created for grant in grants)


def _told(pod: OwnedPod, recorded: Recorded) -> OwnedPod:
    """A Pod whose containers without a reported digest get the one they were admitted with, if a record is clear."""
    silent = [recorded[name] for name, digest in pod.tags if digest is None and name in recorded]
    digests = {digest for those in silent if len(those) == 1 for digest in those}
    return replace(pod, digests=pod.digests | digests) if digests else pod


def _is_pinned(verdict: Verdict, references: frozenset[str]) -> bool:
    """Whether one of these references names the image by its digest."""
    return verdict.image.digest is not None and verdict.image.identity in map(identity, references)


def _stood_for(verdict: Verdict, references: frozenset[str], recorded: Recorded) -> bool:
    """Whether one of these references is a tag that a record says to have stood for the digest.

    A tag alone proves nothing: whoever may push can have moved it to any image since. A mutating webhook may have put
    a digest behind it.
    """
    tag = verdict.image.tagged
    return tag in map(identity, references) and verdict.digest in recorded.get(tag, ())
