"""Sets of advisories that this process has loaded from the store, and their index."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from webhook.model.advisories import AdvisorySet, AdvisorySetInfo, FetchedSet, FormerSet
from webhook.policy.advisorychanges import changed_names, with_unread
from webhook.policy.advisoryindex import AdvisoryIndex, Rating
from webhook.policy.advisorymarks import fingerprint_of, marks_of, words_fingerprint
from webhook.ports import AdvisoryStore

log = logging.getLogger("bomgate.matching")

_Key = tuple[str, str]
_Version = tuple[str, dt.datetime]
"""Digest of a set, and when it became that: what was damaged may be replaced by the same."""


class LoadedSets:
    """The sets of a store, read once; for one thread at a time.

    Args:
        store: where they are kept.
        words: the scores of severity words, by name of the source.
    """

    def __init__(self, store: AdvisoryStore, words: Mapping[str, Mapping[str, Decimal]]) -> None:
        self._store, self._words = store, words
        self._fingerprint = ""
        self._sets: dict[_Key, tuple[_Version, AdvisorySet | None]] = {}
        self._brought: dict[_Key, tuple[_Version, AdvisorySet]] = {}
        self.index = AdvisoryIndex({})
        self.unread: Mapping[str, frozenset[str]] = {}

    def load(self, sets: Sequence[AdvisorySetInfo]) -> None:
        """Read the sets that are others than those in memory.

        Afterwards ``index`` has those that can be read, and ``unread`` names the sources of the others by ecosystem.

        Args:
            sets: those of the store now.

        Raises:
            StoreError: the database does not answer.
        """
        fingerprint = self.fingerprint(sets)
        wanted: dict[_Key, _Version] = {(info.source, info.ecosystem): _version(info) for info in sets}
        if fingerprint == self._fingerprint and wanted == {key: version for key, (version, _) in self._sets.items()}:
            return
        loaded: dict[_Key, tuple[_Version, AdvisorySet | None]] = {}
        for info in sets:
            key = (info.source, info.ecosystem)
            there = [held for held in (self._brought.pop(key, None), self._sets.get(key)) if held]
            known = next((held for held in there if held[0] == wanted[key]), None)
            loaded[key] = known or (wanted[key], self._store.load(*key))
        unread: dict[str, frozenset[str]] = {}
        for source, ecosystem in sorted(key for key, (_, content) in loaded.items() if content is None):
            unread[ecosystem] = unread.get(ecosystem, frozenset()) | {source}
            extra = {"source": source, "ecosystem": ecosystem}
            log.warning("advisories cannot be read; what they said stays until they are downloaded again", extra=extra)
        contents = {key: content for key, (_, content) in loaded.items() if content is not None}
        self._sets, self._fingerprint, self.unread = loaded, fingerprint, unread
        self.index = AdvisoryIndex(
            contents,
            self._words,
            self._store.asked_scores() if contents else {},
            self._former() if unread else {},
            self.index.scores,
        )

    def tell(self, sets: Sequence[AdvisorySetInfo]) -> None:
        """Note in the store which sets can be read, where it says something else.

        Args:
            sets: those of the store now, which were loaded.

        Raises:
            StoreError: the database does not answer.
        """
        for info in sets:
            is_unreadable = self._content(info) is None
            if is_unreadable != info.is_unreadable:
                self._store.note_readable(info, is_unreadable=is_unreadable)

    def marks(self, sets: Sequence[AdvisorySetInfo]) -> Mapping[str, str]:
        """Of the sets of each ecosystem, as far as they can be read.

        Args:
            sets: those of the store now, which were loaded.
        """
        return marks_of(sets, self.unread)

    def fingerprint(self, sets: Sequence[AdvisorySetInfo]) -> str:
        """Of sets, and of what the settings make of them; empty for none."""
        return f"{fingerprint_of(sets)}{words_fingerprint(self._words)}" if sets else ""

    def known(self, info: AdvisorySetInfo) -> AdvisorySetInfo:
        """What a source is told of a set; one that this program cannot read is fetched again, whatever its digest."""
        content = self._content(info)
        if content is None:
            return replace(info, digest="", tag="")
        return replace(info, newest=info.newest or content.newest)

    def former(self, info: AdvisorySetInfo) -> FormerSet | None:
        """A set with the records that it was made from; None where one of both is not known.

        Raises:
            StoreError: the database does not answer.
        """
        content = self._content(info)
        listed = None if content is None else self._store.listed(info.source, info.ecosystem, info.digest)
        return None if content is None or listed is None else FormerSet(content, listed)

    def take(self, fetched: FetchedSet, at: dt.datetime) -> None:
        """Know a set that was kept just now, so that it need not be read from the store."""
        if fetched.content is not None:
            self._brought[fetched.source, fetched.ecosystem] = ((fetched.digest, at), fetched.content)
            self._fingerprint = ""

    def with_unread(self, info: AdvisorySetInfo | None, fetched: FetchedSet) -> FetchedSet:
        """A set with what is here of its records that cannot be read; nobody has taken that back."""
        former = None if info is None else self._content(info)
        if former is None or fetched.content is None or not fetched.unread:
            return fetched
        return replace(fetched, content=with_unread(former, fetched.content, fetched.unread))

    def changed_names(self, info: AdvisorySetInfo | None, fetched: FetchedSet) -> frozenset[str] | None:
        """Names of packages about which a set says something else than the set that it replaces; None: not known."""
        former = None if info is None else self._content(info)
        if former is None or fetched.content is None:
            return None
        return changed_names(fetched.ecosystem, former, fetched.content)

    def _content(self, info: AdvisorySetInfo) -> AdvisorySet | None:
        there = self._sets.get((info.source, info.ecosystem))
        return there[1] if there and there[0] == _version(info) else None

    def _former(self) -> Mapping[str, Rating]:
        """What vulnerabilities were rated, so that no score falls because the set cannot be read that it is from."""
        return {key: rating for (_, key), rating in self._store.ratings().items() if rating.origin}


def _version(info: AdvisorySetInfo) -> _Version:
    return info.digest, info.changed_at
