"""The documents that a search found for one manifest of an image, and which of them count."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from webhook.clients.registry.documents import Document
from webhook.clients.trail import Look
from webhook.errors import InvalidInput, SourceError, UnusableAnswer
from webhook.model.components import BETWEEN_TOOLS, Sbom, document_digest
from webhook.ports import PartlyRead

_SKEW = dt.timedelta(minutes=5)
"""By how much the clock of who signs may be ahead."""
_VERSION = re.compile(r"[ @/:-]v?\d[^ ]*\Z")


@dataclass(frozen=True, slots=True)
class Collected:
    """A document that was read.

    Attributes:
        sbom: what is in it.
        document: its bytes, and what was said around them.
        look: where it was read.
    """

    sbom: Sbom
    document: Document
    look: Look

    @property
    def kind(self) -> tuple[str, tuple[str, ...]]:
        """Predicate type and tools, whatever their versions."""
        tools = [_VERSION.sub("", tool).casefold() for tool in self.sbom.tool.split(BETWEEN_TOOLS)]
        return self.document.predicate_type, tuple(tools)


@dataclass(slots=True)
class Basket:
    """What was found for one subject.

    Attributes:
        collected: documents that were read.
        problems: why others could not be.
        uncounted: why others do not count, whatever is in them.
        is_short: whether some could not be got, or taken out of their envelopes, so that nobody knows what is in them.
        unread: digests of those that were got and cannot be read.
    """

    collected: list[Collected] = field(default_factory=list)
    problems: list[InvalidInput | UnusableAnswer] = field(default_factory=list)
    uncounted: list[InvalidInput] = field(default_factory=list)
    is_short: bool = False
    unread: set[str] = field(default_factory=set)

    @property
    def sboms(self) -> list[Sbom]:
        """What is in the documents."""
        return [collected.sbom for collected in self.collected]

    def miss(self, problem: InvalidInput | UnusableAnswer) -> None:
        """Note a document that could not be got."""
        self.problems.append(problem)
        self.is_short = True

    def refuse(self, problem: InvalidInput, document: Document | None) -> None:
        """Note a document that was got and cannot be read; None where not even what is around it can be.

        Which document an envelope holds is not known then. So what was found here before stays: an earlier reader may
        have taken one of those out of it.
        """
        self.problems.append(problem)
        if document is None:
            self.is_short = True
        else:
            self.unread.add(document_digest(document.data))

    def take_notes(self, other: Basket) -> None:
        """Take over what was noted of another subject's documents; the documents themselves stay there."""
        self.problems += other.problems
        self.uncounted += other.uncounted
        self.is_short |= other.is_short
        self.unread |= other.unread

    def is_ahead(self, now: dt.datetime) -> bool:
        """Whether the time of a document is still to come, so that it replaces others once it has come."""
        times = (collected.document.made_at for collected in self.collected)
        return any(made is not None and made > now + _SKEW for made in times)

    def keep_newest(self, now: dt.datetime) -> None:
        """Keep the newest document of each kind; one that states no time, and those of the same time, count, too.

        So does one whose time is still to come, and it replaces no other: the clock of a machine that is wrong once
        would else hide whatever is signed until then.

        Args:
            now: the time.
        """
        newest: dict[tuple[str, tuple[str, ...]], dt.datetime] = {}
        for collected in self.collected:
            made = collected.document.made_at
            if made is not None and made <= now + _SKEW:
                newest[collected.kind] = max(newest.get(collected.kind, made), made)
        kept = []
        for collected in self.collected:
            made = collected.document.made_at
            if made is None or made >= newest.get(collected.kind, made):
                kept.append(collected)
            else:
                collected.look.used = False
                collected.look.answer += (
                    "; a newer one of the same signer, predicate type and tool counts (sbom.newest)"
                )
        self.collected = kept


def cut_short(failure: SourceError, read: Iterable[Sbom]) -> PartlyRead:
    """What was read before a registry failed counts, and says nothing of the rest."""
    is_passing = not isinstance(failure, UnusableAnswer)
    return PartlyRead(failure.message, remedy=failure.remedy, sboms=tuple(read), is_short=True, is_passing=is_passing)
