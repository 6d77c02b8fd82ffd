"""Publishing: signed documents of the hub, each made once for all members that wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from webhook.model.assessments import StoredType, TypeOrigin
from webhook.model.changes import START, Position
from webhook.model.fleet import FleetContent
from webhook.policy.evaluation import Rules
from webhook.policy.fleetdocuments import Sign, encode
from webhook.ports import Clock, HubFeed

_KEPT = 64
"""Documents that are kept; members that follow all ask for the same few."""


@dataclass(frozen=True, slots=True)
class Published:
    """A document as it is sent.

    Attributes:
        body: signed bytes.
        etag: names them, without quotation marks.
        position: that whoever applies it has.
    """

    body: bytes
    etag: str
    position: Position


class Publisher:
    """What the hub has for its members. Any thread may ask.

    Args:
        feed: the hub's store.
        sign: signs documents.
        clock: time.
        rules: the hub's types now, those of its settings file too.

    Attributes:
        position: of the store, when it was last looked at.
    """

    def __init__(self, feed: HubFeed, sign: Sign, clock: Clock, rules: Callable[[], Rules]) -> None:
        self._feed, self._sign, self._clock, self._rules = feed, sign, clock, rules
        self.position = START
        self._news = 0
        self._made: LRUCache[tuple[Position | None, Position], Published] = LRUCache(_KEPT)
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def look(self) -> bool:
        """Look whether the store has something new for members; called by one thread, again and again.

        Raises:
            StoreError: the store does not answer; what is known stays.
        """
        position = self._feed.position()
        if position == self.position:
            return False
        if self._feed.keep_types(all_types(self._rules()), self._clock.now()):
            position = self._feed.position()
        former, is_same = self.position, position.continues(self.position)
        self._news = self._feed.newest_news(self._news) if is_same and former != START else position.revision
        if is_same and former != START and self._news > former.revision:
            self.changes(former)  # what most wait for is made before they are woken
        self.position = position
        return not is_same or self._news > former.revision

    def has_news(self, since: Position) -> bool:
        """Whether there is something for a member at this position: news, or that it has to take the snapshot."""
        position = self.position
        if position == START:
            return False
        is_other = position.revision == since.revision and position.mark != since.mark
        return is_other or not position.continues(since) or self._news > since.revision

    def ready(self, since: Position) -> Published | None:
        """The changes after a position, where they are made already; costs nothing."""
        return self._find(since)

    def changes(self, since: Position) -> Published | None:
        """Everything after a position; None where the member has to take the snapshot.

        Raises:
            StoreError: the store does not answer.
        """
        return self._publish(since, lambda: self._feed.changes(since, self._clock.now()))

    def snapshot(self) -> Published:
        """Everything.

        Raises:
            StoreError: the store does not answer.
        """
        made = self._publish(None, lambda: self._feed.snapshot(self._clock.now()))
        assert made is not None
        return made

    def _publish(self, since: Position | None, read: Callable[[], FleetContent | None]) -> Published | None:
        found = self._find(since)
        if found is not None:
            return found
        with self._making:  # those who wait for the same document get it when it is made
            found = self._find(since)
            if found is not None:
                return found
            content = read()
            if content is None:
                return None
            position = content.position
            etag = f"{position.store}-{'all' if since is None else since.revision}-{position.revision}-{position.mark}"
            made = Published(encode(content, self._sign), etag, position)
            with self._lock:
                self._made[since, position] = made
            return made

    def _find(self, since: Position | None) -> Published | None:
        with self._lock:
            return self._made.get((since, self.position))


def all_types(rules: Rules) -> tuple[StoredType, ...]:
    """All types of the hub; where one was defined there makes no difference to members."""
    types = rules.types
    return (
        *(StoredType(kind, retired=False, origin=TypeOrigin.FLEET) for kind in types),
        *(StoredType(kind, retired=True, origin=TypeOrigin.FLEET) for kind in types.all_retired),
    )
