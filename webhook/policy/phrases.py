"""Phrases: building blocks of all messages, tables and reports about findings, safe to print.

Text that comes from SBOMs, advisories, image names and comments passes :func:`webhook.policy.plaintext.plain`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from webhook.model.assessments import Assessment
from webhook.model.purls import Purl
from webhook.model.support import in_words, release_past_support
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import ASKED, Vulnerability
from webhook.policy.plaintext import plain
from webhook.policy.scores import is_scored, round_score, severity

MAX_ID = 60
MAX_PURL = 200
UNTIL_FIXED = "until a fixed version is known"
MAX_TEXT = 160
_MOST_NAMES = 3


def count(number: int, noun: str) -> str:
    """``1 image``, ``3 images``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def counts(numbers: Mapping[str, int]) -> str:
    """``3 clean, 1 unknown``; empty for none."""
    return ", ".join(f"{number} {name}" for name, number in numbers.items())


def moment(at: dt.datetime) -> str:
    """A moment to the minute, such as ``2026-12-01 02:00 UTC``."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def score(vulnerability: Vulnerability) -> str:
    """``CVSS 9.8`` or ``unscored``."""
    given = vulnerability.cvss_score
    return f"CVSS {round_score(given)}" if given is not None and is_scored(given) else "unscored"


def score_origin(vulnerability: Vulnerability) -> str:
    """Whose score it is, such as ``scored as CVE-2023-0286``; empty when the source gave it."""
    kind, colon, name = vulnerability.score_origin.partition(":")
    if vulnerability.scored_from_vector:
        return "scored from its vector"
    if kind == "word":
        return f"scored by the word {plain(name, MAX_ID)}"
    if kind == ASKED and colon:
        return f"scored as {plain(name, MAX_ID)} by OSS Index"
    return f"scored as {plain(vulnerability.score_origin, MAX_ID)}" if vulnerability.score_origin else ""


def rated(vulnerability: Vulnerability) -> str:
    """Identifier, score and severity: ``CVE-2021-44228 (CVSS 10.0, Critical)``."""
    band = severity(vulnerability.cvss_score)
    return f"{plain(vulnerability.id, MAX_ID)} ({score(vulnerability)}{'' if band == 'unscored' else f', {band}'})"


def fix_words(vulnerability: Vulnerability, purl: Purl | None = None) -> str:
    """``fixed in 3.0.8-1``, or ``no fixed version known``; empty where no source tells of fixes.

    Args:
        vulnerability: of a component.
        purl: of that; where its release is past its support, that is said, too.

    OSS Index tells of none. A source of advisories that knows a vulnerability of a component and names no version knows
    of no fix.
    """
    if vulnerability.fixed:
        return f"fixed in {plain(vulnerability.fixed, MAX_ID)}"
    if vulnerability.source == ASKED:
        return ""
    release = "" if purl is None else release_past_support(purl)
    return f"no fixed version known, and {in_words(release)}" if release else "no fixed version known"


def advised(finding: Finding) -> Iterator[str]:
    """What other sources than OSS Index tell, a line each."""
    vulnerability = finding.vulnerability
    if vulnerability.source != ASKED and vulnerability.aliases:
        yield f"also called {', '.join(plain(name, MAX_ID) for name in vulnerability.aliases[:_MOST_NAMES])}"
    if said := probability(vulnerability):
        yield said
    if said := fix_words(vulnerability, finding.purl):
        yield said


def known_exploited(vulnerability: Vulnerability) -> str:
    """``known exploited, KEV of 2026-11-29``; empty where it is not listed."""
    known = vulnerability.exploitation
    return "" if known is None or known.kev is None else f"known exploited, KEV of {known.kev_as_of}"


def probability(vulnerability: Vulnerability) -> str:
    """``EPSS 0.97 on 2026-11-29``; empty without one."""
    known = vulnerability.exploitation
    return "" if known is None or known.epss is None else f"EPSS {known.epss:f} on {known.epss_as_of}"


def title(vulnerability: Vulnerability) -> str:
    """The title without the identifier that some sources prefix it with; possibly empty."""
    return plain(re.sub(r"^\s*\[[^\]]{1,60}\]\s*", "", vulnerability.title[:500]), MAX_TEXT)


def state(finding: Finding) -> str:
    """The type of the assessment in force, ``unassessed``, or ``unassessed (expired, was Blocked)``."""
    if finding.assessment is not None:
        return plain(finding.assessment.type or "", MAX_ID)
    if finding.expired is not None:
        return f"unassessed (expired, was {plain(finding.expired.type or '', MAX_ID)})"
    return "unassessed"


def decided(assessment: Assessment) -> str:
    """Who decided, by which rule, when and until when."""
    rule = f" ({plain(assessment.rule, MAX_ID)})" if assessment.rule else ""
    until = "without end" if assessment.until is None else f"until {moment(assessment.until)}"
    if assessment.until_fixed:
        until = ends_when_fixed(assessment)
    return f"by {plain(assessment.author, MAX_ID)}{rule} on {assessment.assessed_at:%Y-%m-%d}, {until}"


def end_of(assessment: Assessment) -> str:
    """When an assessment ends, for a table."""
    date = "never" if assessment.until is None else moment(assessment.until)
    if assessment.fixed_in:
        return f"fixed in {plain(assessment.fixed_in, MAX_TEXT)}"
    if assessment.until_fixed:
        return "when fixed" if assessment.until is None else f"when fixed, or {date}"
    return date


def ends_when_fixed(assessment: Assessment) -> str:
    """When something ends that ends once a fixed version is known, or why it has ended."""
    if assessment.fixed_in:
        return f"ended, fixed in {plain(assessment.fixed_in, MAX_TEXT)}"
    date = "" if assessment.until is None else f", at the latest {moment(assessment.until)}"
    return f"{UNTIL_FIXED}{date}"


def explained(finding: Finding) -> str:
    """State, decision and remark of a finding in one line."""
    parts = [state(finding)]
    if finding.assessment is not None:
        parts[0] += f" {decided(finding.assessment)}"
    elif finding.expired is not None and finding.expired.fixed_in:
        parts.append(ends_when_fixed(finding.expired))
    elif finding.expired is not None and finding.expired.until is not None:
        parts.append(f"expired on {moment(finding.expired.until)}")
    if finding.note:
        parts.append(plain(finding.note, MAX_TEXT))
    return "; ".join(parts)
