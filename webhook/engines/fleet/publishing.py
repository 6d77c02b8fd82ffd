"""Publishing: signed documents of the hub, each made once for all members that wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from cachetools import LRUCache

from webhook.model.assessments import StoredType, TypeOrigin
from webhook.model.changes import START, Position
from webhook.model.fleet import Addressee, FleetContent
from webhook.policy.evaluation import Rules
from webhook.policy.fleetdocuments import Sign, encode
from webhook.ports import Clock, ClusterDecisions, HubFeed

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
        decisions: what it decides for single members.
        sign: signs documents.
        clock: time.
        rules: the hub's types now, those of its settings file too.

    Attributes:
        position: of the store, when it was last looked at.
    """

    def __init__(
        self, feed: HubFeed, decisions: ClusterDecisions, sign: Sign, clock: Clock, rules: Callable[[], Rules]
    ) -> None:
        self._feed, self._decisions, self._sign, self._clock, self._rules = feed, decisions, sign, clock, rules
        self._addressed: Mapping[str, int] = {}
        self.position = START
        self._news = 0
        self._made: LRUCache[tuple[Position | None, Position, str], Published] = LRUCache(_KEPT)
        self._lock = threading.Lock()
        self._making: dict[tuple[Position | None, Addressee | None], threading.Lock] = {}

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
        self._addressed = self._decisions.newest()
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

    def ready(self, since: Position, member: Addressee | None = None) -> Published | None:
        """The changes after a position, where they are made already; costs nothing."""
        return self._find(since, self._meant(member, since))

    def changes(self, since: Position, member: Addressee | None = None) -> Published | None:
        """Everything after a position; None where the member has to take the snapshot.

        Args:
            since: what the member has applied.
            member: whose decisions are told, too. Where it has none of that time, the document is that for all.

        Raises:
            StoreError: the store does not answer.
        """
        return self._for_member(member, since, since, lambda name: self._feed.changes(since, self._clock.now(), name))

    def snapshot(self, member: Addressee | None = None) -> Published:
        """Everything, as for :meth:`changes`.

        Raises:
            StoreError: the store does not answer.
        """
        made = self._for_member(member, START, None, lambda name: self._feed.snapshot(self._clock.now(), name))
        assert made is not None
        return made

    def _for_member(
        self,
        member: Addressee | None,
        after: Position,
        since: Position | None,
        read: Callable[[str], FleetContent | None],
    ) -> Published | None:
        meant = self._meant(member, after)
        made = self._publish(since, meant, lambda: read("" if meant is None else meant.name))
        if made is None or meant is not None or member is None or made.position == self.position:
            return made
        # The store has moved on since the last look, possibly by a decision for this member.
        self._addressed = self._decisions.newest()
        found = self._meant(member, after)
        return made if found is None else self._publish(since, found, lambda: read(found.name))

    def _meant(self, member: Addressee | None, since: Position) -> Addressee | None:
        """The member, where something was decided for it alone after a position."""
        return member if member is not None and self._addressed.get(member.name, 0) > since.revision else None

    def _publish(
        self, since: Position | None, meant: Addressee | None, read: Callable[[], FleetContent | None]
    ) -> Published | None:
        found = self._find(since, meant)
        if found is not None:
            return found
        key = (since, meant)
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:  # those who wait for the same document get it when it is made; others do not wait for it
                return self._find(since, meant) or self._make(since, meant, read)
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _make(
        self, since: Position | None, meant: Addressee | None, read: Callable[[], FleetContent | None]
    ) -> Published | None:
        content = read()
        if content is None:
            return None
        position, token_hash = content.position, "" if meant is None else meant.token_hash
        content = msgspec.structs.replace(content, addressee=token_hash)
        etag = f"{position.store}-{'all' if since is None else since.revision}-{position.revision}-{position.mark}"
        made = Published(encode(content, self._sign), f"{etag}{token_hash[:16]}", position)
        with self._lock:
            self._made[since, position, token_hash] = made
        return made

    def _find(self, since: Position | None, meant: Addressee | None) -> Published | None:
        with self._lock:
            return self._made.get((since, self.position, "" if meant is None else meant.token_hash))


def all_types(rules: Rules) -> tuple[StoredType, ...]:
    """All types of the hub; where one was defined there makes no difference to members."""
    types = rules.types
    return (
        *(StoredType(kind, retired=False, origin=TypeOrigin.FLEET) for kind in types),
        *(StoredType(kind, retired=True, origin=TypeOrigin.FLEET) for kind in types.all_retired),
    )
