"""Reports uses of break-glass where people look.

Grants are never removed: without one its ticket could be used again, and its Pods would count as admitted.
"""

from __future__ import annotations

import datetime as dt
import logging

from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant
from webhook.model.reports import EventType, ObjectEvent
from webhook.model.running import ObjectRef
from webhook.policy.phrases import moment
from webhook.ports import Clock, EventSink
from webhook.ports.controlling import GrantKeeper

log = logging.getLogger("bomgate.grants")

_NEW = dt.timedelta(hours=1)
"""Older grants were told by whoever led before."""
_INTERVAL, _SECONDS = 30.0, 60.0


class GrantDuty:
    """Looks after grants; a ``Duty``.

    Args:
        grants: where they are kept.
        events: where they are told; None when Events are not wanted.
        clock: time.
    """

    name = "grants"
    interval_seconds = _INTERVAL

    def __init__(self, grants: GrantKeeper, events: EventSink | None, clock: Clock) -> None:
        self._grants, self._events, self._clock = grants, events, clock
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
            if now < grant.at + _NEW and (grant.namespace, name) not in self._told:
                self._tell(name, grant)

    def _tell(self, name: str, grant: BreakGlassGrant) -> None:
        who = {"user": grant.user, "ticket": grant.ticket, "until": grant.until.isoformat()}
        log.warning("break-glass was used", extra={"workload": _about(grant).title, **who})
        if self._events is not None:
            text = (
                f"{grant.user} let this in under {grant.ticket} although it would be denied; what it makes of "
                f"{', '.join(grant.images)} is let in until {moment(grant.until)}"
            )
            self._events.emit(ObjectEvent(_about(grant), "BomgateBreakGlass", text, EventType.WARNING, key=name))
        self._told.add((grant.namespace, name))


def _about(grant: BreakGlassGrant) -> ObjectRef:
    of = grant.workload
    group, _, version = of.api_version.rpartition("/")
    return ObjectRef(group, version, of.kind, grant.namespace, of.name, of.uid)
