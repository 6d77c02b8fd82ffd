"""A server that is slow on purpose gets no more than the time of the request, in whatever part of its answer."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from kubernetes import client

from tests.registries import images
from tests.registries.kit import Kit, RealClock, loopback
from tests.registries.layouts import Layout
from tests.registries.lying import Answer, Asked, LyingServer
from tests.security.attacked import Listener
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.problems import Wanted
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.clients.registry.options import RegistryOptions
from webhook.errors import DeadlineExceeded, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.purls import Purl

PAUSE = 0.02
"""Seconds between bytes, far below any time-out of one wait."""
SECONDS = 0.5
MANY = 500
"""Bytes or lines that are sent at most, many more than fit into the time."""
OK = b"HTTP/1.1 200 OK\r\n"
DIGEST = b"Docker-Content-Digest: sha256:" + b"1" * 64 + b"\r\n"


class Slow(Listener):
    """A server that says something slowly, and counts how much of it was sent."""

    def __init__(self, parts: Callable[[], Iterator[bytes]]) -> None:
        self.sent = 0
        self._parts = parts
        super().__init__(self._speak)

    def _speak(self, connection: socket.socket) -> None:
        connection.recv(65536)
        for part in itertools.islice(self._parts(), MANY):
            connection.sendall(part)
            self.sent += 1
            time.sleep(PAUSE)
        connection.close()


def one_byte_at_a_time(text: bytes) -> Iterator[bytes]:
    return (text[at : at + 1] for at in range(len(text)))


SLOW = {
    "status line": lambda: one_byte_at_a_time(b"HTTP/1.1 200 " + b"K" * MANY),
    "header": lambda: one_byte_at_a_time(OK + b"X-Slow: " + b"x" * MANY),
    "header lines": lambda: itertools.chain([OK], (b"X-%d: y\r\n" % n for n in itertools.count())),
    "continue": lambda: itertools.chain.from_iterable(
        one_byte_at_a_time(b"HTTP/1.1 100 Continue\r\nX-Slow: %s\r\n\r\n" % (b"x" * 40)) for _ in itertools.count()
    ),
    "chunk": lambda: itertools.chain([OK + b"Transfer-Encoding: chunked\r\n\r\n"], one_byte_at_a_time(b"0" * MANY)),
    "body": lambda: itertools.chain([OK + b"Content-Length: 5000\r\n\r\n"], one_byte_at_a_time(b"{" * MANY)),
    "trailer": lambda: itertools.chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"], one_byte_at_a_time(b"X: " + b"y" * MANY)
    ),
}


@pytest.fixture(params=SLOW)
def slow(request: pytest.FixtureRequest) -> Iterator[Slow]:
    listener = Slow(SLOW[request.param])
    yield listener
    listener.close()
    assert 0 < listener.sent < MANY, "it was not listened to until its end"


@pytest.fixture
def lying() -> Iterator[LyingServer]:
    with LyingServer() as server:
        yield server


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[Listener]:
    """A server that gives each connection the next answer; the last one stays."""
    left = list(answers)

    def treat(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])
        connection.close()

    listener = Listener(treat)
    try:
        yield listener
    finally:
        listener.close()


def test_a_slow_registry_gets_the_time_of_its_search(slow):
    kit = Kit([loopback(slow.host)], options=RegistryOptions(tries=1, read_seconds=10))
    with pytest.raises(DeadlineExceeded):
        kit.resolver.resolve(parse_image(f"{slow.host}/app:1"), Deadline(kit.clock.monotonic() + SECONDS))


def test_a_slow_token_server_gets_the_time_of_the_search(slow):
    challenge = f'WWW-Authenticate: Bearer realm="http://{slow.host}/token",service="x"\r\n'.encode()
    with answering(
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n" + challenge + b"\r\n"
    ) as one:
        kit = Kit([loopback(one.host)], options=RegistryOptions(tries=1, read_seconds=10))
        with pytest.raises(DeadlineExceeded):
            kit.resolver.resolve(parse_image(f"{one.host}/app:1"), Deadline(kit.clock.monotonic() + SECONDS))
    assert slow.accepted == 1


def test_a_slow_source_of_reports_gets_the_time_of_its_request(slow):
    options = OssIndexOptions(
        url=f"http://{slow.host}", token="sonatype_pat_x", read_timeout_seconds=10, max_batch_seconds=SECONDS
    )
    source = OssIndexSource(options, RealClock())
    with contextlib.closing(source), pytest.raises(Retryable, match=r"within 0\.5 s"):
        source.report([Purl("pkg:maven/g/a@1")])


def test_a_slow_api_server_gets_the_time_of_its_question(slow):
    server = server_of(client.Configuration(host=f"http://{slow.host}"))
    clock = RealClock()
    calls = KubeApi(server, KubeOptions(read_seconds=10), clock)
    with contextlib.closing(calls), pytest.raises(DeadlineExceeded):
        calls.get("/api/v1/nodes/one", Wanted("nodes", "one"), Deadline(clock.monotonic() + SECONDS))


def test_an_answer_has_a_bounded_number_of_interim_answers():
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    last = OK + DIGEST + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    with answering(interim * 3 + last) as one:
        kit = Kit([loopback(one.host)], options=RegistryOptions(tries=1))
        assert kit.resolve(f"{one.host}/app:1") == "sha256:" + "1" * 64
    with answering(interim * 100_000 + last) as one:
        kit = Kit([loopback(one.host)], options=RegistryOptions(tries=1))
        with pytest.raises(Retryable):
            kit.resolve(f"{one.host}/app:1")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501])
def test_a_head_that_is_answered_with_an_error_is_asked_again_with_get(status, lying):
    layout = Layout()
    digest = images.image(layout, "1")
    lying.hold(layout, "app")
    path, asked = "/v2/app/manifests/1", []
    right = lying.answers[path][0]

    def answer(question: Asked) -> Answer:
        asked.append(question.method)
        return Answer(status) if question.method == "HEAD" else right

    lying.on(path, answer)
    kit = Kit([loopback(lying.host)], options=RegistryOptions(tries=1))
    assert kit.resolve(f"{lying.host}/app:1") == digest
    assert asked[0] == "HEAD"
    assert "GET" in asked


def test_a_tag_that_neither_head_nor_get_knows_is_none(lying):
    kit = Kit([loopback(lying.host)], options=RegistryOptions(tries=1))
    assert kit.resolve(f"{lying.host}/app:nowhere") is None
    assert [item.method for item in lying.asked] == ["HEAD", "GET"]
