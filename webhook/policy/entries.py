"""Entries: the records of assessments for one vulnerability and package, the strongest claim first.

Many records may be about one vulnerability and package, such as one for each namespace. So further ones are merged
together: what has the same scope is compared with itself alone, and the rest keeps its order.
"""

from __future__ import annotations

from bisect import insort_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from webhook.model.assessments import Assessment
from webhook.model.bases import Key
from webhook.policy.precedence import Entry, Same, Weight, lives_as_long, read_entry

_MOST_READ = 10_000
_MOST_CHANGES, _MOST_KEYS = 64, 1_000
"""So many changes are remembered with so many keys each; what is behind them may be anything."""


class KeptEntries(Mapping[Key, tuple[Entry, ...]]):
    """Entries of records that are kept elsewhere, such as in a mapped file; those asked for last stay read.

    Args:
        records: by vulnerability and package, the strongest claim first.
        weights: see :func:`read_entry`.

    Attributes:
        records: see above.
    """

    def __init__(self, records: Mapping[Key, tuple[Assessment, ...]], weights: dict[Weight, Weight]) -> None:
        self.records, self._weights = records, weights
        self._read: dict[Key, tuple[Entry, ...]] = {}

    def get(self, key: Key, /, default: Any = None) -> Any:
        """The entries of a key; the default where there is none."""
        entries = self._read.get(key)
        if entries is None:
            records = self.records.get(key)
            if records is None:
                return default
            read = (read_entry(assessment, self._weights) for assessment in records)
            entries = tuple(entry for entry in read if entry is not None)
            if len(self._read) >= _MOST_READ:
                self._read = {}
            self._read[key] = entries
        return entries

    def __getitem__(self, key: Key) -> tuple[Entry, ...]:
        entries: tuple[Entry, ...] | None = self.get(key)
        if entries is None:
            raise KeyError(key)
        return entries

    def __contains__(self, key: object) -> bool:
        return key in self.records

    def __iter__(self) -> Iterator[Key]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


class RecentChanges:
    """The vulnerabilities and packages whose records changed of late, for whoever keeps what was judged by them.

    One thread at a time notes; others may ask meanwhile.
    """

    def __init__(self) -> None:
        self._known: tuple[int, tuple[frozenset[Key], ...]] = (0, ())

    @property
    def count(self) -> int:
        """How many changes there have been."""
        return self._known[0]

    @contextmanager
    def noting(self, keys: Iterable[Key] | None) -> Iterator[None]:
        """Note a change once it is made, also one that fails half-way.

        Args:
            keys: of the records; None for all.
        """
        changed = None if keys is None else frozenset(keys)
        try:
            yield
        finally:
            count, last = self._known
            kept = () if changed is None or len(changed) > _MOST_KEYS else (*last, changed)[-_MOST_CHANGES:]
            self._known = (count + 1, kept)

    def since(self, count: int) -> tuple[int, frozenset[Key] | None]:
        """How many changes there have been, and the keys of those behind the first ``count``; None for all keys."""
        now, last = self._known
        missed = now - count
        return now, frozenset[Key]().union(*last[len(last) - missed :]) if missed <= len(last) else None


def merged(there: tuple[Entry, ...], added: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries with further ones of the same vulnerability and package; ``there`` itself where nothing changes.

    Args:
        there: the strongest claim first, none of which another one outlives.
        added: in any order.
    """
    if not there:
        return tuple(_outliving(added))
    scopes = {entry.assessment.scope for entry in added}
    rivals = [entry for entry in there if entry.assessment.scope in scopes]
    kept = _outliving([*rivals, *added])
    if len(kept) == len(rivals) and all(one is other for one, other in zip(kept, rivals, strict=True)):
        return there
    rest = [entry for entry in reversed(there) if entry.assessment.scope not in scopes]
    if not rest:
        return tuple(kept)
    for entry in kept:
        insort_left(rest, entry, key=_rank)
    return tuple(reversed(rest))


def _outliving(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Those that no other one of the same scope outlives, the strongest claim first."""
    if len(entries) == 1:
        return entries
    longest: dict[Same, list[Entry]] = {}  # of those kept so far, none of which lives as long as another
    kept: list[Entry] = []
    for entry in sorted(entries, key=_rank_and_end, reverse=True):
        rivals = longest.get(entry.same, [])
        if any(lives_as_long(rival, entry) for rival in rivals):
            continue
        longest[entry.same] = [*_left(rivals, entry), entry]
        kept.append(entry)
    return kept


def _left(rivals: Iterable[Entry], entry: Entry) -> Iterator[Entry]:
    return (rival for rival in rivals if not lives_as_long(entry, rival))


def _rank(entry: Entry) -> Any:
    return entry.rank


def _rank_and_end(entry: Entry) -> Any:
    """Of equal records, the last to end comes first."""
    end = entry.assessment.until
    return (entry.rank, end is None, None if end is None else end.timestamp())
