"""The lists of the database; implements ``TriageStore``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from webhook.store.database import Database
from webhook.store.interruptions import tried_twice
from webhook.store.triage.findings import first_seen, vulnerability_line, vulnerability_lines
from webhook.store.triage.journal import assessment_lines, audit_lines, run_lines
from webhook.store.triage.limits import SECONDS, limited
from webhook.store.triage.packages import component_lines, package_lines, version_lines


class TriageRepository:
    """Long lists, page by page; every method may raise TooBroad and StoreError.

    Args:
        database: where everything is.
        seconds: the time limit of a page.
    """

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        self._database, self._seconds = database, seconds

    @tried_twice
    def vulnerabilities(self, identifiers: Sequence[str]) -> Sequence[VulnerabilityLine]:
        """Vulnerabilities that affect a component now."""
        with limited(self._database, self._seconds) as connection:
            return vulnerability_lines(connection, identifiers)

    @tried_twice
    def first_seen(self, identifiers: Sequence[str]) -> Mapping[str, int]:
        """When vulnerabilities entered the store; asked by the console itself, so that no time limit counts."""
        with self._database.read() as connection:
            return first_seen(connection, identifiers)

    @tried_twice
    def vulnerability(self, identifier: str) -> VulnerabilityLine | None:
        """One by id or alias."""
        with limited(self._database, self._seconds) as connection:
            return vulnerability_line(connection, identifier)

    @tried_twice
    def packages(self, scan: PackageScan, after: Key | None, most: int) -> Sequence[PackageLine]:
        """Packages in order of their names."""
        with limited(self._database, self._seconds) as connection:
            return package_lines(connection, scan, after, most)

    @tried_twice
    def versions(self, package: str, after: str | None, most: int) -> Sequence[ComponentLine]:
        """Components of a package."""
        with limited(self._database, self._seconds) as connection:
            return version_lines(connection, package, after, most)

    @tried_twice
    def components(self, numbers: Sequence[int], after: str | None, most: int) -> Sequence[ComponentLine]:
        """Some components."""
        with limited(self._database, self._seconds) as connection:
            return component_lines(connection, numbers, after, most)

    @tried_twice
    def assessments(self, scan: AssessmentScan, after: Key | None, most: int) -> Sequence[AssessmentLine]:
        """Records of assessments."""
        with limited(self._database, self._seconds) as connection:
            return assessment_lines(connection, scan, after, most)

    @tried_twice
    def runs(self, after: Key | None, most: int) -> Sequence[tuple[int, RunRecord]]:
        """Runs of the downloader."""
        with limited(self._database, self._seconds) as connection:
            return run_lines(connection, after, most)

    @tried_twice
    def audit(self, scan: AuditScan, after: Key | None, most: int) -> Sequence[AuditLine]:
        """Rows of the audit log."""
        with limited(self._database, self._seconds) as connection:
            return audit_lines(connection, scan, after, most)
