"""Verdicts: what was decided about an image or a workload, with everything needed to say why."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from webhook.model.actions import Action
from webhook.model.assessments import Assessment
from webhook.model.images import Digest, ImageRef
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability


class SbomStatus(enum.StrEnum):
    """What became of the search for an image's SBOM; each has its own remedy."""

    FOUND = "found"
    NONE = "none"
    """No SBOM was found in any place looked at."""
    UNREADABLE = "unreadable"
    """There is a document, but it could not be read."""
    NO_PURLS = "no-purls"
    """The document names not one package with a usable purl, so it says nothing about vulnerabilities."""
    UNRESOLVED = "unresolved"
    """The tag is not known and could not be resolved to a digest."""
    MISNAMED = "misnamed"
    """The image's name is no image reference, so nothing can be looked for."""
    REFUSED = "refused"
    """A registry or another source said no, or did not answer in time."""


class ComponentCounts(msgspec.Struct, frozen=True):
    """How many components of an image are in each state; ``total`` leaves out ``not_in_image`` alone."""

    total: int = 0
    vulnerable: int = 0
    clean: int = 0
    unknown: int = 0
    not_covered: int = 0
    unusable: int = 0
    not_in_image: int = 0


class Finding(msgspec.Struct, frozen=True):
    """One vulnerability in one component, with what was decided about it.

    Attributes:
        purl: the component.
        vulnerability: what is wrong with it.
        assessment: the effective assessment, or None when unassessed.
        action: what this finding asks for.
        expired: the newest assessment that would apply had it not expired; for "unassessed (expired, was Blocked)".
        note: a remark such as ``score moved 7.5 → 9.8`` or ``unscored``; possibly empty.
        changes_at: the first moment at which time alone can change this; None means never.
    """

    purl: Purl
    vulnerability: Vulnerability
    assessment: Assessment | None
    action: Action
    expired: Assessment | None = None
    note: str = ""
    changes_at: dt.datetime | None = None


class Reason(msgspec.Struct, frozen=True):
    """One sentence of why an image got its action, apart from the findings.

    Attributes:
        code: ``unknown``, ``missing-sbom``, ``not-covered``, ``unusable``, ``too-many-findings`` or ``error``.
        action: what it asks for.
        text: the sentence, with numbers.
        remedy: what to do.
    """

    code: str
    action: Action
    text: str
    remedy: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """The decision about one image.

    Attributes:
        action: the worst of the findings and the reasons.
        image: the reference as parsed.
        digest: what was judged; None when the reference could not be resolved.
        counts: components by state.
        findings: every vulnerability found, worst first; as far as they were judged.
        reasons: what else counted, worst first.
        valid_until: the earliest moment at which time alone can change this verdict; None means never.
        revision: the store's revision it was computed from.
        sbom: what became of the search for the SBOM.
    """

    action: Action
    image: ImageRef
    digest: Digest | None
    counts: ComponentCounts = ComponentCounts()
    findings: tuple[Finding, ...] = ()
    reasons: tuple[Reason, ...] = ()
    valid_until: dt.datetime | None = None
    revision: int = 0
    sbom: SbomStatus = SbomStatus.FOUND


class ImageVerdict(msgspec.Struct, frozen=True):
    """A verdict with the containers that use the image.

    Attributes:
        verdict: the decision.
        containers: field path and name of each container, such as ``spec.containers[0] (web)``.
    """

    verdict: Verdict
    containers: tuple[str, ...]


class WorkloadVerdict(msgspec.Struct, frozen=True):
    """The decision about a workload: the worst of its images."""

    action: Action
    images: tuple[ImageVerdict, ...] = msgspec.field(default=())
