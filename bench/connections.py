"""The API server's calls while others hold connections: idle ones on both ports, and half-sent bodies.

Two checkouts can be measured in turn: ``BENCH_BASE=/path/to/checkout`` names the other one. Each has a limit of
1,024 open files to begin with, as services have. The calls are short reviews on a kept connection and on new ones.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import Row, show
from bench.admission import review_of
from bench.processes import ROOT, Server, free_port, pss_mib, running
from tests.certificates import Authority

CALLS, NEW_EVERY = 400, 10
IDLE, HALF, HALF_BYTES, HALF_PROCESSES = 10_000, 1_000, 7 * 1024 * 1024, 8
GOAL_P99, GOAL_MIB = 2.0, 150.0
LARGE_GOAL_P99 = 3.0
_SOFT_FILES = 1024
_SECONDS_TO_OPEN = 40
_SEND_BUFFER = 64 * 1024
"""Of each that holds: otherwise theirs fill the memory that this kernel has for TCP, and every connection is slowed.
They stand for machines elsewhere."""


def main() -> list[Row]:
    """Measure and print."""
    rows: list[Row] = []
    base = os.environ.get("BENCH_BASE")
    for name, root in ([("base", Path(base))] if base else []) + [("this build", ROOT)]:
        rows += _measure(name, root, goals=root == ROOT)
    show("Calls of the API server beside held connections", rows)
    return rows


def _measure(name: str, root: Path, *, goals: bool) -> list[Row]:
    rows: list[Row] = []
    for what, hold in (
        (f"{IDLE:,} idle connections on each port", _idle),
        (f"{HALF:,} half-sent bodies of 7 MiB", _half),
        ("a stream of reviews of 18 MB", _stream),
    ):
        with tempfile.TemporaryDirectory() as folder, _server(root, Path(folder)) as (server, metrics):
            _calls(server.port, CALLS)  # the first ones fill caches
            quiet, rest = _calls(server.port, CALLS), _memory(server, metrics)
            with hold(server.port, metrics):
                most = _memory(server, metrics)
                busy = _calls(server.port, CALLS)
                most = max(most, _memory(server, metrics), key=lambda item: item.total)
            limit = LARGE_GOAL_P99 if hold is _stream else GOAL_P99
            ratio, grown = _p99(busy) / _p99(quiet), most.total - rest.total
            failed = busy.count(float("inf"))
            text = f"{ratio:.1f} × ({_p99(quiet) * 1000:.1f} → {_p99(busy) * 1000:.1f} ms)"
            print(f"  {name}, {what}: p99 {_p99(busy):.4f} s, {failed} failed, {rest} → {most}", flush=True)
            rows.append(Row(f"{name}, {what}: p99", text, *(_goal(f"≤ {limit:g} ×", ratio <= limit) if goals else ())))
            rows.append(
                Row(f"{name}, {what}: failed calls", f"{failed} of {CALLS}", *(_goal("0", not failed) if goals else ()))
            )
            if hold is not _stream:
                goal = _goal(f"≤ {GOAL_MIB:g} MiB", grown <= GOAL_MIB) if goals else ()
                rows.append(Row(f"{name}, {what}: memory above rest", f"{grown:.0f} MiB ({rest} → {most})", *goal))
    return rows


def _goal(text: str, met: bool) -> tuple[str, bool]:
    return text, met


@contextmanager
def _server(root: Path, folder: Path) -> Iterator[tuple[Server, int]]:
    cert, key = Authority().issue().write(folder / "tls")
    port, metrics = free_port(), free_port()
    settings = folder / "bomgate.yaml"
    settings.write_text(
        f"database: {{url: 'sqlite:///{folder / 'bomgate.db'}'}}\n"
        f"sbom: {{sources: [directory], directory: '{folder}'}}\n"
    )
    serve = ["-m", "webhook", "--config", str(settings), "serve", "--listen", f"127.0.0.1:{port}"]
    serve += ["--tls-cert", str(cert), "--tls-key", str(key), "--metrics-listen", f"127.0.0.1:{metrics}"]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_SOFT_FILES, before[1]))
    try:
        with running(serve, port, root=root) as server:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            yield server, metrics
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@dataclass(frozen=True)
class Memory:
    """What a Pod with this server would use, MiB.

    Attributes:
        processes: of the server.
        sockets: what the kernel keeps for its connections.
    """

    processes: float
    sockets: float

    @property
    def total(self) -> float:
        """Both."""
        return self.processes + self.sockets

    def __str__(self) -> str:
        return f"{self.processes:.0f} + {self.sockets:.0f} MiB"


def _memory(server: Server, metrics: int) -> Memory:
    pids, total = [server.pid], 0.0
    while pids:
        pid = pids.pop()
        with suppress(OSError):
            total += pss_mib(pid)
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    ours = f"( sport = :{server.port} or sport = :{metrics} )"
    sockets = subprocess.run(["ss", "-tmnH", ours], capture_output=True, text=True, check=True).stdout
    # r: what was received and not read; w: what is to be sent; f: set aside for either.
    kept = sum(int(number) for number in re.findall(r"[(,][rwf](\d+)", sockets))
    return Memory(total, kept / 1024 / 1024)


def _calls(port: int, number: int) -> list[float]:
    """Seconds that each call took; infinite for one that failed."""
    body = review_of(["registry.example/shop/web@sha256:" + "a" * 64])
    head = f"POST /validate?timeout=5s HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    times, connection = [], None
    for at in range(number):
        began = time.perf_counter()
        try:
            if connection is None or at % NEW_EVERY == 0:
                if connection is not None:
                    connection.close()
                connection = _connect(port)
            connection.sendall(head + body)
            _receive(connection)
            times.append(time.perf_counter() - began)
        except OSError:
            connection = None
            times.append(float("inf"))
            if times.count(float("inf")) >= 5:
                times += [float("inf")] * (number - len(times))
                break
        time.sleep(0.005)
    if connection is not None:
        connection.close()
    return times


def _connect(port: int, send_buffer: int = 0) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as Go does, and with it the API server
    if send_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    return context.wrap_socket(connection)


def _receive(connection: ssl.SSLSocket) -> None:
    """Read a whole answer.

    Raises:
        OSError: it is none, or no decision.
    """
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])  # the server states it
    while len(body) < length:
        body += _some(connection)
    if not head.startswith(b"HTTP/1.1 200"):
        raise OSError(head.decode())


def _some(connection: ssl.SSLSocket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise OSError("the connection was closed")
    return data


def _p99(times: list[float]) -> float:
    return (
        statistics.quantiles(times, n=100)[98] if float("inf") not in times else sorted(times)[len(times) * 99 // 100]
    )


def _idle(port: int, metrics: int) -> ExitStack:
    return _holders([("idle", port, IDLE), ("idle", metrics, IDLE)])


def _half(port: int, _metrics: int) -> ExitStack:
    return _holders([("half", port, HALF // HALF_PROCESSES)] * HALF_PROCESSES)


def _stream(port: int, _metrics: int) -> ExitStack:
    return _holders([("stream", port, 1)])


def _holders(kinds: list[tuple[str, int, int]]) -> ExitStack:
    """Processes that hold connections; each has said that it holds them."""
    stack, processes = ExitStack(), []
    for kind, port, number in kinds:
        command = [sys.executable, "-m", "bench.connections", kind, str(port), str(number)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        stack.callback(process.wait)
        stack.callback(process.send_signal, signal.SIGTERM)
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        processes.append((kind, process.stdout))
    held: dict[str, int] = {}
    for kind, said in processes:
        held[kind] = held.get(kind, 0) + int(said.readline())
    print(f"  held: {held}", flush=True)
    return stack


def hold(kind: str, port: int, number: int) -> None:
    """Hold connections until told to end, five minutes at most; the whole life of such a process."""
    signal.alarm(300)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if kind == "stream":
        _send_large(port)
        return
    held: list[socket.socket] = []
    until = time.monotonic() + _SECONDS_TO_OPEN
    for _ in range(number):
        if time.monotonic() > until:  # a server that accepts no more
            break
        with suppress(OSError):
            if kind == "idle":
                held.append(socket.create_connection(("127.0.0.1", port), timeout=2))
                continue
            connection = _connect(port, send_buffer=_SEND_BUFFER)
            held.append(connection)
            connection.settimeout(0.02)
            head = f"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: {HALF_BYTES}\r\n\r\n"
            connection.sendall(head.encode() + b" " * (HALF_BYTES // 2))
    print(len(held), flush=True)
    time.sleep(290)


def _send_large(port: int) -> None:
    review = json.loads(review_of(["registry.example/shop/web@sha256:" + "a" * 64]))
    review["request"]["object"]["spec"]["template"]["spec"]["containers"][0]["args"] = ["@@"]
    review["request"]["oldObject"] = review["request"]["object"]
    body = json.dumps(review, separators=(",", ":")).replace("@@", "\\u003c" * 1_500_000).encode()
    head = f"POST /validate?timeout=10s HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    connection = _connect(port)
    connection.settimeout(30)
    print(1, flush=True)
    while True:
        try:
            connection.sendall(head + body)
            _receive(connection)
        except OSError:
            connection = _connect(port)
            time.sleep(0.1)


if __name__ == "__main__":
    hold(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
