"""What people look up in the store, page by page, and what runs in the cluster as the store has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    )


class TriageStore(Protocol):
    """Long lists of the store. Each page is read by an index and has a time limit.

    Every method may raise TooBroad, when the limit was reached, and StoreError, when the database did not answer.
    """

    def vulnerabilities(self, identifiers: Sequence[str]) -> Sequence[VulnerabilityLine]:
        """Those of some vulnerabilities, by id, that affect a component now, in any order."""

    def first_seen(self, identifiers: Sequence[str]) -> Mapping[str, int]:
        """When some vulnerabilities, by id, entered the store, in microseconds since 1970."""

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
