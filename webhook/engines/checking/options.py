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
        default=60.0, metadata={"help": "Seconds that a search for an SBOM may take; it outlives the request."}
    )
    none_seconds: float = field(
        default=60.0, metadata={"help": "Seconds for which an image without an SBOM is not searched again."}
    )
    unreadable_seconds: float = field(
        default=300.0, metadata={"help": "Seconds for which an SBOM that could not be read is not read again."}
    )
    refused_seconds: float = field(
        default=15.0, metadata={"help": "Seconds for which a place that refused or did not answer is not asked again."}
    )
    reserve_seconds: float = field(
        default=1.0,
        metadata={
            "help": "Seconds before its deadline at which an admission request stops waiting for searches, so that the "
            "API server still has time to say what the object's controller runs; at most half of the request's time."
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
        if outcome.status is SbomStatus.UNREADABLE:
            return self.unreadable_seconds
        is_part = outcome.status is SbomStatus.FOUND and bool(outcome.detail)
        return self.refused_seconds if outcome.status is SbomStatus.REFUSED or is_part else self.none_seconds


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """How long a tag's digest is believed."""

    tag_seconds: float = field(
        default=300.0, metadata={"help": "Seconds for which the digest of a tag is believed before asking again."}
    )
    patience_seconds: float = field(
        default=1.0, metadata={"help": "Seconds to wait for a registry when the tag's last digest is known."}
    )
    retry_seconds: float = field(
        default=15.0,
        metadata={"help": "Seconds for which a registry that did not say a tag's digest is not asked again."},
    )
