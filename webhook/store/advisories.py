"""Advisories by source and ecosystem, each set in one compressed row."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from webhook.model.advisories import FORMAT, AdvisorySet, AdvisorySetInfo, FetchedSet, MatchProgress
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ASKED
from webhook.policy.advisoryindex import fingerprint_of
from webhook.store.database import Database
from webhook.store.interruptions import persistent
from webhook.store.matching import confirm_matches, record_matches
from webhook.store.queries import raw_rows
from webhook.store.rows import read_texts
from webhook.store.tables import advisory_sets, advisory_state, components, vulnerabilities
from webhook.store.values import to_json, to_moment

if TYPE_CHECKING:
    from webhook.model.advisories import ComponentMatch
    from webhook.model.downloads import RecordResult
    from webhook.ports import AutoAssess

_SET = msgspec.msgpack.Decoder(AdvisorySet)
_COUNTS = msgspec.json.Decoder(dict[str, int])
_LEVEL = 6
_MOST_BYTES = 2 * 1024 * 1024 * 1024
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
            return _infos(connection)

    @persistent
    def load(self, source: str, ecosystem: str) -> AdvisorySet | None:
        """The advisories of a set; None when there are none, or another program's.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(_S.payload).where(_S.source == source, _S.ecosystem == ecosystem)
        with self._database.read() as connection:
            payload = connection.execute(query).scalar()
        if payload is None:
            return None
        try:
            found = _SET.decode(zlib.decompressobj().decompress(payload, _MOST_BYTES))
        except (zlib.error, msgspec.DecodeError):
            return None
        return found if found.format == FORMAT else None

    @persistent
    def keep(self, fetched: FetchedSet, at: dt.datetime, former: str) -> bool:
        """Replace a set as a whole, or note that it is still the newest one.

        Args:
            fetched: what the source has.
            at: when it was asked, UTC.
            former: digest of the set that is replaced; empty for none. Of two processes that replace it at once the
                second changes nothing, because it may have what is older.

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
            "payload": zlib.compress(msgspec.msgpack.encode(fetched.content), _LEVEL),
        }
        upsert = self._database.upsert(advisory_sets).values(
            source=fetched.source, ecosystem=fetched.ecosystem, **values
        )
        with self._database.write() as connection:
            # Without a former one only the first to come finds none.
            conflict = upsert.on_conflict_do_update(
                index_elements=["source", "ecosystem"], set_=values, where=_S.digest == former
            )
            return connection.execute(conflict.returning(_S.source)).first() is not None

    @persistent
    def drop(self, source: str, ecosystem: str) -> None:
        """Remove a set; what it said of components stays until they are matched again.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.write() as connection:
            connection.execute(delete(advisory_sets).where(_S.source == source, _S.ecosystem == ecosystem))

    @persistent
    def progress(self) -> MatchProgress:
        """With which sets components were matched, and how far.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            row = connection.execute(select(advisory_state.c.fingerprint, advisory_state.c.through)).one_or_none()
            newest = connection.execute(select(func.max(components.c.id))).scalar()
        fingerprint, through = ("", -1) if row is None else (row.fingerprint, row.through)
        return MatchProgress(fingerprint, through, -1 if newest is None else int(newest))

    @persistent
    def asked_scores(self) -> Mapping[str, Decimal]:
        """The highest score that an asked source gives, by id and alias in upper case.

        Raises:
            StoreError: the database does not answer.
        """
        scores: dict[str, Decimal] = {}
        asked = (vulnerabilities.c.source == ASKED) & (vulnerabilities.c.rank > 0)
        query = select(vulnerabilities.c.id, vulnerabilities.c.aliases, vulnerabilities.c.cvss_score).where(asked)
        with self._database.read() as connection:
            for key, aliases, score in connection.execute(query):
                for name in (key, *read_texts(aliases)):
                    scores[name.upper()] = max(score, scores.get(name.upper(), score))
        return scores

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
            if not _is_of(fingerprint, change.connection):
                change.discarded = True
                return None
            result, changed = record_matches(self._database, change, found, assess, now, reassess=reassess)
            change.unchanged = not changed
            return result

    @persistent
    def finish(self, fingerprint: str, through: int, *, asks: bool) -> bool:
        """Note that all components up to one were matched.

        Args:
            fingerprint: of the sets.
            through: id of the last component.
            asks: whether a source is asked, too.

        Returns:
            False when the store has other sets now; nothing is noted then.

        Raises:
            StoreError: nothing was changed.
        """
        values = {"fingerprint": fingerprint, "through": through, "asks": asks}
        with self._database.change() as change:
            connection = change.connection
            if not _is_of(fingerprint, connection):
                change.discarded = True
                return False
            row = connection.execute(select(advisory_state.c.through, advisory_state.c.asks)).one_or_none()
            if not fingerprint:  # there are no advisories any more
                connection.execute(delete(advisory_state))
                connection.execute(update(components).values(revision=change.revision))
                return True
            upsert = self._database.upsert(advisory_state).values(id=1, **values)
            connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))
            # What read models take for not matched yet, or for not asked, they have to be told of.
            before = -1 if row is None or bool(row.asks) != asks else row.through
            moved = (components.c.id > before) & (components.c.id <= through)
            connection.execute(update(components).where(moved).values(revision=change.revision))
        return True

    @persistent
    def confirm(self, ecosystem: str, at: dt.datetime) -> None:
        """Note that what advisories of an ecosystem say of components is as of a later time.

        Raises:
            StoreError: nothing was changed.
        """
        with self._database.change() as change:
            change.discarded = not confirm_matches(change, ecosystem, at)


def _is_of(fingerprint: str, connection: Connection) -> bool:
    """Whether a fingerprint is of the sets that are kept; what the settings make of them stands behind a plus sign."""
    return fingerprint_of(_infos(connection)) == fingerprint.partition("+")[0]


def _infos(connection: Connection) -> list[AdvisorySetInfo]:
    names = (_S.source, _S.ecosystem, _S.digest, _S.tag, _S.checked_at, _S.changed_at, _S.advisories, _S.counts)
    rows = [row for some in raw_rows(connection, select(*names).order_by(_S.source, _S.ecosystem)) for row in some]
    return [
        AdvisorySetInfo(
            source, ecosystem, digest, tag, to_moment(checked), to_moment(changed), advisories, _COUNTS.decode(counts)
        )
        for source, ecosystem, digest, tag, checked, changed, advisories, counts in rows
    ]
