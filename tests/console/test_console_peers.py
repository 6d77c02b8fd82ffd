"""Peers of the console that are slow or silent keep nobody else from being answered."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from webhook.console import peers
from webhook.console.peers import Peers

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf"
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SERVER = """
import socket
from flask import Flask
from webhook.console.server import ConsoleServer, Served

app = Flask("small")
app.add_url_rule("/", view_func=lambda: "answered", methods=["GET", "POST"])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
ConsoleServer(listener, 1, lambda: Served(app, lambda: None, lambda: None)).run()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The console's server with a small application, which answers one request at a time."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()


def answer(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(WHOLE)
        data = b""
        while piece := connection.recv(4096):
            data += piece
        return data


@pytest.mark.parametrize(("begun", "number"), [(HEAD, 3), (BODY, 3), (HEAD, 60), (b"", 60)])
def test_whoever_does_not_send_keeps_no_other_request_from_its_answer(port: int, begun: bytes, number: int) -> None:
    assert answer(port).endswith(b"answered")
    with ExitStack() as held:
        for _ in range(number):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(begun)
        assert answer(port).endswith(b"answered")


class Watched:
    """Peers on a clock that a test sets, and the sockets that were ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds, self.ended = 0.0, list[str]()
        self.peers = Peers(lambda: self.seconds)
        monkeypatch.setattr(peers, "_end", self.ended.append)

    def begin(self, name: str) -> None:
        self.peers.queue()
        self.peers.begin(SimpleNamespace(sock=name))

    def look(self, seconds: float) -> list[str]:
        self.seconds, self.ended[:] = seconds, []
        self.peers.close_late()
        return list(self.ended)


def test_a_whole_request_has_a_limit_that_no_byte_extends(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    watched.begin("slow")
    assert watched.look(29) == []
    assert watched.look(31) == ["slow"]
    watched.peers.received()
    assert watched.look(1000) == [], "what is answered has no limit"
    watched.peers.answered()
    assert watched.look(5000) == [], "nor has whoever reads an answer while nobody waits"
    watched.peers.queue()
    assert watched.look(5002) == ["slow"]
    watched.peers.end()
    assert watched.look(9000) == []


def test_while_others_wait_a_peer_has_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    watched.begin("slow")
    watched.peers.queue()
    assert watched.peers.is_crowded
    assert watched.look(0.9) == []
    assert watched.look(1.1) == ["slow"]
