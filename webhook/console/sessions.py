"""Sessions: a one-time link becomes a session, whose state stays on the server."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from webhook.model.caches import TimedCache
from webhook.model.people import Person

LINK_SECONDS = 600.0
"""How long a one-time link can be used."""
_MOST_SESSIONS = 10_000
"""Of all people together, and of all programs together: anybody may make ServiceAccounts who has a namespace."""
_MOST_OF_ONE = 10
"""Of one user; the oldest goes first, so that nobody's sign-ins push out those of somebody else."""
_MOST_SECONDS = 168 * 3600.0
"""``console.sessionHours`` allows no more."""
_MOST_DRAFTS = 5


@dataclass
class Session:
    """What is known of a browser that has signed in.

    Attributes:
        who: the person.
        form_token: stands in every form, and is asked for with every write.
        drafts: decisions that were begun, by their names; the oldest go first.
    """

    who: Person
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    drafts: dict[str, object] = field(default_factory=dict)

    def keep(self, draft: object) -> str:
        """Keep a draft; its name."""
        name = secrets.token_urlsafe(12)
        while len(self.drafts) >= _MOST_DRAFTS:
            self.drafts.pop(next(iter(self.drafts)))
        self.drafts[name] = draft
        return name


class Sessions:
    """The sessions of a process, and the link that begins the next one.

    Args:
        seconds: how long a session lasts.
        monotonic: seconds of a clock that only goes on.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds, self._monotonic = seconds, monotonic
        self._tables = {is_program: _Table(monotonic) for is_program in (False, True)}
        self._lock = threading.Lock()
        self._link: tuple[str, float] | None = None

    def new_link(self) -> str:
        """The secret of a new one-time link; an earlier one can no longer be used."""
        with self._lock:
            secret = secrets.token_urlsafe(32)
            self._link = (secret, self._monotonic() + LINK_SECONDS)
            return secret

    def redeem(self, secret: str) -> bool:
        """Use the link up; whether it could be used."""
        with self._lock:
            if self._link is None:
                return False
            expected, until = self._link
            if not hmac.compare_digest(expected.encode(), secret.encode("utf-8", "replace")):
                return False
            self._link = None
            return self._monotonic() < until

    def begin(self, who: Person, most: float | None = None) -> str:
        """Begin a session; the id for its cookie, which nobody has seen before.

        Args:
            who: the person.
            most: seconds after which it ends, if that is sooner than sessions usually do.
        """
        name = secrets.token_urlsafe(32)
        seconds = self._seconds if most is None else min(self._seconds, most)
        with self._lock:
            self._tables[who.is_service_account].put(name, Session(who), seconds)
        return name

    def find(self, name: str) -> Session | None:
        """The session of an id; None when there is none, or it has ended."""
        if not name:
            return None
        return next((found for table in self._tables.values() if (found := table.sessions.get(name))), None)

    def end(self, name: str) -> None:
        """End a session."""
        for table in self._tables.values():
            table.sessions.forget(name)


class _Table:
    """Sessions of people, or of programs, with the names of those that each user has."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.sessions = TimedCache[str, Session](_MOST_SESSIONS, monotonic)
        self._names = TimedCache[tuple[str, str], tuple[str, ...]](_MOST_SESSIONS, monotonic)

    def put(self, name: str, session: Session, seconds: float) -> None:
        """Keep a session; the oldest of the same user goes where they have too many."""
        user = (session.who.issuer, session.who.username or session.who.name)
        there = [other for other in self._names.get(user) or () if self.sessions.get(other) is not None]
        there.append(name)
        while len(there) > _MOST_OF_ONE:
            self.sessions.forget(there.pop(0))
        self.sessions.put(name, session, seconds)
        self._names.put(user, tuple(there), _MOST_SECONDS)
