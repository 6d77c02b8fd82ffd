"""Taking over: a document of the hub is verified, and what it says is kept, all of it or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from webhook.errors import DocumentRefused
from webhook.model.fleet import Applied
from webhook.policy.fleet import check_addressee
from webhook.policy.fleetdocuments import Verify, decode
from webhook.ports import Clock, FollowingStore

log = logging.getLogger("bomgate.fleet")


class DocumentTaker:
    """Takes documents of the hub over.

    Args:
        store: of this member.
        verify: knows the hub's keys.
        clock: time.
        own: the hash of this member's token, by which it knows documents that are for it alone; empty without one.
        refused: told of each document that was refused.
    """

    def __init__(
        self,
        store: FollowingStore,
        verify: Verify,
        clock: Clock,
        own: str = "",
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._verify, self._clock, self._own, self._refused = store, verify, clock, own, refused

    def take(self, document: bytes, skew_seconds: float = 0.0, *, accepts: bool = False) -> Applied:
        """Verify a document, and take it over.

        Args:
            document: as it came.
            skew_seconds: by how much this clock is ahead of the hub's.
            accepts: take it as it is: what it has lost, or states more mildly, does not stay in force.

        Raises:
            DocumentRefused: it is not the hub's, or older than what is here; nothing was changed.
            StoreError: nothing was changed.
        """
        try:
            content = decode(document, self._verify)
            check_addressee(content, self._own)
            applied = self._store.apply(content, self._clock.now(), skew_seconds, accepts=accepts)
        except DocumentRefused:
            self._refused()
            raise
        followed = applied.followed
        if applied.records or applied.types:
            log.info(
                "took over what the hub decided",
                extra={"revision": followed.position.revision, "records": applied.records},
            )
        if followed.held_count or followed.types_held:
            log.warning(
                "the hub has lost decisions that restrict; they stay in force",
                extra={"records": followed.held_count, "remedy": "Look at `bomgate fleet status`."},
            )
        return applied
