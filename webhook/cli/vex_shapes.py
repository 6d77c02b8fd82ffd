"""Further shapes: the JSON of commands about VEX documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from webhook.engines.vexintake import VexUpdate
from webhook.model.vex import KeptVex
from webhook.policy.vexexplaining import ExplainedClaim


@dataclass(frozen=True, slots=True)
class VexDocumentShape:
    """A VEX document of the store."""

    number: Annotated[int, "Its number, for `bomgate vex remove`; 0 when it is not stored."]
    document: Annotated[str, "Its id, as the document states it."]
    digest: Annotated[str, "Of its bytes."]
    format: Annotated[str, "openvex, cyclonedx or csaf."]
    author: Annotated[str, "Who wrote it, by its own word."]
    version: Annotated[str, "Of the document; possibly empty."]
    issued_at: Annotated[dt.datetime, "When this version was issued, UTC."]
    standing: Annotated[
        str,
        "draft, withdrawn or superseded by its own word, unreadable in the store, gone from the image, so that it only"
        " restricts; empty when it is valid.",
    ]
    statements: Annotated[int, "How many statements it makes."]
    origin: Annotated[str, "added, source or attestation."]
    name: Annotated[str, "Who handed it in, the source, or the fingerprint of the key that signed it."]
    image: Annotated[str, "Digest of the image that it is attached to, or handed in for; empty for none."]
    namespace: Annotated[str, "Namespace where it counts; empty for everywhere."]
    added_at: Annotated[dt.datetime, "When it was stored, UTC."]
    until: Annotated[dt.datetime | None, "When it stops counting, UTC; null: never."]
    comment: Annotated[str, "Why it was handed in; possibly empty."]
    trusted: Annotated[bool, "Whether it counts anywhere, by vex.trust."]
    place: Annotated[
        str,
        "Name under which it is attached, and the namespace whose pull secrets were used; of a source, the path of its"
        " file; or empty.",
    ]
    trouble: Annotated[
        str,
        "Why not all that is attached there is known, so that nothing loosens; of a source, why its file cannot be read"
        " any more, so that it counts as it was; or empty.",
    ]

    @classmethod
    def of(cls, one: KeptVex, *, trusted: bool) -> VexDocumentShape:
        """From the model."""
        document, origin = one.document, one.origin
        return cls(
            number=one.number,
            document=document.id,
            digest=document.digest,
            format=document.format,
            author=document.author,
            version=document.version,
            issued_at=document.issued_at,
            standing="gone" if one.gone_at is not None else document.standing.value,
            statements=len(document.statements),
            origin=origin.kind.value,
            name=origin.name,
            image=origin.image,
            namespace=origin.namespace,
            added_at=one.added_at,
            until=one.until,
            comment=one.comment,
            trusted=trusted,
            place=origin.place,
            trouble=one.trouble,
        )


@dataclass(frozen=True, slots=True)
class VexListShape:
    """``bomgate vex list --output json``."""

    documents: Annotated[tuple[VexDocumentShape, ...], "Oldest first."]


@dataclass(frozen=True, slots=True)
class VexAddShape:
    """``bomgate vex add --output json``."""

    changed: Annotated[bool, "False when the document was there as it is."]
    document: Annotated[VexDocumentShape, "The document."]
    flaws: Annotated[tuple[str, ...], "Why statements of it can loosen nothing, each as statement and reason."]


@dataclass(frozen=True, slots=True)
class VexRemoveShape:
    """``bomgate vex remove --output json``."""

    removed: Annotated[VexDocumentShape, "The document that counts no more."]


@dataclass(frozen=True, slots=True)
class VexSourceShape:
    """What became of a source of VEX documents."""

    source: Annotated[str, "Its name."]
    documents: Annotated[int, "Documents that it has; 0 when it could not be read."]
    statements: Annotated[int, "Statements that they make."]
    new: Annotated[int, "Documents that were not there before."]
    gone: Annotated[int, "Documents that are not there any more."]
    kept: Annotated[int, "Documents that stay as they were, because their files cannot be read any more."]
    failed: Annotated[bool, "Whether it could not be read; what was there before stays then."]
    problems: Annotated[tuple[str, ...], "What could not be read."]

    @classmethod
    def of(cls, one: VexUpdate) -> VexSourceShape:
        """From the engine."""
        return cls(one.source, one.documents, one.statements, one.new, one.gone, one.kept, one.failed, one.problems)


@dataclass(frozen=True, slots=True)
class VexUpdateShape:
    """``bomgate vex update --output json``."""

    sources: Annotated[tuple[VexSourceShape, ...], "In the order of the settings."]


@dataclass(frozen=True, slots=True)
class VexFetchShape:
    """``bomgate vex fetch --output json``."""

    image: Annotated[str, "As asked."]
    digest: Annotated[str, "Of the image."]
    documents: Annotated[int, "Documents that are attached to it and signed with a key in vex.trust."]
    new: Annotated[int, "Of them, how many were not there before."]
    gone: Annotated[int, "Documents that are not attached any more."]
    remarks: Annotated[tuple[str, ...], "Why other attachments that may be VEX documents do not count."]
    left_out: Annotated[int, "Documents that were not kept, because they are kept for too many other places."]
    trouble: Annotated[str, "Why not all that is attached is known, so that nothing loosens; empty when all is."]


@dataclass(frozen=True, slots=True)
class VexAttachedShape:
    """``bomgate vex export --attach --output json``; without ``--attach`` it writes OpenVEX."""

    image: Annotated[str, "As asked."]
    digest: Annotated[str, "Of the image."]
    attached: Annotated[str, "Name and digest of what refers to the image now."]
    signed: Annotated[bool, "Whether it is signed."]


@dataclass(frozen=True, slots=True)
class LoosenedShape:
    """A finding that a statement made one that is allowed."""

    purl: Annotated[str, "The component."]
    vulnerability: Annotated[str, "Its id."]


@dataclass(frozen=True, slots=True)
class VexStatementShape:
    """A statement, and what became of it for an image."""

    document: Annotated[str, "Id of its document."]
    number: Annotated[int, "Number of the document; 0 for one that is not stored."]
    author: Annotated[str, "Who wrote the document, by its own word."]
    origin: Annotated[str, "How the document came here: added, source or attestation, and by whom."]
    statement: Annotated[str, "Id of the statement."]
    status: Annotated[str, "not_affected, fixed, affected or under_investigation."]
    at: Annotated[dt.datetime, "When it was stated, UTC."]
    vulnerabilities: Annotated[tuple[str, ...], "What it is about, with aliases."]
    justification: Annotated[str, "Why something is not affected; possibly empty."]
    loosened: Annotated[tuple[LoosenedShape, ...], "The findings that it made ones that are allowed."]
    miss: Annotated[str, "Why it did nothing, as a word, by its nearest miss; empty when it did something."]
    detail: Annotated[str, "The same in a sentence."]
    remedy: Annotated[str, "What helps; possibly empty."]

    @classmethod
    def of(cls, one: ExplainedClaim) -> VexStatementShape:
        """From the rules."""
        kept, statement = one.claim.kept, one.claim.statement
        return cls(
            document=kept.document.id,
            number=kept.number,
            author=kept.document.author,
            origin=f"{kept.origin.kind.value} {kept.origin.name}".strip(),
            statement=statement.id,
            status=statement.status.value,
            at=statement.at,
            vulnerabilities=statement.vulnerabilities,
            justification=statement.justification,
            loosened=tuple(LoosenedShape(str(purl), name) for purl, name in one.loosened),
            miss="" if one.miss is None else one.miss.word,
            detail=one.detail,
            remedy=one.remedy,
        )


@dataclass(frozen=True, slots=True)
class VexExplainShape:
    """``bomgate vex explain --output json``."""

    image: Annotated[str, "As asked."]
    digest: Annotated[str, "Of the image."]
    namespace: Annotated[str, "Where it is judged; empty for nowhere in particular."]
    statements: Annotated[Sequence[VexStatementShape], "Of all documents, those that did something first."]
