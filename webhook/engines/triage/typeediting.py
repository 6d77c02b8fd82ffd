"""Editing types: what a changed type would change, its record, and the types with how much they are used.

A preview judges again, by the judge that admission has, the findings whose assessments are of the type, and those whose
assessments ended and are made again by CVSS ranges; all others stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from msgspec import structs

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher
from webhook.engines.triage.board import Board
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.effects import ChangedImage, ChangedWorkload, changed_images, changed_workloads
from webhook.errors import InvalidInput
from webhook.model.actions import Action, worst
from webhook.model.assessments import AssessmentType, OnExpiry, StoredType, TypeOrigin
from webhook.model.policies import Policy
from webhook.model.triage import AuditNote
from webhook.model.verdicts import Finding, Verdict
from webhook.policy.clustertypes import with_stored
from webhook.policy.conditions import conditions
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.peoplestypes import accepted, find, place_of, retired
from webhook.policy.precedence import Place
from webhook.policy.typeloosening import TypeChange, check_type
from webhook.policy.typetable import TypeTable
from webhook.ports import Clock, TypeStore

Moves = Mapping[tuple[Action, Action], int]
"""How many findings change, by what they ask for before and after."""


@dataclass(frozen=True, slots=True)
class PlannedType:
    """A change of a type before it is recorded.

    Attributes:
        type: as it would be, or as it is when it would be retired.
        former: as it is; None for one that is not there, or is retired.
        retires: whether it would be retired.
        moves: findings in known images and in what runs that would ask for something else, each once.
        images: those whose verdict changes.
        workloads: running ones that would get something else.
        revision: of the store, as of which that was found.
    """

    type: AssessmentType
    former: AssessmentType | None
    retires: bool
    moves: Moves
    images: tuple[ChangedImage, ...]
    workloads: tuple[ChangedWorkload, ...]
    revision: int

    @property
    def needs_consent(self) -> bool:
        """Whether something that is judged now would be judged otherwise."""
        return bool(self.moves or self.images or self.workloads)

    @property
    def action(self) -> str:
        """For the audit log."""
        return "retire-type" if self.retires else "create-type" if self.former is None else "edit-type"


@dataclass(frozen=True, slots=True)
class TypeParts:
    """What editing types works with.

    Attributes:
        store: where types are.
        own: those of the settings file.
        rules: types and policy now.
        model: what is known.
        refresher: brings what was recorded into the model.
        boards: what is judged now.
        policy: what a mode makes of a verdict.
        clock: time.
        by_two: whether types may not be loosened here.
    """

    store: TypeStore
    own: TypeTable
    rules: RuleSource
    model: ReadModel
    refresher: Refresher
    boards: BoardSource
    policy: Policy
    clock: Clock
    by_two: bool = False


class TypeEditor:
    """Plans changes of types, and records them.

    Args:
        parts: what it works with.
    """

    def __init__(self, parts: TypeParts) -> None:
        self._parts = parts

    def find(self, name: str) -> StoredType | None:
        """The type of that name as the store has it; None when it is not there, such as for those of the file."""
        return find(self._parts.model.types, name)

    def place(self, name: str) -> str:
        """Where to change a type that cannot be changed here; empty for others."""
        return place_of(self._parts.own, self._parts.model.types, name)

    def plan(self, wanted: AssessmentType, *, is_new: bool) -> PlannedType:
        """What keeping a type would change; nothing is recorded yet.

        Args:
            wanted: as people want it.
            is_new: whether it is to be made, or made again after it was retired.

        Raises:
            TypeDefinedElsewhere: it has to be changed elsewhere.
            InvalidInput: there is one already, or none to change; a value cannot be used; its CVSS range overlaps.
            StoreError: the store did not answer.
        """
        revision, stored = self._parts.model.revision, self._parts.store.list()
        kept, table = accepted(self._parts.own, stored, wanted, is_new=is_new)
        return self._planned(kept, find(stored, kept.name), table, revision, retires=False)

    def plan_retirement(self, name: str) -> PlannedType:
        """What retiring a type would change; nothing is recorded yet.

        Raises:
            TypeDefinedElsewhere: it has to be taken out elsewhere.
            InvalidInput: there is none, or it is retired.
            StoreError: the store did not answer.
        """
        revision, stored = self._parts.model.revision, self._parts.store.list()
        gone, table = retired(self._parts.own, stored, name)
        return self._planned(gone, find(stored, name), table, revision, retires=True)

    def record(self, planned: PlannedType, *, author: str, recorded_by: str, consent: bool) -> None:
        """Record what was planned, with a row in the audit log.

        Args:
            planned: what :meth:`plan` or :meth:`plan_retirement` gave.
            author: the person.
            recorded_by: from where.
            consent: to findings that are judged otherwise.

        Raises:
            ApprovalNeeded: it loosens, and takes another person.
            InvalidInput: something would be judged otherwise, and nobody has consented.
            ChangedMeanwhile: some type was changed since it was planned.
            StoreError: nothing was recorded.
        """
        if self._parts.by_two:
            self._refuse_alone(planned)
        if planned.needs_consent and not consent:
            raise InvalidInput(
                f"This changes what {sum(planned.moves.values())} findings, {len(planned.images)} images and "
                f"{len(planned.workloads)} running workloads get.",
                remedy="Look at what changes, and consent to it.",
            )
        detail = _detail(planned)
        note = AuditNote(author, recorded_by, planned.action, f"assessment type {planned.type.name}", detail)
        self._parts.store.edit(
            planned.type, retired=planned.retires, note=note, at=self._parts.clock.now(), since=planned.revision
        )
        self._parts.refresher.refresh()
        self._parts.boards.refresh(inventory=False)

    def _refuse_alone(self, planned: PlannedType) -> None:
        """Refuse what loosens, as of what is recorded now."""
        self._parts.refresher.refresh()
        stored, kind = self._parts.store.list(), planned.type
        former, before = find(stored, kind.name), with_stored(self._parts.own, stored)
        if former is not None and before.get(kind.name) is None:
            former = structs.replace(
                former, retired=True
            )  # another type has its name or its range, so that it is not given
        wanted = StoredType(kind, planned.retires, TypeOrigin.CONSOLE)
        others = [each for each in stored if each.type.name.casefold() != kind.name.casefold()]
        change = TypeChange(
            former,
            None if planned.retires else kind,
            before,
            with_stored(self._parts.own, [*others, wanted]),
            self._parts.policy,
            self._parts.model.assessments.carries(kind.name),
        )
        check_type(change, kind.name)

    def _planned(
        self, kept: AssessmentType, there: StoredType | None, table: TypeTable, revision: int, *, retires: bool
    ) -> PlannedType:
        former = None if there is None or there.retired else there.type
        board, rules = self._parts.boards.now(), Rules(table, self._parts.policy)
        after = _Rejudging(Judge(rules, self._parts.model.assessments, self._parts.clock.now()), self._about(kept))
        digests = board.where.digests if after.ids else ()
        images = tuple(changed_images(board, digests, after))
        workloads = tuple(changed_workloads(board, digests, after, self._parts.policy))
        return PlannedType(kept, former, retires, after.moves(board), images, workloads, revision)

    def _about(self, one: AssessmentType) -> frozenset[str]:
        """Ids of the vulnerabilities with an assessment of this type, or with one that ranges may make again."""
        types, key = self._parts.rules().types, one.name.casefold()
        known = (*types, *(stored.type for stored in self._parts.model.types))
        again = {kind.name.casefold() for kind in known if kind.on_expiry is OnExpiry.REASSESS}
        about, catalog = {key, *again}, self._parts.boards.now().catalog
        names = {
            name
            for (name, _), records in catalog.records.items()
            if any((record.assessment.type or "").casefold() in about for record in records)
        }
        return frozenset(catalog.affected.named(names))


class _Rejudging:
    """Verdicts by other types; each finding is judged once, unless images make a difference.

    Args:
        judge: with the other types.
        ids: of the vulnerabilities that are judged again.
    """

    def __init__(self, judge: Judge, ids: frozenset[str]) -> None:
        self.ids = ids
        self._judge, self._by_image = judge, judge.index.has_image_scopes
        self._known: dict[tuple[int, str, object], tuple[Finding, Action]] = {}

    def action(self, verdict: Verdict, namespace: str) -> Action:
        """What an image would get in a namespace, given its verdict now."""
        place = Place(verdict.image, verdict.digest, namespace)
        actions = [self._finding(finding, place) for finding in verdict.findings]
        return worst((*actions, *(reason.action for reason in verdict.reasons)))

    def moves(self, board: Board) -> Moves:
        """The findings in a board's images and workloads that would ask for something else, each once."""
        found: dict[tuple[str, str], tuple[Action, Action]] = {}
        for verdict, namespace in _verdicts(board) if self.ids else ():
            place = Place(verdict.image, verdict.digest, namespace)
            for finding in verdict.findings:
                after = self._finding(finding, place)
                if after is not finding.action:
                    found.setdefault((str(finding.purl), finding.vulnerability.id), (finding.action, after))
        return dict(Counter(found.values()))

    def _finding(self, finding: Finding, place: Place) -> Action:
        if finding.vulnerability.id not in self.ids:
            return finding.action
        key = (id(finding), place.namespace, place.digest if self._by_image else None)
        known = self._known.get(key)
        if known is None:
            judged = replace(self._judge, place=place).finding(finding.purl, finding.vulnerability)
            known = self._known[key] = (finding, judged.action)  # the finding stays, so that its id is its own
        return known[1]


def _verdicts(board: Board) -> Iterator[tuple[Verdict, str]]:
    """The verdicts about all images, as for no namespace, and about what runs in its namespace."""
    for image in board.images:
        yield image.verdict, ""
    for workload in board.workloads:
        for running in workload.images:
            if running.verdict is not None:
                yield running.verdict, workload.workload.namespace


def _detail(planned: PlannedType) -> dict[str, str]:
    """What the audit log keeps: the new definition, what it was, and what that changed."""
    now = {} if planned.retires else _fields(planned.type)
    was = {} if planned.former is None else _fields(planned.former)
    facts = {name: f"{was[name]} → {text}" if was.get(name, text) != text else text for name, text in now.items()}
    changes = ", ".join(
        f"{number} {before.word} → {after.word}" for (before, after), number in sorted(planned.moves.items())
    )
    return {**facts, "findings": changes or "0"}


def _fields(one: AssessmentType) -> dict[str, str]:
    return {
        "action": one.action.word,
        "range": ", ".join(conditions(one)) or "none",
        "days": "none" if one.expires_after_days is None else str(one.expires_after_days),
        "at the end": one.on_expiry.value,
        "color": one.color,
        "description": one.description,
    }
