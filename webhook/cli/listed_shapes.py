"""JSON of the lists that people triage by: assessments and components."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.decision_shapes import AffectedImageShape, RecordedAssessmentShape
from webhook.engines.triage.assessments import AssessmentRow
from webhook.model.assessments import Assessment


@dataclass(frozen=True, slots=True)
class ListedAssessmentShape:
    """An assessment in a list."""

    standing: Annotated[str, "in force, ended, replaced or withdrawal."]
    assessment: Annotated[RecordedAssessmentShape, "The assessment."]

    @classmethod
    def of(cls, one: AssessmentRow) -> ListedAssessmentShape:
        """From the engine."""
        return cls(one.standing.value, RecordedAssessmentShape.of(one.assessment))


@dataclass(frozen=True, slots=True)
class AssessmentListShape:
    """``bomgate assessments list --output json``."""

    assessments: Annotated[tuple[ListedAssessmentShape, ...], "Newest first; with --expires-within the soonest end."]
    more: Annotated[bool, "Whether --limit left some out."]


@dataclass(frozen=True, slots=True)
class ExportedShape:
    """An assessment in the form of the settings file."""

    vulnerability: Annotated[str, "Identifier or alias."]
    type: Annotated[str, "Name of the assessment type."]
    package: Annotated[str | None, "Package it is narrowed to; null: every package."]
    version_range: Annotated[str | None, "Versions it is narrowed to; null: all."]
    image: Annotated[str | None, "Image, pattern or digest it is narrowed to; null: all."]
    namespace: Annotated[str | None, "Namespace it is narrowed to; null: all."]
    comment: Annotated[str, "Why; possibly empty."]
    until: Annotated[dt.datetime | None, "When it stops counting, UTC; null: never."]
    until_fixed: Annotated[bool, "Whether it ends earlier, too: once a source tells a fixed version."]

    @classmethod
    def of(cls, one: Assessment) -> ExportedShape:
        """From the model."""
        scope = one.scope
        return cls(
            one.vulnerability,
            one.type or "",
            scope.package,
            scope.version_range,
            scope.image,
            scope.namespace,
            one.comment,
            one.until,
            one.until_fixed,
        )


@dataclass(frozen=True, slots=True)
class ExportShape:
    """``bomgate assessments export``."""

    assessments: Annotated[tuple[ExportedShape, ...], "Newest first."]


@dataclass(frozen=True, slots=True)
class FoundComponentShape:
    """A component of a known image."""

    purl: Annotated[str, "The component."]
    state: Annotated[str, "clean, vulnerable, unknown, not_covered or unusable."]
    not_covered_because: Annotated[
        str, "no-source, no-advisories, source-package-unknown or release-unknown; empty where a source covers it."
    ]
    vulnerabilities: Annotated[tuple[str, ...], "Identifiers, sorted."]
    images: Annotated[tuple[AffectedImageShape, ...], "Images that contain it."]
    namespaces: Annotated[tuple[str, ...], "Where one of these images runs, as of the last audit."]
    workloads: Annotated[tuple[str, ...], "What runs one of these images, such as `Deployment shop/web`."]
    clusters: Annotated[Mapping[str, int], "At a hub: running images with it by member; empty elsewhere."]


@dataclass(frozen=True, slots=True)
class ComponentListShape:
    """``bomgate components find --output json``."""

    components: Annotated[tuple[FoundComponentShape, ...], "In order of the names of their packages."]
    more: Annotated[bool, "Whether --limit left packages out."]
