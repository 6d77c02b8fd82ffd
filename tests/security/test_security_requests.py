"""Requests of odd but possible forms at a running server: each gets its verdict or a clear refusal, and ends there."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.security.serving import review, serving

BODY = review()
HEAD = b"Host: x\r\nContent-Type: application/json\r\n"
START = b"POST /validate?timeout=5s HTTP/1.1\r\n" + HEAD
CLOSE = b"Connection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
VERDICT = (["200"], 1)


@pytest.fixture(scope="module")
def bomgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bomgate]:
    with serving(tmp_path_factory.mktemp("requests")) as running:
        yield running


def length(number: int) -> bytes:
    return b"Content-Length: %d\r\n" % number


def posted(*headers: bytes, body: bytes = BODY, start: bytes = START, end: bytes = CLOSE) -> bytes:
    """A request that states the length of its body."""
    return start + b"".join(headers) + end + length(len(body)) + b"\r\n" + body


def chunked(*parts: bytes, extension: bytes = b"", trailer: bytes = b"", headers: bytes = b"") -> bytes:
    chunks = b"".join(b"%X%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    return START + CLOSE + headers + CHUNKED + b"\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"


def started(line: bytes) -> bytes:
    return posted(start=line + b"\r\n" + HEAD)


@contextmanager
def connected(bomgate: Bomgate) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cadata=bomgate.authority.pem.decode())
    address = ("127.0.0.1", bomgate.port)
    with (
        socket.create_connection(address, timeout=60) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        yield secured


def exchanged(bomgate: Bomgate, sent: bytes) -> tuple[list[str], int]:
    """The statuses of all answers until the server closes, and how many of them are denials."""
    heard = b""
    with connected(bomgate) as connection:
        connection.sendall(sent)
        with suppress(ConnectionResetError, ssl.SSLEOFError):  # it closes before it has read all that was sent
            while more := connection.recv(65536):
                heard += more
    statuses = re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)
    return [status.decode() for status in statuses], heard.count(b'"allowed":false')


def decisions(bomgate: Bomgate) -> int:
    """How many the log tells of; its lines come a moment after the answers."""
    return bomgate.log.count('"decision":"deny"')


def lines(bomgate: Bomgate) -> int:
    """Lines of the log, without those that say that an image was looked for, once in each worker."""
    return sum('"bomgate.search"' not in line for line in bomgate.log.splitlines())


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(started(b"POST /validate?timeout=5s HTTP/1.0"), VERDICT, id="HTTP/1.0"),
        pytest.param(posted(end=b"") * 2 + posted(), (["200"] * 3, 3), id="three at once"),
        pytest.param(chunked(BODY[:90], BODY[90:]), VERDICT, id="two chunks"),
        pytest.param(chunked(*(BODY[at : at + 1] for at in range(len(BODY)))), VERDICT, id="chunks of a byte"),
        pytest.param(chunked(BODY, extension=b';a=b;c="d e"', trailer=b"X-A: b\r\n"), VERDICT, id="extension, trailer"),
        pytest.param(started(b"POST https://x/validate?timeout=5s HTTP/1.1"), VERDICT, id="absolute address"),
        pytest.param(posted(b"Expect: 100-continue\r\n"), (["100", "200"], 1), id="expecting to continue"),
        pytest.param(posted(b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), VERDICT, id="an upgrade to HTTP/2"),
        pytest.param(posted(b"Expect: 200-ok\r\n"), (["417"], 0), id="another expectation"),
        pytest.param(posted(b"Content-Encoding: gzip\r\n", body=gzip.compress(BODY)), (["400"], 0), id="gzip"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (["400"], 0), id="HTTP/2"),
        pytest.param(posted(length(len(BODY))), (["400"], 0), id="the length twice"),
        pytest.param(posted(length(5)), (["400"], 0), id="two lengths"),
        pytest.param(chunked(BODY, headers=length(len(BODY))), (["400"], 0), id="chunks and a length"),
        pytest.param(chunked(BODY, headers=CHUNKED), (["400"], 0), id="chunks twice"),
        pytest.param(START + CLOSE + CHUNKED + b"\r\n-5\r\n", (["400"], 0), id="a negative chunk"),
        pytest.param(START + CLOSE + CHUNKED + b"\r\n" + b"f" * 9_000, (["400"], 0), id="a size without end"),
        pytest.param(posted(*(b"X-%d: a\r\n" % number for number in range(200))), (["431"], 0), id="200 headers"),
        pytest.param(posted(b"X-A: b\r\n c\r\n"), (["400"], 0), id="a folded header"),
        pytest.param(posted(b"X-A: b\x00\r\n"), (["400"], 0), id="a null byte"),
        pytest.param(posted(b"Host: y\r\n"), (["400"], 0), id="two hosts"),
        pytest.param(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + posted(), (["400"], 0), id="a proxy's line"),
        pytest.param(posted() + b"GET /x HTTP/1.1\r\n\r\n", VERDICT, id="something behind the last request"),
    ],
)
def test_a_request_of_any_form_gets_a_verdict_or_a_refusal(
    bomgate: Bomgate, sent: bytes, expected: tuple[list[str], int]
) -> None:
    before, told = lines(bomgate), decisions(bomgate)
    assert exchanged(bomgate, sent) == expected
    assert exchanged(bomgate, posted()) == VERDICT
    wait_until(lambda: decisions(bomgate) == told + expected[1] + 1, 60, "the lines of the denials")
    assert lines(bomgate) - before <= 3 + 1


def test_a_request_in_records_of_a_byte_each_gets_its_verdict(bomgate: Bomgate) -> None:
    with connected(bomgate) as connection:
        for number in posted():
            connection.sendall(bytes([number]))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_handshakes_that_stop_half_way_keep_nobody_waiting_for_long(bomgate: Bomgate) -> None:
    """One that begins a long ClientHello and never ends it, a hundred times."""
    halves = [socket.create_connection(("127.0.0.1", bomgate.port), timeout=60) for _ in range(100)]
    try:
        for half in halves:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert exchanged(bomgate, posted()) == VERDICT
    finally:
        for half in halves:
            half.close()
