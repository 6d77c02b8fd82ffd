"""Offering: which sets the hub has for its members, and their bodies."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from cachetools import LRUCache

from webhook.model.fleetsets import KeptSet, OfferedSet
from webhook.policy.fleetsets import digest_of_body
from webhook.ports import HubSets

_KEPT_BYTES = 64 * 1024 * 1024
"""Of bodies in memory; members that are asked to fetch a new set all ask for the same one."""


class SetOffers:
    """The sets of the hub. Any thread may ask.

    Args:
        store: has them.
    """

    def __init__(self, store: HubSets) -> None:
        self._store = store
        self._named: dict[tuple[str, ...], tuple[str, int]] = {}
        self._bodies: LRUCache[str, bytes] = LRUCache(_KEPT_BYTES, getsizeof=len)
        self._making = threading.Lock()

    def listed(self) -> Sequence[OfferedSet]:
        """All sets that there are now. A set that was not named before is read once.

        Raises:
            StoreError: the store does not answer.
        """
        with self._making:
            kept = self._store.sets()
            self._named = {each.version: self._named[each.version] for each in kept if each.version in self._named}
            return [offer for each in kept if (offer := self._offer(each)) is not None]

    def body(self, digest: str) -> bytes | None:
        """The body with a digest; None when there is none any more.

        Raises:
            StoreError: the store does not answer.
        """
        with self._making:
            found = self._bodies.get(digest)
            if found is not None:
                return found
            for each in self._store.sets():
                if self._named.get(each.version, ("", 0))[0] == digest:
                    body = self._store.body(each)
                    if body is not None and digest_of_body(body) == digest:
                        self._remember(digest, body)
                        return body
        return None

    def _offer(self, one: KeptSet) -> OfferedSet | None:
        if one.version not in self._named:
            body = self._store.body(one)
            if body is None:  # replaced meanwhile; the next list has it
                return None
            digest = digest_of_body(body)
            self._named[one.version] = digest, len(body)
            self._remember(digest, body)
        digest, size = self._named[one.version]
        return OfferedSet(one.source, one.kind, one.name, digest, size, one.records, one.checked_at)

    def _remember(self, digest: str, body: bytes) -> None:
        if len(body) <= _KEPT_BYTES:
            self._bodies[digest] = body
