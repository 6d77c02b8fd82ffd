"""Takes VEX documents in: those that people hand in, and those of the sources of the settings."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from webhook.errors import SourceError
from webhook.model.triage import AuditNote
from webhook.model.vex import KeptVex, VexChange, VexLook, VexOrigin, VexOriginKind, VexReading
from webhook.policy.loosening import ApprovalNeeded
from webhook.ports import Clock, CursorStore, VexSource, VexStore
from webhook.sboms.vex import parse_vex

log = logging.getLogger("bomgate.vex")
_MOST_PROBLEMS = 20


def vex_cursor(source: str) -> str:
    """The cursor that tells when a source of VEX documents was last read, in seconds since 1970."""
    return f"vex:{source}"


@dataclass(frozen=True, slots=True)
class VexUpdate:
    """What became of a source.

    Attributes:
        source: its name.
        documents: how many it has; 0 when it could not be read.
        statements: how many they make.
        new: documents that were not there before.
        gone: documents that are not there any more.
        kept: documents that stay as they were, because their files cannot be read any more.
        problems: what could not be read, sentences.
        failed: whether nothing could be, so that what was there before stays.
    """

    source: str
    documents: int = 0
    statements: int = 0
    new: int = 0
    gone: int = 0
    kept: int = 0
    problems: tuple[str, ...] = ()
    failed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether what counts is what the source has now."""
        return not self.failed and not self.kept


@dataclass(frozen=True, slots=True)
class HandedIn:
    """How somebody hands a document in.

    Attributes:
        author: who does.
        recorded_by: the account and the machine.
        image: digest of the image that it is handed in for; empty for none.
        namespace: where it counts; empty for everywhere.
        until: when it stops counting, UTC; None for never.
        comment: why.
    """

    author: str
    recorded_by: str
    image: str = ""
    namespace: str = ""
    until: dt.datetime | None = None
    comment: str = ""


class VexIntake:
    """Takes VEX documents in.

    Args:
        store: where they are kept.
        sources: where they come from.
        clock: time.
        by_two: whether what loosens takes another person, so that nobody hands documents in or takes them out here.
        cursors: where it is noted when a source was last read; None notes nothing.
    """

    def __init__(
        self,
        store: VexStore,
        sources: Sequence[VexSource],
        clock: Clock,
        *,
        by_two: bool = False,
        cursors: CursorStore | None = None,
    ) -> None:
        self._store, self._sources, self._clock, self._by_two = store, sources, clock, by_two
        self._cursors = cursors

    def add(self, data: bytes, how: HandedIn) -> tuple[KeptVex, bool]:
        """Keep a document that somebody hands in; with it, whether anything has changed.

        Raises:
            InvalidInput: it cannot be read.
            ApprovalNeeded: what loosens takes two people.
            StoreError: it was not kept.
        """
        self._refuse_alone()
        document = parse_vex(data)
        origin = VexOrigin(VexOriginKind.ADDED, how.author, how.namespace, how.image)
        kept = KeptVex(document, origin, self._clock.now(), how.until, how.comment)
        detail = {"document": document.id, "image": how.image, "namespace": how.namespace, "comment": how.comment}
        note = AuditNote(how.author, how.recorded_by, "add-vex", document.digest, detail)
        return kept, self._store.add(kept, data, note)

    def attached(self, digest: str, place: str, look: VexLook) -> VexChange:
        """Keep what is attached to an image and counts; how many documents are new, gone, and left out.

        Where not all that is attached is known, nothing that is attached there loosens until it is.

        Args:
            digest: of the image.
            place: in which name, and with whose credentials, it was looked at.
            look: what was found.

        Raises:
            StoreError: nothing was changed.
        """
        now, kind = self._clock.now(), VexOriginKind.ATTESTATION
        found = []
        for each in look.attached:
            if each.signer:
                origin = VexOrigin(kind, each.signer, "", digest, each.subject, each.parts, place)
                found.append((KeptVex(each.document, origin, now), each.payload))
        done = self._store.settle_attached(digest, found, now, place=place, trouble=look.trouble)
        if look.trouble or done.left_out:
            extra = {"digest": digest, "place": place, "why": look.trouble, "left_out": done.left_out}
            log.warning("not all VEX documents of an image are known, so none attached there loosens", extra=extra)
        return done

    def remove(self, number: int, author: str, recorded_by: str, comment: str) -> KeptVex | None:
        """Take out a document; None when there is none of this number.

        Raises:
            ApprovalNeeded: what loosens takes two people.
            StoreError: it was not taken out.
        """
        self._refuse_alone()
        note = AuditNote(author, recorded_by, "remove-vex", str(number), {"comment": comment})
        return self._store.remove(number, note, self._clock.now())

    def _refuse_alone(self) -> None:
        if self._by_two:
            raise ApprovalNeeded(
                "Another person has to approve what loosens (requests.required), and VEX documents do.",
                remedy="Name a source of the kind vex in the settings file, and trust it there in vex.trust.",
            )

    def update(self, only: Collection[str] | None = None) -> tuple[VexUpdate, ...]:
        """Read sources again; one that cannot be read keeps the documents that it had, and so does a file of one.

        Documents of sources that the settings do not name any more are taken out.

        Args:
            only: names of the sources that are read; None means all.

        Raises:
            StoreError: the database does not answer.
        """
        updates = tuple(self._updated(source) for source in self._sources if only is None or source.name in only)
        names = {source.name for source in self._sources}
        origins = [held.origin for held in self._store.find() if held.origin.kind is VexOriginKind.SOURCE]
        for name in sorted({origin.name for origin in origins} - names):
            self._store.settle_source(name, VexReading(()), self._clock.now())
        return updates

    def _updated(self, source: VexSource) -> VexUpdate:
        try:
            reading = source.fetch()
        except SourceError as problem:
            said = f"{problem.message} {problem.remedy}".strip()
            log.warning("a source of VEX documents was not read", extra={"source": source.name, "error": said})
            return VexUpdate(source.name, problems=(said,), failed=True)
        now = self._clock.now()
        done = self._store.settle_source(source.name, reading, now)
        # The age of a source is that of the oldest of what counts.
        if self._cursors is not None and not done.kept:
            self._cursors.advance(vex_cursor(source.name), int(now.timestamp()))
        return VexUpdate(
            source=source.name,
            documents=len(reading.found),
            statements=sum(len(found.document.statements) for found in reading.found),
            new=done.new,
            gone=done.gone,
            kept=done.kept,
            problems=tuple(reading.unread.values())[:_MOST_PROBLEMS],
        )
