"""The hub is followed by the leading controller: for as long as the hub is away, its member decides alone."""

from __future__ import annotations

from webhook.engines.fleet.following import Follower
from webhook.errors import BomgateError
from webhook.model.fleet import Followed
from webhook.ports import Clock
from webhook.telemetry.metrics import Metrics

_AT_ONCE = 0.02
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class FleetDuty:
    """Follows the hub; a ``Duty``. A pass waits for the hub, which answers as soon as it has something.

    Args:
        follower: asks, and takes over.
        clock: time.
        metrics: say how far this member is.
    """

    name = "fleet"

    def __init__(self, follower: Follower, clock: Clock, metrics: Metrics) -> None:
        self._follower, self._clock, self._metrics = follower, clock, metrics
        self._failures = 0

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next: longer each time that the hub is away."""
        if not self._failures:
            return _AT_ONCE
        return min(_FIRST_PAUSE * 2.0 ** min(self._failures - 1, 16), _LONGEST_PAUSE)

    def run(self) -> None:
        """Ask once.

        Raises:
            SourceError: the hub did not answer, or refuses to.
            DocumentRefused: what it has sent is not its own.
            StoreError: the store did not answer.
        """
        try:
            followed = self._follower.follow()
        except BomgateError:
            self._failures += 1
            raise
        self._failures = 0
        self._publish(followed)

    def _publish(self, followed: Followed) -> None:
        self._metrics.set("bomgate_fleet_contact_timestamp_seconds", self._clock.now().timestamp())
        self._metrics.set("bomgate_fleet_applied_revision", followed.position.revision)
        self._metrics.set("bomgate_fleet_held_records", followed.held_count + followed.types_held)
        self._metrics.set("bomgate_fleet_clock_skew_seconds", followed.skew_seconds)
