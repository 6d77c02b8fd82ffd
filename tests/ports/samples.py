"""Small values for the tests of the store's ports."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.copies import replace
from tests.fakes import NOON
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.components import Sbom, SkippedComponent, SkipReason
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability


def digest(number: int) -> Digest:
    """An image digest."""
    return Digest(f"sha256:{number:064x}")


def skipped(name: str, reason: SkipReason = SkipReason.NO_PURL) -> SkippedComponent:
    """A component that cannot be looked up."""
    return SkippedComponent(name, reason, f"detail of {name}")


def make_sbom(*purls: str, skips: Sequence[SkippedComponent] = ()) -> Sbom:
    """An SBOM; equal contents have equal document digests."""
    document = hashlib.sha256(repr((purls, skips)).encode()).hexdigest()
    return Sbom("cyclonedx-json", "1.6", f"sha256:{document}", tuple(map(Purl, purls)), tuple(skips), tool="a tool")


def vulnerability(identifier: str, score: str | None = "7.5", **others: Any) -> Vulnerability:
    """A vulnerability with a score."""
    plain = Vulnerability(
        identifier,
        title=f"title of {identifier}",
        cvss_score=None if score is None else Decimal(score),
        description=f"description of {identifier}",
    )
    return replace(plain, **others)


def answer(purl: str, *found: Vulnerability, at: dt.datetime = NOON) -> ComponentAnswer:
    """What a source said about one component."""
    return ComponentAnswer(Purl(purl), found, at)


def assessment(identifier: str, kind: str | None = "Blocked", **others: Any) -> Assessment:
    """A manual assessment of a vulnerability wherever it occurs."""
    plain = Assessment(identifier, kind, Scope(), AssessmentSource.MANUAL, "operator", "because", NOON, None)
    return replace(plain, **others)


class AutoRule:
    """A rule for automatic assessment that notes what it was asked.

    Attributes:
        asked: (vulnerability id, package), in order.
    """

    def __init__(self, lowest: str = "7.0") -> None:
        self._lowest = Decimal(lowest)
        self.asked: list[tuple[str, str]] = []

    def __call__(self, found: Vulnerability, package: str) -> Assessment | None:
        self.asked.append((found.id, package))
        if found.cvss_score is None or found.cvss_score < self._lowest:
            return None
        kind = "Blocked" if found.cvss_score >= 9 else "Caution"
        return Assessment(
            found.id, kind, Scope(package), AssessmentSource.AUTO, "auto-assess", "", NOON, None, kind, found.cvss_score
        )
