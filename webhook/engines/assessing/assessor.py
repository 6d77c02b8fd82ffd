"""How assessments are made (by a CVSS range, by hand, in bulk, from the configuration)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import structs

from webhook.engines.assessing.checks import check_by_stores, refuse_fixed
from webhook.engines.assessing.impact import Change, impact
from webhook.engines.assessing.rules import RuleSource
from webhook.engines.assessing.targets import distinct_identifiers, find_target
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.records import AssessmentQuery
from webhook.model.triage import AuditNote
from webhook.policy.audit import noted
from webhook.policy.automatic import auto_assessment
from webhook.policy.decisions import Decision, Target, checked_author, decide, nothing_to_clear
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.plans import Plan, plan_existing
from webhook.policy.precedence import unreadable
from webhook.policy.scopes import canonical_scope, kept_scope
from webhook.policy.selections import Affected
from webhook.policy.undo import Undo, no_such_batch, undone
from webhook.policy.vex import NO_VEX, VexIndex
from webhook.ports import AssessmentStore, AutoAssess, Clock, ComponentStore, VulnerabilityStore


class Assessor:
    """Makes assessments.

    Args:
        assessments: where they are kept.
        vulnerabilities: what is known of vulnerabilities.
        components: what is affected.
        rules: gives types and policy, each time that they are used.
        clock: time.
        by_two: whether what loosens takes another person, so that it cannot be recorded here.
        vex: what VEX documents state, each time that it is used.
        tells_fixes: whether a source that tells fixed versions is configured.
    """

    def __init__(
        self,
        assessments: AssessmentStore,
        vulnerabilities: VulnerabilityStore,
        components: ComponentStore,
        rules: RuleSource,
        clock: Clock,
        *,
        by_two: bool = False,
        vex: Callable[[], VexIndex] = lambda: NO_VEX,
        tells_fixes: bool = False,
    ) -> None:
        self._vex, self.tells_fixes = vex, tells_fixes
        self._assessments, self._vulnerabilities, self._components = assessments, vulnerabilities, components
        self._rules, self._clock, self._by_two = rules, clock, by_two

    # -- by itself --------------------------------------------------------------------------------------------------

    def auto_rule(self) -> AutoAssess:
        """The rule that the store asks for each (vulnerability, package) that is new, with the types as they are now.

        Raises:
            StoreError: the types of the cluster cannot be read.
        """
        types, clock = self._rules().types, self._clock
        return lambda vulnerability, package: auto_assessment(types, vulnerability, package, clock.now())

    def existing(self, *, dry_run: bool) -> Plan:
        """Apply the CVSS ranges to what is already there and was never assessed.

        Args:
            dry_run: only say what would be recorded.

        Raises:
            StoreError: nothing was recorded.
        """
        now, index, types = self._clock.now(), self.index(), self._rules().types
        plan = plan_existing(self._components.unassessed_pairs(), index, types, now)
        if plan.assessments and not dry_run:
            self._assessments.append(plan.assessments)
        return plan

    # -- by hand ----------------------------------------------------------------------------------------------------

    def assess(
        self,
        ids: Sequence[str],
        scope: Scope,
        decision: Decision,
        *,
        allow_unknown: bool = False,
        dry_run: bool = False,
    ) -> tuple[Assessment, ...]:
        """Record one decision about one or many vulnerabilities, all or none.

        Args:
            ids: identifiers or aliases.
            scope: what it applies to, in any accepted spelling; a package may have a version, no package means every
                package with this vulnerability.
            decision: what was decided.
            allow_unknown: accept identifiers that the store does not know, and packages that they do not affect.
            dry_run: only say what would be recorded.

        Raises:
            InvalidInput: a part cannot be used; nothing was recorded.
            StoreError: nothing was recorded.
        """
        narrowed = canonical_scope(scope)
        targets = [
            find_target(self._vulnerabilities, identifier, narrowed, allow_unknown=allow_unknown)
            for identifier in distinct_identifiers(ids)
        ]
        return self._append(decision, targets, dry_run=dry_run)

    def assess_affected(
        self, affected: Sequence[Affected], scope: Scope, decision: Decision, *, dry_run: bool = False
    ) -> tuple[Assessment, ...]:
        """Record one decision about a selection, package by package, all or none.

        Args:
            affected: what :meth:`select` gave.
            scope: a further narrowing; the package in it does not count.
            decision: what was decided.
            dry_run: only say what would be recorded.

        Raises:
            InvalidInput: a part cannot be used; nothing was recorded.
            StoreError: nothing was recorded.
        """
        narrowed = canonical_scope(structs.replace(scope, package=None))
        targets = [
            Target(
                match.vulnerability.id,
                structs.replace(narrowed, package=match.package),
                match.vulnerability.cvss_score,
            )
            for match in affected
        ]
        return self._append(decision, targets, dry_run=dry_run)

    def clear(
        self, ids: Sequence[str], scope: Scope, *, author: str, comment: str = "", dry_run: bool = False
    ) -> tuple[Assessment, ...]:
        """Withdraw what was decided by hand about vulnerabilities in exactly this scope, so that the rest counts again.

        Args:
            ids: identifiers or aliases.
            scope: the scope of the assessments to withdraw, in any accepted spelling. A range that holds no version,
                which builds before 0.1.0 kept, is accepted here alone, and so is one that cannot be read.
            author: who withdraws.
            comment: why; possibly empty.
            dry_run: only say what would be recorded.

        Raises:
            InvalidInput: there is nothing to withdraw for one of them; nothing was recorded.
            StoreError: nothing was recorded.
        """
        name, now = checked_author(author), self._clock.now().replace(microsecond=0)
        identifiers = distinct_identifiers(ids)
        found = self._assessments.find(AssessmentQuery(about=frozenset(identifiers)))
        lost = unreadable(found, now)
        narrowed = kept_scope(scope, [record.scope for record in lost])
        by_hand = [item for item in (*AssessmentIndex.of(found), *lost) if item.by_hand and item.type is not None]
        records: list[Assessment] = []
        for identifier in identifiers:
            record = self._vulnerabilities.show(identifier)
            names = {identifier, *(record.vulnerability.identifiers if record else ())}
            folded = {name.casefold() for name in names}
            there = [assessment for assessment in by_hand if assessment.vulnerability.casefold() in folded]
            manual = [
                assessment
                for assessment in there
                if assessment.source is AssessmentSource.MANUAL and assessment.scope == narrowed
            ]
            if not manual:
                raise nothing_to_clear(identifier, narrowed, there)
            records += [
                Assessment(spelling, None, narrowed, AssessmentSource.MANUAL, name, comment.strip(), now, None)
                for spelling in dict.fromkeys(assessment.vulnerability for assessment in manual)
            ]
        if not dry_run:
            self.check_approval(records)
            self._assessments.append(records)
        return tuple(records)

    def undo(self, batch: str, *, author: str) -> Undo:
        """What takes back all that one command recorded; nothing is recorded yet.

        What counted before counts again. What somebody decided since, for the same vulnerability and scope, stays.

        Args:
            batch: its name, as ``assess`` printed it.
            author: who takes it back.

        Raises:
            InvalidInput: there is no such batch.
            StoreError: the store did not answer.
        """
        records = self._assessments.find(AssessmentQuery(batch=batch))
        if not records:
            raise no_such_batch(batch)
        names = frozenset(record.vulnerability for record in records)
        history = self._assessments.find(AssessmentQuery(about=names))
        return undone(records, history, checked_author(author), self._clock.now().replace(microsecond=0))

    # -- together ---------------------------------------------------------------------------------------------------

    def impact(self, records: Sequence[Assessment]) -> Sequence[Change]:
        """What each of some records changes, or would change; to be asked before they are recorded.

        Raises:
            StoreError: the store did not answer.
        """
        index = self._index_about(record.vulnerability for record in records)
        return impact(records, index, Judge(self._rules(), index, self._clock.now()), self._vulnerabilities)

    def planned(self, decision: Decision, targets: Sequence[Target]) -> tuple[Assessment, ...]:
        """The records of a decision about what was looked up already; nothing is recorded.

        Raises:
            FixKnown: one is to last until a fixed version is known, and one is.
            InvalidInput: the type is not known, the author or the comment is missing, or the end is not ahead.
            StoreError: the store did not answer.
        """
        types, now = self._rules().types, self._clock.now()
        records = decide(decision, targets, types, now, tells_fixes=self.tells_fixes)
        refuse_fixed(self._vulnerabilities, records)
        return records

    def record(
        self,
        records: Sequence[Assessment],
        *,
        batch: str,
        recorded_by: str,
        note: AuditNote | None = None,
        since: int | None = None,
        by_rules: bool = False,
    ) -> tuple[Assessment, ...]:
        """Record what was planned, all or nothing, under one name by which it can be undone.

        Args:
            records: what a method with ``dry_run`` gave.
            batch: see :class:`webhook.model.assessments.Assessment`; what an undo states again keeps its own.
            recorded_by: likewise.
            note: for the audit log; one that says what the records say when left out.
            since: the revision as of which it was planned; None does not look whether somebody has decided since.
            by_rules: the ranges of the types decide, and no person.

        Raises:
            ApprovalNeeded: it loosens, and takes another person.
            ChangedMeanwhile: somebody has decided about one of the vulnerabilities since.
            StoreError: nothing was recorded.
        """
        stamped = tuple(
            structs.replace(record, batch=record.batch or batch, recorded_by=recorded_by) for record in records
        )
        if stamped:
            if not by_rules:
                self.check_approval(stamped)
            self._assessments.append(stamped, note=note or noted(stamped), since=since)
        return stamped

    def check_approval(self, records: Sequence[Assessment]) -> None:
        """Refuse what loosens where that takes another person.

        Args:
            records: that a person wants recorded.

        Raises:
            ApprovalNeeded: see above.
            StoreError: the store did not answer.
        """
        if self._by_two:
            check_by_stores(records, self._assessments, self._vulnerabilities, self._rules(), self._clock.now())

    def index(self) -> AssessmentIndex:
        """All assessments that can still matter."""
        return AssessmentIndex.of(self._assessments.find(AssessmentQuery())).with_vex(self._vex())

    def _index_about(self, names: Iterable[str]) -> AssessmentIndex:
        """Those about some vulnerabilities, under any of their names."""
        found = self._assessments.find(AssessmentQuery(about=frozenset(names)))
        return AssessmentIndex.of(found).with_vex(self._vex())

    def _append(self, decision: Decision, targets: Sequence[Target], *, dry_run: bool) -> tuple[Assessment, ...]:
        records = self.planned(decision, targets)
        if records and not dry_run:
            self.check_approval(records)
            self._assessments.append(records)
        return records
