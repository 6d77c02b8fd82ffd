"""The small HTTP port of the controller."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests

from webhook.api.probes import Page, ProbeServer
from webhook.errors import ConfigError


def broken() -> Page:
    raise ValueError("a bug with a secret in it")


@pytest.fixture
def server() -> Iterator[ProbeServer]:
    pages = {"/healthz": lambda: Page(200, b"ok\n"), "/readyz": lambda: Page(503, b"no\n"), "/broken": broken}
    made = ProbeServer("127.0.0.1:0", pages)
    made.start()
    yield made
    made.close()


def get(server: ProbeServer, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{server.port}{path}", timeout=10)


def test_pages_are_answered_with_their_status(server: ProbeServer) -> None:
    assert (get(server, "/healthz").status_code, get(server, "/healthz").text) == (200, "ok\n")
    assert get(server, "/readyz?verbose").status_code == 503
    missing = get(server, "/")
    assert (missing.status_code, missing.text) == (404, "available paths: /broken, /healthz, /readyz\n")


def test_a_bug_is_an_answer_without_details(server: ProbeServer, caplog: pytest.LogCaptureFixture) -> None:
    answer = get(server, "/broken")
    assert (answer.status_code, answer.text) == (500, "see the log\n")
    assert "a bug" in caplog.text


def test_nothing_can_be_changed(server: ProbeServer) -> None:
    assert requests.post(f"http://127.0.0.1:{server.port}/healthz", timeout=10).status_code == 501


def test_clients_that_only_connect_do_not_keep_others_from_an_answer(server: ProbeServer) -> None:
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
    try:
        assert get(server, "/healthz").status_code == 200
        # One more than there are places costs the oldest its own, rather than growing without end.
        held[0].settimeout(10)
        assert held[0].recv(1) == b""
        # And nobody keeps a place for long.
        held[-1].sendall(b"GET /healthz HT")
        held[-1].settimeout(20)
        assert held[-1].recv(1) == b""
    finally:
        for connection in held:
            connection.close()


def test_an_address_in_use_is_named(server: ProbeServer) -> None:
    with pytest.raises(ConfigError, match=rf"cannot listen on 127\.0\.0\.1:{server.port}"):
        ProbeServer(f"127.0.0.1:{server.port}", {})
    with pytest.raises(ConfigError, match="not host:port"):
        ProbeServer("9090", {})
