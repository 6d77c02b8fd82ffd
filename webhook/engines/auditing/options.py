"""Options of the audit."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.errors import ConfigError

SYSTEM_NAMESPACES = ("kube-system", "kube-node-lease", "kube-public")
"""Namespaces in which the webhook is never asked."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """When everything that runs is judged again, and where the result is published."""

    period_minutes: float = field(default=15.0, metadata={"help": "Maximum minutes between two audits."})
    min_seconds: float = field(
        default=60.0, metadata={"help": ("Minimum seconds between two audits, even if the data changes more often.")}
    )
    image_seconds: float = field(
        default=10.0, metadata={"help": "Seconds to wait for the tag or the SBOM of an unknown image."}
    )
    search_seconds: float = field(
        default=300.0, metadata={"help": "Total seconds that an audit waits for unknown images."}
    )
    events: bool = field(
        default=True,
        metadata={"help": "Write an Event on each workload that would be denied or warned about, and on decisions."},
    )
    reports: bool = field(
        default=True,
        metadata={"help": "Write a PolicyReport, or a Report of OpenReports, if the cluster has this kind."},
    )
    max_results: int = field(
        default=50, metadata={"help": ("Maximum number of results in a report; the worst are kept.")}
    )
    writes_per_second: float = field(
        default=20.0, metadata={"help": "Maximum number of Events and reports written per second."}
    )
    excluded_namespaces: tuple[str, ...] = field(
        default=SYSTEM_NAMESPACES,
        metadata={"help": "Namespaces that the webhook's registration excludes, in addition to bomgate's own."},
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
