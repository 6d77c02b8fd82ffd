"""Members and their tokens: who they are is known by heart, so that requests do not wait for the database."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import threading
from collections.abc import Mapping

from webhook.errors import InvalidInput
from webhook.model.fleet import MemberSeen
from webhook.ports import Clock, ClusterStore, FleetReports, MemberStore

_TOKEN_BYTES = 32
_SILENT = dt.timedelta(minutes=10)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def hash_token(token: str) -> str:
    """The SHA-256 of a token, in hex digits. A token has 256 random bits, so that nobody finds it from this."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def add_member(store: MemberStore, clock: Clock, name: str) -> str:
    """Add a member; its token, which is kept nowhere else.

    Raises:
        InvalidInput: the name is no DNS label, or is taken.
        StoreError: it was not added.
    """
    if _LABEL.fullmatch(name) is None:
        raise InvalidInput(
            f"{name[:80]!r} is not a valid name for a member.",
            remedy="A name is a DNS label: 1 to 63 lower-case letters, digits and hyphens, no hyphen at its ends.",
        )
    token = f"bgm_{secrets.token_urlsafe(_TOKEN_BYTES)}"
    if not store.add(name, hash_token(token), clock.now()):
        raise InvalidInput(
            f"There is a member {name} already.", remedy=f"Give it a new token with: bomgate fleet remove {name}"
        )
    return token


def remove_member(
    members: MemberStore, clusters: ClusterStore, reports: FleetReports, name: str, at: dt.datetime
) -> bool:
    """Take a member's token back, and forget what it reported and waits for; whether there was such a member.

    What was decided for it alone stays. Repeated, it goes on where it was broken off.

    Raises:
        StoreError: not all is done.
    """
    was_there = members.remove(name, at)
    clusters.remove(name)
    reports.forget_member(name)
    return was_there


class MemberBook:
    """The members of a hub, for its face.

    Args:
        store: has them.
    """

    def __init__(self, store: MemberStore) -> None:
        self._store = store
        self._by_hash: Mapping[str, str] = {}
        self._seen: dict[str, MemberSeen] = {}
        self._lock = threading.Lock()

    def look(self) -> bool:
        """Read the members' tokens; whether they have changed.

        Raises:
            StoreError: the store does not answer; those that were read before stay known.
        """
        tokens = self._store.tokens()
        changed, self._by_hash = tokens != self._by_hash, tokens
        return changed

    def note(self) -> None:
        """Keep what members said of themselves.

        Raises:
            StoreError: it was not kept.
        """
        with self._lock:
            seen, self._seen = self._seen, {}
        if seen:
            self._store.note(tuple(seen.values()))

    def count(self, now: dt.datetime) -> tuple[int, int]:
        """How many members there are, and how many of them have not asked for ten minutes; not those that never did.

        Args:
            now: UTC.

        Raises:
            StoreError: the store does not answer.
        """
        members = self._store.list()
        silent = [member for member in members if member.seen_at is not None and now - member.seen_at > _SILENT]
        return len(members), len(silent)

    def find(self, token_hash: str) -> str | None:
        """The name of the member with a token of this hash; None if there is none, or if it was taken back."""
        return self._by_hash.get(token_hash)

    def saw(self, seen: MemberSeen) -> None:
        """Take note of what a member said of itself."""
        with self._lock:
            self._seen[seen.name] = seen
