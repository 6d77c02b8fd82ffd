"""Reports as the hub writes them: in its replies and in its snapshots."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import msgspec

from webhook.model.fleetreports import FleetReport
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ASKED, Vulnerability

_LONGEST = {"id": 200, "title": 1_000, "description": 25_000, "cvss_vector": 300, "cwe": 100, "reference": 4_000}
_MOST_NAMES, _LONGEST_NAME = 500, 4_000
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,20}\Z").match


class _Vulnerability(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A vulnerability; the fields from ``aliases`` on are not OSS Index's."""

    id: str
    display_name: str = ""
    title: str = ""
    description: str = ""
    cvss_score: Decimal | None = None
    cvss_vector: str | None = None
    cwe: str | None = None
    cve: str = ""
    reference: str = ""
    external_references: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rejected: bool = False
    scored_from_vector: bool = False


class WrittenReport(msgspec.Struct, frozen=True, rename="camel"):
    """A report; one without ``vulnerabilities`` is of coordinates that OSS Index does not know."""

    coordinates: str
    answered_at: dt.datetime
    vulnerabilities: tuple[_Vulnerability, ...] | msgspec.UnsetType = msgspec.UNSET


def written(report: FleetReport) -> WrittenReport:
    """A report as it is written."""
    if report.vulnerabilities is None:
        return WrittenReport(str(report.coordinates), report.at)
    return WrittenReport(str(report.coordinates), report.at, tuple(map(_described, report.vulnerabilities)))


def _described(one: Vulnerability) -> _Vulnerability:
    return _Vulnerability(
        one.id,
        one.id,
        one.title,
        one.description,
        one.cvss_score,
        one.cvss_vector,
        one.cwe,
        next((name for name in one.identifiers if _CVE(name)), ""),
        one.reference,
        one.external_references,
        one.aliases,
        one.rejected,
        one.scored_from_vector,
    )


def read_report(report: WrittenReport) -> FleetReport:
    """A report that was written.

    Raises:
        ValueError: it is not what a hub writes.
    """
    if report.answered_at.tzinfo is None or not 0 < len(report.coordinates) <= _LONGEST_NAME:
        raise ValueError("a report has no time, or no coordinates")
    at = report.answered_at.astimezone(dt.UTC)
    if report.vulnerabilities is msgspec.UNSET:
        return FleetReport(Purl(report.coordinates), at, None)
    return FleetReport(Purl(report.coordinates), at, tuple(map(_vulnerability, report.vulnerabilities)))


def _vulnerability(said: _Vulnerability) -> Vulnerability:
    for name, longest in _LONGEST.items():
        if len(getattr(said, name) or "") > longest:
            raise ValueError(f"{name} is too long")
    names = (*said.aliases, *said.external_references)
    if not said.id or len(names) > _MOST_NAMES or any(len(name) > _LONGEST_NAME for name in names):
        raise ValueError("a vulnerability has no id, or too many names")
    if said.cvss_score is not None and not 0 <= said.cvss_score <= 10:
        raise ValueError("a score is none")
    return Vulnerability(
        id=said.id,
        title=said.title,
        cvss_score=said.cvss_score,
        cvss_vector=said.cvss_vector,
        reference=said.reference,
        aliases=said.aliases,
        description=said.description,
        cwe=said.cwe,
        source=ASKED,
        external_references=said.external_references,
        scored_from_vector=said.scored_from_vector,
        rejected=said.rejected,
    )
