"""Following: a member takes over what its hub tells within a second, and decides alone while the hub is away."""

from __future__ import annotations

import logging

from msgspec.structs import replace

from webhook.engines.fleet.importing import DocumentTaker
from webhook.errors import DocumentRefused, HistoryUnknown
from webhook.model.changes import START
from webhook.model.fleet import Followed
from webhook.ports import Clock, FollowingStore, HubClient

log = logging.getLogger("bomgate.fleet")
_WAIT = 20
"""Seconds for which the hub may wait for changes; no longer than the controller waits for a duty when it stops."""


class Follower:
    """Follows the hub.

    Args:
        client: asks it.
        taker: takes over what it tells.
        store: of this member.
        clock: time.
    """

    def __init__(self, client: HubClient, taker: DocumentTaker, store: FollowingStore, clock: Clock) -> None:
        self._client, self._taker, self._store, self._clock = client, taker, store, clock

    def follow(self) -> Followed:
        """Ask for changes once, and take them over; how far this member is then.

        Raises:
            SourceError: the hub did not answer, or refuses to.
            DocumentRefused: what it has sent is not its own, or older than what is here; nothing was changed.
            StoreError: nothing was changed.
        """
        followed = self._store.followed()
        if followed.position == START or followed.accepts:
            return self._take(self._client.snapshot())
        try:
            document = self._client.changes(followed.position, _WAIT)
            if document is not None:
                return self._take(document)
        except HistoryUnknown:
            return self._take(self._client.snapshot())
        except DocumentRefused as problem:
            log.warning("changes of the hub were refused; its snapshot is taken", extra={"error": problem.message})
            return self._take(self._client.snapshot())
        self._store.saw(self._clock.now(), self._client.skew_seconds)
        return replace(followed, skew_seconds=self._client.skew_seconds)

    def _take(self, document: bytes) -> Followed:
        return self._taker.take(document, self._client.skew_seconds).followed
