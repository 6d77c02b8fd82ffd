"""Options of the audit."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.errors import ConfigError

SYSTEM_NAMESPACES = ("kube-system", "kube-node-lease", "kube-public")
"""Namespaces in which the webhook is never asked."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """When everything that runs is judged anew, and where the result is told."""

    period_minutes: float = field(
        default=15.0, metadata={"help": "Minutes after which everything that runs is judged again in any case."}
    )
    min_seconds: float = field(
        default=60.0, metadata={"help": "Least seconds between two audits, however often the data changes."}
    )
    image_seconds: float = field(
        default=10.0, metadata={"help": "Seconds to wait for the tag or the SBOM of an image that is not known."}
    )
    search_seconds: float = field(
        default=300.0, metadata={"help": "Seconds that one audit waits for such images in all."}
    )
    events: bool = field(
        default=True, metadata={"help": "Tell an Event on each workload that would be denied or warned of."}
    )
    reports: bool = field(
        default=True,
        metadata={"help": "Write a PolicyReport, or a Report of OpenReports, where the cluster has such a kind."},
    )
    max_results: int = field(default=50, metadata={"help": "Most results in one report; the worst are kept."})
    writes_per_second: float = field(
        default=20.0, metadata={"help": "Most Events and reports that are written in a second."}
    )
    excluded_namespaces: tuple[str, ...] = field(
        default=SYSTEM_NAMESPACES,
        metadata={
            "help": "Namespaces in which the webhook is not asked, as its registration says; bomgate's own is one, too."
        },
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        for name, value in (
            ("periodMinutes", self.period_minutes),
            ("minSeconds", self.min_seconds),
            ("imageSeconds", self.image_seconds),
            ("maxResults", self.max_results),
            ("writesPerSecond", self.writes_per_second),
        ):
            if not value > 0:
                raise ConfigError(f"audit.{name} is {value}; it has to be more than 0.")
