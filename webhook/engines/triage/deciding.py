"""Deciding: what a decision would change, its record, and the way back.

A preview judges with the decision, by the judge that admission has, each finding that the decision can be about in the
images that have it; the rest of their verdicts stays as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec import structs

from webhook.engines.assessing.assessor import Assessor
from webhook.engines.assessing.replacing import compared
from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher
from webhook.engines.triage.board import Board
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.effects import Effects, Supposed, changed_images, changed_workloads
from webhook.engines.triage.plans import Planned, ScopedImages, Selected, check_number
from webhook.engines.triage.vulnerabilities import VulnerabilityLists
from webhook.engines.triage.vulnerabilityrows import VulnerabilityFilter
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.images import Digest
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.triage import AuditNote
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.audit import subject_of
from webhook.policy.decisions import Decision, Target
from webhook.policy.judge import Judge
from webhook.policy.phrases import count
from webhook.policy.scopes import ParsedScope, canonical_scope
from webhook.ports import Clock

_NUMBERED_FROM = 2**61
"""Sequences of records that are only supposed: behind every stored one."""


@dataclass(frozen=True, slots=True)
class DecidingParts:
    """What a decider works with.

    Attributes:
        assessor: makes and records assessments, for the command line, too.
        lists: finds what a filter holds.
        boards: what is judged now.
        model: what is known.
        refresher: brings what was recorded into the model.
        rules: types and policy.
        policy: what a mode makes of a verdict.
        clock: time.
    """

    assessor: Assessor
    lists: VulnerabilityLists
    boards: BoardSource
    model: ReadModel
    refresher: Refresher
    rules: RuleSource
    policy: Policy
    clock: Clock


class Decider:
    """Plans decisions, records them, and takes them back.

    Args:
        parts: what it works with.
    """

    def __init__(self, parts: DecidingParts) -> None:
        self._parts = parts

    def select(self, identifiers: Sequence[str], scope: Scope) -> Selected:
        """What a decision about some vulnerabilities is about.

        Args:
            identifiers: ids or aliases.
            scope: as people write it.

        Raises:
            InvalidInput: one is not known, or a part of the scope cannot be read.
            TooBroad: there are too many.
            StoreError: the store did not answer.
        """
        if not identifiers:
            raise InvalidInput("Nothing is selected.", remedy="Tick at least one vulnerability.")
        check_number(len(identifiers))
        narrowed = canonical_scope(scope)
        rows, known = [], self._parts.lists.lines(list(dict.fromkeys(identifiers)))
        for identifier in dict.fromkeys(identifiers):
            row = known.get(identifier) or self._parts.lists.line(identifier)
            if row is None:
                raise InvalidInput(f"Unknown vulnerability: {identifier[:80]!r}.", remedy="Look at the list.")
            rows.append(row)
        targets = [Target(row.vulnerability.id, narrowed, row.vulnerability.cvss_score) for row in rows]
        return Selected(
            tuple(targets), {row.vulnerability.id.casefold(): (row.vulnerability, row.components) for row in rows}
        )

    def matching(self, wanted: VulnerabilityFilter) -> tuple[str, ...]:
        """The ids of all vulnerabilities that a filter holds.

        Raises:
            TooBroad: there are too many.
            StoreError: the store did not answer.
        """
        found: list[str] = []
        after = None
        while True:
            page = self._parts.lists.page(wanted, after, 1000)
            found += [row.vulnerability.id for row in page.items]
            check_number(len(found))
            if page.after is None:
                return tuple(found)
            after = page.after

    def plan(self, selected: Selected, decision: Decision) -> Planned:
        """What a decision would record and change; nothing is recorded yet.

        Raises:
            InvalidInput: the type is not known, the comment is missing, or the end is not ahead.
        """
        revision = self._parts.model.revision
        records = self._parts.assessor.planned(decision, selected.targets)
        subject = subject_of(records)
        return Planned(records, self._effects(records, selected.affected), revision, "assess", subject)

    def plan_undo(self, batch: str, author: str) -> Planned:
        """What taking back a batch would record and change.

        Raises:
            InvalidInput: there is no such batch, or nothing of it is left to take back.
            StoreError: the store did not answer.
        """
        revision = self._parts.model.revision
        undo = self._parts.assessor.undo(batch, author=author)
        effects = self.effects(undo.records)
        return Planned(undo.records, effects, revision, "undo", f"batch {batch}", len(undo.decided_since))

    def effects(self, records: Sequence[Assessment]) -> Effects:
        """What some records would change; nothing is recorded.

        Args:
            records: of any kind; their scopes are canonical.

        Raises:
            StoreError: the store did not answer.
        """
        affected = {}
        names = list(dict.fromkeys(record.vulnerability for record in records))
        known = self._parts.lists.lines(names)
        for name in names:
            row = known.get(name) or self._parts.lists.line(name)
            if row is not None:
                affected[name.casefold()] = (row.vulnerability, row.components)
        return self._effects(records, affected)

    def check_approval(self, planned: Planned) -> None:
        """Refuse what loosens where that takes another person, before anybody records it.

        Raises:
            ApprovalNeeded: see above.
            StoreError: the store did not answer.
        """
        self._parts.assessor.check_approval(planned.records)

    def record(self, planned: Planned, *, override: bool, recorded_by: str) -> str:
        """Record what was planned, with a row in the audit log; the name of its batch.

        Args:
            planned: what :meth:`plan` or :meth:`plan_undo` gave.
            override: consent to replace decisions of people.
            recorded_by: from where.

        Raises:
            InvalidInput: decisions of people would be replaced, and nobody has consented.
            ChangedMeanwhile: somebody has decided about the same since it was planned.
            StoreError: nothing was recorded.
        """
        if planned.action == "assess" and planned.effects.replaced and not override:
            raise InvalidInput(
                f"This would replace {count(len(planned.effects.replaced), 'decision')} by people.",
                remedy="Look at them, and consent to replace them.",
            )
        if not planned.records:
            raise InvalidInput("There is nothing to record.", remedy="Select something that is still open.")
        batch = f"{self._parts.clock.now():%Y%m%d}-{secrets.token_hex(3)}"
        note = AuditNote(
            planned.records[0].author,
            recorded_by,
            planned.action,
            planned.subject,
            {
                "records": str(len(planned.records)),
                "type": planned.records[0].type or "",
                "comment": planned.records[0].comment,
                "replaced": str(len(planned.effects.replaced)),
            },
        )
        self._parts.assessor.record(
            planned.records, batch=batch, recorded_by=recorded_by, note=note, since=planned.revision
        )
        self._parts.refresher.refresh()
        self._parts.boards.refresh(inventory=False)
        return batch

    # -- parts ------------------------------------------------------------------------------------------------------

    def _effects(
        self,
        records: Sequence[Assessment],
        affected: Mapping[str, tuple[Vulnerability, tuple[tuple[int, Purl], ...]]],
    ) -> Effects:
        parts, now = self._parts, self._parts.clock.now()
        there = parts.model.assessments
        after = there.supposing(
            structs.replace(record, sequence=_NUMBERED_FROM + n) for n, record in enumerate(records)
        )
        was, will = Judge(parts.rules(), there, now), Judge(parts.rules(), after, now)
        images = ScopedImages(parts.model, [number for _, components in affected.values() for number, _ in components])
        changed, numbers = 0, set[int]()
        replaced: dict[int, Assessment] = {}
        for record in records:
            known = affected.get(record.vulnerability.casefold())
            if known is None:
                continue
            scope, changes = ParsedScope.of(record.scope), set[Purl]()
            held = {number: purl for number, purl in known[1] if scope.holds(purl)}
            numbers |= held.keys()
            inside = partial(images.of, held, scope)
            for found in compared(record.scope, known[0], list(held.values()), inside, (was, will)):
                if found.changes:
                    changes.add(found.purl)
                if (given := found.replaces) is not None:
                    replaced[given.sequence] = given
            changed += len(changes)
        board = parts.boards.now()
        digests = self._digests(board, numbers, records)
        will_be = Supposed(will, board.catalog.affected.named({record.vulnerability.casefold() for record in records}))
        return Effects(
            changed,
            len(digests),
            tuple(changed_images(board, digests, will_be)),
            tuple(changed_workloads(board, digests, will_be, parts.policy)),
            tuple(replaced.values()),
        )

    def _digests(self, board: Board, numbers: Iterable[int], records: Sequence[Assessment]) -> list[Digest]:
        digests = board.where.images(numbers)
        scopes = {record.scope.image: ParsedScope.of(record.scope) for record in records}
        if None in scopes:
            return digests
        return [
            digest
            for digest in digests
            if (known := board.by_digest.get(digest)) is not None and any(map(known.is_of, scopes.values()))
        ]
