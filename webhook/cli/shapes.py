"""Shapes: the JSON that commands write, each key with what it means; docs/reference/cli.md lists them from here.

Names and meanings are a contract. Keys are only ever added.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from webhook.cli.check_ways import Ways
from webhook.cli.sbom_shapes import PathShape
from webhook.model.assessments import Assessment
from webhook.model.dependencies import DependencyPath
from webhook.model.exploitation import Exploitation
from webhook.model.purls import Purl
from webhook.model.verdicts import ComponentCounts, Finding, Verdict
from webhook.model.vulnerabilities import ASKED, Vulnerability
from webhook.policy.phrases import fix_words


@dataclass(frozen=True, slots=True)
class VulnerabilityShape:
    """A vulnerability in a finding."""

    id: Annotated[str, "Identifier, as the source gives it."]
    title: Annotated[str, "One line; possibly empty."]
    cvss_score: Annotated[Decimal | None, "0.0 to 10.0; null when the source gives none."]
    cvss_vector: Annotated[str | None, "As given; null when there is none."]
    reference: Annotated[str, "Address of the source's page; possibly empty."]
    scored_from_vector: Annotated[bool, "Whether the source gave no score, so that it is that of the vector."]
    score_origin: Annotated[str, "Whose score it is where the source gave neither: an id, ossindex:ID or word:WORD."]
    rejected: Annotated[bool, "Whether the source calls the identifier rejected or withdrawn."]
    fixed: Annotated[str, "The next version that does not have it; empty where none is known."] = ""
    source: Annotated[str, "Name of the source."] = ASKED
    aliases: Annotated[tuple[str, ...], "Its other identifiers, each of which can be assessed."] = ()
    exploitation: Annotated[ExploitationShape | None, "What is known of attacks on it; null where nothing is."] = None
    fix: Annotated[str, "What is known of a fix, in words; empty where no source tells of fixes."] = ""

    @classmethod
    def of(cls, one: Vulnerability, purl: Purl | None = None) -> VulnerabilityShape:
        """From the model, with what is known of a fix for a component."""
        scored = (one.cvss_score, one.cvss_vector, one.reference, one.scored_from_vector, one.score_origin)
        told = (one.rejected, one.fixed, one.source, one.aliases)
        return cls(one.id, one.title, *scored, *told, ExploitationShape.of(one.exploitation), fix_words(one, purl))


@dataclass(frozen=True, slots=True)
class AssessmentShape:
    """The assessment in force for a finding."""

    type: Annotated[str | None, "Name of the assessment type."]
    source: Annotated[str, "auto, manual, provisioned or vex."]
    by: Annotated[str, "Who decided, auto-assess, or the author of a VEX document."]
    at: Annotated[dt.datetime, "When, UTC."]
    until: Annotated[dt.datetime | None, "When it stops counting, UTC; null: never."]
    comment: Annotated[str, "Why; possibly empty."]
    rule: Annotated[
        str, "The CVSS range or the object of the cluster that gave it, or the VEX document and its statement."
    ] = ""
    until_fixed: Annotated[bool, "Whether it ends earlier, too: once a source tells a fixed version."] = False
    fixed_in: Annotated[str, "The fixed version that ended it; else empty."] = ""

    @classmethod
    def of(cls, one: Assessment) -> AssessmentShape:
        """From the model."""
        return cls(
            one.type,
            one.source.value,
            one.author,
            one.assessed_at,
            one.until,
            one.comment,
            one.rule,
            one.until_fixed,
            one.fixed_in,
        )


@dataclass(frozen=True, slots=True)
class FindingShape:
    """A vulnerability in a component of an image."""

    purl: Annotated[str, "The component."]
    vulnerability: Annotated[VulnerabilityShape, "What is wrong with it."]
    assessment: Annotated[AssessmentShape | None, "The assessment in force; null when unassessed."]
    action: Annotated[str, "What this finding asks for: allow, warn or deny."]
    expired: Annotated[
        AssessmentShape | None, "When unassessed: the assessment that was in force until it expired, or null."
    ]
    note: Annotated[str, "A remark, such as `score moved 7.5 → 9.8` or `unscored`; possibly empty."]
    path: Annotated[PathShape | None, "With --explain, for what is not allowed: what brings the component in."] = None

    @classmethod
    def of(cls, one: Finding, way: DependencyPath | None = None) -> FindingShape:
        """From the model."""
        return cls(
            purl=str(one.purl),
            vulnerability=VulnerabilityShape.of(one.vulnerability, one.purl),
            assessment=None if one.assessment is None else AssessmentShape.of(one.assessment),
            action=one.action.word,
            expired=None if one.expired is None else AssessmentShape.of(one.expired),
            note=one.note,
            path=None if way is None else PathShape.of(way),
        )


@dataclass(frozen=True, slots=True)
class CountsShape:
    """Components of an image by state."""

    total: Annotated[int, "All that the SBOM lists as packages."]
    vulnerable: Annotated[int, "With at least one vulnerability."]
    clean: Annotated[int, "Known, without one."]
    unknown: Annotated[int, "Without an answer from the source that still counts."]
    not_covered: Annotated[int, "Of types that no source knows, such as deb and apk."]
    unusable: Annotated[int, "Without a purl and a version."]
    not_in_image: Annotated[int, "Excluded, or provided from outside, says the SBOM; no part of the total."]

    @classmethod
    def of(cls, one: ComponentCounts) -> CountsShape:
        """From the model."""
        return cls(one.total, one.vulnerable, one.clean, one.unknown, one.not_covered, one.unusable, one.not_in_image)


@dataclass(frozen=True, slots=True)
class ImageShape:
    """A judged image, or SBOM file."""

    reference: Annotated[str, "The image as written, or the name of the SBOM file."]
    digest: Annotated[str | None, "What was judged; null when it is not known."]
    containers: Annotated[
        tuple[str, ...], "Field path and name of the containers that use it; empty outside of manifests."
    ]
    action: Annotated[str, "allow, warn or deny."]
    components: Annotated[CountsShape, "How many components are in which state."]
    findings: Annotated[tuple[FindingShape, ...], "Every vulnerability found, worst first."]
    reasons: Annotated[tuple[str, ...], "What else counted, as sentences, worst first."]

    @classmethod
    def of(cls, verdict: Verdict, containers: tuple[str, ...] = (), ways: Ways | None = None) -> ImageShape:
        """From the model."""
        return cls(
            reference=verdict.image.text,
            digest=None if verdict.digest is None else str(verdict.digest),
            containers=containers,
            action=verdict.action.word,
            components=CountsShape.of(verdict.counts),
            findings=tuple(
                FindingShape.of(finding, (ways or {}).get((verdict.image.text, finding.purl)))
                for finding in verdict.findings
            ),
            reasons=tuple(f"{reason.text} {reason.remedy}".strip() for reason in verdict.reasons),
        )


@dataclass(frozen=True, slots=True)
class TargetShape:
    """One target of ``bomgate check``."""

    target: Annotated[str, "The target as given; for an object of a manifest with `#Kind/name`."]
    action: Annotated[str, "The worst of its images."]
    images: Annotated[tuple[ImageShape, ...], "The images in it."]
    ask: Annotated[str, "How to ask for an exception; empty when no vulnerability denies it."]


@dataclass(frozen=True, slots=True)
class UnjudgedShape:
    """An object with something like containers that was not judged."""

    target: Annotated[str, "The file and the object, as `#Kind/name`."]
    places: Annotated[tuple[str, ...], "Field paths of what looks like an image or a list of containers, at most 20."]
    nowhere: Annotated[tuple[str, ...], "Paths of policy.kinds at which the object has nothing."]
    kinds: Annotated[tuple[str, ...], "Lines to add to policy.kinds, so that it is judged; possibly none."]


@dataclass(frozen=True, slots=True)
class CheckShape:
    """``bomgate check --output json``."""

    action: Annotated[str, "The worst of all targets: allow, warn or deny."]
    targets: Annotated[tuple[TargetShape, ...], "Each target, in the order given."]
    unjudged: Annotated[
        tuple[UnjudgedShape, ...], "Objects that no verdict is about; with --strict the exit code is 3."
    ]
    failed_on: Annotated[tuple[str, ...], "The conditions of --fail-on that were met."] = ()
    has_answers: Annotated[bool, "Whether the database holds any answer of a source; without, the exit code is 3."] = (
        True
    )


@dataclass(frozen=True, slots=True)
class ExploitationShape:
    """What is known of attacks on a vulnerability."""

    kev: Annotated[dt.date | None, "Since when it is listed as known to be exploited; null: it is not."]
    kev_as_of: Annotated[dt.date | None, "The day of that list."]
    epss: Annotated[Decimal | None, "Probability that it is exploited within 30 days, 0 to 1; null: there is none."]
    epss_as_of: Annotated[dt.date | None, "The day that it was computed for."]

    @classmethod
    def of(cls, one: Exploitation | None) -> ExploitationShape | None:
        """From the model."""
        return None if one is None else cls(one.kev, one.kev_as_of, one.epss, one.epss_as_of)
