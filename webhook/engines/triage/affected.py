"""What affects what: vulnerable components and their vulnerabilities, in the orders of the lists."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from webhook.model.purls import Purl
from webhook.model.triage import Key, VulnerabilityOrder
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.scores import round_score

Affecting = Sequence[tuple[int, Purl, tuple[str, ...]]]
"""Number, purl and vulnerability ids of every vulnerable component."""
_UNSCORED = -1
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Affected:
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

    def walk(self, order: VulnerabilityOrder, after: Key | None) -> Iterator[str]:
        """The ids in the order of a list, behind a key of :meth:`key`."""
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
        """Ids with a rank, ten times the rounded score and -1 without one, from one to another."""
        return frozenset(chain.from_iterable(keys for rank, keys in self._by_rank.items() if low <= rank <= high))

    @cached_property
    def _by_rank(self) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for key, rank in self._ranks.items():
            found.setdefault(rank, []).append(key)
        return found

    def seen_since(self, moment: dt.datetime) -> set[str]:
        """Ids that entered the store then or later."""
        start = (moment - _EPOCH) // dt.timedelta(microseconds=1)
        return {key for key in self.facts if self.first_seen.get(key, 0) >= start}

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
            for name in vulnerability.identifiers:
                folded = name.casefold()
                found[folded] = (*found.get(folded, ()), key)
        return found

    @cached_property
    def packages(self) -> Mapping[str, Sequence[tuple[int, Purl]]]:
        """The vulnerable components of each package."""
        found: dict[str, list[tuple[int, Purl]]] = {}
        for number, purl, _ in self.affecting:
            found.setdefault(purl.package, []).append((number, purl))
        return found

    @cached_property
    def searched(self) -> Sequence[tuple[str, str, int]]:
        """Each of these packages with its purl in lower case, and where in that its name begins."""
        lowered = ((package, package.lower()) for package in self.packages)
        return [
            (package, package if package == lower else lower, lower.rfind("/") + 1)  # one text where it is the same
            for package, lower in lowered
        ]

    def affected_by(self, numbers: Iterable[int]) -> set[str]:
        """Ids that affect one of these components."""
        return {key for number in numbers for key in self.found.get(number, ())}

    def warm(self) -> Affected:
        """Sort now what lists need, so that nobody waits for it."""
        list(self.walk(VulnerabilityOrder.SCORE, None))
        self.named(())
        self.ranked(0, 0)
        self.containing("")
        len(self.searched)
        return self


def _rank(vulnerability: Vulnerability) -> int:
    score = vulnerability.cvss_score
    return _UNSCORED if score is None or not score.is_finite() else int(round_score(score) * 10)
