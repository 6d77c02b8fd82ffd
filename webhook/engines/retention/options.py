"""Options of retention: for how long what is kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from webhook.errors import ConfigError
from webhook.model.retention import PruneKind

_MOST_DAYS = 36_500
_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class RetentionOptions:
    """For how long the store keeps what is no longer in use; 0 days means for ever."""

    images_days: float = field(
        default=90.0,
        metadata={
            "help": (
                "Days after which the SBOMs of an image are deleted that was not seen since, at admission or running. "
                "Images that a workload names are kept. 0 keeps all."
            )
        },
    )
    components_days: float = field(
        default=30.0,
        metadata={
            "help": (
                "Days that a component is kept, with its findings, when no SBOM names it any more. Assessments are "
                "always kept. 0 keeps all."
            )
        },
    )
    documents_days: float = field(
        default=0.0,
        metadata={
            "help": (
                "Days after which the kept documents of an image are deleted that was not seen since. "
                "0 keeps a document as long as its SBOM."
            )
        },
    )
    sightings_days: float = field(
        default=90.0,
        metadata={
            "help": (
                "Days after which notes of seen images are deleted; at least imagesDays, because they say when an "
                "image was last seen. 0 keeps all."
            )
        },
    )
    runs_days: float = field(
        default=365.0,
        metadata={"help": "Days that reports of downloads are kept; the last ones always are. 0 keeps all."},
    )
    audit_days: float = field(default=0.0, metadata={"help": "Days that rows of the audit log are kept; 0 keeps all."})
    requests_days: float = field(
        default=365.0,
        metadata={
            "help": (
                "Days that requests for exceptions are kept after they have ended; those of exceptions that still "
                "count are always kept. 0 keeps all."
            )
        },
    )
    interval_hours: float = field(
        default=6.0, metadata={"help": "Hours between two passes of the controller that delete what is no longer kept."}
    )
    step_rows: int = field(
        default=500, metadata={"help": "Maximum number of rows, images or components deleted in one transaction."}
    )

    def before(self, kind: PruneKind, now: dt.datetime) -> dt.datetime | None:
        """The moment before which a kind is old; None when it is kept for ever, or by another rule."""
        days = {
            PruneKind.RUNS: self.runs_days,
            PruneKind.AUDIT: self.audit_days,
            PruneKind.REQUESTS: self.requests_days,
            PruneKind.IMAGES: self.images_days,
            PruneKind.TAGS: self.images_days,
            PruneKind.HISTORY: self.images_days,
            PruneKind.SIGHTINGS: self.sightings_days,
            PruneKind.COMPONENTS: self.components_days,
            PruneKind.DOCUMENTS: self.documents_days,
        }.get(kind, 0.0)
        return now - dt.timedelta(days=days) if days else None

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        for name, days in (
            ("imagesDays", self.images_days),
            ("componentsDays", self.components_days),
            ("documentsDays", self.documents_days),
            ("sightingsDays", self.sightings_days),
            ("runsDays", self.runs_days),
            ("auditDays", self.audit_days),
            ("requestsDays", self.requests_days),
        ):
            if not (days == 0 or 1 <= days <= _MOST_DAYS):
                raise ConfigError(f"retention.{name} is {days:g}; write 0 for ever, or 1 to {_MOST_DAYS} days.")
        longest = max(self.images_days, self.documents_days)
        if self.sightings_days and (self.sightings_days < longest):
            raise ConfigError(
                f"retention.sightingsDays is {self.sightings_days:g}, less than imagesDays or documentsDays.",
                remedy="Sightings say when an image was last seen: keep them at least as long.",
            )
        if not 0 < self.interval_hours <= 24 * 7:
            raise ConfigError(f"retention.intervalHours is {self.interval_hours:g}; write more than 0, at most 168.")
        if not 1 <= self.step_rows <= _MOST_ROWS:
            raise ConfigError(f"retention.stepRows is {self.step_rows}; write 1 to {_MOST_ROWS}.")
