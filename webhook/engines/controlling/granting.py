"""Reports uses of break-glass where people look, and removes grants of changes that never came about.

Others are never removed: without its grant a ticket could be used again, and its Pods would count as admitted.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from webhook.errors import BomgateError
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant
from webhook.model.reports import EventType, ObjectEvent
from webhook.model.running import ObjectRef
from webhook.model.workloads import OwnerRef
from webhook.policy.phrases import moment
from webhook.ports import Clock, EventSink, GrantStore, LiveObjects

log = logging.getLogger("bomgate.grants")

_NEW = dt.timedelta(hours=1)
"""Older grants were told by whoever led before."""
_UNDER_WAY = dt.timedelta(minutes=2)
"""After so long no request is under way any more, and the webhook has looked for what became of it."""
_INTERVAL, _SECONDS = 30.0, 60.0


@dataclass(frozen=True, slots=True)
class GrantParts:
    """What grants are looked after with.

    Attributes:
        grants: where they are kept.
        live: the objects that they were made for.
        events: where they are told; None when Events are not wanted.
    """

    grants: GrantStore
    live: LiveObjects
    events: EventSink | None


class GrantDuty:
    """Looks after grants; a ``Duty``.

    Args:
        parts: see there.
        clock: time.
    """

    name = "grants"
    interval_seconds = _INTERVAL

    def __init__(self, parts: GrantParts, clock: Clock) -> None:
        self._grants, self._live, self._events, self._clock = parts.grants, parts.live, parts.events, clock
        self._told: set[tuple[str, str]] = set()

    def run(self) -> None:
        """One look at all grants.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        there = self._grants.everything(deadline)
        known = {(grant.namespace, name) for name, grant in there}
        self._told &= known
        now = self._clock.now()
        for name, grant in there:
            if not grant.confirmed and not self._came_about(grant, deadline):
                continue
            if now < grant.at + _NEW and (grant.namespace, name) not in self._told:
                self._tell(name, grant)

    def _came_about(self, grant: BreakGlassGrant, deadline: Deadline) -> bool:
        try:
            return self._settle(grant, deadline)
        except BomgateError as problem:  # one object that cannot be read must not keep others from being told of
            detail = {"workload": _about(grant).title, "why": problem.message}
            log.warning("it is not known whether a use of break-glass came about", extra=detail)
            return False

    def _settle(self, grant: BreakGlassGrant, deadline: Deadline) -> bool:
        """Whether the change behind a grant came about; if it did not and cannot any more, the grant is removed."""
        of = grant.workload
        own = OwnerRef(of.api_version, of.kind, of.name, of.uid)
        if not self._live.can_read(own):
            return True
        live = self._live.read(own, grant.namespace, deadline)
        if live is not None and grant.is_proven_by(live.ticket):
            self._grants.confirm(grant, deadline)
            return True
        if grant.made is not None and self._clock.now() >= grant.made + _UNDER_WAY:
            detail = {"ticket": grant.ticket, "user": grant.user, "workload": _about(grant).title}
            log.warning("a grant whose change never came about was removed", extra=detail)
            self._grants.remove(grant, deadline)
        return False

    def _tell(self, name: str, grant: BreakGlassGrant) -> None:
        who = {"user": grant.user, "ticket": grant.ticket, "until": grant.until.isoformat()}
        log.warning("break-glass was used", extra={"workload": _about(grant).title, **who})
        if self._events is not None:
            text = (
                f"{grant.user} admitted this under {grant.ticket} although it would be denied; what it makes of "
                f"{', '.join(grant.images)} is admitted until {moment(grant.until)}"
            )
            self._events.emit(ObjectEvent(_about(grant), "BomgateBreakGlass", text, EventType.WARNING, key=name))
        self._told.add((grant.namespace, name))


def _about(grant: BreakGlassGrant) -> ObjectRef:
    of = grant.workload
    group, _, version = of.api_version.rpartition("/")
    return ObjectRef(group, version, of.kind, grant.namespace, of.name, of.uid)
