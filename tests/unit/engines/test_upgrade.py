"""Upgrading a database that does not answer yet."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from webhook.engines.upgrade import upgrade_when_there
from webhook.errors import StoreError, StoreUnreachable
from webhook.model.records import StoreStatus


class Waking:
    """A database that answers after some tries."""

    def __init__(self, *problems: StoreError) -> None:
        self.problems = list(problems)
        self.upgraded = 0

    def upgrade(self) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.upgraded += 1

    def status(self) -> StoreStatus:
        raise AssertionError("nobody asks")


def tried(admin: Waking, clock: FakeClock, seconds: float) -> list[str]:
    """Why it waited."""
    told: list[str] = []
    upgrade_when_there(admin, clock, seconds, lambda problem: told.append(problem.message))
    return told


def test_a_database_that_answers_later_is_waited_for_and_each_reason_is_told_once(clock: FakeClock) -> None:
    admin = Waking(*(StoreUnreachable(text) for text in ("down", "down", "starting", "starting")))
    assert tried(admin, clock, 300) == ["down", "starting"]
    assert (admin.upgraded, clock.sleeps) == (1, [1.0] * 4)


def test_when_the_time_is_up_the_last_reason_is_raised(clock: FakeClock) -> None:
    began = clock.monotonic()
    with pytest.raises(StoreUnreachable, match="down"):
        tried(Waking(*(StoreUnreachable("down") for _ in range(100))), clock, 2.5)
    assert clock.monotonic() - began == 2.5


def test_without_a_time_it_is_tried_once(clock: FakeClock) -> None:
    with pytest.raises(StoreUnreachable):
        tried(Waking(StoreUnreachable("down")), clock, 0)
    assert clock.sleeps == []


def test_what_does_not_pass_by_itself_is_told_at_once(clock: FakeClock) -> None:
    with pytest.raises(StoreError, match="password"):
        tried(Waking(StoreError("wrong password")), clock, 300)
    assert clock.sleeps == []
