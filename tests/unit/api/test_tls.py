"""Certificates that follow their files."""

from __future__ import annotations

import datetime as dt
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import gevent
import gevent.socket
import gevent.ssl
import pytest
from cryptography import x509
from gevent.server import StreamServer

from tests.certificates import Authority
from webhook.api.connections import Connections, TimeLimits
from webhook.api.tls import CertificateFiles
from webhook.api.worker import ReviewServer
from webhook.errors import ConfigError


class Ticks:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def served_name(context: ssl.SSLContext, server_name: str | None = "localhost") -> str:
    """Shake hands once as the server does; the common name of the certificate that was served."""
    client_context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE
    server = StreamServer(("127.0.0.1", 0), lambda *_: None, ssl_context=context)
    server.start()
    try:
        with gevent.Timeout(10):
            plain = gevent.socket.create_connection(("127.0.0.1", server.server_port))
            with client_context.wrap_socket(plain, server_hostname=server_name) as connection:
                der = connection.getpeercert(binary_form=True)
    finally:
        server.stop()
    return str(x509.load_der_x509_certificate(der).subject.rfc4514_string().removeprefix("CN="))


def mounted(folder: Path, name: str, cert: bytes, key: bytes) -> tuple[Path, Path]:
    """Lay files out as the kubelet mounts a Secret: links through ``..data``, swapped by one rename."""
    version = folder / f"..{name}"
    version.mkdir(parents=True)
    (version / "tls.crt").write_bytes(cert)
    (version / "tls.key").write_bytes(key)
    link = folder / "..tmp"
    link.symlink_to(version.name)
    link.replace(folder / "..data")
    for file in ("tls.crt", "tls.key"):
        if not (folder / file).is_symlink():
            (folder / file).symlink_to(f"..data/{file}")
    return folder / "tls.crt", folder / "tls.key"


@contextmanager
def following(folder: Path, authority: Authority) -> Iterator[tuple[CertificateFiles, Ticks, list[dt.datetime | None]]]:
    first = authority.issue("first")
    cert, key = mounted(folder, "1", first.cert, first.key)
    ticks, changes = Ticks(), list[dt.datetime | None]()
    yield CertificateFiles(cert, key, ticks, changes.append), ticks, changes


@pytest.mark.parametrize("server_name", ["localhost", None])
def test_a_swapped_secret_is_served_without_a_new_listening_context(tmp_path: Path, server_name: str | None) -> None:
    authority = Authority()
    with following(tmp_path, authority) as (files, ticks, _):
        listening = files.server_context()
        assert served_name(listening, server_name) == "first"
        second = authority.issue("second")
        mounted(tmp_path, "2", second.cert, second.key)
        ticks.now += 2
        assert served_name(listening, server_name) == "second"


def test_files_are_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    authority = Authority()
    with following(tmp_path, authority) as (files, ticks, _):
        files.current()
        second = authority.issue("second")
        mounted(tmp_path, "2", second.cert, second.key)
        ticks.now += 0.5
        assert served_name(files.current()) == "first"
        ticks.now += 0.5
        assert served_name(files.current()) == "second"


def test_a_pair_that_does_not_belong_together_leaves_the_former_in_use(tmp_path: Path) -> None:
    authority = Authority()
    with following(tmp_path, authority) as (files, ticks, changes):
        mounted(tmp_path, "2", authority.issue("second").cert, authority.issue("third").key)
        ticks.now += 2
        assert served_name(files.current()) == "first"
        assert changes[-1] is None
        fourth = authority.issue("fourth")
        mounted(tmp_path, "3", fourth.cert, fourth.key)
        ticks.now += 2
        assert served_name(files.current()) == "fourth"


def test_the_end_of_validity_is_told(tmp_path: Path) -> None:
    with following(tmp_path, Authority()) as (_, _, changes):
        assert changes[0] is not None
        assert changes[0] > dt.datetime.now(dt.UTC) + dt.timedelta(days=29)


def test_files_that_cannot_be_used_at_the_start_are_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        CertificateFiles(tmp_path / "no.crt", tmp_path / "no.key", Ticks())
    (tmp_path / "bad.crt").write_text("nonsense")
    with pytest.raises(ConfigError, match="cannot be used"):
        CertificateFiles(tmp_path / "bad.crt", tmp_path / "bad.crt", Ticks())


def test_a_new_process_serves_with_the_former_pair_while_a_bad_one_is_on_disk(tmp_path: Path) -> None:
    authority = Authority()
    with following(tmp_path, authority) as (of_the_server, ticks, _):
        cert, key = mounted(tmp_path, "2", authority.issue("second").cert, authority.issue("third").key)
        changes = list[dt.datetime | None]()
        files = CertificateFiles(cert, key, ticks, changes.append, of_the_server)
        assert changes == [None]
        listening = files.server_context()
        assert served_name(listening) == "first"
        fourth = authority.issue("fourth")
        mounted(tmp_path, "3", fourth.cert, fourth.key)
        ticks.now += 2
        assert served_name(listening) == "fourth"


def test_listening_begins_with_the_pair_that_was_loaded_whatever_is_on_disk_by_then(tmp_path: Path) -> None:
    authority = Authority()
    with following(tmp_path, authority) as (files, _, _):
        mounted(tmp_path, "2", authority.issue("second").cert, authority.issue("third").key)
        assert served_name(files.server_context()) == "first"


def test_a_handshake_that_fails_says_nothing_on_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with following(tmp_path, Authority()) as (files, _, _):
        connections = Connections(10, TimeLimits(5, 5, 5, 5), time.monotonic, lambda _: None)
        listener = gevent.socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = ReviewServer(listener, lambda *_: None, connections, files.server_context())
        server.start()
        try:
            with gevent.Timeout(10):
                connection = gevent.socket.create_connection(("127.0.0.1", server.server_port))
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                with suppress(ConnectionResetError):
                    while connection.recv(100):
                        pass
                connection.close()
        finally:
            server.stop()
    assert "SSLError" not in capfd.readouterr().err
