"""Options of the controller."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.errors import ConfigError

_SHORTEST_LEASE = 3


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
