"""Where advisories come from, and where they and what they say of components are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from webhook.model.advisories import (
        AdvisorySet,
        AdvisorySetInfo,
        ComponentMatch,
        FetchedSet,
        FormerSet,
        MatchedEcosystem,
        MatchProgress,
        RecordList,
    )
    from webhook.model.downloads import RecordResult
    from webhook.model.purls import Purl
    from webhook.policy.advisoryindex import Rating
    from webhook.ports.decisions import AutoAssess


class AdvisorySource(Protocol):
    """Somebody who publishes advisories, such as a mirror of OSV."""

    @property
    def name(self) -> str:
        """As the settings have it."""

    @property
    def ecosystems(self) -> Sequence[str]:
        """What is taken from it."""

    def fetch(
        self, ecosystem: str, known: AdvisorySetInfo | None, former: Callable[[], FormerSet | None]
    ) -> FetchedSet:
        """The advisories of an ecosystem, unless they are what is known already.

        Args:
            ecosystem: one of those above.
            known: what is here; None for nothing.
            former: gives what is here; None where that cannot be read, or is not known record by record.

        Raises:
            SourceError: it did not answer, or what it has cannot be used as a whole.
        """


class AdvisoryStore(Protocol):
    """Advisories by source and ecosystem, and what they say of the components of the store."""

    def sets(self) -> Sequence[AdvisorySetInfo]:
        """What is kept, without the advisories."""

    def load(self, source: str, ecosystem: str) -> AdvisorySet | None:
        """The advisories of a set; None when there are none that this program can read."""

    def listed(self, source: str, ecosystem: str, digest: str) -> RecordList | None:
        """The records that the set with a digest was made from; None when that is not known."""

    def keep(self, fetched: FetchedSet, at: dt.datetime, former: str, names: Collection[str] | None = None) -> bool:
        """Replace a set as a whole, or note that it is still the newest one.

        Nothing is kept, and the answer is False, when the digest of the set is not ``former`` any more. ``names`` are
        those of packages about which it says something else than the former one; None when they are not known.
        """

    def changed_names(self, source: str, ecosystem: str, since: str, until: str) -> Collection[str] | None:
        """Names of packages about which two versions of a set, given by their digests, do not say the same.

        None when that is not known.
        """

    def under(self, ecosystem: str, names: Collection[str]) -> Sequence[tuple[int, Purl]]:
        """Components whose advisories may be kept under one of some names, and possibly others."""

    def drop(self, source: str, ecosystem: str) -> None:
        """Remove a set."""

    def note_readable(self, info: AdvisorySetInfo, *, is_unreadable: bool) -> None:
        """Note whether a set can be read, unless it has been replaced."""

    def progress(self) -> MatchProgress:
        """With which sets components were matched, and how far."""

    def asked_scores(self) -> Mapping[str, Decimal]:
        """The highest score that an asked source gives, by id and alias in upper case."""

    def ratings(self) -> Mapping[tuple[str, str], Rating]:
        """The ratings of vulnerabilities that advisories are about, by source and id."""

    def having(self, ids: Sequence[str]) -> Sequence[tuple[int, Purl]]:
        """Components that have one of some vulnerabilities, in order."""

    def components(self, after: int, most: int) -> Sequence[tuple[int, Purl]]:
        """Components with a larger id, in order."""

    def record(
        self, fingerprint: str, found: Sequence[ComponentMatch], *, assess: AutoAssess, now: dt.datetime, reassess: bool
    ) -> RecordResult | None:
        """Keep what advisories say of some components, with automatic assessments; one transaction.

        Nothing is kept, and None is returned, when the sets are not those of the fingerprint any more.
        """

    def finish(
        self, fingerprint: str, through: int, matched: Sequence[MatchedEcosystem], *, asks: bool, is_settled: bool
    ) -> bool:
        """Note that all components up to one were matched; False when the sets are others now.

        Args:
            fingerprint: of the sets.
            through: id of the last component.
            matched: every ecosystem that has sets; what is known of others is forgotten.
            asks: whether a source is asked, too.
            is_settled: whether all sets were read, so that scores are what they should be.
        """

    def confirm(self, ecosystem: str, mark: str, at: dt.datetime) -> None:
        """Note that what sets with this mark say of components is as of a later time."""
