"""A hub with 1,000 members on a real PostgreSQL: how soon they have what somebody decided, and what the hub needs.

Members are connections of this process, which wait for changes as the client of bomgate does and ask again; each
distinct document is verified once. One real member takes each document over into its store. Then the hub is stopped,
somebody decides, and it is started again; at last a cold member takes the snapshot of 10,000 decisions.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import gevent
import gevent.socket

from bench import Row, UnavailableError, show
from bench.processes import Server, free_port
from tests.fleet.hubs import Hub, assessment
from tests.fleet.members import Member, documented
from tests.postgres import PostgresServer, find_programs
from webhook.clients.hub.keys import HubKeys
from webhook.engines.fleet.members import hash_token
from webhook.model.changes import Position
from webhook.policy.fleetdocuments import decode

MEMBERS = 1000
ROUNDS = 4
IDLE_SECONDS = 10
DECISIONS = 10_000


class Crowd:
    """The members, each a greenlet with a connection.

    Args:
        port: of the hub.
        tokens: of all.
        start: the position that all have.
        keys: of the hub.
    """

    def __init__(self, port: int, tokens: Sequence[str], start: Position, keys: HubKeys) -> None:
        self._port, self._keys = port, keys
        self.positions = dict.fromkeys(tokens, start)
        self.arrived = dict.fromkeys(tokens, 0.0)
        self._known: dict[bytes, Position] = {}
        self.largest, self.errors = 0, 0
        self._greenlets = [gevent.spawn(self._follow, token) for token in tokens]

    def have(self, revision: int) -> int:
        """How many have a revision."""
        return sum(position.revision >= revision for position in self.positions.values())

    def stop(self) -> None:
        """End all."""
        gevent.killall(self._greenlets)

    def _follow(self, token: str) -> None:
        pause = 1.0
        while True:
            try:
                with gevent.socket.create_connection(("127.0.0.1", self._port), timeout=60) as sock:
                    while True:
                        self._ask(sock, token)
                        pause = 1.0
            except (OSError, ValueError):
                self.errors += 1
                gevent.sleep(pause)
                pause = min(2 * pause, 60.0)  # as the duty of the controller does

    def _ask(self, sock: gevent.socket.socket, token: str) -> None:
        since = self.positions[token]
        path = f"/fleet/v1/changes?after={since.revision}&store={since.store}&mark={since.mark}&wait=25"
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        status, length = int(lines[0].split()[1]), 0
        for line in lines[1:]:
            if line.startswith("content-length:"):
                length = int(line.partition(":")[2])
        while len(body) < length:
            body += self._some(sock)
        if status == 200:
            self._take(token, body)
        elif status != 204:
            raise ValueError(f"status {status}")

    def _take(self, token: str, body: bytes) -> None:
        if body not in self._known:
            self._known[body] = decode(body, self._keys.verify).position
            self.largest = max(self.largest, len(body))
        self.positions[token], self.arrived[token] = self._known[body], time.monotonic()

    @staticmethod
    def _some(sock: gevent.socket.socket) -> bytes:
        got: bytes = sock.recv(65536)
        if not got:
            raise ValueError("closed")
        return got


def main() -> list[Row]:
    """Measure and print."""
    rows = on_postgresql(_measure)
    show(f"A hub with {MEMBERS} members", rows)
    return rows


def on_postgresql(measure: Callable[[PostgresServer, Path], list[Row]]) -> list[Row]:
    """What is measured on a PostgreSQL server and in a folder, both of which are removed afterwards.

    Raises:
        UnavailableError: PostgreSQL is not installed.
    """
    programs = find_programs()
    if programs is None:
        raise UnavailableError("PostgreSQL is not installed")
    server = PostgresServer(programs)
    with tempfile.TemporaryDirectory() as folder:
        try:
            server.start()
            return measure(server, Path(folder))
        finally:
            server.remove()


def _measure(server: PostgresServer, folder: Path) -> list[Row]:
    port = free_port()
    hub = Hub(folder / "hub", server.url(server.new_database()), fleet={"listen": f"127.0.0.1:{port}"})
    parts, tokens = hub.parts(), [f"bgm_{number}" for number in range(MEMBERS)]
    for number, token in enumerate(tokens):
        parts.store.fleet_members.add(f"m{number}", hash_token(token), parts.clock.now())
    member = Member(folder / "member", hub, server.url(server.new_database()))
    member.follow()

    def decide(serial: int) -> int:
        made = assessment(f"CVE-2026-{serial}", "Blocked", package="pkg:npm/trim", at=parts.clock.now())
        return parts.store.assessments.append([made])

    with hub.serving():
        crowd = Crowd(port, tokens, member.followed.position, HubKeys([hub.public]))
        rows = _while_it_runs(hub, crowd, member, decide)
    for serial in range(3):
        decide(20_000 + serial)
    with hub.serving():
        ready, newest = time.monotonic(), parts.store.hub_feed.position().revision
        _until(lambda: crowd.have(newest) == MEMBERS, 120)
        seconds = time.monotonic() - ready
        rows.append(Row("after an outage: all caught up", f"{seconds:.1f} s", "≤ 60 s", seconds <= 60))
    crowd.stop()
    now = parts.clock.now()
    parts.store.assessments.append(
        [assessment(f"CVE-2026-{serial}", "Ignore", at=now) for serial in range(30_000, 30_000 + DECISIONS)]
    )
    size = len(documented(hub)) / 2**20
    rows.append(Row(f"snapshot of {DECISIONS} decisions", f"{size:.2f} MiB", "≤ 200 MB", size <= 190))
    return rows


def _while_it_runs(hub: Hub, crowd: Crowd, member: Member, decide: Callable[[int], int]) -> list[Row]:
    gevent.sleep(10)  # all are connected, and wait
    process = Server(hub.pid, 0)
    before, began = process.cpu_seconds(), time.monotonic()
    gevent.sleep(IDLE_SECONDS)
    idle = (process.cpu_seconds() - before) / (time.monotonic() - began)
    slow, applying, costs = [], [], []
    for serial in range(ROUNDS):
        before = process.cpu_seconds()
        revision = decide(10_000 + serial)
        committed = time.monotonic()
        _until(lambda wanted=revision: crowd.have(wanted) == MEMBERS, 30)
        latencies = sorted(at - committed for at in crowd.arrived.values())
        slow.append(latencies[int(MEMBERS * 0.99) - 1])
        took = time.monotonic()
        member.follow()
        applying.append(time.monotonic() - took)
        gevent.sleep(1)
        costs.append(process.cpu_seconds() - before)
    worst, median = max(slow), statistics.median(slow)
    return [
        Row("99 % of members have a decision", f"{median:.2f} s, most {worst:.2f} s", "≤ 2 s", worst <= 2),
        Row("a member reads and applies it", f"{statistics.median(applying) * 1000:.0f} ms", "", None),
        Row("hub, all members waiting: CPU", f"{idle:.2f} cores", "≤ 1 core", idle <= 1),
        Row("hub, a decision to all: CPU", f"{statistics.median(costs):.2f} s", "", None),
        Row("largest delta of one decision", f"{crowd.largest} bytes", "≤ 1 kB", crowd.largest <= 1000),
        Row("members that lost their connection", str(crowd.errors), "0", crowd.errors == 0),
    ]


def _until(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("members did not get there")
        gevent.sleep(0.01)
