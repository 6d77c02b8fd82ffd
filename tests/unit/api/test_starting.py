"""What the processes of a server know of each other's first load."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator

import pytest

from webhook.api.starting import StartBoard, raise_open_files


def test_at_its_start_a_server_is_ready_when_all_workers_have_loaded() -> None:
    board = StartBoard(2)
    first, second = board.take(), board.take()
    assert board.starting() == "0 of 2 workers have loaded the read model"
    board.loaded(first)
    assert board.any_loaded
    assert board.starting() == "1 of 2 workers have loaded the read model"
    board.loaded(second)
    assert board.starting() is None


def test_later_one_worker_is_enough() -> None:
    board = StartBoard(2)
    first, second = board.take(), board.take()
    board.loaded(first)
    board.loaded(second)
    board.leave(first)
    board.take()
    assert board.starting() is None
    board.leave(second)
    assert board.starting() == "no worker has loaded the read model"


def test_workers_see_each_others_notes() -> None:
    board = StartBoard(1)
    place = board.take()
    child = os.fork()
    if child == 0:
        board.loaded(place)
        os._exit(0)
    os.waitpid(child, 0)
    assert board.starting() is None


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_of_open_files_is_raised_as_far_as_needed(limits: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, limits[1]))
    assert raise_open_files(600) == 600
    assert 600 < resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1024


def test_a_limit_that_is_high_enough_stays(limits: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, limits[1]))
    assert raise_open_files(100) == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1000


def test_what_may_not_be_raised_lowers_the_connections_and_is_said(
    limits: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    assert raise_open_files(limits[1]) == max(limits[1] - 224, limits[1] // 3)
    assert "leaves room for fewer connections" in caplog.text


def test_a_worker_lets_those_go_first_that_have_fewer_connections_and_can_decide() -> None:
    board = StartBoard(2)
    first, second = board.take(), board.take()
    board.loaded(first)
    board.connected(first, 1)
    assert not board.have_fewer(first), "the other one does not accept yet"
    board.loaded(second)
    assert (board.have_fewer(first), board.have_fewer(second)) == (True, False)
    board.connected(second, 1)
    assert (board.have_fewer(first), board.have_fewer(second)) == (False, False)
    board.connected(second, 5)
    board.leave(second)
    assert not board.have_fewer(first)
