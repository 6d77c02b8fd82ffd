"""Imports SBOM documents into the store; a bad document never stops the rest."""

from __future__ import annotations

import enum
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from webhook.errors import InvalidInput
from webhook.model.components import Sbom, SkipReason
from webhook.model.images import Digest, ImageRef
from webhook.model.records import SbomRecord
from webhook.ports import SbomStore

log = logging.getLogger("bomgate.import")


@dataclass(frozen=True, slots=True)
class Document:
    """An SBOM that is to be taken in.

    Attributes:
        name: what to call it in reports, such as its path.
        digest: of the image that it describes.
        read: gives its bytes; may raise InvalidInput or OSError.
        image: a reference whose tag is to be remembered; None when only the digest is known.
    """

    name: str
    digest: Digest
    read: Callable[[], bytes]
    image: ImageRef | None = None


class Outcome(enum.StrEnum):
    """What became of a document."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    """The store has this very document for this image already."""
    REREAD = "reread"
    """The store had this very document as an older reader read it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one document, with the reason.

    Attributes:
        document: which.
        outcome: what became of it.
        reason: why it failed, a sentence; empty otherwise.
        remedy: what to do then.
        format: such as ``cyclonedx-json``; empty unless it was read.
        components: how many usable components it lists.
        skipped: how many cannot be looked up, by reason.
        not_in_image: how many entries are not in the image.
    """

    document: Document
    outcome: Outcome
    reason: str = ""
    remedy: str = ""
    format: str = ""
    components: int = 0
    skipped: Mapping[SkipReason, int] = field(default_factory=dict)
    not_in_image: int = 0


class SbomImporter:
    """Takes SBOM documents into the store.

    Args:
        store: where they go.
        parse: bytes → Sbom.
        keeps_documents: whether the store keeps documents; then one that it lacks is taken in again.
        reader: version of ``parse``; a document that an older one read is read again.
    """

    def __init__(
        self, store: SbomStore, parse: Callable[[bytes], Sbom], *, keeps_documents: bool = False, reader: int = 0
    ) -> None:
        self._store, self._parse = store, parse
        self._keeps_documents, self._reader = keeps_documents, reader

    def run(self, documents: Iterable[Document], *, place: str) -> Iterator[Imported]:
        """Take documents in, one transaction each, and say what became of each.

        A document that the store has is recognised by its bytes, and not parsed again, unless an older reader read it.

        Args:
            documents: in any order.
            place: where they were found, such as ``added`` or ``directory``.

        Raises:
            StoreError: the store did not answer; what was taken in before stays.
        """
        known = {(record.digest, record.document_digest): record for record in self._store.list()}
        for document in documents:
            try:
                data = document.read()
                there = known.get((document.digest, f"sha256:{hashlib.sha256(data).hexdigest()}"))
                if there is not None and self._is_whole(document, there):
                    skipped = {SkipReason(reason): count for reason, count in there.skipped.items()}
                    yield Imported(
                        document,
                        Outcome.UNCHANGED,
                        format=there.format,
                        components=there.components,
                        skipped=skipped,
                        not_in_image=there.not_in_image,
                    )
                    continue
                sbom = self._parse(data)
            except InvalidInput as problem:
                yield Imported(document, Outcome.FAILED, problem.message, problem.remedy)
                continue
            except OSError as problem:
                yield Imported(document, Outcome.FAILED, f"It cannot be read: {problem.strerror or problem}.")
                continue
            stored = self._store.add(document.digest, sbom, place=place, image=document.image)
            yield Imported(
                document,
                Outcome.ADDED if there is None else Outcome.REREAD if self._is_outdated(there) else Outcome.UNCHANGED,
                format=sbom.format,
                components=len(stored.component_ids),
                skipped=stored.skipped,
                not_in_image=stored.not_in_image,
            )

    def _is_whole(self, document: Document, there: SbomRecord) -> bool:
        """Whether the store has all that there is to know: the tag, the document itself, and how it is read today."""
        if (self._keeps_documents and not there.has_document) or self._is_outdated(there):
            return False
        return document.image is None or document.image.tagged in there.names

    def _is_outdated(self, there: SbomRecord) -> bool:
        return there.reader < self._reader
