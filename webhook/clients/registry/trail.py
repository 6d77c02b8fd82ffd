"""The trail of a search: every place that was looked at, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Look:
    """One look.

    Attributes:
        place: ``referrers``, ``fallback-tag``, ``buildkit``, ``cosign-attestation``, ``cosign-attachment``, or another
            source's name.
        at: what was asked, such as ``registry.corp/team/app:sha256-….att``.
        answer: what it answered, for people.
        used: whether a document found there is among the result.
        document: digest of the document that was read there; empty when none was.
    """

    place: str
    at: str
    answer: str
    used: bool = False
    document: str = ""

    def as_dict(self) -> dict[str, object]:
        """The look as ``bomgate sbom fetch`` prints it."""
        return {"place": self.place, "at": self.at, "answer": self.answer, "used": self.used, "document": self.document}


@dataclass(slots=True)
class Trail:
    """The looks of a search, in order."""

    looks: list[Look] = field(default_factory=list)

    def note(self, place: str, at: str, answer: str) -> Look:
        """Add a look; its answer may still be completed."""
        look = Look(place, at, answer)
        self.looks.append(look)
        return look
