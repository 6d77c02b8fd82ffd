"""Where VEX documents come from, and where they are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.images import Digest, ImageRef
    from webhook.model.triage import AuditNote
    from webhook.model.vex import KeptVex, VexChange, VexLook, VexReading


class VexSource(Protocol):
    """A source of VEX documents."""

    @property
    def name(self) -> str:
        """As the settings have it."""

    def fetch(self) -> VexReading:
        """The documents that it has, and why others cannot be read.

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
        """A document as it was handed in or found; None when it no longer exists."""

    def add(self, kept: KeptVex, payload: bytes, note: AuditNote) -> bool:
        """Keep a document that somebody hands in; whether anything has changed."""

    def settle_source(self, name: str, reading: VexReading, now: dt.datetime) -> VexChange:
        """Make the documents of a source equal to what it has now; those whose file cannot be read now stay."""

    def settle_attached(
        self,
        image: str,
        found: Sequence[tuple[KeptVex, bytes]],
        now: dt.datetime,
        *,
        place: str = "",
        trouble: str = "",
    ) -> VexChange:
        """Make the documents that are attached to an image equal to what is there now.

        What is not attached any more goes on to restrict.
        """

    def remove(self, number: int, note: AuditNote, now: dt.datetime) -> KeptVex | None:
        """Take out a document; None when there is none of this number."""
