"""Admission while fifty people click in the console: the webhook has one core, and all else the other.

A slow and steady caller asks the webhook for a verdict, in turn while nobody uses the console and while people do, five
times each. It runs before all others on its core, in real time where it may (as root), because what it waits for itself
is not the webhook's time.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from bench import Row, UnavailableError
from bench.admission import review_of
from bench.processes import ROOT, free_port, running
from tests.certificates import Authority
from tests.console.chromium import ConsoleProcess
from webhook.bootstrap.parts import open_parts
from webhook.settings import load_settings

PEOPLE, THINK_SECONDS, TURNS, SECONDS = 50, 2.0, 5, 8
PAUSE_SECONDS, GOAL = 0.01, 1.2
PATHS = (
    "/",
    "/vulnerabilities",
    "/vulnerabilities?severity=critical&state=unassessed",
    "/packages?name=package-12*",
    "/images",
    "/workloads",
    "/assessments",
    "/requests",
    "/types",
    "/audit",
)


def clicked(url: str) -> list[Row]:
    """The figure on a filled store.

    Args:
        url: of its database; every process of it has to be a descendant of this one, to be kept off the webhook's core.

    Raises:
        UnavailableError: this machine has one core.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise UnavailableError("two cores are needed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pid in _descendants(os.getpid()):
            _pin(pid, cores[1])
        with _webhook(url, folder, cores[0]) as port, _console(url, folder) as (address, cookie):
            body = _review(url)
            (folder / "review.json").write_bytes(body)
            quiet, busy, clicks = [], [], 0
            _sampled(port, folder, 2)
            for turn in range(TURNS * 2):
                if turn % 2 == 0:
                    quiet.append(_sampled(port, folder, SECONDS))
                    continue
                with _people(address, cookie) as count:
                    busy.append(_sampled(port, folder, SECONDS))
                clicks += count()
        os.sched_setaffinity(0, set(cores))
    calm, crowded = statistics.median(quiet), statistics.median(busy)
    ratio = crowded / calm
    rate = clicks / (TURNS * SECONDS)
    shown = f"{crowded:.1f} ms, {calm:.1f} ms; {rate:.0f} pages/s"
    return [
        Row(f"admission's p99 while {PEOPLE} people click, and while nobody does", shown),
        Row("the same, ratio", f"{ratio:.2f} ×", f"≤ {GOAL} ×", ratio <= GOAL),
    ]


@contextmanager
def _webhook(url: str, folder: Path, core: int) -> Iterator[int]:
    cert, key = Authority().issue().write(folder / "tls")
    config, port = folder / "webhook.yaml", free_port()
    config.write_text(json.dumps({"database": {"url": url}, "serve": {"workers": 1}}), encoding="utf-8")
    serve = ["-m", "webhook", "--config", str(config), "serve", "--listen", f"127.0.0.1:{port}"]
    serve += ["--metrics-listen", f"127.0.0.1:{free_port()}", "--tls-cert", str(cert), "--tls-key", str(key)]
    with running(serve, port, {"HOME": str(folder)}) as server:
        for pid in (server.pid, *server.workers()):
            _pin(pid, core)
        yield port


@contextmanager
def _console(url: str, folder: Path) -> Iterator[tuple[str, str]]:
    process = ConsoleProcess(url, folder)
    try:
        limit = time.monotonic() + 600
        while (link := process.link()) is None:
            if time.monotonic() > limit:
                raise RuntimeError(f"the console did not start:\n{process.log[-3000:]}")
            time.sleep(0.2)
        address, _, path = link.removeprefix("http://").partition("/")
        connection = HTTPConnection(address, timeout=60)
        connection.request("GET", f"/{path}", headers={"Host": address})
        answer = connection.getresponse()
        cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        answer.read()
        for wanted in PATHS:  # the first look of all warms up
            _get(connection, address, cookie, wanted)
        yield address, cookie
    finally:
        process.stop()


@contextmanager
def _people(address: str, cookie: str) -> Iterator[Callable[[], int]]:
    """Fifty people, each of whom looks at a page, thinks, and looks at another; gives how many pages they saw."""
    stop, numbers = threading.Event(), [0] * PEOPLE

    def click(number: int) -> None:
        dice = random.Random(number)
        while not stop.wait(dice.uniform(0, 2 * THINK_SECONDS)):
            connection = HTTPConnection(address, timeout=60)  # browsers leave idle ones, too
            _get(connection, address, cookie, dice.choice(PATHS))
            connection.close()
            numbers[number] += 1

    threads = [threading.Thread(target=click, args=(number,), daemon=True) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: sum(numbers)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def _get(connection: HTTPConnection, address: str, cookie: str, path: str) -> None:
    connection.request("GET", path, headers={"Host": address, "Cookie": cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} gave {answer.status}")


def _review(url: str) -> bytes:
    parts = open_parts(load_settings(None, {"database.url": url}, {"HOME": tempfile.gettempdir()}))
    digests = [record.digest for record in itertools.islice(parts.store.sboms.list(), 4)]
    parts.store.close()
    return review_of([f"registry.example/app-{number}@{digest}" for number, digest in enumerate(digests)])


def _sampled(port: int, folder: Path, seconds: int) -> float:
    """Milliseconds in which 99 of 100 reviews were answered, as a process that goes before others saw it."""
    command = [sys.executable, "-m", "bench.clicking", str(port), str(folder / "review.json"), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return float(done.stdout)


def _sample(port: int, body: bytes, seconds: int) -> float:
    # In real time: a low niceness alone lets whoever computes end its slice of some milliseconds first.
    with suppress(PermissionError):  # without the right it waits for its core like the others
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        connection.request("POST", "/validate?timeout=5s", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"the webhook gave {answer.status}")
        time.sleep(PAUSE_SECONDS)
    return sorted(took)[math.ceil(0.99 * len(took)) - 1]


def _descendants(pid: int) -> Iterator[int]:
    yield pid
    # PostgreSQL of the tests is a child as well, and so are its processes.
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _descendants(int(child))


def _pin(pid: int, core: int) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def main(arguments: Sequence[str]) -> None:
    """Sample a webhook: port, file with the review, seconds. Prints the 99th percentile in milliseconds."""
    port, file, seconds = arguments
    print(_sample(int(port), Path(file).read_bytes(), int(seconds)))


if __name__ == "__main__":
    main(sys.argv[1:])
