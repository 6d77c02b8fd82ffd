"""Further shapes: the JSON of commands about SBOMs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from webhook.model.dependencies import DependencyPath
from webhook.model.looks import Departure
from webhook.model.records import SbomRecord


@dataclass(frozen=True, slots=True)
class SbomShape:
    """One SBOM in the store."""

    digest: Annotated[str, "Of the image that it describes."]
    names: Annotated[tuple[str, ...], "Tagged names that point at this image now."]
    document_digest: Annotated[str, "Of the document."]
    format: Annotated[str, "Such as cyclonedx-json or spdx-json."]
    version: Annotated[str, "Version of the format; empty when the document states none."]
    tool: Annotated[str, "The tool that made it, as it names itself; possibly empty."]
    place: Annotated[str, "Where it was found: added, imported, directory …"]
    added_at: Annotated[dt.datetime, "When it was stored, UTC."]
    components: Annotated[int, "Components that can be looked up."]
    skipped: Annotated[Mapping[str, int], "Components that cannot, by reason: no-purl, malformed-purl, no-version."]
    reader: Annotated[int, "Version of the reader that read the document; a later one may read it as other components."]
    has_document: Annotated[bool, "Whether the document is kept, or known to be too large for that."]

    not_in_image: Annotated[int, "Entries that are not in the image: excluded, or provided from outside."]

    @classmethod
    def of(cls, one: SbomRecord) -> SbomShape:
        """From the model."""
        return cls(
            digest=str(one.digest),
            names=one.names,
            document_digest=one.document_digest,
            format=one.format,
            version=one.version,
            tool=one.tool,
            place=one.place,
            added_at=one.added_at,
            components=one.components,
            skipped=dict(one.skipped),
            not_in_image=one.not_in_image,
            reader=one.reader,
            has_document=one.has_document,
        )


@dataclass(frozen=True, slots=True)
class SbomListShape:
    """``bomgate sbom list --output json``."""

    sboms: Annotated[tuple[SbomShape, ...], "Newest first."]


@dataclass(frozen=True, slots=True)
class ContentShape:
    """One component of an SBOM."""

    purl: Annotated[str, "The component."]
    state: Annotated[str, "vulnerable, clean, unknown or not_covered."]
    group_guessed: Annotated[
        bool,
        "Whether it is clean perhaps only because its Maven group was guessed: it equals the artifact, and the source "
        "never told a vulnerability of the pair.",
    ]
    not_covered_because: Annotated[
        str, "no-source, no-advisories, source-package-unknown or release-unknown; empty where a source covers it."
    ]


@dataclass(frozen=True, slots=True)
class SkippedShape:
    """One entry of an SBOM that cannot be looked up."""

    name: Annotated[str, "What the document calls it; possibly empty."]
    reason: Annotated[str, "no-purl, malformed-purl or no-version."]
    detail: Annotated[str, "The offending purl, or a sentence; possibly empty."]


@dataclass(frozen=True, slots=True)
class SbomContentShape:
    """An SBOM with what is in it."""

    sbom: Annotated[SbomShape, "The SBOM."]
    contents: Annotated[tuple[ContentShape, ...], "Its components with the state of each."]
    skipped_components: Annotated[tuple[SkippedShape, ...], "Some of those that cannot be looked up, at most 200."]


@dataclass(frozen=True, slots=True)
class DepartureShape:
    """A document that stopped counting in one place."""

    document_digest: Annotated[str, "Of the document."]
    place: Annotated[str, "Where it was found."]
    name: Annotated[
        str, "The image's name that it was attached to, and the namespace whose pull secrets were used; or empty."
    ]
    at: Annotated[dt.datetime, "When it stopped counting."]
    author: Annotated[str, "Who took it out, or looked and did not find it."]
    why: Annotated[str, "In words."]

    @classmethod
    def of(cls, one: Departure) -> DepartureShape:
        """From the model."""
        return cls(one.document_digest, one.place, one.origin, one.at, one.author, one.why)


@dataclass(frozen=True, slots=True)
class SbomShowShape:
    """``bomgate sbom show --output json``."""

    digest: Annotated[str, "Of the image."]
    sboms: Annotated[tuple[SbomContentShape, ...], "All SBOMs of the image that count, newest first."]
    history: Annotated[tuple[DepartureShape, ...], "What stopped counting, newest first."]


@dataclass(frozen=True, slots=True)
class SbomRemoveShape:
    """``bomgate sbom remove --output json``."""

    digest: Annotated[str, "Of the image."]
    removed: Annotated[tuple[DepartureShape, ...], "What was taken out."]
    attached: Annotated[tuple[DepartureShape, ...], "What stays, because it is attached or comes from a place."]


@dataclass(frozen=True, slots=True)
class ImportedShape:
    """What became of one document."""

    document: Annotated[str, "Its name."]
    digest: Annotated[str, "Of the image that it describes; empty when the file name states none."]
    outcome: Annotated[str, "added, unchanged, reread, failed, or skipped (the file name states no digest)."]
    reason: Annotated[str, "Why it failed or was skipped; empty otherwise."]
    format: Annotated[str, "Such as cyclonedx-json; empty when it was not read."]
    components: Annotated[int, "Components that can be looked up."]
    skipped: Annotated[Mapping[str, int], "Components that cannot, by reason."]
    not_in_image: Annotated[int, "Entries that are not in the image: excluded, or provided from outside."]


@dataclass(frozen=True, slots=True)
class ImportShape:
    """``bomgate sbom import`` and ``bomgate sbom add`` with ``--output json``."""

    documents: Annotated[tuple[ImportedShape, ...], "Each document."]
    added: Annotated[int, "How many were added."]
    unchanged: Annotated[int, "How many the store had already."]
    reread: Annotated[int, "How many the store had as an older bomgate read them, and were read again."]
    failed: Annotated[int, "How many could not be read; any makes the exit code 2."]
    skipped: Annotated[int, "How many files were left alone."]


@dataclass(frozen=True, slots=True)
class LookShape:
    """One place that was looked at."""

    place: Annotated[
        str,
        "referrers, fallback-tag, buildkit, cosign-attestation, cosign-attachment, cluster-report, directory, or tag.",
    ]
    at: Annotated[str, "What was asked there."]
    answer: Annotated[str, "What it answered, for people."]
    used: Annotated[bool, "Whether a document found there counts."]
    document: Annotated[str, "Digest of the document that was read there; empty when none was."]


@dataclass(frozen=True, slots=True)
class FetchedComponentsShape:
    """What the SBOMs that were found list."""

    total: Annotated[int, "All that they list as packages."]
    usable: Annotated[int, "Components that can be looked up."]
    skipped: Annotated[Mapping[str, int], "Components that cannot, by reason."]


@dataclass(frozen=True, slots=True)
class FetchShape:
    """``bomgate sbom fetch --output json``."""

    image: Annotated[str, "The reference as written."]
    digest: Annotated[str | None, "What was searched for; null when the tag could not be resolved."]
    result: Annotated[str, "found, none, unreadable or refused; anything but found makes the exit code 3."]
    looked: Annotated[tuple[LookShape, ...], "Every look, in order."]
    components: Annotated[FetchedComponentsShape, "What was found."]
    incomplete: Annotated[str, "Why not all that is attached is known; empty when every place answered."]
    gone: Annotated[tuple[DepartureShape, ...], "With --add: what counted before, and is gone from its place."]
    remedy: Annotated[str, "What to do; empty when all is known."]


@dataclass(frozen=True, slots=True)
class StepShape:
    """A part of a path."""

    name: Annotated[str, "What the document calls it, with its version."]
    purl: Annotated[str, "As written; empty for what has none."]


@dataclass(frozen=True, slots=True)
class PathShape:
    """``bomgate sbom path --output json``."""

    steps: Annotated[tuple[StepShape, ...], "From what the document is about to the component; empty: none is known."]
    is_dependency: Annotated[bool, "Whether the steps depend on each other; otherwise they contain each other."]
    reason: Annotated[str, "Why no way is known; empty when one is."]

    @classmethod
    def of(cls, one: DependencyPath) -> PathShape:
        """From the model."""
        return cls(tuple(StepShape(step.name, step.purl) for step in one.steps), one.is_dependency, one.reason)
