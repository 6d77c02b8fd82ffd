"""Options of the downloader."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from webhook.errors import ConfigError

_SLACK_SHARE, _SLACK_HOURS = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """How much a run of the downloader asks for, and how fast."""

    max_components_per_run: int | None = field(
        default=None,
        metadata={
            "help": (
                "Maximum number of coordinates that a run queries, to limit the cost in credits; "
                "none: everything that is due. A component that is queried in several forms counts "
                "several times."
            )
        },
    )
    ttl_hours: float = field(
        default=24.0,
        metadata={
            "help": (
                "Hours for which an answer is valid. OSS Index charges for a component once a day, so"
                " at least 24. A run refreshes answers a little earlier, by 5 % and at most one hour:"
                " with 24, after 23."
            )
        },
    )
    form_ttl_days: float = field(
        default=30.0,
        metadata={
            "help": (
                "Days before bomgate queries a form of a name again that no SBOM uses and of which "
                "OSS Index knew nothing."
            )
        },
    )
    concurrency: int = field(
        default=1, metadata={"help": ("Concurrent requests. Higher values make rate limits more likely.")}
    )
    lease_minutes: float = field(
        default=5.0,
        metadata={
            "help": (
                "No effect; accepted for compatibility. A run renews its lease every 10 seconds, and "
                "the lease of a killed run expires within 25."
            )
        },
    )
    max_failed_batches: int = field(default=3, metadata={"help": "Consecutive failed batches after which a run stops."})
    reassess_on_score_change: bool = field(
        default=False,
        metadata={"help": "Reassess by CVSS range when a score has changed; never touches manual assessments."},
    )

    @property
    def due_after(self) -> dt.timedelta:
        """The age at which an answer is due to be asked for again, a little less than the TTL.

        A job that runs once a day starts and gets to a component some seconds earlier or later each day. With the exact
        TTL, what it asks for late in one run would still be fresh in the next, and be asked for every second day only.
        """
        return dt.timedelta(hours=self.ttl_hours - min(self.ttl_hours * _SLACK_SHARE, _SLACK_HOURS))

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        at_least = {
            "maxComponentsPerRun": (self.max_components_per_run, 0),
            "ttlHours": (self.ttl_hours, 0),
            "formTtlDays": (self.form_ttl_days, 0),
            "concurrency": (self.concurrency, 1),
            "maxFailedBatches": (self.max_failed_batches, 1),
        }
        for name, (value, lowest) in at_least.items():
            if value is not None and not value >= lowest:
                raise ConfigError(f"ossindex.{name} is {value}; it has to be at least {lowest}.")
        if not 0 < self.lease_minutes <= 24 * 60:
            raise ConfigError(
                f"ossindex.leaseMinutes is {self.lease_minutes}; it has to be more than 0, at most a day."
            )
