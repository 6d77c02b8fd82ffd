"""The self-check that the overview shows: made off the requests, and never old."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes import FakeClock
from webhook.bootstrap.selfcheck import KEPT_SECONDS, KeptChecks
from webhook.console.face import Health


def test_a_request_makes_a_self_check_only_where_nobody_has_for_long() -> None:
    clock, made = FakeClock(), list[int]()

    def checks() -> Sequence[Health]:
        made.append(1)
        return [Health(f"check {len(made)}", "good", "All is well.")]

    kept = KeptChecks(checks, clock)
    assert [check.name for check in kept.now()] == ["check 1"]
    clock.advance(KEPT_SECONDS)
    assert [check.name for check in kept.now()] == ["check 1"]
    kept.refresh()
    clock.advance(KEPT_SECONDS)
    assert [check.name for check in kept.now()] == ["check 2"]
    clock.advance(1)
    assert [check.name for check in kept.now()] == ["check 3"]
    assert len(made) == 3
