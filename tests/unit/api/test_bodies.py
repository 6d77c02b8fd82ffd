"""The budget that all bodies of a process share."""

from __future__ import annotations

import io
import time

import gevent
import pytest

from webhook.api.bodies import LARGE_BYTES, BodyBudget, BodyReader
from webhook.api.connections import Connection, Step
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline

MIB = 1024 * 1024


def within(seconds: float) -> Deadline:
    return Deadline(time.monotonic() + seconds)


def connection(answered: int = 0) -> Connection:
    made = Connection(None, time.monotonic)
    made.answered = answered
    return made


def test_what_finds_no_room_waits_until_there_is_some() -> None:
    budget, first, second = BodyBudget(4 * MIB, time.monotonic), connection(), connection()
    assert budget.reserve(first, 3 * MIB, within(1))
    waiting = gevent.spawn(budget.reserve, second, 3 * MIB, within(20))
    gevent.sleep(0.05)
    assert not waiting.ready()
    assert second.step is Step.WAITING
    budget.release(first)
    assert waiting.get(timeout=10)


def test_what_finds_no_room_until_its_deadline_is_told_so_and_holds_none() -> None:
    budget, first = BodyBudget(4 * MIB, time.monotonic), connection()
    assert budget.reserve(first, 3 * MIB, within(1))
    assert not budget.reserve(connection(), 3 * MIB, within(0.05))
    budget.release(first)
    assert budget.reserve(connection(), 3 * MIB, within(0))


def test_a_peer_that_has_room_and_does_not_send_gives_it_up_for_others() -> None:
    budget, silent, other = BodyBudget(4 * MIB, time.monotonic), connection(), connection()
    assert budget.reserve(silent, 3 * MIB, within(60))
    silent.enter(Step.BODY)

    def end() -> None:
        while not silent.closed:
            gevent.sleep(0.01)
        budget.release(silent)

    gevent.spawn(end)
    assert budget.reserve(other, 3 * MIB, within(20))
    assert silent.closed


def test_a_peer_that_sends_keeps_its_room() -> None:
    budget, sending = BodyBudget(4 * MIB, time.monotonic), connection()
    assert budget.reserve(sending, 3 * MIB, within(60))
    sending.enter(Step.BODY)
    sending.received += 3 * MIB
    assert not budget.reserve(connection(), 3 * MIB, within(0.9))
    assert not sending.closed


def test_large_bodies_leave_a_quarter_to_short_ones() -> None:
    budget = BodyBudget(8 * MIB, time.monotonic)
    for _ in range(3):
        assert budget.reserve(connection(), 2 * MIB, within(1))
    assert not budget.reserve(connection(), 2 * MIB, within(0.01))
    assert budget.reserve(connection(), LARGE_BYTES, within(0.01))


def test_a_waiting_large_body_holds_no_short_one_up() -> None:
    budget = BodyBudget(8 * MIB, time.monotonic)
    assert budget.reserve(connection(), 6 * MIB, within(1))
    large = gevent.spawn(budget.reserve, connection(answered=100), 6 * MIB, within(20))
    gevent.sleep(0.05)
    assert budget.reserve(connection(), 1000, within(1))
    assert not large.ready()
    large.kill()


def test_who_waits_and_loses_the_connection_waits_no_longer_and_holds_no_room() -> None:
    budget, holder, lost, other = BodyBudget(4 * MIB, time.monotonic), connection(), connection(), connection()
    assert budget.reserve(holder, 3 * MIB, within(1))
    waiting = gevent.spawn(budget.reserve, lost, 3 * MIB, within(60))
    gevent.sleep(0.05)
    lost.close()
    assert waiting.get(timeout=10) is False
    budget.release(holder)
    assert budget.reserve(other, 3 * MIB, within(0))


def test_room_that_came_too_late_goes_to_the_next_in_line() -> None:
    budget, holder, late, other = BodyBudget(4 * MIB, time.monotonic), connection(), connection(), connection()
    assert budget.reserve(holder, 3 * MIB, within(1))
    waiting = [
        gevent.spawn(budget.reserve, other_connection, 3 * MIB, within(60)) for other_connection in (late, other)
    ]
    gevent.sleep(0.05)
    budget.release(holder)
    late.close()
    assert [greenlet.get(timeout=10) for greenlet in waiting] == [False, True]


def test_one_large_body_is_read_however_small_the_budget_is() -> None:
    budget = BodyBudget(1 * MIB, time.monotonic)
    assert budget.reserve(connection(), 32 * MIB, within(0))
    assert not budget.reserve(connection(), 32 * MIB, within(0.01))


def test_connections_on_which_reviews_were_answered_come_first() -> None:
    budget, holder, order = BodyBudget(4 * MIB, time.monotonic), connection(), list[str]()
    assert budget.reserve(holder, 3 * MIB, within(1))

    def want(name: str, one: Connection) -> None:
        assert budget.reserve(one, 3 * MIB, within(20))
        order.append(name)
        budget.release(one)

    waiting = [gevent.spawn(want, "stranger", connection())]
    gevent.sleep(0.05)
    waiting.append(gevent.spawn(want, "API server", connection(answered=5)))
    gevent.sleep(0.05)
    budget.release(holder)
    gevent.joinall(waiting, timeout=20)
    assert order == ["API server", "stranger"]


def test_a_body_that_ends_early_is_an_end_of_the_connection() -> None:
    reader = BodyReader(BodyBudget(4 * MIB, time.monotonic))
    for length in (10, 2 * MIB):
        with pytest.raises(ConnectionResetError):
            reader.read(io.BytesIO(b"12345"), connection(), length, within(1))


@pytest.mark.parametrize("length", [0, 5, 300_000, 3 * MIB])
def test_a_body_is_read_whole(length: int) -> None:
    reader, one = BodyReader(BodyBudget(4 * MIB, time.monotonic)), connection()
    body = bytes(range(256)) * (length // 256 + 1)
    assert reader.read(io.BytesIO(body), one, length, within(1)) == body[:length]
    reader.done(one)
    assert reader.read_chunked(io.BytesIO(body[:length]), one, 3 * MIB, within(1)) == body[:length]


def test_a_body_without_a_length_is_bounded() -> None:
    with pytest.raises(InvalidInput, match="longer than"):
        BodyReader(BodyBudget(4 * MIB, time.monotonic)).read_chunked(io.BytesIO(b"x" * 11), connection(), 10, within(1))


def test_many_that_discard_read_little_while_one_with_answers_reads_all() -> None:
    """Their pauses are what others are answered in, so each of many has read a piece or two by then."""
    reader, length = BodyReader(BodyBudget(4 * MIB, time.monotonic)), 64 * MIB
    strangers = [io.BytesIO(b"x" * MIB) for _ in range(50)]
    large = io.BytesIO(b"x" * length)
    discarding = [gevent.spawn(reader.discard, source, connection()) for source in strangers]
    gevent.spawn(reader.discard, large, connection(answered=1)).get(timeout=20)
    read = [source.tell() for source in strangers]
    gevent.killall(discarding)
    assert large.tell() == length
    assert all(0 < number < MIB for number in read), read
