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
            "help": "Most coordinates that one run asks for, so that credits last; none: everything that is due. "
            "A component that is asked for in several forms counts as many times."
        },
    )
    ttl_hours: float = field(
        default=24.0,
        metadata={
            "help": "Hours that an answer is good for; OSS Index charges a component once a day, so 24 or more. "
            "A run asks again a little before they end, by 5 % of them and at most one hour: with 24, after 23."
        },
    )
    form_ttl_days: float = field(
        default=30.0,
        metadata={
            "help": "Days for which OSS Index is not asked again for a form of a name that no SBOM wrote, "
            "after it knew nothing of it."
        },
    )
    concurrency: int = field(default=1, metadata={"help": "Requests at once; more makes rate limits more likely."})
    lease_minutes: float = field(
        default=5.0,
        metadata={
            "help": "Without effect, and accepted so that older settings work: a run renews its lease every 10 "
            "seconds, and that of a killed run ends within 25."
        },
    )
    max_failed_batches: int = field(
        default=3, metadata={"help": "Batches that may fail in a row before a run gives up."}
    )
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
