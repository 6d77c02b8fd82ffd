"""Connections: held, half-sent and slow ones stop neither the webhook nor its metrics."""

from __future__ import annotations

import resource
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import create_connection

import pytest
import requests

from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.security.serving import Caller, is_closed, limits_of, open_files, post_head, raw, review, serving

PLACES = 40
CLOSED = "bomgate_connections_closed_total"


@pytest.fixture(scope="module")
def bomgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bomgate]:
    """A server with few places and short times; one process, so that all connections are in it."""
    limits = {"handshakeSeconds": 1, "headSeconds": 1, "bodySeconds": 1, "metricsConnections": 8}
    with serving(tmp_path_factory.mktemp("connections"), workers=1, connections=PLACES, **limits) as one:
        yield one


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (None, "handshake"),
        (b"POST /validate HTTP/1.1\r\nHost: localhost\r\n", "head"),
        (b"P", "head"),
        (post_head(5000) + b"{", "body"),
        (post_head(5_000_000) + b"{" * 100_000, "body"),
        (b"POST /validate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "body"),
    ],
)
def test_a_peer_that_stops_in_the_middle_is_sent_away(bomgate: Bomgate, sent: bytes | None, reason: str) -> None:
    before = bomgate.metric(CLOSED, reason=reason)
    with raw(bomgate, sent) as connection:
        assert is_closed(connection)
    assert bomgate.metric(CLOSED, reason=reason) > before


def test_a_head_that_comes_byte_by_byte_has_the_same_time(bomgate: Bomgate) -> None:
    with raw(bomgate, b"POST /validate HTTP/1.1\r\nX: ") as connection:
        connection.settimeout(0.1)
        sent = 0
        for _ in range(600):
            try:
                connection.sendall(b"x")
                sent += 1
                if connection.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert sent < 600


def test_connections_beyond_all_places_keep_nobody_out(bomgate: Bomgate) -> None:
    known = Caller(bomgate)
    assert not known.review(review())["allowed"]
    before = bomgate.metric(CLOSED, reason="crowded")
    with ExitStack() as held:
        for number in range(10 * PLACES):
            held.enter_context(raw(bomgate, b"" if number % 4 == 0 else None))
            if number % PLACES == 0:
                assert not known.review(review())["allowed"], "the connection that had answers was closed"
        fresh = Caller(bomgate)
        assert not fresh.review(review())["allowed"]
        fresh.close()
        (worker,) = bomgate.workers()
        assert open_files(worker) < PLACES + 200
    assert bomgate.metric(CLOSED, reason="crowded") > before
    known.close()


def test_half_sent_bodies_keep_neither_short_nor_long_reviews_from_their_verdict(bomgate: Bomgate) -> None:
    with ExitStack() as held:
        for _ in range(PLACES - 5):
            connection = held.enter_context(raw(bomgate, post_head(7_000_000)))
            connection.settimeout(0.2)
            with suppress(OSError):  # it is not read, or had to go
                connection.sendall(b" " * 3_500_000)
        caller = Caller(bomgate)
        assert "SBOM" in caller.review(review())["status"]["message"]
        assert "SBOM" in caller.review(review(args="x" * 3_000_000), "25s")["status"]["message"]
        caller.close()


def test_connections_to_the_metrics_port_stop_neither_metrics_nor_reviews(bomgate: Bomgate) -> None:
    host, _, port = bomgate.metrics_address.partition(":")
    (worker,) = bomgate.workers()
    with ExitStack() as held:
        for _ in range(300):
            held.enter_context(create_connection((host, int(port)), timeout=60))
        assert requests.get(f"http://{bomgate.metrics_address}/metrics", timeout=30).status_code == 200
        caller = Caller(bomgate)
        assert not caller.review(review())["allowed"]
        caller.close()
        assert open_files(worker) < PLACES + 200


def test_a_peer_that_always_has_a_next_request_keeps_nobody_waiting(bomgate: Bomgate) -> None:
    requests_ahead, body = 400, review()
    caller = Caller(bomgate)
    assert not caller.review(body)["allowed"]
    with raw(bomgate, b"") as busy:
        for _ in range(requests_ahead):
            busy.sendall(post_head(len(body)) + body)
        assert not caller.review(body)["allowed"]
        busy.setblocking(False)
        answered = b""
        with suppress(ssl.SSLWantReadError):
            while chunk := busy.recv(1 << 20):
                answered += chunk
    caller.close()
    assert answered.count(b"HTTP/1.1 200") < requests_ahead / 2, "the other one had to wait for all of them"


def test_the_limit_of_open_files_is_raised_at_start(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        with serving(tmp_path, connections=1000) as one:
            wait_until(lambda: len(one.workers()) == 2, 20, "two workers")
            for pid in one.workers():
                assert limits_of(pid)[0] >= 1200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
