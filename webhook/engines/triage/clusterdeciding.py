"""Deciding for one member at its hub: what runs there that a decision is about, its record, and the way back.

What a finding gets there depends on the member's own records and settings, which the hub does not know. So a plan says
what runs there and what its own audit last gave it, and never what it would be given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webhook.engines.assessing.onecluster import ClusterDesk
from webhook.engines.triage.assessments import Standing
from webhook.engines.triage.clusters import ClusterLists
from webhook.engines.triage.packages import PackageLists
from webhook.engines.triage.vulnerabilities import VulnerabilityLists
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.fleetinventory import ClusterWorkloadLine
from webhook.model.images import Digest, readable
from webhook.model.triage import Key, Page
from webhook.policy.decisions import Decision
from webhook.policy.phrases import count
from webhook.policy.scopes import ParsedScope

_MOST = 200
"""Workloads that a plan names."""
_PORTION, _MOST_PORTIONS = 500, 10


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A decision for one member before it is recorded.

    Attributes:
        cluster: the name of the member.
        records: what would be recorded.
        workloads: running there with an affected component, as the member last reported; at most 200.
        replaced: decisions for this member that would no longer count.
        undoes: the batch that it takes back; empty where it does not.
        decided_since: of an undo: records that somebody has replaced since, which stay.
    """

    cluster: str
    records: tuple[Assessment, ...]
    workloads: tuple[ClusterWorkloadLine, ...]
    replaced: tuple[Assessment, ...]
    undoes: str = ""
    decided_since: int = 0


@dataclass(frozen=True, slots=True)
class ClusterDecisionRow:
    """A record for one member, and what it is worth there, as far as the hub decides."""

    cluster: str
    record: Assessment
    standing: Standing


