"""Options of searches for SBOMs, and of questions about tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from webhook.errors import ConfigError
from webhook.model.verdicts import SbomStatus

if TYPE_CHECKING:
    from webhook.model.searches import SearchOutcome


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How long a search may take, and how long its failure is believed."""

    seconds: float = field(
        default=60.0, metadata={"help": "Time limit of a search for an SBOM; a search may outlive the request."}
    )
    none_seconds: float = field(
        default=60.0, metadata={"help": "Seconds before bomgate searches again for an image without an SBOM."}
    )
    unreadable_seconds: float = field(
        default=300.0, metadata={"help": "Seconds before bomgate reads an unreadable SBOM again."}
    )
    refused_seconds: float = field(
        default=15.0,
        metadata={"help": ("Seconds before bomgate searches a place again that refused or did not answer.")},
    )
    reserve_seconds: float = field(
        default=1.0,
        metadata={
            "help": (
                "Seconds before its deadline at which an admission request stops waiting for "
                "searches, so that the API server has time to say what the object's controller runs; "
                "at most half of the request's time."
            )
        },
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if self.reserve_seconds < 0:
            raise ConfigError(f"search.reserveSeconds is {self.reserve_seconds}; it cannot be less than 0.")

    def believed(self, outcome: SearchOutcome) -> float:
        """Seconds for which a search that failed, or found a part, is not repeated."""
        if outcome.status is SbomStatus.UNREADABLE or outcome.is_lasting:
            return self.unreadable_seconds
        is_part = outcome.status is SbomStatus.FOUND and bool(outcome.detail)
        return self.refused_seconds if outcome.status is SbomStatus.REFUSED or is_part else self.none_seconds


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """How long a tag's digest is believed."""

    tag_seconds: float = field(default=300.0, metadata={"help": "Seconds for which the digest of a tag is cached."})
    patience_seconds: float = field(
        default=1.0, metadata={"help": "Seconds to wait for a registry if the last digest of the tag is known."}
    )
    retry_seconds: float = field(
        default=15.0,
        metadata={"help": ("Seconds before bomgate asks a registry again that did not return the digest of a tag.")},
    )
