"""The advisory index: what all sources of advisories together say of a component, at any moment and offline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import NamedTuple

from webhook.model.advisories import Advisory, AdvisorySet, AffectedVersions
from webhook.model.components import ComponentState
from webhook.model.distributions import context_of
from webhook.model.purls import Purl
from webhook.model.uncovered import Uncovered
from webhook.model.vulnerabilities import ASKED, Vulnerability
from webhook.policy.advisories import score_of_vector
from webhook.policy.advisorykeys import (
    DISTRIBUTIONS,
    LANGUAGES,
    WITHOUT_EPOCHS,
    AdvisoryKey,
    advisory_keys,
    ecosystem_of,
    is_source_known,
)
from webhook.policy.advisorynames import OtherNames
from webhook.policy.affected import UNSURE, Match, VersionOrder, is_abandoned
from webhook.policy.scores import LOWEST, is_scored
from webhook.policy.severitywords import WORDS


class AdvisoryAnswer(NamedTuple):
    """What the advisories say of a component.

    Attributes:
        state: NOT_COVERED when no set is about it; UNKNOWN when its version cannot be compared, and nothing else says
            that it is vulnerable.
        vulnerabilities: those that it has, by id.
        fixed: by id of a vulnerability, the next version that does not have it; where one is known.
        sources: by id of a vulnerability, who says so; where several sources have sets of the ecosystem.
        uncovered: why, where the component is not covered.
    """

    state: ComponentState
    vulnerabilities: tuple[Vulnerability, ...] = ()
    fixed: Mapping[str, str] = {}
    sources: Mapping[str, tuple[str, ...]] = {}
    uncovered: Uncovered | None = None


_CLEAN, _UNKNOWN = AdvisoryAnswer(ComponentState.CLEAN), AdvisoryAnswer(ComponentState.UNKNOWN)
_NOT_COVERED = {why: AdvisoryAnswer(ComponentState.NOT_COVERED, uncovered=why) for why in Uncovered}


class Rating(NamedTuple):
    """A score, the vector that gives it, if one does, and whose it is if not the advisory's; see ``score_origin``."""

    score: Decimal | None
    vector: str = ""
    origin: str = ""


_UNRATED = Rating(None)


