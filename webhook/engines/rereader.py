"""The rereader: reads documents again that an older version of the reader has read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webhook.errors import InvalidInput
from webhook.model.components import Sbom
from webhook.model.records import OutdatedCounts, OutdatedSbom
from webhook.ports import DocumentStore, ReadingStore

log = logging.getLogger("bomgate.rereading")

_PORTION = 50


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of one SBOM.

    Attributes:
        sbom: which.
        reason: why it stays as it was read, a sentence; empty when its document was read.
    """

    sbom: OutdatedSbom
    reason: str = ""


class Rereader:
    """Reads documents again; it may be stopped at any time, and goes on where it was.

    Args:
        readings: where it is kept what was read.
        documents: where the documents are.
        parse: bytes → Sbom, today's reader.
        reader: its version.
    """

    def __init__(
        self, readings: ReadingStore, documents: DocumentStore, parse: Callable[[bytes], Sbom], reader: int
    ) -> None:
        self._readings, self._documents, self._parse, self._reader = readings, documents, parse, reader
        self._after = 0

    def run(self) -> Iterator[Reread]:
        """Read all that are due again, one transaction each.

        What cannot be read by today's reader stays as it was read, and is not tried again by this object.

        Raises:
            StoreError: the store did not answer; what was read before stays.
        """
        while due := self._readings.due(self._reader, self._after, _PORTION):
            for outdated in due:
                done = Reread(outdated, self._read(outdated))
                self._after = outdated.number
                yield done

    def advance(self) -> int:
        """Switch SBOMs to the keys that were read, as far as the answers allow; how many have them now.

        Raises:
            StoreError: the store did not answer.
        """
        return self._readings.advance()

    def start_over(self) -> None:
        """Look at all SBOMs again: documents may have come since."""
        self._after = 0

    def counts(self) -> OutdatedCounts:
        """What an older reader read.

        Raises:
            StoreError: the store did not answer.
        """
        return self._readings.counts(self._reader)

    def _read(self, one: OutdatedSbom) -> str:
        kept = self._documents.find(one.document_digest)
        if kept is None or kept.data is None:
            return "Its document is damaged, or was removed meanwhile."
        try:
            sbom = self._parse(kept.data)
        except InvalidInput as problem:
            extra = {"image": str(one.digest), "document": one.document_digest, "error": problem.message}
            log.warning("a document cannot be read again; its SBOM stays as it was read", extra=extra)
            return problem.message
        self._readings.note(one.digest, sbom)
        return ""
