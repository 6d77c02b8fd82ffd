"""Advisories by source and ecosystem, each set in one compressed row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from webhook.model.advisories import (
    AdvisorySet,
    AdvisorySetInfo,
    FetchedSet,
    MatchedEcosystem,
    MatchProgress,
    RecordList,
)
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import Rating
from webhook.store.advisoryrows import asked_scores_of, having, infos_of, is_of, packed, ratings_of, read_list, read_set
from webhook.store.changednames import components_under, kept_names, merged_names
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.matching import record_matches
from webhook.store.matchprogress import confirm_ecosystem, note_matched, note_through, progress_of
from webhook.store.queries import raw_rows, rows_among
from webhook.store.tables.advisories import advisory_sets, advisory_state
from webhook.store.tables.components import components
from webhook.store.values import to_json

if TYPE_CHECKING:
    from webhook.model.advisories import ComponentMatch
    from webhook.model.downloads import RecordResult
    from webhook.ports import AutoAssess

_S = advisory_sets.c


class AdvisoryRepository:
    """The advisories of the database; implements ``AdvisoryStore``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @persistent
    def sets(self) -> Sequence[AdvisorySetInfo]:
        """What is kept, by source and ecosystem, without the advisories.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return infos_of(connection)

    @persistent
    def load(self, source: str, ecosystem: str) -> AdvisorySet | None:
        """The advisories of a set; None when there are none, or another program's.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(_S.payload).where(_S.source == source, _S.ecosystem == ecosystem)
        with self._database.read() as connection:
            payload = connection.execute(query).scalar()
        return read_set(payload)

    @persistent
    def listed(self, source: str, ecosystem: str, digest: str) -> RecordList | None:
        """The records that the set with a digest was made from; None when that is not known.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(_S.listed).where(_S.source == source, _S.ecosystem == ecosystem, _S.digest == digest)
        with self._database.read() as connection:
            payload = connection.execute(query).scalar()
        return read_list(payload)

    @persistent
    def keep(self, fetched: FetchedSet, at: dt.datetime, former: str, names: Collection[str] | None = None) -> bool:
        """Replace a set as a whole, or note that it is still the newest one.

        Args:
            fetched: what the source has.
            at: when it was asked, UTC.
            former: digest of the set that is replaced; empty for none. Of two processes that replace it at once the
                second changes nothing, because it may have what is older.
            names: of packages about which it says something else than the former one; None when they are not known.

        Returns:
            Whether it was kept.

        Raises:
            StoreError: nothing was changed.
        """
        mine = (_S.source == fetched.source) & (_S.ecosystem == fetched.ecosystem)
        if fetched.content is None:
            with self._database.write() as connection:
                those = update(advisory_sets).where(mine, _S.digest == former)
                return connection.execute(those.values(checked_at=at, tag=fetched.tag)).rowcount > 0
        values = {
            "digest": fetched.digest,
            "tag": fetched.tag,
            "checked_at": at,
            "changed_at": at,
            "advisories": len(fetched.content.advisories),
            "counts": to_json(fetched.content.counts),
            "newest": fetched.content.newest,
            "is_unreadable": False,
            "signature": fetched.signature,
            "payload": packed(fetched.content),
            "listed": None if fetched.listed is None else packed(fetched.listed),
        }
        key = (fetched.source, fetched.ecosystem)
        with self._database.write() as connection:
            values["changed_names"] = merged_names(connection, key, former, fetched.digest, names)
            upsert = self._database.upsert(advisory_sets).values(source=key[0], ecosystem=key[1], **values)
            # Without a former one only the first to come finds none.
            conflict = upsert.on_conflict_do_update(
                index_elements=["source", "ecosystem"], set_=values, where=_S.digest == former
            )
            return connection.execute(conflict.returning(_S.source)).first() is not None

    @persistent
    def changed_names(self, source: str, ecosystem: str, since: str, until: str) -> Collection[str] | None:
        """Names of packages about which two versions of a set, given by their digests, do not say the same.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            kept = kept_names(connection, (source, ecosystem))
        return kept.names if kept is not None and (kept.since, kept.until) == (since, until) else None

    @persistent
    def under(self, ecosystem: str, names: Collection[str]) -> Sequence[tuple[int, Purl]]:
        """Components whose advisories may be kept under one of some names, and possibly others.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.snapshot() as snapshot:
            return list(components_under(snapshot, ecosystem, sorted(names)))

    @persistent
    def drop(self, source: str, ecosystem: str) -> None:
        """Remove a set; what it said of components stays until they are matched again.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.write() as connection:
            connection.execute(delete(advisory_sets).where(_S.source == source, _S.ecosystem == ecosystem))

    @persistent
    def note_readable(self, info: AdvisorySetInfo, *, is_unreadable: bool) -> None:
        """Note whether a set can be read, unless it has been replaced.

        Raises:
            StoreError: nothing was changed.
        """
        mine = (_S.source == info.source) & (_S.ecosystem == info.ecosystem) & (_S.changed_at == info.changed_at)
        with self._database.write() as connection:
            connection.execute(update(advisory_sets).where(mine).values(is_unreadable=is_unreadable))

    @persistent
    def progress(self) -> MatchProgress:
        """With which sets components were matched, and how far.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return progress_of(connection)

    @persistent
    def asked_scores(self) -> Mapping[str, Decimal]:
        """The highest score that an asked source gives, by id and alias in upper case.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return asked_scores_of(connection)

    @persistent
    def ratings(self) -> Mapping[tuple[str, str], Rating]:
        """The ratings of vulnerabilities that advisories are about, by source and id.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return ratings_of(connection)

    @persistent
    def having(self, ids: Sequence[str]) -> Sequence[tuple[int, Purl]]:
        """Components that have one of some vulnerabilities, in order.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            found = {(number, purl) for rows in rows_among(connection, having, ids) for number, purl in rows}
        return [(number, Purl(purl)) for number, purl in sorted(found)]

    @persistent
    def components(self, after: int, most: int) -> Sequence[tuple[int, Purl]]:
        """Components with a larger id, in order.

        Raises:
            StoreError: the database does not answer.
        """
        query = (
            select(components.c.id, components.c.purl)
            .where(components.c.id > after)
            .order_by(components.c.id)
            .limit(most)
        )
        with self._database.read() as connection:
            return [(number, Purl(purl)) for rows in raw_rows(connection, query) for number, purl in rows]

    @persistent
    def record(
        self, fingerprint: str, found: Sequence[ComponentMatch], *, assess: AutoAssess, now: dt.datetime, reassess: bool
    ) -> RecordResult | None:
        """Keep what advisories say of some components, with automatic assessments; one transaction.

        Args:
            fingerprint: of the sets that were matched; nothing is kept when the store has others now.
            found: what they say; a component without an ecosystem is not covered.
            assess: today's CVSS ranges.
            now: the time, UTC.
            reassess: see ``ComponentStore.record``.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change(lazily=True) as change:
            if not is_of(fingerprint, change.connection):
                change.discarded = True
                return None
            result, changed = record_matches(self._database, change, found, assess, now, reassess=reassess)
            change.unchanged = not changed
            return result

    @persistent
    def finish(
        self, fingerprint: str, through: int, matched: Sequence[MatchedEcosystem], *, asks: bool, is_settled: bool
    ) -> bool:
        """Note that all components up to one were matched.

        Args:
            fingerprint: of the sets.
            through: id of the last component.
            matched: every ecosystem that has sets; what is known of others is forgotten.
            asks: whether a source is asked, too.
            is_settled: whether all sets were read, so that scores are what they should be.

        Returns:
            False when the store has other sets now; nothing is noted then.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change() as change:
            connection = change.connection
            if not is_of(fingerprint, connection):
                change.discarded = True
                return False
            note_matched(connection, matched)
            if not fingerprint:  # there are no advisories any more
                connection.execute(delete(advisory_state))
                connection.execute(update(components).values(revision=change.revision))
                return True
            values = {"through": through, "asks": asks} | ({"fingerprint": fingerprint} if is_settled else {})
            note_through(self._database, change, values)
        return True

    @persistent
    def confirm(self, ecosystem: str, mark: str, at: dt.datetime) -> None:
        """Note that what sets with this mark say of components is as of a later time.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change() as change:
            change.discarded = not confirm_ecosystem(change.connection, ecosystem, mark, at)
