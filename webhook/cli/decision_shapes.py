"""The JSON of commands about vulnerabilities and assessments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from webhook.cli.shapes import AssessmentShape, ExploitationShape, FindingShape
from webhook.engines.assessing.impact import Change
from webhook.engines.triage.effects import ChangedImage, ChangedWorkload, Effects
from webhook.model.assessments import Assessment
from webhook.policy.scores import severity
from webhook.policy.selections import JudgedVulnerability


@dataclass(frozen=True, slots=True)
class AffectedImageShape:
    """An image that contains an affected component."""

    digest: Annotated[str, "Of the image."]
    names: Annotated[tuple[str, ...], "Tagged names that point at it now; without one, what running workloads call it."]


@dataclass(frozen=True, slots=True)
class AffectedComponentShape:
    """A component with a vulnerability."""

    purl: Annotated[str, "The component."]
    state: Annotated[str, "unassessed, assessed or expired."]
    action: Annotated[str, "What it asks for: allow, warn or deny."]
    assessment: Annotated[AssessmentShape | None, "The assessment in force; null when there is none."]
    expired: Annotated[
        AssessmentShape | None, "When unassessed: the assessment that was in force until it expired, or null."
    ]
    note: Annotated[str, "A remark, such as `unscored`; possibly empty."]


@dataclass(frozen=True, slots=True)
class RecordedAssessmentShape:
    """One assessment as it is recorded."""

    vulnerability: Annotated[str, "Identifier or alias."]
    package: Annotated[str | None, "Package it is narrowed to (purl without version); null: every package."]
    version_range: Annotated[str | None, "Versions it is narrowed to; null: all."]
    image: Annotated[str | None, "Image, pattern or digest it is narrowed to; null: all."]
    namespace: Annotated[str | None, "Namespace it is narrowed to; null: all."]
    type: Annotated[str | None, "Name of the assessment type; null: withdraws what was decided before."]
    source: Annotated[str, "auto, manual or provisioned."]
    by: Annotated[str, "Who decided, or auto-assess."]
    at: Annotated[dt.datetime, "When, UTC."]
    until: Annotated[dt.datetime | None, "When it stops counting, UTC; null: never."]
    comment: Annotated[str, "Why; possibly empty."]
    rule: Annotated[
        str, "For automatic ones the range that matched, for those of the cluster the object; empty otherwise."
    ]
    score: Annotated[Decimal | None, "CVSS score at that time; null when it is not known."]
    batch: Annotated[str, "Names all that one command recorded, for `assess --undo`; empty for older ones."]
    recorded_by: Annotated[str, "Account and machine that recorded it, when `by` is a claim of the command line."]
    until_fixed: Annotated[bool, "Whether it ends earlier, too: once a source tells a fixed version."] = False
    fixed_in: Annotated[str, "The fixed version that ended it, also of the withdrawal that did; else empty."] = ""

    @classmethod
    def of(cls, one: Assessment) -> RecordedAssessmentShape:
        """From the model."""
        scope = one.scope
        return cls(
            vulnerability=one.vulnerability,
            package=scope.package,
            version_range=scope.version_range,
            image=scope.image,
            namespace=scope.namespace,
            type=one.type,
            source=one.source.value,
            by=one.author,
            at=one.assessed_at,
            until=one.until,
            comment=one.comment,
            rule=one.rule,
            score=one.score,
            batch=one.batch,
            recorded_by=one.recorded_by,
            until_fixed=one.until_fixed,
            fixed_in=one.fixed_in,
        )


@dataclass(frozen=True, slots=True)
class ChangeShape:
    """What one assessment changes."""

    vulnerability: Annotated[str, "Identifier or alias."]
    package: Annotated[str | None, "Package it is narrowed to; null: every package."]
    now: Annotated[tuple[str, ...], "States of what it is about, such as `Blocked by alice`."]
    then: Annotated[tuple[str, ...], "States afterwards."]
    replaces: Annotated[str, "Author of the person's decision that it replaces; empty for none."]
    images: Annotated[int, "How many images it touches."]

    @classmethod
    def of(cls, one: Change) -> ChangeShape:
        """From the engine."""
        return cls(
            vulnerability=one.record.vulnerability,
            package=one.record.scope.package,
            now=one.now,
            then=one.then,
            replaces="" if one.replaces is None else one.replaces.author,
            images=len(one.images or ()),
        )


@dataclass(frozen=True, slots=True)
class ListedVulnerabilityShape:
    """A vulnerability with what it affects."""

    id: Annotated[str, "Identifier, as the source gives it."]
    aliases: Annotated[tuple[str, ...], "Other identifiers of the same vulnerability."]
    title: Annotated[str, "One line; possibly empty."]
    cvss_score: Annotated[Decimal | None, "0.0 to 10.0; null when the source gives none."]
    cvss_vector: Annotated[str | None, "As given; null when there is none."]
    severity: Annotated[str, "Low, Medium, High, Critical or unscored."]
    scored_from_vector: Annotated[bool, "Whether the source gave no score, so that it is that of the vector."]
    score_origin: Annotated[str, "Whose score it is where the source gave neither: an id, ossindex:ID or word:WORD."]
    rejected: Annotated[bool, "Whether the source calls the identifier rejected or withdrawn."]
    cwe: Annotated[str | None, "Such as CWE-502; null when there is none."]
    reference: Annotated[str, "Address of the source's page; possibly empty."]
    first_seen: Annotated[dt.datetime | None, "When it first entered the store, UTC."]
    state: Annotated[str, "unassessed, expired or assessed: of the component that most needs a person."]
    components: Annotated[tuple[AffectedComponentShape, ...], "Affected components that match the filters."]
    images: Annotated[tuple[AffectedImageShape, ...], "Images that contain one of them."]
    exploitation: Annotated[ExploitationShape | None, "What is known of attacks on it; null where nothing is."] = None

    @classmethod
    def of(cls, one: JudgedVulnerability) -> ListedVulnerabilityShape:
        """From the model."""
        vulnerability = one.record.vulnerability
        return cls(
            id=vulnerability.id,
            aliases=vulnerability.aliases,
            title=vulnerability.title,
            cvss_score=vulnerability.cvss_score,
            cvss_vector=vulnerability.cvss_vector,
            severity=severity(vulnerability.cvss_score),
            scored_from_vector=vulnerability.scored_from_vector,
            score_origin=vulnerability.score_origin,
            rejected=vulnerability.rejected,
            cwe=vulnerability.cwe,
            reference=vulnerability.reference,
            first_seen=one.record.first_seen,
            state=one.state.value,
            components=tuple(_component(FindingShape.of(finding)) for finding in one.findings),
            images=tuple(AffectedImageShape(str(digest), names) for digest, names in one.record.images),
            exploitation=ExploitationShape.of(vulnerability.exploitation),
        )


def _component(finding: FindingShape) -> AffectedComponentShape:
    state = "assessed" if finding.assessment else "expired" if finding.expired else "unassessed"
    return AffectedComponentShape(
        finding.purl, state, finding.action, finding.assessment, finding.expired, finding.note
    )


@dataclass(frozen=True, slots=True)
class VulnerabilityListShape:
    """``bomgate vulns list --output json``."""

    vulnerabilities: Annotated[tuple[ListedVulnerabilityShape, ...], "Highest score first, unless --sort says else."]
    by_severity: Annotated[Mapping[str, int], "How many are listed of each severity; those with none are left out."]
    more: Annotated[bool, "Whether --limit left some out."]


@dataclass(frozen=True, slots=True)
class VulnerabilityShowShape:
    """``bomgate vulns show --output json``."""

    vulnerability: Annotated[ListedVulnerabilityShape, "The vulnerability, as in `vulns list`."]
    description: Annotated[str, "Text; possibly empty."]
    external_references: Annotated[tuple[str, ...], "Addresses of further pages."]
    assessments: Annotated[tuple[RecordedAssessmentShape, ...], "All that was ever recorded about it, oldest first."]


@dataclass(frozen=True, slots=True)
class ChangedVerdictShape:
    """Something whose verdict changes."""

    title: Annotated[str, "First name or digest of an image, or a workload such as `Deployment shop/web`."]
    before: Annotated[str, "allow, warn or deny."]
    after: Annotated[str, "allow, warn or deny."]

    @classmethod
    def of(cls, one: ChangedImage | ChangedWorkload) -> ChangedVerdictShape:
        """From the engine."""
        return cls(one.title, one.before.word, one.after.word)


@dataclass(frozen=True, slots=True)
class EffectsShape:
    """What a decision changes."""

    findings: Annotated[int, "Pairs of vulnerability and component whose assessment changes."]
    images: Annotated[tuple[ChangedVerdictShape, ...], "Images whose verdict changes."]
    workloads: Annotated[tuple[ChangedVerdictShape, ...], "What runs, and would get something else now."]
    namespaces: Annotated[tuple[str, ...], "Where these workloads are."]

    @classmethod
    def of(cls, one: Effects) -> EffectsShape:
        """From the engine."""
        return cls(
            one.findings,
            tuple(ChangedVerdictShape.of(image) for image in one.images),
            tuple(ChangedVerdictShape.of(workload) for workload in one.workloads),
            one.namespaces,
        )


@dataclass(frozen=True, slots=True)
class AssessedShape:
    """``bomgate assess --output json``."""

    assessments: Annotated[tuple[RecordedAssessmentShape, ...], "What was recorded, or would be with --dry-run."]
    images: Annotated[tuple[AffectedImageShape, ...], "Images with a component that this is about."]
    dry_run: Annotated[bool, "Whether nothing was recorded."]
    left_alone: Annotated[
        Mapping[str, int],
        "Left alone, by reason: with --existing pairs assessed, expired or unmatched; in bulk those decided by "
        "people; with --undo those decided since.",
    ]
    changes: Annotated[tuple[ChangeShape, ...], "What each of the assessments changes, in their order."]
    kept: Annotated[tuple[ChangeShape, ...], "In bulk: what is left alone because a person decided; see --override."]
    batch: Annotated[str, "For `assess --undo`; empty when nothing was recorded."]
    effects: Annotated[EffectsShape | None, "With --dry-run and in bulk: what that changes for what runs; else null."]
