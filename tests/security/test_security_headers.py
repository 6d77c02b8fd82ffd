"""Whatever stands in the headers of an answer is read in linear time, and is at worst that server's refusal."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import NOON, FakeClock
from tests.registries.kit import Kit, PatientClock, loopback
from tests.registries.lying import Answer, LyingServer
from tests.registries.world import FOUND, World
from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import (
    MAX_HEADER,
    content_length,
    joined,
    next_link,
    read_challenges,
    retry_after,
    web_address,
)
from webhook.clients.http.messages import Request
from webhook.clients.registry.options import RegistryOptions
from webhook.errors import InvalidInput, SourceError
from webhook.model.deadlines import Deadline

ADDRESSES = (
    "http://[x/y",
    "http://[::1/",
    "http://[fd00::1]]/",
    "http://a:99999/",
    "http://a:-1/",
    "http://a:b/",
    "http://a:²/",
    "http://[v1.x]/",
    "http://" + "a" * 70 + ".example/",
    "http://a..example/",
    "http://" + "a." * 200 + "/",
    "http:///",
    "//",
    "http://\xe9\xb2/",
    "http://\u00bc/".encode("latin-1").decode("latin-1"),
    "http://xn--\xff/",
    "http://a%zz/",
    "http://\x01/",
    "http://user@a/",
    "file:///etc/passwd",
    "ftp://a/",
    "data:,x",
    "javascript:1",
    "http://" + "[" * 5000,
    "/" * 9000,
    "../" * 2700,
    "?" + "%" * 8000,
)
NUMBERS = ("²", "-1", "+5", "1e3", "9" * 5000, "0x10", "1, 2", "1,1", " ", "\xa0", "NaN", "inf", "١")
DATES = (
    "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    "Mon, 01 Jan 9999 23:59:59 -9999",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Mon, 31 Feb 2026 00:00:00 GMT",
    "Mon, 01 Jan 2026 99:99:99 GMT",
    "," * 8000,
    "Mon, 01 " * 1000,
)
CHALLENGES = (
    *(f'Bearer realm="{address}"' for address in ADDRESSES),
    'Bearer realm="' + "\\" * 8000,
    'Bearer x="1"' + " " * 8100,
    "Bearer " + "a=" * 4000,
    "Bearer " + "," * 8000,
    "Negotiate " + "=" * 8000,
    "Basic \xff",
    'Bearer realm="http://127.0.0.1:1/\x00"',
    'Bearer realm="http://127.0.0.1:1/", scope="\ud7ff"'.encode("latin-1", "replace").decode("latin-1"),
)
LINKS = (
    *(f'<{address}>; rel="next"' for address in ADDRESSES),
    "<" * 8000,
    "<>;" * 2700,
    "<>; rel=next",
    '<a>; rel="' + "next" * 2000,
    "<a>; rel=\xff",
)
HOSTILE = {
    "WWW-Authenticate": CHALLENGES,
    "Location": ADDRESSES,
    "Link": LINKS,
    "Retry-After": (*NUMBERS, *DATES),
    "Date": DATES,
    "Content-Length": NUMBERS,
    "Content-Type": ("\xff", ";" * 8000, "application/" + "x" * 60_000, "text/html", ""),
    "Content-Encoding": ("gzip", "br", "gzip," * 2000, "\xff"),
    "Transfer-Encoding": ("gzip", "chunked, chunked", "\xff"),
    "Docker-Content-Digest": ("sha256:", "sha256:" + "g" * 64, "sha512:" + "0" * 128, ":" * 60_000, "\xff"),
    "Content-Range": ("bytes */*", "bytes 9-0/5", "\xff"),
    "Set-Cookie": ("a=b; expires=" + "9" * 5000, "a=b; domain=\xff; max-age=x", "=" * 8000, ";" * 8000),
    "Connection": ("close, " * 1000, "\xff"),
    "OCI-Filters-Applied": ("\xff",),
    "Docker-Distribution-Api-Version": ("\x7f" * 4000,),
    "X-Credits-Remaining": NUMBERS,
}
"""Every header of an answer that bomgate, or a library on its behalf, looks at, and values that no server sends."""
READ = {"WWW-Authenticate": (401,), "Location": (301, 307), "Retry-After": (429, 503), "Date": (429,)}
"""Statuses with which a header is read; all others are read with any."""
STATUSES = (200, 404)
CASES = [(header, status) for header in HOSTILE for status in READ.get(header, STATUSES)]


@pytest.fixture(scope="module")
def lying() -> Iterator[LyingServer]:
    with LyingServer() as server:
        yield server


@pytest.fixture
def kit(lying):
    options = RegistryOptions(tries=1, read_seconds=0.2, connect_seconds=0.2, down_seconds=0, requests_per_image=40)
    made = Kit([loopback(lying.host)], options=options, clock=PatientClock())
    yield made
    made.client.close()


@pytest.mark.parametrize(("header", "status"), CASES)
def test_a_registry_with_any_header_is_read_or_refused(header, status, lying, kit):
    world = World(lying, lambda host: kit)
    honest = {path: lying.answers[path] for path in (*world.read, "/v2/app/manifests/1")}
    for value in HOSTILE[header]:
        for path in world.read[:2]:
            lying.answers = {**honest, path: [_with(answer, status, header, value) for answer in honest[path]]}
            try:
                found = kit.fetch("referrers", f"{world.name}@{world.digest}", seconds=5)
            except (SourceError, InvalidInput) as refusal:
                assert refusal.message
            else:
                assert {str(purl) for sbom in found for purl in sbom.components} in (FOUND, set())
            _forget(kit)
        path = "/v2/app/manifests/1"
        lying.answers = {**honest, path: [_with(answer, status, header, value) for answer in honest[path]]}
        try:
            kit.resolve(f"{world.name}:1")
        except (SourceError, InvalidInput) as refusal:
            assert refusal.message
        _forget(kit)


@pytest.mark.parametrize("header", HOSTILE)
def test_a_token_server_with_any_header_is_asked_or_refused(header, lying, kit):
    world = World(lying, lambda host: kit)
    challenge = {"WWW-Authenticate": f'Bearer realm="{lying.url}/token",service="registry"'}
    lying.on(f"/v2/app/manifests/{world.digest}", Answer(401, headers=challenge))
    for value in HOSTILE[header]:
        for status in READ.get(header, STATUSES):
            lying.on("/token", Answer(status, json.dumps({"token": "t"}).encode(), {header: value}))
            with pytest.raises((SourceError, InvalidInput)):
                kit.fetch("referrers", f"{world.name}@{world.digest}", seconds=5)
            _forget(kit)


@pytest.mark.parametrize(("header", "status"), CASES)
def test_the_exchange_of_all_clients_reads_or_refuses_any_header(header, status, lying):
    exchange, clock = Exchange(Limits(connect_seconds=1, read_seconds=0.2), FakeClock()), FakeClock()
    destination = Destination(Remedies("", "", "", ""), Reach.PRIVATE, plain_http=True)
    for value in HOSTILE[header]:
        lying.on("/report", _with(Answer(body=b"[]"), status, header, value))
        for authorization in ("", "Bearer t"):
            request = Request(
                destination, "GET", f"{lying.url}/report", 9000, authorization=authorization, compressed=True
            )
            try:
                answer = exchange.send(request, Deadline(clock.monotonic() + 60))
            except (SourceError, InvalidInput) as refusal:
                assert refusal.message
            else:
                retry_after(answer.headers, NOON)
    exchange.close()


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 -1 x\r\n\r\n",
        b"HTTP/1.1 99999 x\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 \xb2\xb2\xb2 x\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"\r\n\r\n",
        b"\x16\x03\x01",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n no name\r\n: no name\r\n\xff\xfe: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5,
    ],
)
def test_a_status_line_and_headers_of_any_form_are_refused(line):
    with _Raw(line) as host:
        options = RegistryOptions(tries=1, read_seconds=0.2, down_seconds=0)
        made = Kit([loopback(host)], options=options, clock=PatientClock())
        with pytest.raises((SourceError, InvalidInput)):
            made.resolve(f"{host}/app:1")
        made.client.close()


def test_a_challenge_behind_thousands_of_blanks_is_read():
    assert read_challenges("Negotiate" + " " * 4000 + "," * 4000 + 'Basic realm="x"')[1].scheme == "basic"
    assert read_challenges('Negotiate YWJj==, Bearer realm="x"')[1].parameters == {"realm": "x"}
    assert len(read_challenges("a, " * 4000)) == 16


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</v2/a?n=1>; rel="next"', "/v2/a?n=1"),
        ("</a>;rel=next", "/a"),
        ('</p>; rel="prev", </n>; title="a, <b>; rel=\\"x\\""; REL="Last NEXT"', "/n"),
        ('</a>; rel="nextpage"', ""),
        ('</a>; title="x; rel=next"', ""),
        ("</a>; rel=prev; rel=next", ""),
        ("</a>; ; rel=next", "/a"),
        ("</a", ""),
        ("", ""),
        ("/a; rel=next", ""),
    ],
)
def test_the_next_page_is_the_link_of_that_relation(header, target):
    assert next_link(header) == target


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=80))
def test_any_header_is_read_without_an_exception(text):
    read_challenges(text)
    next_link(text)
    content_length({"Content-Length": text})
    retry_after({"Retry-After": text, "Date": text[::-1]}, NOON)
    assert web_address(text) is None or web_address(text).hostname
    target = joined("https://registry.example/v2/", text)
    assert not target or web_address(target) is not None


def test_more_than_the_longest_header_is_no_address():
    assert joined("https://registry.example/", "/" + "a" * MAX_HEADER) == ""


def _with(answer: Answer, status: int, header: str, value: str) -> Answer:
    headers = {**answer.headers, header: value}
    body = answer.body if status == 200 else b""
    return Answer(status, body, headers, cut=len(body))  # whatever is said of its size, the connection ends


def _forget(kit: Kit) -> None:
    """What the client has learned is not of use for the next lie."""
    kit.client.close()
    kit.__post_init__()


class _Raw:
    """A server that says the same bytes to everybody, and hangs up."""

    def __init__(self, said: bytes) -> None:
        self._said, self._listening = said, socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __exit__(self, *problem: object) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(self._said)
                except OSError:
                    continue
