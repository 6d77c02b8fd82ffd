"""Where VEX documents come from, and where they are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.images import Digest, ImageRef
    from webhook.model.triage import AuditNote
    from webhook.model.vex import KeptVex, VexChange, VexDocument, VexLook, VexOriginKind


class VexSource(Protocol):
    """A source of VEX documents."""

    @property
    def name(self) -> str:
        """As the settings have it."""

    def fetch(self) -> tuple[Sequence[tuple[VexDocument, bytes]], Sequence[str]]:
        """The documents with their bytes, and why others cannot be read.

        Raises:
            SourceError: it did not answer, or has none that can be read.
        """


class VexPlace(Protocol):
    """Where VEX documents are attached to images."""

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> VexLook:
        """The documents that are attached to this digest, and that a listed key has signed.

        Raises:
            SourceError: the place did not answer, or refused to. What is attached there never is the reason.
        """


class VexStore(Protocol):
    """VEX documents by where they came from."""

    def find(self, number: int | None = None) -> Sequence[KeptVex]:
        """The documents that were not taken out, oldest first; one by its number."""

    def payload(self, number: int) -> bytes | None:
        """A document as it was handed in or found; None when it is not there any more."""

    def add(self, kept: KeptVex, payload: bytes, note: AuditNote) -> bool:
        """Keep a document that somebody hands in; whether anything has changed."""

    def settle(
        self,
        kind: VexOriginKind,
        of: str,
        found: Sequence[tuple[KeptVex, bytes]],
        now: dt.datetime,
        *,
        place: str = "",
        trouble: str = "",
    ) -> VexChange:
        """Make the documents of a source, or those attached to an image, equal to what is there now.

        What is not attached any more goes on to restrict.
        """

    def remove(self, number: int, note: AuditNote, now: dt.datetime) -> KeptVex | None:
        """Take out a document; None when there is none of this number."""
