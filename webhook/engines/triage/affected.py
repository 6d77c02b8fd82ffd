"""What affects what: vulnerable components and their vulnerabilities, in the orders of the lists."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from webhook.engines.triage.packageindex import Affecting, PackageIndex
from webhook.model.changes import UINT32
from webhook.model.purls import Purl
from webhook.model.triage import Key, VulnerabilityOrder
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.scores import round_score

_UNSCORED = -1
_FEW = 64
"""Not more than one of so many ids are sorted when they are asked for; of more, the next is found by walking."""
_MOST_RANKED = 32
_MOST_NAMED = 2000
"""Components that are named for a glob; of more, the next page is found by walking."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class AffectedComponents:
    """One moment of the read model; the same object as long as sources say nothing else.

    Attributes:
        affecting: the vulnerable components.
        facts: the vulnerabilities that affect one, by id, without descriptions.
        first_seen: when each entered the store, microseconds since 1970, by id.
    """

    affecting: Affecting
    facts: Mapping[str, Vulnerability]
    first_seen: Mapping[str, int]

    def is_of(self, affecting: Affecting, facts: Mapping[str, Vulnerability]) -> bool:
        """Whether nothing else is known now."""
        return (
            self.affecting == affecting
            and len(self.facts) == len(facts)
            and all(self.facts.get(key) is vulnerability for key, vulnerability in facts.items())
        )

    @cached_property
    def found(self) -> Mapping[int, tuple[str, ...]]:
        """The vulnerability ids of each component, by number."""
        return {number: keys for number, _, keys in self.affecting}

    def walk(self, order: VulnerabilityOrder, after: Key | None, among: Set[str] | None = None) -> Iterator[str]:
        """The ids in the order of a list, behind a key of :meth:`key`; those among some others, if these are given."""
        if among is None:
            return self._walk(order, after)
        if len(among) * _FEW > len(self.facts):
            return (key for key in self._walk(order, after) if key in among)
        is_rising = order is VulnerabilityOrder.ID
        ordered = sorted(((self.key(order, key), key) for key in among if key in self.facts), reverse=not is_rising)
        if after is None:
            return (key for _, key in ordered)
        return (key for place, key in ordered if (place > after if is_rising else place < after))

    def _walk(self, order: VulnerabilityOrder, after: Key | None) -> Iterator[str]:
        ids = self._orders[order]
        if order is VulnerabilityOrder.ID:
            return iter(ids if after is None else ids[bisect_right(ids, str(after[0])) :])
        end = len(ids)
        if after is not None:
            end = bisect_left(ids, after, key=lambda item: self.key(order, item))
        return (ids[place] for place in range(end - 1, -1, -1))

    def key(self, order: VulnerabilityOrder, identifier: str) -> Key:
        """The place of a vulnerability in the order of a list."""
        if order is VulnerabilityOrder.ID:
            return (identifier,)
        if order is VulnerabilityOrder.SCORE:
            return (self._ranks[identifier], identifier)
        return (self.first_seen.get(identifier, 0), identifier)

    @cached_property
    def _orders(self) -> Mapping[VulnerabilityOrder, Sequence[str]]:
        """The ids in rising order of their keys."""
        by_id = sorted(self.facts)
        return {
            VulnerabilityOrder.ID: by_id,
            VulnerabilityOrder.SCORE: sorted(by_id, key=lambda item: self._ranks[item]),
            VulnerabilityOrder.NEWEST: sorted(by_id, key=lambda item: self.first_seen.get(item, 0)),
        }

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        return {key: _rank(vulnerability) for key, vulnerability in self.facts.items()}

    def ranked(self, low: int, high: int) -> frozenset[str]:
        """Ids with a rank, ten times the rounded score and -1 without one, from one to another; remembered."""
        known = self._ranked.get((low, high))
        if known is None:
            known = frozenset(chain.from_iterable(keys for rank, keys in self._by_rank.items() if low <= rank <= high))
            if len(self._ranked) >= _MOST_RANKED:
                self._ranked.clear()
            self._ranked[low, high] = known
        return known

    @cached_property
    def _ranked(self) -> dict[tuple[int, int], frozenset[str]]:
        return {}

    @cached_property
    def _by_rank(self) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for key, rank in self._ranks.items():
            found.setdefault(rank, []).append(key)
        return found

    def count_by_rank(self, ids: Iterable[str]) -> Counter[int]:
        """How many of some vulnerabilities have each rank, see :meth:`ranked`."""
        return Counter(map(self._ranks.__getitem__, ids))

    def seen_since(self, moment: dt.datetime) -> Set[str]:
        """Ids that entered the store then or later."""
        start = (moment - _EPOCH) // dt.timedelta(microseconds=1)
        by_moment = self._orders[VulnerabilityOrder.NEWEST]
        place = bisect_left(by_moment, start, key=lambda item: self.first_seen.get(item, 0))
        return set(by_moment[place:]) if place else self.facts.keys()

    def containing(self, text: str) -> set[str]:
        """Ids with a text in the id, an alias or the title, without case."""
        folded = text.casefold()
        return {key for key, words in self._words.items() if folded in words}

    @cached_property
    def _words(self) -> Mapping[str, str]:
        return {
            key: "\n".join((*vulnerability.identifiers, vulnerability.title)).casefold()
            for key, vulnerability in self.facts.items()
        }

    def named(self, names: Iterable[str]) -> set[str]:
        """Ids of the vulnerabilities that have one of these identifiers, given in lower case."""
        return {key for name in names for key in self.names.get(name, ())}

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The ids that have an identifier, by it in lower case."""
        found: dict[str, tuple[str, ...]] = {}
        for key, vulnerability in self.facts.items():
            alone = (key,)  # one object for all of its names
            for name in vulnerability.identifiers:
                folded = name.casefold()
                found[folded] = (*found[folded], key) if folded in found else alone
        return found

    def in_packages(self, pattern: str) -> set[int] | None:
        """Numbers of the components in packages that a glob matches; None where there are too many to name them.

        See :meth:`PackageIndex.matching`.
        """
        return self._packages.matching(pattern, _MOST_NAMED)

    @cached_property
    def _packages(self) -> PackageIndex:
        return PackageIndex.of(self.affecting)

    def affected_by(self, numbers: Iterable[int]) -> set[str]:
        """Ids that affect one of these components."""
        return {key for number in numbers for key in self.found.get(number, ())}

    def affects_some(self, identifier: str, is_meant: Callable[[int, Purl], bool]) -> bool:
        """Whether a vulnerability affects one of the components that are meant."""
        return any(is_meant(number, purl) for number, purl, _ in self.affecting_by((identifier,)))

    def affecting_by(self, ids: Iterable[str]) -> Iterator[tuple[int, Purl, tuple[str]]]:
        """Number and purl of the components that some vulnerabilities affect, with the id of each of these."""
        by_id, (starts, places) = self._orders[VulnerabilityOrder.ID], self._holders
        for key in ids:
            place = bisect_left(by_id, key)
            if place < len(by_id) and by_id[place] == key:
                for held in places[starts[place] : starts[place + 1]]:
                    number, purl, _ = self.affecting[held]
                    yield number, purl, (key,)

    @cached_property
    def _holders(self) -> tuple[Sequence[int], Sequence[int]]:
        """Where the components of each vulnerability begin, in the order of ids, and the places of all of these."""
        order = {key: place for place, key in enumerate(self._orders[VulnerabilityOrder.ID])}
        starts = array(UINT32, bytes(4 * (len(order) + 1)))
        for _, _, keys in self.affecting:
            for key in keys:
                if key in order:
                    starts[order[key]] += 1
        total = 0
        for place, count in enumerate(starts):  # where the components of each end, for now
            starts[place] = total = total + count
        places = array(UINT32, bytes(4 * total))
        for held in range(len(self.affecting) - 1, -1, -1):
            for key in self.affecting[held][2]:
                if key in order:
                    starts[order[key]] -= 1
                    places[starts[order[key]]] = held
        return starts, places

    def warm(self) -> AffectedComponents:
        """Sort now what lists need, so that nobody waits for it."""
        list(self.walk(VulnerabilityOrder.SCORE, None))
        self.named(())
        self.ranked(0, 0)
        self.containing("")
        self.in_packages("pkg:")
        list(self.affecting_by(("",)))
        return self


def _rank(vulnerability: Vulnerability) -> int:
    score = vulnerability.cvss_score
    return _UNSCORED if score is None or not score.is_finite() else int(round_score(score) * 10)
