"""Changes: what the store tells a read model, and the facts about an image that a read model tells the rules.

Times are whole seconds since 1970 (UTC) in arrays of unsigned 32-bit numbers, 0 meaning never; component ids are dense
and start at 0. Both keep a model of a million components small.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from webhook.model.assessments import Assessment, StoredType
from webhook.model.components import SkipReason
from webhook.model.images import Digest
from webhook.model.looks import StoredLook
from webhook.model.platforms import WHOLE, Coverage
from webhook.model.purls import Purl
from webhook.model.uncovered import Uncovered
from webhook.model.vex import KeptVex
from webhook.model.vulnerabilities import Vulnerability

UINT32: Final = "I"
"""Array type code of component ids and times; four bytes wherever CPython runs Linux."""


class Position(msgspec.Struct, frozen=True):
    """How far a store is, or how far a reader has followed it.

    Attributes:
        store: the store's identity: random hex digits that it got when its tables were made; empty for a reader that
            has read nothing. The facts, and the component ids, of two stores have nothing to do with each other.
        revision: the newest one.
        mark: random hex digits that this revision got when it was made; another history has others. Empty when it is
            not known.
    """

    store: str = ""
    revision: int = 0
    mark: str = ""

    def continues(self, former: Position) -> bool:
        """Whether this is the same store at the same or a later revision.

        Whether changes lead from there to here is for the store to say: it knows the mark of the former revision.
        """
        return self.store == former.store and self.revision >= former.revision


START = Position()
"""The position of a reader that has read nothing."""


class StoredSbom(msgspec.Struct, frozen=True):
    """One SBOM as the store keeps it.

    Attributes:
        digest: of the image it describes.
        document_digest: of the document.
        component_ids: ids of its usable components, ascending.
        skipped: how many of its components cannot be looked up, by reason.
        place: where it was found, such as ``directory`` or ``added``.
        format: as in :class:`webhook.model.components.Sbom`.
        coverage: what of the image it describes; None where an older program has found it, which took no note.
        not_in_image: how many of its entries are not in the image.
    """

    digest: Digest
    document_digest: str
    component_ids: array[int]
    skipped: Mapping[SkipReason, int]
    place: str
    format: str = ""
    coverage: Coverage | None = WHOLE
    not_in_image: int = 0


class Changes(msgspec.Struct, frozen=True):
    """Everything that changed in the store after some revision, up to and including that of ``position``.

    Attributes:
        position: the store that they are of; the reader is at this revision of it once it has applied them.
        complete: they describe the whole store; what the reader had before is to be dropped.
        component_ids: the components that changed; the next three run in parallel with it.
        states: one ``ComponentState`` byte each.
        answered_at: when a source that is asked last answered, seconds; 0 when it never did.
        ecosystems: one byte each: whose advisories say something of it, or why none do (``model.uncovered``); 0, or no
            bytes at all, for nothing.
        checked_at: by ecosystem when its advisories were last checked, seconds; of all, or None for as before.
        purls: of those that are vulnerable.
        findings: vulnerability ids of those that are vulnerable.
        vulnerabilities: new or changed, without their descriptions.
        assessments: new ones, in order of their sequence.
        types: new or changed ones of those that the store keeps, in order of their names.
        removed: digest and document digest of those that no longer count; to be applied before ``sboms``.
        sboms: new or changed ones.
        looks: new or changed ones, of images with or without SBOMs.
        tags: newest digest of each tagged name that changed.
        doubtful: of the components that changed, those of Maven whose group equals their artifact.
        told: packages of these of which the source ever told a vulnerability.
        fixed: of those that are vulnerable, the next version without a vulnerability, by its id, where one is known.
        vex: new or changed VEX documents, and those that were taken out.
        removed_components: ids of those that were deleted; no other component ever gets them.
        removed_images: those of which it is not known any more in which names they were looked at; to be applied before
            ``sboms`` and ``looks``.
        removed_tags: names that are not known any more; to be applied before ``tags``.
    """

    position: Position
    complete: bool = False
    component_ids: array[int] = msgspec.field(default_factory=lambda: array(UINT32))
    states: bytes = b""
    answered_at: array[int] = msgspec.field(default_factory=lambda: array(UINT32))
    ecosystems: bytes = b""
    checked_at: Mapping[int, int] | None = None
    purls: Mapping[int, Purl] = msgspec.field(default_factory=dict)
    findings: Mapping[int, tuple[str, ...]] = msgspec.field(default_factory=dict)
    vulnerabilities: tuple[Vulnerability, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    types: tuple[StoredType, ...] = ()
    removed: tuple[tuple[Digest, str], ...] = ()
    sboms: tuple[StoredSbom, ...] = ()
    looks: tuple[StoredLook, ...] = ()
    tags: Mapping[str, Digest] = msgspec.field(default_factory=dict)
    doubtful: Mapping[int, Purl] = msgspec.field(default_factory=dict)
    told: frozenset[str] = frozenset()
    fixed: Mapping[int, Mapping[str, str]] = msgspec.field(default_factory=dict)
    vex: tuple[KeptVex, ...] = ()
    removed_components: array[int] = msgspec.field(default_factory=lambda: array(UINT32))
    removed_images: tuple[Digest, ...] = ()
    removed_tags: tuple[str, ...] = ()

    @property
    def only_decide(self) -> bool:
        """Whether these are assessments and types alone, apart from when advisories were checked."""
        others = (self.component_ids, self.vulnerabilities, self.removed, self.sboms, self.looks, self.tags)
        gone = (self.removed_components, self.removed_images, self.removed_tags)
        told = (self.findings, self.doubtful, self.told, self.fixed, self.vex)
        return not self.complete and not any((*others, *gone, *told))


class VulnerableComponent(msgspec.Struct, frozen=True):
    """A component with its vulnerabilities, as the newest answer names them."""

    purl: Purl
    vulnerabilities: tuple[Vulnerability, ...]


class ImageFacts(msgspec.Struct, frozen=True):
    """What is known of the components of one image: the input of the decision.

    Attributes:
        total: usable and unusable components.
        clean, unknown, not_covered: how many are in that state.
        unusable: how many cannot be looked up.
        vulnerable: each vulnerable component.
        answered_at: the oldest answer among clean and vulnerable ones; None when there is none.
        without_sbom: platforms of the image that nodes have, or that are named, and that no SBOM describes.
        perhaps_without_sbom: the same where nothing is known of the nodes and nothing is named.
        incomplete: why not all SBOMs of the image are known, a sentence; empty when they are.
        not_in_image: how many entries of the SBOMs are not in the image; no part of ``total``.
        guessed: clean components whose group was perhaps guessed, so that the source was asked for another package.
        uncovered: how many components no source covers, by reason; together ``not_covered``.
        past_support: how many of those that advisories are about are of releases that are past their support.
    """

    total: int
    clean: int
    unknown: int
    not_covered: int
    unusable: int
    vulnerable: tuple[VulnerableComponent, ...] = ()
    answered_at: dt.datetime | None = None
    without_sbom: tuple[str, ...] = ()
    perhaps_without_sbom: tuple[str, ...] = ()
    incomplete: str = ""
    guessed: tuple[Purl, ...] = ()
    not_in_image: int = 0
    uncovered: Mapping[Uncovered, int] = msgspec.field(default_factory=dict)
    past_support: int = 0

    def joined(self, unknown: int, uncovered: Mapping[Uncovered, int]) -> ImageFacts:
        """With further components.

        Args:
            unknown: how many of which nothing is known.
            uncovered: how many that no source covers, by reason.
        """
        together = {reason: self.uncovered.get(reason, 0) + count for reason, count in uncovered.items() if count}
        more = sum(uncovered.values())
        return replace(
            self,
            total=self.total + unknown + more,
            unknown=self.unknown + unknown,
            not_covered=self.not_covered + more,
            uncovered={**self.uncovered, **together},
        )


class KnownAnswers(msgspec.Struct, frozen=True):
    """What sources answered about each component, at one moment.

    Attributes:
        states: one byte a component, by its id.
        answered_at: four bytes a component, by its id: when, in the byte order of the machine.
        ecosystems: one byte a component, by its id: whose advisories say something of it; 0 for none, or the number of
            the reason why no source covers it.
        checked_at: by ecosystem when its advisories were last checked, seconds.
        guessed: equal as long as the same clean components are so perhaps only because their group was guessed.
    """

    states: bytes
    answered_at: bytes
    ecosystems: bytes
    checked_at: Mapping[int, int]
    guessed: tuple[int, frozenset[str]]
