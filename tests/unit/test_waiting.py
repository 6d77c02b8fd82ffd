"""How long tests wait for processes."""

from __future__ import annotations

import os

import pytest

from tests.e2e.processes import LONGEST_WAIT, patience, wait_until


@pytest.mark.parametrize(
    ("load", "seconds", "waited"),
    [(0.5, 20.0, 20.0), (2.0, 20.0, 20.0), (8.0, 20.0, 80.0), (40.0, 20.0, LONGEST_WAIT), (40.0, 200.0, 200.0)],
)
def test_a_wait_is_longer_by_as_much_as_a_machine_has_too_much_to_do(
    load: float, seconds: float, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    assert patience(seconds) == waited


def test_what_does_not_happen_is_named_with_the_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    with pytest.raises(TimeoutError, match="the end of the world did not happen within 0 s; last seen: 0"):
        wait_until(lambda: 0, 0.02, "the end of the world", pause=0.01)


def test_what_happens_is_returned() -> None:
    answers = iter([0, "", "yes"])
    assert wait_until(lambda: next(answers), 20, "an answer", pause=0) == "yes"
