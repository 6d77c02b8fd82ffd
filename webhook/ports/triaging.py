"""What people look up in the store, page by page, and what runs in the cluster as the store has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt

    from webhook.model.inventory import InventoriedWorkload, RunningInventory
    from webhook.model.records import RunRecord
    from webhook.model.triage import (
        AssessmentLine,
        AssessmentScan,
        AuditLine,
        AuditScan,
        ComponentLine,
        Key,
        PackageLine,
        PackageScan,
        VulnerabilityLine,
        VulnerabilityScan,
    )


class TriageStore(Protocol):
    """Long lists of the store. Each page is read by an index and has a time limit.

    Every method may raise TooBroad, when the limit was reached, and StoreError, when the database did not answer.
    """

    def vulnerabilities(self, scan: VulnerabilityScan, after: Key | None, most: int) -> Sequence[VulnerabilityLine]:
        """Vulnerabilities that affect a component now, behind a key, at most so many."""

    def vulnerability(self, identifier: str) -> VulnerabilityLine | None:
        """One by id or alias in any case, with its description; also one that affects nothing any more."""

    def packages(self, scan: PackageScan, after: Key | None, most: int) -> Sequence[PackageLine]:
        """Packages in order of their names, behind a key, at most so many; each with its first versions."""

    def versions(self, package: str, after: str | None, most: int) -> Sequence[ComponentLine]:
        """Components of a package in order of their purls, behind one, at most so many."""

    def components(self, numbers: Sequence[int], after: str | None, most: int) -> Sequence[ComponentLine]:
        """Some components in order of their purls, behind one, at most so many."""

    def assessments(self, scan: AssessmentScan, after: Key | None, most: int) -> Sequence[AssessmentLine]:
        """Records of assessments behind a key, at most so many."""

    def ending(self, after: dt.datetime, until: dt.datetime, most: int) -> Sequence[str]:
        """Ids of vulnerabilities of which some assessment ends in a span of time, at most so many."""

    def runs(self, after: Key | None, most: int) -> Sequence[tuple[int, RunRecord]]:
        """Runs of the downloader with their numbers, newest first."""

    def audit(self, scan: AuditScan, after: Key | None, most: int) -> Sequence[AuditLine]:
        """Rows of the audit log, newest first."""


class InventoryStore(Protocol):
    """What runs in the cluster, as the last audit saw it; no revision is raised, as no decision depends on it."""

    def replace(self, workloads: Sequence[InventoriedWorkload], *, taken_at: dt.datetime, revision: int) -> None:
        """Keep what runs now in place of what ran before."""

    def taken_at(self) -> dt.datetime | None:
        """When it was last kept; None when it never was."""

    def load(self) -> RunningInventory | None:
        """What was kept; None when nothing ever was."""
