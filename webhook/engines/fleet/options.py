"""Options of the fleet that both sides have."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.model.fleet import FleetMode


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
    local_loosening: bool = field(
        default=False,
        metadata={
            "help": "At a member: whether an assessment that was made here may be milder than what would hold without "
            "it. A stricter one always counts."
        },
    )
