"""What a webhook has to stand: lost processes, held connections, new certificates, a database that is not there.

Each test calls the webhook through the API server, which is registered to refuse everything when a call fails; so a
decision that arrives is proof that the webhook answered.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable

import pytest
from cryptography import x509

from tests.certificates import Authority, Pair
from tests.e2e.cluster import Cluster
from tests.e2e.deciding import TryPod, assert_decides, pod_trier, under_load
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate


@pytest.fixture(scope="module")
def sturdy(install: Callable[..., Bomgate]) -> Bomgate:
    """An installation that these tests may damage."""
    return install("sturdy")


@pytest.fixture(scope="module")
def try_pod(cluster: Cluster, sturdy: Bomgate, new_namespace: Callable[..., str]) -> TryPod:
    """Asks whether a Pod would be admitted where the installation decides."""
    return pod_trier(cluster.client, new_namespace("sturdy"))


def served_certificate(sturdy: Bomgate) -> int:
    """The serial number of the certificate that a new connection gets."""
    pem = ssl.get_server_certificate(("127.0.0.1", sturdy.port), timeout=5)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def serial_number(pair: Pair) -> int:
    """The serial number of a certificate."""
    return x509.load_pem_x509_certificate(pair.cert).serial_number


def wait_for_certificate(sturdy: Bomgate, pair: Pair) -> None:
    """Wait until new connections get a certificate, from either process of the server."""
    wanted = serial_number(pair)
    wait_until(
        lambda: {served_certificate(sturdy) for _ in range(10)} == {wanted}, 8, f"certificate {wanted} being served"
    )


def replace_worker(sturdy: Bomgate, by: signal.Signals) -> None:
    """End one of the server's processes, and wait until there is another in its place."""
    victim, *others = sturdy.workers()
    os.kill(victim, by)
    wait_until(lambda: victim not in sturdy.workers() and len(sturdy.workers()) > len(others), 20, "a new worker")


def test_it_decides_again_at_once_after_it_was_killed(sturdy: Bomgate, try_pod: TryPod) -> None:
    sturdy.kill()
    assert not sturdy.ready()
    sturdy.start()
    assert_decides(try_pod)


def test_it_starts_and_decides_without_its_database(sturdy: Bomgate, try_pod: TryPod) -> None:
    away = sturdy.database.parent.with_name("away")
    sturdy.stop()
    sturdy.database.parent.rename(away)
    try:
        sturdy.start()
        assert_decides(try_pod)
        assert not sturdy.database.exists()
    finally:
        away.rename(sturdy.database.parent)


def test_decisions_go_on_while_another_process_keeps_the_database_locked(sturdy: Bomgate, try_pod: TryPod) -> None:
    with contextlib.closing(sqlite3.connect(sturdy.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        while time.monotonic() < began + 3:  # several looks for changes meet the lock
            assert_decides(try_pod)
        other.execute("ROLLBACK")


def test_idle_and_half_sent_connections_do_not_stop_it(sturdy: Bomgate, try_pod: TryPod) -> None:
    context = ssl.create_default_context(cadata=sturdy.authority.pem.decode())
    address = ("127.0.0.1", sturdy.port)
    with contextlib.ExitStack() as held:
        for _ in range(50):  # not even a handshake
            held.enter_context(socket.create_connection(address, timeout=10))
        for number in range(250):
            plain = socket.create_connection(address, timeout=10)
            connection = held.enter_context(context.wrap_socket(plain, server_hostname="localhost"))
            if number >= 200:  # a head that never ends, and a body that never comes
                connection.sendall(b"POST /validate HTTP/1.1\r\nHost: localhost\r\n")
            if number >= 225:
                connection.sendall(b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
        assert_decides(try_pod)
        assert sturdy.ready()


def test_new_certificate_files_are_served_without_a_restart_or_a_failed_call(
    sturdy: Bomgate, authority: Authority, try_pod: TryPod
) -> None:
    with under_load(try_pod):
        for _ in range(3):
            pair = authority.issue()
            sturdy.secret.put(pair)
            wait_for_certificate(sturdy, pair)


def test_a_certificate_with_the_key_of_another_is_not_used_and_the_former_stays(
    sturdy: Bomgate, authority: Authority, try_pod: TryPod
) -> None:
    time.sleep(2.5)  # each process looks at the files every second, so both serve the same now
    former = served_certificate(sturdy)
    errors = "bomgate_certificate_reload_errors_total"
    before = sturdy.metric(errors)
    with under_load(try_pod):
        sturdy.secret.put(Pair(authority.issue().cert, authority.issue().key))
        wait_until(lambda: served_certificate(sturdy) and sturdy.metric(errors) > before, 20, "the counted error")
        assert {served_certificate(sturdy) for _ in range(20)} == {former}
    repaired = authority.issue()
    sturdy.secret.put(repaired)
    wait_for_certificate(sturdy, repaired)


def test_a_worker_that_dies_is_replaced_and_the_metrics_stay(sturdy: Bomgate, try_pod: TryPod) -> None:
    requests = "bomgate_admission_requests_total"
    before, loaded = sturdy.metric(requests), sturdy.log.count("read model loaded from disk")
    replace_worker(sturdy, signal.SIGTERM)
    wait_until(lambda: sturdy.log.count("read model loaded from disk") > loaded, 20, "its readiness")
    assert_decides(try_pod)
    assert sturdy.metric(requests) >= before + 3


def test_a_worker_can_be_replaced_while_unusable_certificate_files_are_on_disk(
    sturdy: Bomgate, authority: Authority, try_pod: TryPod
) -> None:
    sturdy.secret.put(Pair(authority.issue().cert, authority.issue().key))
    replace_worker(sturdy, signal.SIGKILL)
    for _ in range(5):
        served_certificate(sturdy)
        assert_decides(try_pod)
    sturdy.secret.put(authority.issue())


def test_failed_handshakes_leave_no_traceback_in_the_log(sturdy: Bomgate) -> None:
    for greeting in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01"):
        with socket.create_connection(("127.0.0.1", sturdy.port), timeout=5) as connection:
            connection.sendall(greeting)
    assert sturdy.ready()
    assert "Traceback" not in sturdy.log
