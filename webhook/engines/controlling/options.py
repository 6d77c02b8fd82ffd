"""Options of the controller, and of the certificates that it makes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from webhook.errors import ConfigError

_SHORTEST_LEASE = 3
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """The controller: who leads, and how patient it is."""

    lease: str = field(default="bomgate-controller", metadata={"help": "Name of the Lease for leader election."})
    lease_seconds: int = field(
        default=15,
        metadata={"help": "Seconds without a renewal after which another controller takes over."},
    )
    graceful_seconds: float = field(
        default=20.0, metadata={"help": "Seconds for duties to finish when the controller stops."}
    )
    stuck_minutes: float = field(
        default=30.0, metadata={"help": "Minutes after which an unfinished duty makes /healthz fail."}
    )

    resource_seconds: float = field(
        default=10.0,
        metadata={"help": "Seconds between reads of the AssessmentType and Assessment objects."},
    )
    inventory_seconds: float = field(
        default=300.0, metadata={"help": ("Seconds between inventories of the running images.")}
    )
    search_seconds: float = field(
        default=300.0, metadata={"help": "Seconds that an inventory may spend on searches for missing SBOMs."}
    )
    searches: int = field(default=4, metadata={"help": "Concurrent searches for SBOMs of running images."})
    vex_seconds: float = field(
        default=3600.0,
        metadata={"help": "Seconds between looks at the sources of VEX documents that have no everyHours."},
    )
    match_seconds: float = field(
        default=5.0, metadata={"help": "Seconds between checks for components to match with advisories."}
    )
    urgent_seconds: float = field(default=60.0, metadata={"help": "Seconds between checks for urgent components."})
    urgent_components: int = field(
        default=512,
        metadata={
            "help": (
                "Maximum number of urgent components per query: components of recently seen images "
                "that were never queried. 0 leaves them to the download."
            )
        },
    )
    urgent_per_day: int = field(
        default=5000,
        metadata={
            "help": (
                "Maximum number of urgent components per day (UTC), in addition to "
                "ossindex.maxComponentsPerRun of the download."
            )
        },
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if self.lease_seconds < _SHORTEST_LEASE:
            raise ConfigError(
                f"controller.leaseSeconds is {self.lease_seconds}; it has to be at least {_SHORTEST_LEASE}."
            )
        for name, value in (
            ("gracefulSeconds", self.graceful_seconds),
            ("stuckMinutes", self.stuck_minutes),
            ("resourceSeconds", self.resource_seconds),
            ("inventorySeconds", self.inventory_seconds),
            ("searchSeconds", self.search_seconds),
            ("searches", self.searches),
            ("urgentSeconds", self.urgent_seconds),
        ):
            if not value > 0:
                raise ConfigError(f"controller.{name} is {value:g}; it has to be more than 0.")


@dataclass(frozen=True, slots=True)
class CertificateOptions:
    """Certificates that the controller makes for the webhook."""

    manage: bool = field(
        default=False,
        metadata={
            "help": (
                "Whether the controller creates the webhook's certificate and writes its CA to the "
                "webhook configurations. Set to false if another tool does, such as cert-manager."
            )
        },
    )
    secret: str = field(default="bomgate-webhook-tls", metadata={"help": "Secret with the webhook's certificate."})
    ca_secret: str = field(default="bomgate-ca", metadata={"help": "Secret with bomgate's own certificate authority."})
    service: str = field(
        default="bomgate-webhook", metadata={"help": "Service through which the API server calls the webhook."}
    )
    console_secret: str = field(
        default="", metadata={"help": "Secret with the console's certificate; empty: there is none."}
    )
    console_service: str = field(default="bomgate-console", metadata={"help": "Service of the console."})
    configurations: tuple[str, ...] = field(
        default=("bomgate",),
        metadata={"help": ("Names of bomgate's ValidatingWebhookConfigurations and MutatingWebhookConfigurations.")},
    )
    leaf_days: float = field(
        default=90.0,
        metadata={"help": "Days for which the webhook's certificate is valid; renewed when a third is left."},
    )
    authority_days: float = field(
        default=365.0, metadata={"help": "Days for which the CA is valid; replaced when a third is left."}
    )
    overlap_seconds: float = field(
        default=3600.0,
        metadata={
            "help": (
                "Seconds for which a new CA is published before it is used, and the old CA is kept "
                "afterwards. Must be longer than a kubelet takes to update a Secret in the Pods."
            )
        },
    )

    @property
    def overlap(self) -> dt.timedelta:
        """The overlap as a duration."""
        return dt.timedelta(seconds=self.overlap_seconds)

    @property
    def interval_seconds(self) -> float:
        """Seconds between two looks: a bundle that somebody wiped is whole again within a minute."""
        return min(_LONGEST_PAUSE, max(0.5, self.overlap_seconds / 4))

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if self.overlap_seconds <= 0:
            raise ConfigError(f"certificates.overlapSeconds is {self.overlap_seconds:g}; it has to be more than 0.")
        for name, days in (("leafDays", self.leaf_days), ("authorityDays", self.authority_days)):
            # In the last third both overlaps of a rotation have to fit.
            if not dt.timedelta(days=days) / 3 > 3 * self.overlap:
                raise ConfigError(
                    f"certificates.{name} is {days:g}, too short for an overlap of {self.overlap_seconds:g} seconds.",
                    remedy="A third of it has to be longer than three times certificates.overlapSeconds.",
                )
