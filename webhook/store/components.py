"""Components: which are due, and the answers of a source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from webhook.model.components import ComponentState
from webhook.model.downloads import Names, RecordResult, WantedComponent
from webhook.model.purls import Purl
from webhook.store.componentids import IdHints
from webhook.store.database import Database, current_revision
from webhook.store.interruptions import persistent
from webhook.store.queries import VULNERABILITY_COLUMNS, among, raw_rows
from webhook.store.recording import Batch, record
from webhook.store.rows import read_vulnerability
from webhook.store.runs import require_run
from webhook.store.spellings import names
from webhook.store.tables.components import components
from webhook.store.tables.vulnerabilities import findings, vulnerabilities
from webhook.store.workorder import wanted

if TYPE_CHECKING:
    from webhook.model.leases import Lease
    from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
    from webhook.ports import AutoAssess


class ComponentRepository:
    """The components of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._hints = database, IdHints()

    @persistent
    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        """Covered components whose answer is missing or older than ``ttl``, in the order of work.

        Those of images that were seen come first; among equals those never answered before stale ones, then those in
        more images. A component that the source left out of an answer is due again after ``ttl``, too. The sequence
        reads the purls from the database as it is walked, a page at a time.

        Args:
            now: the time.
            ttl: how long an answer, or a question that got none, is good for.

        Raises:
            StoreError: the database does not answer; while walking, too.
        """
        return wanted(self._database, now - ttl, self._hints)

    @persistent
    def fresh(self, purls: Sequence[Purl], *, now: dt.datetime, ttl: dt.timedelta) -> frozenset[Purl]:
        """Those of some components that are covered and not :meth:`wanted`, whatever the number of all.

        Args:
            purls: components; those that the store does not know are left out.
            now: the time.
            ttl: how long an answer, or a question that got none, is good for.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            query = select(components.c.purl).where(
                among(connection, components.c.purl, purls),
                components.c.state != ComponentState.NOT_COVERED,
                or_(*(at > int((now - ttl).timestamp()) for at in (components.c.answered_at, components.c.asked_at))),
            )
            return frozenset(Purl(purl) for portion in raw_rows(connection, query) for (purl,) in portion)

    @persistent
    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        """What helps a source to ask for these components, for those of which there is anything.

        Args:
            purls: components.
            settled_after: answers to forms that are older do not count.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return names(connection, purls, settled_after, self._hints)

    @persistent
    def covered(self) -> int:
        """How many components a source covers, whether or not they are wanted.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(func.count()).select_from(components).where(components.c.state != ComponentState.NOT_COVERED)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    @persistent
    def not_covered(self) -> Mapping[str, int]:
        """How many components no source covers, by purl type.

        Raises:
            StoreError: the database does not answer.
        """
        position = func.instr if self._database.is_sqlite else func.strpos
        kind = func.substr(components.c.purl, 5, position(components.c.purl, "/") - 5)
        query = (
            select(kind, func.count())
            .where(components.c.state == ComponentState.NOT_COVERED)
            .group_by(kind)
            .order_by(kind)
        )
        with self._database.read() as connection:
            return {str(name): int(count) for name, count in connection.execute(query)}

    @persistent
    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl] = (),
        assess: AutoAssess,
        now: dt.datetime,
        settled: Sequence[tuple[Purl, Purl]] = (),
        reassess_on_score_change: bool = False,
        lease: Lease | None = None,
    ) -> RecordResult:
        """Commit a batch with its automatic assessments and one revision, or nothing at all.

        Recording the same batch again changes nothing but the revision. An answer that is older than the one in the
        database is ignored. A component in ``unanswered`` keeps the answer it had, if any (how old that may be is for
        the policy to say); it is only noted that it was asked.

        Args:
            answers: what the source said; of two for one component the last counts.
            unanswered: components that the source was asked for and left out.
            assess: today's ranges, applied as :func:`webhook.policy.automatic.assessments_by_score` says; inside the
                transaction, so it must not touch the store.
            now: when the answers arrived.
            settled: components with a form of which the source knows nothing.
            reassess_on_score_change: call ``assess``, too, for pairs whose newest assessment is automatic and was made
                for another score (rounded to one decimal).
            lease: of the run that asked; None for answers that no run asked for.

        Raises:
            LeaseLost: the lease is no longer in force; nothing was recorded.
            StoreError: nothing was recorded.
        """
        if not answers and not unanswered:
            with self._database.read() as connection:
                return RecordResult(0, 0, 0, current_revision(connection))
        batch = Batch(answers, unanswered, settled, assess, now, reassess_on_score_change)
        with self._database.change() as change:
            result = record(change, batch, self._hints)
            if lease is not None:
                require_run(change.connection, lease)
            return result

    @persistent
    def unassessed_pairs(self) -> Iterable[tuple[Vulnerability, str]]:
        """Every (vulnerability, package) that is affected now, assessed or not, for ``assess --existing``.

        Raises:
            StoreError: the database does not answer.
        """
        query = select(findings.c.vulnerability_id, components.c.purl).join_from(findings, components)
        with self._database.read() as connection:
            rows = (row for portion in raw_rows(connection, query) for row in portion)
            pairs = sorted({(identifier, Purl(purl).package) for identifier, purl in rows})
            known: dict[str, Vulnerability] = {}
            affecting = sorted({identifier for identifier, _ in pairs})
            some = select(*VULNERABILITY_COLUMNS).where(among(connection, vulnerabilities.c.id, affecting))
            for portion in raw_rows(connection, some):
                known.update({row[0]: read_vulnerability(row) for row in portion})
        return [(known[identifier], package) for identifier, package in pairs]
