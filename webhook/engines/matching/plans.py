"""Plans: which components have to be matched again, because sets of advisories have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from webhook.model.purls import Purl
from webhook.policy.advisorykeys import advisory_keys, ecosystem_of
from webhook.policy.advisorymarks import digest_in, sources_in
from webhook.policy.advisorynames import folded
from webhook.ports import AdvisoryStore

_MOST_NAMES = 20_000
"""With more, it is faster to look at all components of the ecosystem."""


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """What is to be matched again.

    Attributes:
        whole: ecosystems of which every component is.
        named: by ecosystem, the names of packages of which every component is.
    """

    whole: frozenset[str] = frozenset()
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.whole or self.named)

    @classmethod
    def of(cls, store: AdvisoryStore, marks: Mapping[str, str], matched: Mapping[str, str]) -> MatchPlan:
        """What is to be matched again.

        Args:
            store: knows which names have changed.
            marks: of the sets that there are, by ecosystem.
            matched: of the sets that components were matched with.

        Raises:
            StoreError: the database does not answer.
        """
        # An ecosystem without sets is to be forgotten.
        due = {name for name in {*marks, *matched} if marks.get(name) != matched.get(name)}
        named = {name: _names(store, name, matched.get(name, ""), marks.get(name, "")) for name in sorted(due)}
        return cls(
            frozenset(name for name, names in named.items() if names is None),
            {name: names for name, names in named.items() if names is not None},
        )

    def components(self, store: AdvisoryStore) -> Iterator[tuple[int, Purl]]:
        """The components of the packages that are named.

        Raises:
            StoreError: the database does not answer.
        """
        for ecosystem, names in self.named.items():
            folds = {folded(name) for name in names}
            for number, purl in store.under(ecosystem, names) if names else ():
                if ecosystem_of(purl) == ecosystem and any(folded(key.name) in folds for key in advisory_keys(purl)):
                    yield number, purl


def _names(store: AdvisoryStore, ecosystem: str, since: str, until: str) -> frozenset[str] | None:
    """Names of packages about which some sets and others do not say the same; None when that is not known."""
    if until and not any(digest_in(until, source) for source in sources_in(until)):
        return frozenset()  # none can be read
    if not since or not until or sources_in(since) != sources_in(until):
        return None
    found = set[str]()
    for source in sorted(sources_in(until)):
        former, digest = digest_in(since, source), digest_in(until, source)
        if not digest:  # it cannot be read; what it said stays
            continue
        if not former:
            return None
        names = store.changed_names(source, ecosystem, former, digest) if former != digest else ()
        if names is None or len(found) + len(names) > _MOST_NAMES:
            return None
        found.update(names)
    return frozenset(found)
