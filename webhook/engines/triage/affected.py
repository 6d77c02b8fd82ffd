"""What affects what: vulnerable components and their vulnerabilities, in the orders of the lists."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from webhook.model.changes import UINT32
from webhook.model.purls import Purl
from webhook.model.triage import ANY_TYPE, Key, VulnerabilityOrder
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.imagenames import matches_wildcards
from webhook.policy.scores import round_score

Affecting = Sequence[tuple[int, Purl, tuple[str, ...]]]
"""Number, purl and vulnerability ids of every vulnerable component."""
_UNSCORED = -1
_MOST_PATTERN = 200
_LAST = "\U0010ffff"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SEPARATORS = re.compile(r"[-_.]+")
_PYTHON = "pkg:pypi*/"
"""How a pattern of Python packages begins; see ``PackageScan.pattern``."""


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

    def in_packages(self, pattern: str) -> set[int]:
        """Numbers of the components whose name, or purl where it begins with ``pkg:``, matches a glob without case.

        The name of a Python package may be written with dots or underscores.
        """
        glob, is_purl = pattern[:_MOST_PATTERN].lower(), pattern.startswith("pkg:")
        found = self._matching(glob, is_purl=is_purl)
        if is_purl and not glob.startswith((ANY_TYPE, _PYTHON)):
            return found
        name, at, version = glob.partition("@")
        hyphened = f"{_SEPARATORS.sub('-', name)}{at}{version}"
        return found if hyphened == glob else found | self._matching(hyphened, is_purl=is_purl, of="pkg:pypi/")

    def _matching(self, glob: str, *, is_purl: bool, of: str = "") -> set[int]:
        lines, starts, first, last = self._packages.lines, self._packages.starts, 0, len(self._packages.lines)
        if of:
            first, last = bisect_left(lines, of), bisect_left(lines, of + _LAST)
        elif is_purl:
            beginning = glob.partition("*")[0].partition("@")[0]
            first, last = bisect_left(lines, beginning), bisect_left(lines, beginning + _LAST)
            if glob == f"{beginning}*":
                return set(self._packages.numbers[starts[first] : starts[last]])
        rarest, matches = max(glob.partition("@")[0].split("*"), key=len), _matcher(glob)
        found: set[int] = set()
        for place in range(first, last):
            line = lines[place]
            if rarest not in line:
                continue
            start, end = starts[place], starts[place + 1]
            if matches(line, 0 if is_purl else line.rfind("/") + 1):
                found.update(self._packages.numbers[start:end])
            elif is_purl:
                components = self._packages.components[start:end]
                found.update(number for number, purl, _ in components if matches(purl.coordinates.lower(), 0))
        return found

    @cached_property
    def _packages(self) -> _Packages:
        return _Packages.of(self.affecting)

    def affected_by(self, numbers: Iterable[int]) -> set[str]:
        """Ids that affect one of these components."""
        return {key for number in numbers for key in self.found.get(number, ())}

    def warm(self) -> AffectedComponents:
        """Sort now what lists need, so that nobody waits for it."""
        list(self.walk(VulnerabilityOrder.SCORE, None))
        self.named(())
        self.ranked(0, 0)
        self.containing("")
        self.in_packages("pkg:")
        return self


@dataclass(frozen=True, slots=True)
class _Packages:
    """The vulnerable components by package.

    Attributes:
        lines: packages in lower case, sorted.
        starts: where the components of each begin, and where those of the last end.
        components: in this order.
        numbers: of these components.
    """

    lines: Sequence[str]
    starts: Sequence[int]
    components: Affecting
    numbers: Sequence[int]

    @classmethod
    def of(cls, affecting: Affecting) -> _Packages:
        ordered = sorted(affecting, key=lambda component: component[1].package.lower())
        lines: list[str] = []
        starts = array(UINT32)
        for place, (_, purl, _) in enumerate(ordered):
            line = purl.package.lower()
            if not lines or lines[-1] != line:
                lines.append(line)
                starts.append(place)
        starts.append(len(ordered))
        return cls(lines, starts, ordered, array(UINT32, (number for number, _, _ in ordered)))


def _matcher(glob: str) -> Callable[[str, int], bool]:
    """Whether what a text has from a place on matches a glob."""
    beginning, star, rest = glob.partition("*")
    if star and not rest:
        return lambda text, place: text.startswith(beginning, place)
    return lambda text, place: matches_wildcards(glob, text[place:])


def _rank(vulnerability: Vulnerability) -> int:
    score = vulnerability.cvss_score
    return _UNSCORED if score is None or not score.is_finite() else int(round_score(score) * 10)
