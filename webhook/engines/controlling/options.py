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

    lease: str = field(
        default="bomgate-controller", metadata={"help": "Name of the Lease that the controller that leads holds."}
    )
    lease_seconds: int = field(
        default=15,
        metadata={"help": "Seconds after which another controller takes over from one that is not heard of."},
    )
    graceful_seconds: float = field(
        default=20.0, metadata={"help": "Seconds that duties get to end what they do when the controller is stopped."}
    )
    stuck_minutes: float = field(
        default=30.0, metadata={"help": "Minutes after which a duty that does not end makes /healthz fail."}
    )

    resource_seconds: float = field(
        default=10.0,
        metadata={"help": "Seconds between two looks at the objects AssessmentType and Assessment of the cluster."},
    )
    inventory_seconds: float = field(default=300.0, metadata={"help": "Seconds between two looks at which images run."})
    search_seconds: float = field(
        default=300.0, metadata={"help": "Seconds that one such look may spend on searching for missing SBOMs."}
    )
    searches: int = field(default=4, metadata={"help": "Searches for SBOMs of running images at a time."})
    urgent_seconds: float = field(
        default=60.0, metadata={"help": "Seconds between two looks for components that are urgent to ask about."}
    )
    urgent_components: int = field(
        default=512,
        metadata={
            "help": "Most components that are asked about at once because an image with them was just seen and nobody "
            "ever asked about them; 0 leaves them to the download run."
        },
    )
    urgent_per_day: int = field(
        default=5000,
        metadata={"help": "Most such components a day (UTC), beside ossindex.maxComponentsPerRun of the download run."},
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
            "help": "Whether the controller makes the webhook's certificate and writes its authority into the webhook "
            "configurations; false where something else does, such as cert-manager."
        },
    )
    secret: str = field(
        default="bomgate-webhook-tls", metadata={"help": "Secret with the certificate that the webhook serves with."}
    )
    ca_secret: str = field(default="bomgate-ca", metadata={"help": "Secret with bomgate's own certificate authority."})
    service: str = field(
        default="bomgate-webhook", metadata={"help": "Service through which the API server calls the webhook."}
    )
    configurations: tuple[str, ...] = field(
        default=("bomgate",),
        metadata={"help": "Names of the ValidatingWebhookConfigurations and MutatingWebhookConfigurations of bomgate."},
    )
    leaf_days: float = field(
        default=90.0,
        metadata={"help": "Days for which the webhook's certificate is valid; renewed when a third is left."},
    )
    authority_days: float = field(
        default=365.0, metadata={"help": "Days for which the authority is valid; replaced when a third is left."}
    )
    overlap_seconds: float = field(
        default=3600.0,
        metadata={
            "help": "Seconds for which a new authority is known before it is used, and an old one after; longer than "
            "a kubelet takes to bring a changed Secret to the Pods."
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
