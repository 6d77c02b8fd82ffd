"""``bomgate serve``: what it refuses before it starts, and that it starts; ``tests/e2e`` tests how it decides."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.cli.installation import Installation

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "The webhook needs a certificate"),
        (("--tls-cert", "tls.crt"), "The webhook needs a key of the certificate"),
        (("--tls-cert", "tls.crt", "--insecure-http"), "a certificate and plain HTTP"),
    ],
)
def test_without_a_certificate_or_a_word_for_plain_http_it_does_not_start(
    bomgate: Installation, arguments: tuple[str, ...], said: str
) -> None:
    ran = bomgate.run("serve", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert "What to do: " in ran.err


def test_a_server_without_workers_is_refused(bomgate: Installation) -> None:
    bomgate.configure(serve={"workers": 0})
    ran = bomgate.run("serve", "--insecure-http")
    assert (ran.code, "serve.workers is 0" in ran.err) == (2, True)


def serve(bomgate: Installation, *arguments: str) -> subprocess.Popen[str]:
    """Start ``bomgate serve`` as a separate process."""
    temporary = bomgate.folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(bomgate.folder),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "webhook", "--config", str(bomgate.config), "serve", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def failed(bomgate: Installation, *arguments: str) -> tuple[int, str]:
    """Exit code and complaint of a server that does not start."""
    process = serve(bomgate, *arguments)
    out, err = process.communicate(timeout=60)
    assert out == ""
    assert list((bomgate.folder / "tmp").iterdir()) == []
    return process.returncode, err


LOOPBACK = ("--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0")


def test_a_certificate_that_cannot_be_used_is_named(bomgate: Installation) -> None:
    cert = bomgate.write("tls.crt", "no certificate")
    code, err = failed(bomgate, *LOOPBACK, "--tls-cert", str(cert), "--tls-key", str(cert))
    assert (code, "cannot be used" in err) == (2, True)


def test_an_address_that_is_taken_is_named(bomgate: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, err = failed(bomgate, "--insecure-http", "--listen", address, "--metrics-listen", "127.0.0.1:0")
        assert (code, f"cannot listen on {address}" in err) == (2, True)
        code, err = failed(bomgate, "--insecure-http", "--listen", "127.0.0.1:0", "--metrics-listen", address)
        assert (code, f"Cannot listen on {address} for metrics" in err) == (2, True)


def test_a_server_database_that_is_away_is_waited_for_and_its_password_is_not_told(bomgate: Installation) -> None:
    bomgate.configure(database={"url": "postgresql://user:hush@127.0.0.1:1/bomgate"})
    process = serve(bomgate, "--insecure-http", *LOOPBACK)
    assert process.stderr is not None
    said = ""
    try:
        for line in process.stderr:
            said += line
            if "not ready until it does" in line:
                break
        assert process.poll() is None
    finally:
        process.kill()
        said += process.communicate()[1]
    assert ("cannot be reached" in said, "hush" in said) == (True, False)


@pytest.fixture
def running(bomgate: Installation) -> Iterator[tuple[subprocess.Popen[str], list[dict[str, Any]]]]:
    """A server with TLS on loopback, and its log until it listens."""
    cert, key = Authority().issue().write(bomgate.folder / "tls")
    bomgate.configure(serve={"workers": 1}, assessments=[{"vulnerability": "CVE-2030-0001", "type": "Blocked"}])
    process = serve(bomgate, *LOOPBACK, "--tls-cert", str(cert), "--tls-key", str(key))
    assert process.stderr is not None
    log = []
    try:
        for line in process.stderr:
            log.append(json.loads(line))
            if log[-1]["message"] == "metrics":
                break
        yield process, log
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_says_where_it_listens_warns_of_traps_and_ends_in_good_order(
    running: tuple[subprocess.Popen[str], list[dict[str, Any]]], bomgate: Installation
) -> None:
    process, log = running
    assert log[0]["level"] == "warning"
    assert (log[0]["code"], "ends silently" in log[0]["message"]) == ("opens-by-itself", True)
    urls = {entry["message"]: entry.get("url", "") for entry in log}
    assert urls["listening"].startswith("https://127.0.0.1:")
    assert urls["metrics"].endswith("/metrics")
    assert len(list((bomgate.folder / "tmp").iterdir())) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert list((bomgate.folder / "tmp").iterdir()) == []
    assert bomgate.ok("db", "status", "--output", "json").json["counts"]["assessments"] == 1
