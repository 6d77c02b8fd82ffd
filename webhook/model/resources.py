"""Custom resources: assessment types and assessments that people keep as objects in the cluster, and their status."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from webhook.errors import BomgateError
from webhook.model.assessments import AssessmentType, Scope


class ResourceKind(enum.StrEnum):
    """The kinds of objects that bomgate reads."""

    TYPE = "AssessmentType"
    ASSESSMENT = "Assessment"


class ResourceStatus(msgspec.Struct, frozen=True):
    """What an object's status says.

    Attributes:
        generation: of the object that it is about.
        ready: whether the object, as it is, is in force (or would be, had it not expired).
        reason: one word, such as ``Loaded`` or ``Overlaps``.
        message: a sentence.
        since: when ``ready`` last changed; None in a status that is yet to be written.
        images: how many images with an SBOM an assessment touches; None for types.
        until: when an assessment stops counting, UTC; None means never, and for types.
        expired: whether it has.
        range: the CVSS range of a type, such as ``9.0–10.0``; empty when it has none, and for assessments.
    """

    generation: int
    ready: bool
    reason: str
    message: str
    since: dt.datetime | None = None
    images: int | None = None
    until: dt.datetime | None = None
    expired: bool = False
    range: str = ""


class Resource(msgspec.Struct, frozen=True):
    """One object, without what it states.

    Attributes:
        kind: which kind it is of.
        name: of the object; also the name of an assessment type.
        generation: number of its present specification.
        created: when it was created.
        status: as it says now; None when it has none that can be read.
        problem: why its specification cannot be read; None when it can.
    """

    kind: ResourceKind
    name: str
    generation: int
    created: dt.datetime
    status: ResourceStatus | None = None
    problem: BomgateError | None = None

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"


class TypeResource(msgspec.Struct, frozen=True):
    """An ``AssessmentType`` object.

    Attributes:
        resource: the object.
        type: what it states; None when that cannot be read.
    """

    resource: Resource
    type: AssessmentType | None


class StatedAssessment(msgspec.Struct, frozen=True):
    """What an ``Assessment`` object, or an entry of ``assessments`` in the settings file, states.

    Attributes:
        vulnerability: id or alias.
        type: name of an assessment type.
        scope: what it applies to.
        comment: why; possibly empty.
        until: when it stops counting (UTC); None leaves that to its type. A date in the past is accepted and has no
            effect, because GitOps tools apply old files again.
        until_fixed: whether it also stops counting once a source tells a fixed version.
    """

    vulnerability: str
    type: str
    scope: Scope
    comment: str
    until: dt.datetime | None
    until_fixed: bool = False


class AssessmentResource(msgspec.Struct, frozen=True):
    """An ``Assessment`` object.

    Attributes:
        resource: the object.
        definition: what it states; None when that cannot be read.
        author: who wrote its specification, as it says; possibly empty.
        uid: of the object.
        digest: tells specifications apart.
    """

    resource: Resource
    definition: StatedAssessment | None
    author: str = ""
    uid: str = ""
    digest: str = ""
