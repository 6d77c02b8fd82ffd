"""Break-glass: people with the right for it let in what would be denied, for a while, and it is written down.

The right is asked for at the API server and not read off the object, because whoever may write the object could write
that, too. What is let in leaves a grant, and the grant, not the annotation, lets in what controllers make of it: their
requests carry their own name, and some of them copy annotations. A ticket makes one grant in a namespace, ever, and an
annotation asks for one when it is set, by whom sets it: what is left of it on an object, or was copied to another one,
is no request of anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from webhook.engines.admission.cases import Case, Ruling, ticket_of
from webhook.errors import SourceError
from webhook.model.deadlines import Deadline
from webhook.model.grants import BREAK_GLASS_RESOURCE, SERVICE_ACCOUNT, BreakGlassGrant, GrantedWorkload
from webhook.model.owners import Controller
from webhook.model.policies import Policy
from webhook.model.reviews import Operation
from webhook.policy.exemptions import (
    ended,
    let_in,
    no_account,
    no_right,
    not_counted,
    same_ticket,
    ticket_problem,
    used_ticket,
)
from webhook.ports import AccessReviewer, Clock, GrantStore

log = logging.getLogger("bomgate.breakglass")


class BreakGlass:
    """Decides what break-glass lets in.

    Args:
        policy: whether it counts, and for how long.
        access: who may use it.
        grants: where its uses are kept.
        clock: time.
    """

    def __init__(self, policy: Policy, access: AccessReviewer, grants: GrantStore, clock: Clock) -> None:
        self._policy, self._access, self._grants, self._clock = policy, access, grants, clock

    def of_owners(self, case: Case, owners: Sequence[Controller], deadline: Deadline) -> Sequence[BreakGlassGrant]:
        """The grants for the controllers of an object, those that have ended included.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not self._policy.break_glass or not owners:
            return ()
        return self._grants.find([owner.uid for owner in owners], case.namespace, deadline)

    def inherited(self, case: Case, owners: Sequence[Controller], grants: Sequence[BreakGlassGrant]) -> Ruling | None:
        """What grants mean for an object that a controller makes; None when none covers its denied images.

        A grant alone lets nothing in: whoever reaches the webhook's port could ask in the name of somebody else, and so
        have one made. The granted object itself has to name the images, as the API server has it: nobody brings that
        about who may not.

        Args:
            case: the would-be denial.
            owners: the controllers above the object, as the API server has them.
            grants: what :meth:`of_owners` gave.
        """
        images = case.images
        written = [verdict.image.text for verdict in case.denied]
        naming = {owner.uid for owner in owners if all(map(owner.names, written))}
        covering = (grant for grant in grants if grant.workload.uid in naming and grant.covers(images))
        last = max(covering, key=lambda grant: grant.until, default=None)
        if last is None:
            return None
        if self._clock.now() < last.until:
            return _used(last)
        return Ruling(text=ended(last), break_glass="expired")

    def asked_for(self, case: Case, ticket: str, deadline: Deadline) -> Ruling:
        """What becomes of an object that carries the annotation itself.

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
            grant = self._grant(case, ticket)
            former = self._grants.of_ticket(grant.ticket, case.namespace, deadline)
            if former is None and not case.request.dry_run:
                if self._grants.add(grant, deadline):
                    log.warning("break-glass used", extra={**detail, "images": ", ".join(grant.images)[:1000]})
                else:  # somebody was faster
                    former = self._grants.of_ticket(grant.ticket, case.namespace, deadline)
                    if former is None:
                        return Ruling(text=not_counted("its ticket is being used elsewhere"), break_glass="refused")
        except SourceError as fault:
            log.error("%s", fault.message, extra={**detail, "code": fault.code, "remedy": fault.remedy})
            return Ruling(text=not_counted(f"it could not be checked or written down ({fault.message.rstrip('.')})"))
        if former is None:
            return _used(grant)
        if self._is_repeated(former, grant):
            return _used(former)
        log.warning("break-glass refused: the ticket was used before", extra=detail)
        return Ruling(text=used_ticket(former), break_glass="refused")

    def _is_repeated(self, former: BreakGlassGrant, grant: BreakGlassGrant) -> bool:
        """Whether the API server asks again about the change that made a grant, as it does after a conflict."""
        same = former.workload == grant.workload and former.covers(frozenset(grant.images))
        return same and former.user == grant.user and self._clock.now() < former.until

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


def _had(case: Case, ticket: str) -> bool:
    """Whether the object of an update had the ticket before; without its former state nobody can say so, and it had."""
    if case.request.operation is Operation.CREATE:
        return False
    former = case.request.old_workload
    return former is None or (ticket_of(former) or "").strip() == ticket.strip()


def _used(grant: BreakGlassGrant) -> Ruling:
    return Ruling("break-glass", let_in(grant), ("break-glass", grant.ticket), "used")
