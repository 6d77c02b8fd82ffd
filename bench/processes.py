"""Servers under measurement: started as processes, their CPU and memory read from /proc, loaded over TLS."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        pid: of its parent process.
        port: where it listens on loopback, with TLS.
    """

    pid: int
    port: int

    def workers(self) -> list[int]:
        """Its child processes."""
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def cpu_seconds(self) -> float:
        """User and system time of parent and children so far."""
        total = 0
        for pid in (self.pid, *self.workers()):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICK

    def worker_rss_mib(self) -> float:
        """Resident memory of the largest worker."""
        return max(rss_mib(pid) for pid in self.workers())


def rss_mib(pid: int) -> float:
    """Resident memory of a process, MiB."""
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


def pss_mib(pid: int) -> float:
    """Memory of a process, MiB; what it shares with others counts in parts, so that a sum counts nothing twice."""
    match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0


def forget_peak() -> None:
    """Let :func:`peak_mib` count from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """The most memory that this process held since :func:`forget_peak`, MiB."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str] | None = None,
    path: str = "/readyz",
    root: Path = ROOT,
) -> Iterator[Server]:
    """Start a server of a checkout, wait until it answers 200 on ``path``, and stop it by pid at the end."""
    env = {**os.environ, "PYTHONPATH": str(root), **(environment or {})}
    # To a file, as a container runtime takes it: a pipe that this process drains would cost what is measured.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([sys.executable, *command], env=env, cwd=root, stderr=log)
        try:
            await_ready(process, port, path, log)
            yield Server(process.pid, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def await_ready(process: subprocess.Popen[bytes], port: int, path: str, log: IO[bytes]) -> None:
    """Wait until a server answers 200 on ``path``.

    Raises:
        RuntimeError: it ended, or took a minute.
    """
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        try:
            if b" 200 " in request(port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()):
                return
        except OSError:
            pass
        time.sleep(0.02)
    log.seek(0)
    raise RuntimeError(f"the server did not become ready:\n{log.read()[-3000:].decode(errors='replace')}")


def request(port: int, raw: bytes) -> bytes:
    """One request that ends its connection; the whole answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(raw)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


@dataclass(frozen=True)
class Load:
    """What a server did under load.

    Attributes:
        rate: requests a second.
        p99: milliseconds in which 99 of 100 were answered; None where the load generator does not tell.
    """

    rate: float
    p99: float | None


def load(port: int, path: str, body: bytes, *, seconds: int, connections: int, folder: Path) -> Load:
    """Post the same body again and again over kept-alive TLS connections, each one request at a time.

    With wrk where it is installed, else with :mod:`bench.loader`, which is slower: then the rate says more about the
    load generator than about the server, and the CPU time of a request is the figure to look at.

    Raises:
        RuntimeError: some request failed.
    """
    payload = folder / "body.json"
    payload.write_bytes(body)
    url = f"https://127.0.0.1:{port}{path}"
    if shutil.which("wrk") is None:
        command = [sys.executable, "-m", "bench.loader", url, str(payload), str(seconds), str(connections)]
        slow = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        return Load(float(slow.stdout), None)
    script = folder / "post.lua"
    script.write_text(
        f'local file = io.open("{payload}", "rb")\nwrk.method = "POST"\nwrk.body = file:read("*a")\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    command = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"some requests failed:\n{done.stdout}")
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    slowest = re.search(r"99%\s+([0-9.]+)(us|ms|s)", done.stdout)
    if rate is None or slowest is None:
        raise RuntimeError(f"wrk printed no rate:\n{done.stdout}")
    return Load(float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slowest[2]])