class AdvisoryIndex:
    """The advisories of some sets.

    Args:
        sets: by name of the source and ecosystem.
        words: the scores of severity words, by name of the source; :data:`WORDS` for sources that are not among them.
        asked: the scores that asked sources gave, by id and alias in upper case.
        scores: of vectors, as another index has computed them; this one adds to them.
        former: ratings that vulnerabilities had, by id. Where a set is missing that they were borrowed from, they count
            beside those of the sets that are here.
    """

    def __init__(
        self,
        sets: Mapping[tuple[str, str], AdvisorySet],
        words: Mapping[str, Mapping[str, Decimal]] | None = None,
        asked: Mapping[str, Decimal] | None = None,
        former: Mapping[str, Rating] | None = None,
        scores: dict[str, Decimal | None] | None = None,
    ) -> None:
        self._words, self._asked, self._former = words or {}, asked or {}, former or {}
        self._sets: dict[str, list[tuple[str, AdvisorySet]]] = {}
        for (source, ecosystem), content in sorted(sets.items()):
            self._sets.setdefault(ecosystem, []).append((source, content))
        self._places = {
            (source, ecosystem): frozenset(name.partition("/")[0] for name in content.packages)
            for (source, ecosystem), content in sets.items()
            if ecosystem in DISTRIBUTIONS
        }
        kinds = {*LANGUAGES.values(), *(kind for kind, _ in DISTRIBUTIONS.values())}
        self._orders = {kind: VersionOrder(kind) for kind in kinds}
        self._without_epochs = VersionOrder("rpm", has_epochs=False)
        self._described: dict[tuple[str, str], Vulnerability] = {}
        self._vectors: Mapping[str, Set[str]] | None = None
        self.scores = {} if scores is None else scores
        self._by_id: dict[tuple[str, str], Advisory] = {}
        self._others: dict[tuple[str, str], OtherNames] = {}

    def covers(self, purl: Purl) -> bool:
        """Whether advisories are about such a component."""
        keys, sets = self._about(purl)
        if not keys or not sets:
            return False
        return is_source_known(purl) or self.match(purl).state is ComponentState.VULNERABLE

    def match(self, purl: Purl) -> AdvisoryAnswer:
        """What is known of a component.

        Args:
            purl: its key, with a version and its context.
        """
        keys, sets = self._about(purl)
        if not keys or not sets:
            return _NOT_COVERED[self._why_uncovered(purl, bool(keys))]
        found: dict[str, Vulnerability] = {}
        fixed, sources, unsure = dict[str, str](), dict[str, tuple[str, ...]](), False
        for source, content in sets:
            for number, matched in self._matches(source, content, keys, purl):
                if matched.is_affected:
                    vulnerability = self._vulnerability(source, content.advisories[number])
                    found[vulnerability.id] = vulnerability
                    if matched.fixed:
                        fixed[vulnerability.id] = matched.fixed
                    if len(sets) > 1 and source not in (said := sources.get(vulnerability.id, ())):
                        sources[vulnerability.id] = (*said, source)
                unsure = unsure or matched.is_affected is None
        if found:
            return AdvisoryAnswer(ComponentState.VULNERABLE, tuple(found[key] for key in sorted(found)), fixed, sources)
        if not is_source_known(purl):
            return _NOT_COVERED[Uncovered.NO_SOURCE_PACKAGE]  # what is said of that is said under another name
        return _UNKNOWN if unsure else _CLEAN

    def _why_uncovered(self, purl: Purl, has_keys: bool) -> Uncovered:
        """Why no advisory is about a component, whatever its version."""
        if ecosystem_of(purl) not in self._sets:
            return Uncovered.NO_SOURCE
        if has_keys:
            return Uncovered.NO_ADVISORIES
        return Uncovered.NO_SOURCE if context_of(purl).is_located else Uncovered.NO_RELEASE

    def _about(self, purl: Purl) -> tuple[Sequence[AdvisoryKey], Sequence[tuple[str, AdvisorySet]]]:
        """Under which names a component's advisories are kept, and the sets that may have some."""
        ecosystem = ecosystem_of(purl)
        sets = self._sets.get(ecosystem, ())
        keys = advisory_keys(purl) if sets else ()
        if keys and ecosystem in DISTRIBUTIONS:
            # Of a release that no advisory is about nobody said that its packages are clean.
            places = {key.name.partition("/")[0] for key in keys if not key.is_beside}
            sets = [pair for pair in sets if not places.isdisjoint(self._places[pair[0], ecosystem])]
        return keys, sets

    def _matches(
        self, source: str, content: AdvisorySet, keys: Iterable[AdvisoryKey], purl: Purl
    ) -> Iterator[tuple[int, Match]]:
        """What each advisory of a set that may be about a component says of its version."""
        ecosystem = ecosystem_of(purl)
        order = self._without_epochs if ecosystem in WITHOUT_EPOCHS else self._orders[purl.type]
        others = self._other_names(source, ecosystem, content)
        decided, released = set[int](), set[int]()
        for key in keys:
            older: list[AffectedVersions] = []
            for affected in content.packages.get(key.name, ()):
                if affected.advisory in (released if key.is_beside else decided):
                    continue
                if key.decides:
                    decided.add(affected.advisory)
                if not key.is_beside:
                    released.add(affected.advisory)
                matched = order.match(key.version, affected)
                if matched.is_older:
                    older.append(affected)
                yield affected.advisory, matched
            if older and is_abandoned(content, key, older):
                yield older[0].advisory, UNSURE
            for name in others.of(key.name, content.packages):
                for affected in content.packages[name]:
                    matched = order.match(key.version, affected)
                    yield affected.advisory, matched if others.are_certain or not matched.is_affected else UNSURE

    def _other_names(self, source: str, ecosystem: str, content: AdvisorySet) -> OtherNames:
        if (source, ecosystem) not in self._others:
            self._others[source, ecosystem] = OtherNames(ecosystem, content.packages)
        return self._others[source, ecosystem]

    def is_rated_otherwise(self, source: str, key: str, known: Rating) -> bool:
        """Whether a vulnerability has another rating than the known one; not when no advisory is about it.

        Args:
            source: whose advisory.
            key: id of the vulnerability, with or without the name of the source before it.
            known: its rating.
        """
        if not self._by_id:
            self._by_id = {(name, advisory.id): advisory for name, advisory in self._all()}
        advisory = self._by_id.get((source, key)) or self._by_id.get((source, key.removeprefix(f"{source}:")))
        if advisory is None or (known.vector and not known.origin and known.vector == advisory.vector):
            return False
        return self._rated(source, advisory) != known

    def _vulnerability(self, source: str, advisory: Advisory) -> Vulnerability:
        key = (source, advisory.id)
        if key not in self._described:
            self._described[key] = self._describe(source, advisory)
        return self._described[key]

    def _describe(self, source: str, advisory: Advisory) -> Vulnerability:
        rating = self._rated(source, advisory)
        notes = [f"About {', '.join(advisory.parts[:20])}." if len(advisory.parts) > 1 else ""]
        if advisory.ended:
            notes.append(f"No fix will come for {', '.join(advisory.ended[:10])}, which are at their end of life.")
        title = advisory.summary or advisory.details.partition(". ")[0][:300]
        is_cve = advisory.id.startswith("CVE-")
        return Vulnerability(
            id=_id_of(source, advisory),
            title=title,
            cvss_score=rating.score,
            cvss_vector=rating.vector or None,
            reference=advisory.reference or f"https://osv.dev/vulnerability/{advisory.id}",
            aliases=tuple(sorted({*advisory.aliases, *([advisory.id] if is_cve else [])})),
            description=" ".join(filter(None, [*notes, advisory.details])),
            source=source,
            scored_from_vector=rating.score is not None and not rating.origin,
            score_origin=rating.origin,
        )

    def _rated(self, source: str, advisory: Advisory) -> Rating:
        score = self._score(advisory.vector) if advisory.vector else None
        return Rating(score, advisory.vector) if score is not None else self._borrowed(source, advisory)

    def _borrowed(self, source: str, advisory: Advisory) -> Rating:
        """The highest score that others have for the same vulnerability, or for a part of it; else that of the word.

        The word counts beside them as long as one of several parts has no score.
        """
        if self._vectors is None:
            self._vectors = _vectors(advisory for _, advisory in self._all())
        found: list[Rating] = []
        unrated = set(advisory.parts) if len(advisory.parts) > 1 else set()
        for name in (*advisory.aliases, *advisory.parts):
            said = [Rating(self._score(vector), vector, name) for vector in self._vectors.get(name, ())]
            said.append(Rating(self._asked.get(name.upper()), "", f"{ASKED}:{name}"))
            if scored := [rating for rating in said if is_scored(rating.score)]:
                found += scored
                unrated.discard(name)
        word = Rating(self._words.get(source, WORDS).get(advisory.word), "", f"word:{advisory.word}")
        if word.score is not None and (unrated or not found):  # the worst part may be one that nobody has scored
            found.append(word)
        if (former := self._former.get(_id_of(source, advisory))) is not None and is_scored(former.score):
            found.append(former)
        return max(found, key=lambda rating: (rating.score or LOWEST, rating.vector, rating.origin), default=_UNRATED)

    def _score(self, vector: str) -> Decimal | None:
        if vector not in self.scores:
            self.scores[vector] = score_of_vector(vector)
        return self.scores[vector]

    def _all(self) -> Iterator[tuple[str, Advisory]]:
        for sets in self._sets.values():
            for source, content in sets:
                yield from ((source, advisory) for advisory in content.advisories)


def _id_of(source: str, advisory: Advisory) -> str:
    """What asked sources call by its CVE is theirs: a source says nothing about another's."""
    return f"{source}:{advisory.id}" if advisory.id.startswith("CVE-") else advisory.id


def _vectors(advisories: Iterable[Advisory]) -> Mapping[str, Set[str]]:
    """All vectors by id and alias; names with one vector, nearly all, share it."""
    found: dict[str, frozenset[str] | set[str]] = {}
    alone: dict[str, frozenset[str]] = {}
    for advisory in advisories:
        if not advisory.vector:
            continue
        vector = alone.setdefault(advisory.vector, frozenset([advisory.vector]))
        for name in (advisory.id, *advisory.aliases):
            there = found.setdefault(name, vector)
            if isinstance(there, set):
                there |= vector
            elif there is not vector:
                found[name] = {*there, *vector}
    return found
