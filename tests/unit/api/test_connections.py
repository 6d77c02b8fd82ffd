"""Which connection goes when there are too many, and when a peer has used up its time."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from webhook.api.connections import Connection, Connections, Step, TimeLimits, WatchedSocket

LIMITS = TimeLimits(handshake=5, head=6, body=7, idle=60)


def make(places: int = 4) -> tuple[Connections, FakeClock, list[str]]:
    clock, closed = FakeClock(), list[str]()
    return Connections(places, LIMITS, clock.monotonic, closed.append), clock, closed


def proven(connections: Connections) -> Connection:
    one = connections.admit(None)
    connections.answered(one)
    one.enter(Step.IDLE)
    return one


def test_of_too_many_strangers_the_oldest_goes() -> None:
    connections, _, closed = make()
    first, *others = [connections.admit(None) for _ in range(5)]
    assert first.closed
    assert not any(other.closed for other in others)
    assert (len(connections), closed) == (4, ["crowded"])


def test_a_flood_of_strangers_does_not_close_half_of_those_that_had_answers() -> None:
    connections, _, _ = make()
    ours = [proven(connections) for _ in range(2)]
    strangers = [connections.admit(None) for _ in range(100)]
    assert not any(webhook.closed for webhook in ours)
    assert [stranger.closed for stranger in strangers].count(False) == 2


def test_those_that_had_answers_leave_half_of_the_places_to_new_ones() -> None:
    connections, _, _ = make()
    idle = [proven(connections) for _ in range(4)]
    fresh = [connections.admit(None) for _ in range(2)]
    assert [connection.closed for connection in idle] == [True, True, False, False]
    assert not any(connection.closed for connection in fresh)


def test_who_waits_for_an_answer_is_closed_last() -> None:
    connections, _, _ = make()
    waiting = [connections.admit(None) for _ in range(3)]
    for connection in waiting:
        connection.enter(Step.ANSWER)
    idle, last = connections.admit(None), connections.admit(None)
    assert idle.closed
    assert not any(connection.closed for connection in (*waiting, last))
    last.enter(Step.ANSWER)
    connections.admit(None)
    assert waiting[0].closed


@pytest.mark.parametrize(("step", "seconds"), [(Step.HANDSHAKE, 5), (Step.HEAD, 6), (Step.BODY, 7), (Step.IDLE, 60)])
def test_each_step_has_its_time(step: Step, seconds: float) -> None:
    connections, clock, closed = make()
    one = connections.admit(None)
    one.enter(step)
    clock.advance(seconds=seconds)
    connections.close_late()
    assert not one.closed
    clock.advance(seconds=0.1)
    connections.close_late()
    assert one.closed
    assert (closed, len(connections)) == ([step.name.lower()], 0)


@pytest.mark.parametrize("step", [Step.WAITING, Step.ANSWER])
def test_waiting_for_bomgate_has_no_limit_of_the_peers(step: Step) -> None:
    connections, clock, _ = make()
    one = connections.admit(None)
    one.enter(step)
    clock.advance(seconds=1000)
    connections.close_late()
    assert not one.closed


class Peer:
    """A socket that notes what happens to it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bytes]] = []

    def sendall(self, data: bytes) -> None:
        self.calls.append(("send", data))

    def recv(self, size: int) -> bytes:
        self.calls.append(("receive", b""))
        return b"x" * size

    def shutdown(self, _how: int) -> None:
        self.calls.append(("shutdown", b""))

    def wait_turn(self) -> None:
        self.calls.append(("turn", b""))


def watched() -> tuple[WatchedSocket, Peer]:
    peer = Peer()
    return WatchedSocket(peer, Connection(None, lambda: 0.0), peer.wait_turn), peer


def test_an_answer_goes_out_in_one_piece() -> None:
    sock, peer = watched()
    sock.gather()
    sock.sendall(b"head")
    sock.sendall(b"body")
    assert peer.calls == []
    sock.flush()
    sock.sendall(b"later")
    assert peer.calls == [("send", b"headbody"), ("send", b"later")]


def test_an_answer_goes_out_before_more_is_waited_for() -> None:
    sock, peer = watched()
    sock.gather()
    sock.sendall(b"answer")
    sock.recv(1)
    assert peer.calls == [("send", b"answer"), ("receive", b"")]


def test_nothing_is_sent_of_an_answer_that_was_broken_off() -> None:
    sock, peer = watched()
    sock.gather()
    sock.sendall(b"half")
    sock.shutdown(2)
    sock.flush()
    assert peer.calls == [("shutdown", b"")]


def test_a_connection_waits_for_its_turn_before_each_request_and_not_within_one() -> None:
    sock, peer = watched()
    for _ in range(2):
        sock.connection.enter(Step.IDLE)
        sock.recv(1)
        sock.recv(1)
    assert [call for call, _ in peer.calls] == ["turn", "receive", "receive"] * 2
