"""Break-glass: people with the right to it admit what would be denied, for a while and on record.

The right is asked for at the API server and not read off the object, because whoever may write the object could write
that, too. What is admitted leaves a grant, and the grant, not the annotation, admits what controllers make of it: their
requests carry their own name, and some of them copy annotations. A ticket makes one grant in a namespace, ever, and an
annotation asks for one when it is set, by whom sets it: what is left of it on an object, or was copied to another one,
is no request of anybody.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook.engines.admission.cases import Case, Ruling, ticket_of
from webhook.engines.admission.confirming import Confirmations, place_of
from webhook.errors import SourceError
from webhook.model.deadlines import Deadline
from webhook.model.grants import BREAK_GLASS_RESOURCE, SERVICE_ACCOUNT, BreakGlassGrant, GrantedWorkload
from webhook.model.owners import Controller
from webhook.model.policies import Policy
from webhook.model.reviews import Operation
from webhook.policy.exemptions import (
    by_tag,
    ended,
    in_use,
    let_in,
    no_account,
    no_right,
    not_counted,
    same_ticket,
    ticket_problem,
    unproven,
    used_ticket,
)
from webhook.ports import AccessReviewer, Clock, GrantStore, LiveObjects, TicketGuard

log = logging.getLogger("bomgate.breakglass")
_UNDER_WAY = dt.timedelta(minutes=1)
"""Time after which the API server has given up on a request."""
_WAIT_SECONDS, _BETWEEN_SECONDS = 3.0, 0.25
"""How long to wait for a pending change with the same ticket, and how long between two looks."""
_RESERVE_SECONDS = 0.5
_TRIES = 5


@dataclass(frozen=True, slots=True)
class GlassParts:
    """What break-glass works with.

    Attributes:
        access: who may use it.
        grants: where its uses are kept.
        live: objects as the API server has them.
        guard: whether only those who may use it can set a ticket.
        confirmations: follow each use until it has come about.
    """

    access: AccessReviewer
    grants: GrantStore
    live: LiveObjects
    guard: TicketGuard
    confirmations: Confirmations


class BreakGlass:
    """Decides what break-glass admits.

    Args:
        policy: whether it counts, and for how long.
        parts: who is asked, and where uses are kept.
        clock: time.
    """

    def __init__(self, policy: Policy, parts: GlassParts, clock: Clock) -> None:
        self._policy, self._parts, self._clock = policy, parts, clock
        self._access, self._grants = parts.access, parts.grants

    def inherited(
        self, case: Case, owners: Sequence[Controller], grants: Sequence[BreakGlassGrant], deadline: Deadline
    ) -> Ruling | None:
        """The ruling of grants on an object made by a controller; None if none covers its denied images.

        A grant alone lets nothing in: whoever reaches the webhook's port could ask in the name of somebody else, and so
        have one made. The live object has to carry, or to have carried, the grant's ticket, and has to name the images
        now. Where it names a tag, that is no more than a name, so only those who may use break-glass must have been
        able to set the ticket.

        Args:
            case: the would-be denial.
            owners: the controllers above the object, as the API server has them.
            grants: those for these controllers, whether they have ended or not.
            deadline: by when an answer must be there.
        """
        images, written = case.images, [verdict.image.text for verdict in case.denied]
        naming = {owner.uid: owner for owner in owners if all(map(owner.names, written))}
        covering = [grant for grant in grants if grant.workload.uid in naming and grant.covers(images)]
        proven = [grant for grant in covering if is_proven(grant, owners)]
        last = max(proven, key=lambda grant: grant.until, default=None)
        if last is None:
            return Ruling(text=unproven(covering[0])) if covering else None
        if self._clock.now() >= last.until:
            return Ruling(text=ended(last), break_glass="expired")
        try:
            if not all(naming[last.workload.uid].pins(verdict.digest) for verdict in case.denied):
                guarded = self._parts.guard.since(deadline)
                if guarded is None or last.made is None or last.made < guarded:
                    return Ruling(text=by_tag(last), break_glass="refused")
            if not last.confirmed:
                # Recorded first: the ticket may be removed later, and nobody would know why this was admitted.
                self._grants.confirm(last, deadline)
        except SourceError as fault:
            self._tell(fault, {"ticket": last.ticket, "object": case.workload.title, "namespace": case.namespace})
            return Ruling(text=not_counted(f"it could not be checked or written down ({fault.message.rstrip('.')})"))
        return _used(last)

    def asked_for(self, case: Case, ticket: str, deadline: Deadline) -> Ruling:
        """The ruling on an object that carries the annotation itself.

        Args:
            case: the would-be denial.
            ticket: what the annotation says.
            deadline: by when the API server must have answered.
        """
        requester, workload = case.request.requester, case.workload
        problem = ticket_problem(ticket) or ("" if workload.uid else "the object has no uid yet")
        if problem:
            return Ruling(text=not_counted(problem), break_glass="refused")
        if _had(case, ticket):
            return Ruling(text=same_ticket(ticket), break_glass="refused")
        user = requester.username
        if user.startswith(SERVICE_ACCOUNT) and user not in self._policy.break_glass_accounts:
            return Ruling(text=no_account(user), break_glass="refused")
        detail = {"ticket": ticket, "user": requester.username, "object": workload.title, "namespace": case.namespace}
        try:
            if not self._access.may_use(requester, BREAK_GLASS_RESOURCE, case.namespace, deadline):
                log.warning("break-glass refused", extra=detail)
                return Ruling(text=no_right(requester.username, case.namespace), break_glass="refused")
            return self._claimed(self._grant(case, ticket), dry_run=case.request.dry_run, deadline=deadline)
        except SourceError as fault:
            self._tell(fault, detail)
            return Ruling(text=not_counted(f"it could not be checked or written down ({fault.message.rstrip('.')})"))

    def _claimed(self, grant: BreakGlassGrant, *, dry_run: bool, deadline: Deadline) -> Ruling:
        """The ruling on a change with a ticket, which may be free or have a grant that counts or not."""
        detail = {"ticket": grant.ticket, "user": grant.user, "namespace": grant.namespace}
        for _ in range(_TRIES):
            former = self._grants.of_ticket(grant.ticket, grant.namespace, deadline)
            if former is None:
                kept = grant if dry_run else self._grants.add(grant, deadline)
                if kept is None:
                    continue  # another request was faster
                if not dry_run:
                    self._parts.confirmations.expect(kept)
                    images = ", ".join(grant.images)[:1000]
                    log.warning("break-glass used", extra={**detail, "object": grant.workload.name, "images": images})
                return _used(grant)
            if self._is_repeated(former, grant):
                return _used(former)
            counts = self._counts(former, deadline)
            if counts:
                log.warning("break-glass refused: the ticket was used before", extra=detail)
                return Ruling(text=used_ticket(former), break_glass="refused")
            if counts is None:
                break
            if dry_run:
                return _used(grant)
            self._grants.remove(former, deadline)
        return Ruling(text=in_use(grant.ticket), break_glass="refused")

    def _counts(self, grant: BreakGlassGrant, deadline: Deadline) -> bool | None:
        """Whether the change behind a grant came about; None if it is pending and there is no time to wait.

        What is in the way of a ticket may be on its way to the API server, or come of a review that nobody sent.
        """
        place = place_of(grant)
        if grant.confirmed or not self._parts.live.can_read(place.of):
            return True
        end = min(self._clock.monotonic() + _WAIT_SECONDS, deadline.at - _RESERVE_SECONDS)
        waited_for = self._clock.monotonic() + _WAIT_SECONDS <= deadline.at - _RESERVE_SECONDS
        while True:
            live = self._parts.live.read(place.of, grant.namespace, deadline)
            if live is not None and grant.is_proven_by(live.ticket):
                return True
            if not self._is_young(grant):
                return False
            if self._clock.monotonic() + _BETWEEN_SECONDS > end:
                return False if waited_for else None
            self._clock.sleep(_BETWEEN_SECONDS)

    def _is_young(self, grant: BreakGlassGrant) -> bool:
        return self._clock.now() < grant.at + _UNDER_WAY

    def _is_repeated(self, former: BreakGlassGrant, grant: BreakGlassGrant) -> bool:
        """Whether the API server is retrying the change that made a grant, as it does after a conflict."""
        same = former.workload == grant.workload and former.covers(frozenset(grant.images))
        counts = self._clock.now() < former.until if former.confirmed else self._is_young(former)
        return same and former.user == grant.user and counts

    def _tell(self, fault: SourceError, detail: Mapping[str, str]) -> None:
        log.error("%s", fault.message, extra={**detail, "code": fault.code, "remedy": fault.remedy})

    def _grant(self, case: Case, ticket: str) -> BreakGlassGrant:
        workload, now = case.workload, self._clock.now().replace(microsecond=0)
        return BreakGlassGrant(
            namespace=case.namespace,
            ticket=ticket.strip(),
            user=case.request.requester.username,
            workload=GrantedWorkload(case.request.api_version, workload.kind, workload.name, workload.uid),
            images=tuple(sorted(case.images)),
            at=now,
            until=now + self._policy.break_glass_life,
        )


def is_proven(grant: BreakGlassGrant, owners: Sequence[Controller]) -> bool:
    """Whether the change behind a grant came about: seen before, or shown by the live object."""
    return grant.confirmed or any(
        owner.uid == grant.workload.uid and grant.is_proven_by(owner.ticket) for owner in owners
    )


def _had(case: Case, ticket: str) -> bool:
    """Whether the object of an update already had the ticket; assumed if its former state is unknown."""
    if case.request.operation is Operation.CREATE:
        return False
    former = case.request.old_workload
    return former is None or (ticket_of(former) or "").strip() == ticket.strip()


def _used(grant: BreakGlassGrant) -> Ruling:
    return Ruling("break-glass", let_in(grant), ("break-glass", grant.ticket), "used")