@dataclass(frozen=True)
class ClusterDecider:
    """Plans decisions for single members, and records them.

    Attributes:
        desk: makes records.
        vulnerabilities, packages: what they are about.
        clusters: what runs where.
    """

    desk: ClusterDesk
    vulnerabilities: VulnerabilityLists
    packages: PackageLists
    clusters: ClusterLists

    def plan(self, cluster: str, identifiers: Sequence[str], scope: Scope, decision: Decision) -> ClusterPlan:
        """What a decision would record, and what it is about there; nothing is recorded yet.

        Raises:
            InvalidInput: a part cannot be used, or there is no such member.
            StoreError: the store did not answer.
        """
        return self._planned(cluster, self.desk.assess(cluster, identifiers, scope, decision))

    def plan_undo(self, cluster: str, batch: str, author: str) -> ClusterPlan:
        """What taking back a batch would record, and what it is about there.

        Raises:
            InvalidInput: there is no such member, or no such batch of it.
            StoreError: the store did not answer.
        """
        undo = self.desk.undo(cluster, batch, author=author)
        return self._planned(cluster, undo.records, batch, len(undo.decided_since))

    def workloads(self, cluster: str, records: Sequence[Assessment]) -> tuple[ClusterWorkloadLine, ...]:
        """What runs at a member with a component that records are about, as it last reported; at most 200.

        Raises:
            StoreError: the store did not answer.
        """
        lines = self.clusters.users(self._components(records), _MOST, cluster)
        scopes = {record.scope: ParsedScope.of(record.scope) for record in records}
        return tuple(line for line in lines if any(_is_in(line, *scope) for scope in scopes.items()))

    def record(self, plan: ClusterPlan, *, override: bool, recorded_by: str) -> str:
        """Record what was planned; the name of its batch.

        Args:
            plan: what :meth:`plan` or :meth:`plan_undo` gave.
            override: consent to replace decisions.
            recorded_by: from where.

        Raises:
            InvalidInput: decisions would be replaced, and nobody has consented; or there is nothing to record.
            ChangedMeanwhile: somebody has decided about the same since it was planned.
            ApprovalNeeded: it may loosen, and that takes two people.
            StoreError: nothing was recorded.
        """
        if plan.replaced and not plan.undoes and not override:
            raise InvalidInput(
                f"This would replace {count(len(plan.replaced), 'decision')} for {plan.cluster}.",
                remedy="Look at them, and consent to replace them.",
            )
        made = self.desk.record(
            plan.cluster, plan.records, replaced=plan.replaced, recorded_by=recorded_by, undoes=plan.undoes
        )
        return made[0].batch

    def batch(self, cluster: str, batch: str) -> Sequence[ClusterDecisionRow]:
        """The records of one command for a member, oldest first; none where there is no such batch.

        Raises:
            StoreError: the store did not answer.
        """
        records = [(cluster, record) for record in self.desk.decisions.of(cluster) if record.batch == batch]
        return tuple(self._rows(records))

    def history(
        self, cluster: str | None, vulnerability: str | None, after: Key | None, most: int
    ) -> Page[ClusterDecisionRow]:
        """What was ever decided for single members, newest first.

        Args:
            cluster: for this member; None for all.
            vulnerability: about this one, as it was recorded, in any case; None for all.
            after: the key before the first.
            most: how many.

        Raises:
            StoreError: the store did not answer.
        """
        before, name = None if after is None else int(after[0]), (vulnerability or "").casefold()
        found: list[tuple[str, Assessment]] = []
        for _ in range(_MOST_PORTIONS):
            rows = self.desk.decisions.page(cluster, before, _PORTION)
            found += [row for row in rows if not name or row[1].vulnerability.casefold() == name]
            if len(found) > most or len(rows) < _PORTION:
                break
            before = rows[-1][1].sequence
        else:
            return Page(tuple(self._rows(found)), None if before is None else (before,))
        shown = found[:most]
        return Page(tuple(self._rows(shown)), (shown[-1][1].sequence,) if len(found) > most else None)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _planned(
        self, cluster: str, records: Sequence[Assessment], undoes: str = "", decided_since: int = 0
    ) -> ClusterPlan:
        return ClusterPlan(
            cluster,
            tuple(records),
            self.workloads(cluster, records),
            tuple(self.desk.replaced(cluster, records)),
            undoes,
            decided_since,
        )

    def _rows(self, found: Sequence[tuple[str, Assessment]]) -> Iterator[ClusterDecisionRow]:
        now, counting = self.desk.clock.now(), dict[str, set[int]]()
        for cluster, record in found:
            if cluster not in counting:
                counting[cluster] = {each.sequence for each in self.desk.counting(cluster)}
            standing = Standing.REPLACED
            if record.type is None:
                standing = Standing.WITHDRAWAL
            elif record.sequence in counting[cluster]:
                standing = Standing.ENDED if record.expired(now) else Standing.IN_FORCE
            yield ClusterDecisionRow(cluster, record, standing)

    def _components(self, records: Sequence[Assessment]) -> list[int]:
        """Numbers of the components that records can be about: those that are affected, as far as the hub knows."""
        names, found = list(dict.fromkeys(record.vulnerability for record in records)), set[int]()
        known = self.vulnerabilities.lines(names)
        lines = {name: known.get(name) or self.vulnerabilities.line(name) for name in names}
        for record in records:
            scope, line = ParsedScope.of(record.scope), lines[record.vulnerability]
            if line is not None:
                found.update(number for number, purl in line.components if scope.holds(purl))
            elif record.scope.package is not None:
                versions = self.packages.versions(record.scope.package)
                found.update(version.number for version in versions if scope.holds(version.purl))
        return sorted(found)


def _is_in(line: ClusterWorkloadLine, scope: Scope, parsed: ParsedScope) -> bool:
    """Whether a workload is where a scope is about; how its images are called, its member says."""
    if scope.namespace not in (None, line.workload.namespace):
        return False
    return parsed.image is None or any(
        parsed.image.matches(readable(image.reference), Digest(image.digest)) for image in line.workload.images
    )
