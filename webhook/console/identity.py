"""The gate: what a person may do. Another way to grant rights is another ``Gate``."""

from __future__ import annotations

from typing import Protocol

from webhook.errors import BomgateError, SourceError
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.people import Person
from webhook.model.reviews import Requester
from webhook.ports import Clock, RightsReviewer

READS = ("get", "list")
"""Verbs that change nothing; what was answered about them may be some seconds old."""
_READ_SECONDS = 10.0
_STALE_SECONDS = 900.0
"""For how long what could be read goes on to be shown while the API server does not answer."""
_MOST_ANSWERS = 20_000
_SECONDS = 5.0


class RightsUnknown(BomgateError):
    """It cannot be told what a person may do; nothing is written."""

    code = "rights-unknown"
    default_remedy = "Check that the API server can be reached from the console, and try again."


class Gate(Protocol):
    """Says what a person may do; about everything but :data:`READS` it asks afresh each time."""

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Whether a person may do something.

        Args:
            who: the person.
            verb: ``get``, ``list``, ``create``, ``update``, ``delete`` or ``approve``.
            resource: of ``bomgate.dev``, such as ``assessments`` or ``assessments/override``.
            namespace: where; empty for everywhere.

        Raises:
            RightsUnknown: nobody can tell.
        """


class OwnerGate:
    """On one machine the person who holds the one-time link may do everything."""

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Yes."""
        return True


class ClusterGate:
    """In a cluster the API server's authorizer says what a person may do, so that Roles grant it.

    Args:
        reviewer: asks it.
        clock: time.
    """

    def __init__(self, reviewer: RightsReviewer, clock: Clock) -> None:
        self._reviewer, self._clock = reviewer, clock
        self._answers = TimedCache[tuple[Requester, str, str, str], tuple[float, bool]](_MOST_ANSWERS, clock.monotonic)

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Whether a person may do something.

        Raises:
            RightsUnknown: the API server does not say.
        """
        user, now = who.requester, self._clock.monotonic()
        key, is_read = (user, verb, resource, namespace), verb in READS
        known = self._answers.get(key) if is_read else None
        if known is not None and now - known[0] < _READ_SECONDS:
            return known[1]
        try:
            allowed = self._reviewer.may(user, verb, resource, namespace, Deadline(now + _SECONDS))
        except SourceError as problem:
            if known is not None:
                return known[1]
            raise RightsUnknown(f"The permissions of {who.name} cannot be determined: {problem.message}") from problem
        if is_read:
            self._answers.put(key, (now, allowed), _STALE_SECONDS)
        return allowed
