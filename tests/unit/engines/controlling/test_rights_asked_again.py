"""Rights that are missing are asked for again soon: a Pod may start a moment before its roles are in force."""

from __future__ import annotations

from webhook.engines.controlling.rights import RightsDuty
from webhook.model.rights import Right


class Reviewer:
    """Knows of the rights that were granted."""

    def __init__(self) -> None:
        self.granted: set[Right] = set()

    def allowed(self, right: Right) -> bool:
        return right in self.granted


def test_a_missing_right_is_asked_for_again_within_seconds_and_one_that_is_there_within_minutes() -> None:
    right, reviewer, told = Right("list", "pods"), Reviewer(), []
    duty = RightsDuty(reviewer.allowed, {"audit": (right,)}, told.append)
    duty.run()
    assert duty.interval_seconds <= 15
    reviewer.granted.add(right)
    duty.run()
    assert duty.interval_seconds >= 300
    assert told == [1, 0]
