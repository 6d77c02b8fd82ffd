"""Deciding for one member alone, at the hub."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import structs
from msgspec.structs import replace

from webhook.engines.assessing.assessor import Assessor
from webhook.engines.assessing.targets import distinct_identifiers
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.policy.audit import noted
from webhook.policy.decisions import Decision, checked_author
from webhook.policy.loosening import ApprovalNeeded, is_plain_denial
from webhook.policy.precedence import counting, replaced_by
from webhook.policy.scopes import described, kept_scope
from webhook.policy.typetable import TypeTable
from webhook.policy.undo import Undo, no_such_batch, undone
from webhook.ports import Clock, ClusterDecisions, MemberStore


@dataclass(frozen=True)
class ClusterDesk:
    """Decides for one member. What it has, the hub does not know, so identifiers and packages are taken as they are.

    Attributes:
        members: of the hub.
        decisions: what was decided for single members.
        assessor: makes records.
        types: gives the types as they are now.
        clock: time.
        by_two: whether what loosens takes another person, so that what denies alone can be decided here.
    """

    members: MemberStore
    decisions: ClusterDecisions
    assessor: Assessor
    types: Callable[[], TypeTable]
    clock: Clock
    by_two: bool = False

    def assess(self, cluster: str, ids: Sequence[str], scope: Scope, decision: Decision) -> tuple[Assessment, ...]:
        """What a decision comes to; nothing is recorded yet.

        Args:
            cluster: the name of the member.
            ids: identifiers or aliases.
            scope: what it applies to there, in any accepted spelling.
            decision: what was decided.

        Raises:
            InvalidInput: a part cannot be used, or there is no such member.
            StoreError: the store did not answer.
        """
        self._require_member(cluster)
        return self.assessor.assess(ids, scope, decision, allow_unknown=True, dry_run=True)

    def clear(
        self, cluster: str, ids: Sequence[str], scope: Scope, *, author: str, comment: str
    ) -> tuple[Assessment, ...]:
        """What withdraws decisions for a member with exactly this scope; nothing is recorded yet.

        Args:
            cluster: the name of the member.
            ids: identifiers, as they were recorded, in any case.
            scope: of the decisions.
            author: who withdraws.
            comment: why; possibly empty.

        Raises:
            InvalidInput: there is nothing to withdraw for one of them.
            StoreError: the store did not answer.
        """
        self._require_member(cluster)
        narrowed, name = kept_scope(scope), checked_author(author)
        given = {
            record.vulnerability.casefold(): record for record in self.counting(cluster) if record.scope == narrowed
        }
        records = []
        for identifier in distinct_identifiers(ids):
            there = given.get(identifier.casefold())
            if there is None:
                raise InvalidInput(
                    f"Nothing was decided about {identifier} for {described(narrowed)} in {cluster} alone.",
                    remedy=f"See: bomgate fleet decisions {cluster}",
                )
            now = self.clock.now().replace(microsecond=0)
            records.append(structs.replace(there.withdrawal(name, comment.strip(), now), sequence=0, recorded_by=""))
        return tuple(records)

    def undo(self, cluster: str, batch: str, *, author: str) -> Undo:
        """What takes back all that one command decided for a member; nothing is recorded yet.

        Args:
            cluster: the name of the member.
            batch: its name.
            author: who takes it back.

        Raises:
            InvalidInput: there is no such member, or no such batch of it.
            StoreError: the store did not answer.
        """
        self._require_member(cluster)
        history = self.decisions.of(cluster)
        records = [record for record in history if record.batch == batch]
        if not records:
            raise no_such_batch(batch)
        return undone(records, history, checked_author(author), self.clock.now().replace(microsecond=0))

    def check_approval(self, records: Sequence[Assessment]) -> None:
        """Refuse what may loosen where that takes two people.

        Raises:
            ApprovalNeeded: one does.
        """
        if self.by_two and not all(is_plain_denial(record, self.types()) for record in records):
            raise ApprovalNeeded(
                "Another person has to approve this (requests.required).",
                remedy="Ask for it in that cluster (`bomgate requests create`), and let somebody else approve it here.",
            )

    def record(
        self,
        cluster: str,
        records: Sequence[Assessment],
        *,
        replaced: Sequence[Assessment],
        recorded_by: str,
        undoes: str = "",
    ) -> tuple[Assessment, ...]:
        """Record what was planned; the member has it within a second.

        Args:
            cluster: the name of the member.
            records: what was planned.
            replaced: what :meth:`replaced` said of them then.
            recorded_by: account and machine.
            undoes: the batch that they take back; empty where they do not.

        Returns:
            The records as they stand, with the batch that names them.

        Raises:
            ApprovalNeeded: it may loosen, and that takes two people.
            ChangedMeanwhile: somebody has decided about the same since it was planned; nothing was recorded.
            StoreError: nothing was recorded.
        """
        if not records:
            raise InvalidInput("There is nothing to record.", remedy=f"See: bomgate fleet decisions {cluster}")
        self.check_approval(records)
        batch = f"{self.clock.now():%Y%m%d}-{secrets.token_hex(3)}"
        stamped = tuple(
            structs.replace(record, batch=record.batch or batch, recorded_by=recorded_by) for record in records
        )
        note = noted(stamped, "undo" if undoes else "")
        subject = f"batch {undoes}" if undoes else note.subject
        note = replace(note, subject=subject, detail={**note.detail, "cluster": cluster})
        self.decisions.append(cluster, stamped, note, replaced=replaced)
        return stamped

    def replaced(self, cluster: str, records: Sequence[Assessment]) -> Sequence[Assessment]:
        """The decisions for a member that would no longer count once some records do.

        Raises:
            StoreError: the store did not answer.
        """
        return replaced_by(records, self.decisions.of(cluster))

    def counting(self, cluster: str) -> Sequence[Assessment]:
        """The decisions for a member that nobody has replaced or withdrawn, oldest first.

        Raises:
            StoreError: the store did not answer.
        """
        return counting(self.decisions.of(cluster))

    def _require_member(self, cluster: str) -> None:
        names = [member.name for member in self.members.list()]
        if cluster not in names:
            raise InvalidInput(
                f"There is no member {cluster[:80]!r}.", remedy=f"The members are: {', '.join(names)[:1000] or 'none'}."
            )
