"""Start: nobody meets a worker that cannot decide while another can, and what nobody can decide is still answered."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.security.serving import STRICT, Caller, review, serving

NOT_LOADED = "not loaded"


@pytest.fixture
def bomgate(tmp_path: Path) -> Iterator[Bomgate]:
    with serving(tmp_path, {**STRICT, "enforce": "deny"}, workers=2) as one:
        yield one


def take_away(bomgate: Bomgate) -> Path:
    """Remove the database and the copy of the read model, so that a new worker has nothing to load."""
    away = bomgate.database.parent.with_name("away")
    bomgate.database.parent.rename(away)
    for copy in (bomgate.folder / "state").iterdir():
        copy.unlink()
    return away


def kill(bomgate: Bomgate, number: int) -> None:
    """Kill some of the workers, and wait until as many are there again."""
    before = bomgate.workers()
    for pid in before[:number]:
        os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: len(bomgate.workers()) == len(before) and not set(before[:number]) & set(bomgate.workers()),
        30,
        "new workers",
    )


def message(bomgate: Bomgate, timeout: str = "10s") -> str:
    """What a review on a new connection is denied with."""
    caller = Caller(bomgate)
    try:
        answer = caller.review(review(), timeout)
        assert not answer["allowed"]
        return str(answer["status"]["message"])
    finally:
        caller.close()


def test_from_the_first_connection_on_every_answer_is_a_verdict(tmp_path: Path) -> None:
    """A cold start with eager callers, as after a rollout: today's answers would be warnings."""
    with serving(tmp_path, workers=3) as one:
        for _ in range(2):
            one.stop()
            for copy in (one.folder / "state").iterdir():
                copy.unlink()
            answers: list[str] = []
            done = threading.Event()

            def ask(one: Bomgate = one, answers: list[str] = answers, done: threading.Event = done) -> None:
                while not done.is_set():
                    try:
                        caller = Caller(one)
                        answers.append(str(caller.review(review())))
                        caller.close()
                    except OSError:
                        done.wait(0.01)

            asking = [threading.Thread(target=ask) for _ in range(4)]
            for thread in asking:
                thread.start()
            one.start()
            wait_until(lambda answers=answers: len(answers) >= 20, 60, "20 answers")
            done.set()
            for thread in asking:
                thread.join()
            assert not [answer for answer in answers if NOT_LOADED in answer or "'allowed': True" in answer]


def test_a_worker_that_cannot_load_leaves_the_reviews_to_the_one_that_has(bomgate: Bomgate) -> None:
    take_away(bomgate)
    kill(bomgate, 1)
    wait_until(lambda: "store does not answer" in bomgate.log, 60, "the vain load")
    for _ in range(30):
        assert "SBOM" in message(bomgate)
        assert NOT_LOADED not in message(bomgate)


def test_where_no_worker_can_load_reviews_are_answered_at_their_deadline_by_the_worse_setting(bomgate: Bomgate) -> None:
    away = take_away(bomgate)
    kill(bomgate, 2)
    wait_until(lambda: bomgate.log.count("store does not answer") >= 2, 60, "the vain loads")
    assert not bomgate.ready()
    assert NOT_LOADED in message(bomgate, "3s")
    # What waits when the database comes back gets its verdict.
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(message(bomgate, "30s")))
    asking.start()
    away.rename(bomgate.database.parent)
    asking.join()
    assert "SBOM" in answers[0]
    assert NOT_LOADED not in answers[0]
    wait_until(bomgate.ready, 30, "readiness")
