"""A running ``bomgate serve`` and what talks to it over TLS, as the API server would and as others can."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.certificates import Authority
from tests.e2e.product import Bomgate

IMAGE = "registry.example/shop/web@sha256:" + "a" * 64
STRICT = {"missingSbom": "deny", "onError": "warn"}
"""An image without an SBOM is denied, so that a denial needs no data; an error alone would only be warned about."""


@contextmanager
def serving(folder: Path, policy: dict[str, Any] | None = None, **serve: Any) -> Iterator[Bomgate]:
    """A server with a policy and with settings of the group ``serve``, ready when the block begins."""
    bomgate = Bomgate("security", folder / "bomgate", Authority())
    bomgate.configure(policy=policy or STRICT, serve=serve)
    bomgate.run("db", "upgrade")
    bomgate.start()
    try:
        yield bomgate
    finally:
        bomgate.stop()


def review(image: str = IMAGE, *, args: str = "", old_image: str | None = None, uid: str = "u-1") -> bytes:
    """An AdmissionReview of a Pod, written as the API server writes it.

    Args:
        image: of its container.
        args: an argument of the container, already as it stands in JSON.
        old_image: of the former object of an update; None creates.
        uid: of the request.
    """
    request = {
        "uid": uid,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web",
        "namespace": "shop",
        "operation": "CREATE" if old_image is None else "UPDATE",
        "userInfo": {"username": "somebody"},
        "object": _pod(image),
        "oldObject": None if old_image is None else _pod(old_image),
        "dryRun": False,
    }
    whole = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}
    return json.dumps(whole, separators=(",", ":")).replace("@ARGS@", args).encode()


def _pod(image: str) -> dict[str, Any]:
    container = {"name": "web", "image": image, "args": ["@ARGS@"]}
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [container]}}


class Caller:
    """A kept-alive connection to the webhook.

    Args:
        bomgate: whom to call.
    """

    def __init__(self, bomgate: Bomgate) -> None:
        context = ssl.create_default_context(cadata=bomgate.authority.pem.decode())
        self._connection = http.client.HTTPSConnection("127.0.0.1", bomgate.port, timeout=60, context=context)
        self._connection.connect()
        self.near_end: tuple[str, int] = self._connection.sock.getsockname()

    def post(self, body: Any, timeout: str = "10s", **options: Any) -> tuple[int, dict[str, Any]]:
        """Post a body to /validate; status and JSON of the answer."""
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        self._connection.request("POST", f"/validate?timeout={timeout}", body, headers, **options)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.headers["Content-Type"] == "application/json", text
        return answer.status, json.loads(text)

    def review(self, body: bytes, timeout: str = "10s") -> dict[str, Any]:
        """The response to a review."""
        status, answer = self.post(body, timeout)
        assert status == 200, answer
        return dict(answer["response"])

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def raw(bomgate: Bomgate, head: bytes | None = None) -> socket.socket:
    """A connection that somebody else makes: without TLS, or with TLS and these first bytes."""
    plain = socket.create_connection(("127.0.0.1", bomgate.port), timeout=60)
    if head is None:
        return plain
    context = ssl.create_default_context(cadata=bomgate.authority.pem.decode())
    connection = context.wrap_socket(plain, server_hostname="localhost")
    connection.sendall(head)
    return connection


def post_head(length: int, timeout: str = "10s") -> bytes:
    """The head of a review of this length."""
    return f"POST /validate?timeout={timeout} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def is_closed(connection: socket.socket) -> bool:
    """Whether the other end closes it, or has, within its timeout."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def limits_of(pid: int) -> tuple[int, int]:
    """Soft and hard limit of a process's open files."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    fields = next(line for line in lines if line.startswith("Max open files")).split()
    return int(fields[3]), int(fields[4])


def open_files(pid: int) -> int:
    """How many files a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
