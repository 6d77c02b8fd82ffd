"""Options of the fleet that both sides have."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.model.fleet import FleetMode
from webhook.model.policies import LocalRule


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """The part that this installation takes in a fleet."""

    mode: FleetMode = field(
        default=FleetMode.STANDALONE,
        metadata={
            "help": "standalone, hub or member. A member follows the hub's assessments and types, and decides alone "
            "for as long as the hub is away."
        },
    )
    new_keys_per_day: int = field(
        default=50_000,
        metadata={
            "help": "At the hub: how many components that it does not know a member may bring in a day. They cost "
            "credits of OSS Index and room in the database; what is too much stays unknown there until tomorrow."
        },
    )
    report_seconds: float = field(
        default=60.0,
        metadata={"help": "At a member: seconds between reports to the hub of what runs; 0: it reports nothing."},
    )
    member_stale_minutes: float = field(
        default=30.0,
        metadata={"help": "At the hub: minutes without a report after which a member is shown as out of date."},
    )
    local_loosening: bool = field(
        default=False,
        metadata={
            "help": "At a member: whether an assessment that was made here may be milder than what would hold without "
            "it. A stricter one always counts. Requests for exceptions are answered here then, and else at the hub."
        },
    )

    @property
    def local_rule(self) -> LocalRule:
        """How assessments count that were made here."""
        if self.mode is not FleetMode.MEMBER:
            return LocalRule.ORDINARY
        return LocalRule.LOOSENS if self.local_loosening else LocalRule.TIGHTENS

    @property
    def hub_answers(self) -> bool:
        """Whether requests for exceptions that are made here are answered at the hub."""
        return self.mode is FleetMode.MEMBER and not self.local_loosening
