"""The console's lists on 10,000 images, 1,000,000 components and 50,000 vulnerabilities, each list with every filter.

The application answers in this process, so that a figure is that of the console and not of a network; what a browser
would get, compressed, is counted. PostgreSQL is used where its programs are found, SQLite elsewhere. The pages of a
list are asked in turn, round by round. The figures of each page are printed once they are there: its time, and what
this thread computed in it, which says the same on a busy machine. ``BENCH_BASE=/path/to/checkout`` names another build;
its ``vulns list`` answers one of the questions from a store of the same shape, filled by its own program. At the end
fifty people click, see :mod:`bench.clicking`.
"""

from __future__ import annotations

import datetime as dt
import gc
import itertools
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask.testing import FlaskClient

from bench import Row, show
from bench.clicking import clicked
from bench.processes import rss_mib
from bench.store_fill import fill
from tests.postgres import PostgresServer, find_programs
from webhook.bootstrap.console import console_face
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.triage import Triage, open_triage
from webhook.console.app import create_console
from webhook.console.lists.base import Filter
from webhook.console.lists.every import every_list
from webhook.console.sessions import Sessions
from webhook.console.signing import SignIn
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.people import Person
from webhook.model.policies import Mode
from webhook.model.verdicts import SbomStatus
from webhook.policy.decisions import Decision
from webhook.settings import load_settings
from webhook.telemetry.metrics import Metrics

IMAGES, COMPONENTS, VULNERABLE = 10_000, 1_000_000, 0.1
"""Half as many vulnerabilities as vulnerable components."""
WORKLOADS, NAMESPACES = 2_000, 40
ROUNDS = 12
PAGE_GOAL_MS, PAGE_GOAL_KB, PACKAGE_GOAL_MS, PREVIEW_GOAL_MS, MEMORY_GOAL_MIB = 100, 60, 50, 300, 150
FORMER_GOAL, TOUCHED = 20, 1_000
HOST = "127.0.0.1:8470"


@dataclass
class Console:
    """A console on the store, and a browser that has signed in."""

    parts: Parts
    triage: Triage
    client: FlaskClient
    addresses: Mapping[str, Sequence[str]]
    samples: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    busy: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, path: str) -> None:
        """Load a page, and note how long it took, how long this thread computed for it, and how large it is."""
        began, computed = time.perf_counter(), time.thread_time()
        answer = self.client.get(path, headers={"Host": HOST, "Accept-Encoding": "gzip"})
        self.samples.setdefault(path, []).append((time.perf_counter() - began) * 1000)
        self.busy.setdefault(path, []).append((time.thread_time() - computed) * 1000)
        self.sizes[path] = len(answer.data)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} gave {answer.status_code}")


def main() -> list[Row]:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, _database(Path(name)) as (kind, url):
        began = time.perf_counter()
        moment = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(days=1)
        fill(url, IMAGES, COMPONENTS, vulnerable=VULNERABLE, moment=moment)
        filled = Row(f"filling the store ({kind})", f"{time.perf_counter() - began:.0f} s")
        rows = [filled, *measured(url), *clicked(url)]
    show(f"Console, {IMAGES:,} images, {COMPONENTS:,} components", rows)
    return rows


@contextmanager
def _database(folder: Path) -> Iterator[tuple[str, str]]:
    programs = find_programs()
    if programs is None:
        yield "SQLite", f"sqlite:///{folder / 'bomgate.db'}"
        return
    server = PostgresServer(programs)
    try:
        server.start()
        yield "PostgreSQL", server.url(server.new_database())
    finally:
        server.stop()
        server.remove()


def measured(url: str, rounds: int = ROUNDS) -> list[Row]:
    """The figures of a filled store.

    Args:
        url: of the database.
        rounds: how often each page is loaded, behind a first time.
    """
    rows = []
    parts = open_parts(load_settings(None, {"database.url": url}, {"HOME": tempfile.gettempdir()}))
    parts.store.prepare()
    parts.store.inventory.replace(_workloads(parts), taken_at=parts.clock.now(), revision=1)
    parts.refresher.refresh()
    gc.collect()
    before = rss_mib(os.getpid())
    console = _console(parts)
    rows += _board_rows(console)
    for listed, paths in console.addresses.items():
        for path in itertools.chain(paths, itertools.chain.from_iterable(itertools.repeat(paths, rounds))):
            console.ask(path)
        for path in paths:
            took, busy = _p95(console.samples[path]), _p95(console.busy[path])
            print(f"{took:6.0f} ms {busy:5.0f} ms computing {console.sizes[path] / 1000:5.1f} kB  {path}", flush=True)
        rows += _list_rows(console, listed, paths)
    rows += _single_rows(console)
    gc.collect()
    memory = rss_mib(os.getpid()) - before
    rows.append(
        Row("memory above the read model", f"{memory:.0f} MiB", f"≤ {MEMORY_GOAL_MIB} MiB", memory <= MEMORY_GOAL_MIB)
    )
    if former := os.environ.get("BENCH_BASE"):
        rows += _beside_former(Path(former), console)
    parts.store.close()
    return rows


def _console(parts: Parts) -> Console:
    triage, sessions = open_triage(parts), Sessions(3600, parts.clock.monotonic)
    began, computed = time.perf_counter(), time.thread_time()
    triage.boards.refresh()
    took, busy = time.perf_counter() - began, time.thread_time() - computed
    triage.types.refresh()
    gc.collect()
    gc.freeze()  # as the console does
    print(f"the first board took {took:.1f} s, {busy:.1f} s of them computing", flush=True)
    face = console_face(parts, triage, Metrics())
    sign_in = SignIn(sessions, "127.0.0.1", 8470, parts.clock, Person("bench", "bench"))
    client = create_console(face, sign_in).test_client()
    client.get(f"/sign-in?token={sessions.new_link()}", headers={"Host": HOST})
    addresses: dict[str, Sequence[str]] = {"overview": ("/",)}
    for view in every_list(face).values():
        asked = [{}, *(given for rule in view.filters for given in _given(rule, triage))]
        choices = [rule for rule in view.filters if rule.kind == "choice" and rule.name not in ("namespace", "sort")]
        for one, other in itertools.combinations(choices, 2):
            asked += [{**a, **b} for a in _given(one, triage) for b in _given(other, triage)]
        addresses[view.name] = tuple(f"/{view.name}?{urlencode(given)}" for given in asked)
    return Console(parts, triage, client, addresses)


def _given(rule: Filter, triage: Triage) -> list[dict[str, str]]:
    """What is written into one filter."""
    if rule.kind == "choice":
        values = [value for value, _ in rule.choices()]
        return [{rule.name: value} for value in (values[:2] if rule.name == "namespace" else values)]
    image, affected = triage.boards.now().images[7], triage.boards.now().catalog.affected.affecting
    if rule.name == "package" and rule.placeholder.startswith("pkg:"):  # which takes no wildcards
        return [{rule.name: purl} for purl in (min(found for _, found, _ in affected).package, "pkg:npm/nothing")]
    texts = {
        "text": ("CVE-2019", "10042", "nowhere at all"),
        "package": ("package-1*", "*42*", "pkg:npm/*", "nothing-*"),
        "name": ("package-12", "app-4*", "*2*", "pkg:maven/org.example.group1*", "nothing-*"),
        "image": (str(image.digest),),
        "since": ("7d", "2026-01-01"),
        "ends_within": ("7", "30", "365"),
        "vulnerability": (next(iter(triage.boards.now().catalog.entries)), "CVE-1"),
        "author": ("auto-assess", "nobody"),
        "actor": ("nobody",),
        "batch": ("none",),
    }
    return [{rule.name: value} for value in texts.get(rule.name, ("1",))]


def _board_rows(console: Console) -> Iterator[Row]:
    """How long the board takes to follow: nothing, and an assessment of what few images have."""
    parts, boards = console.parts, console.triage.boards
    began = time.thread_time()
    boards.refresh()
    yield Row("the board, when nothing has changed", f"{(time.thread_time() - began) * 1000:.0f} ms computing")
    key = next(iter(boards.now().catalog.entries))
    made = Assessment(key, "Ignore", Scope(), AssessmentSource.MANUAL, "bench", "a try", parts.clock.now(), None)
    parts.store.assessments.append([made])
    parts.refresher.refresh()
    began = time.thread_time()
    boards.refresh()
    yield Row("the board, after one assessment", f"{(time.thread_time() - began) * 1000:.0f} ms computing")
    gc.collect()
    gc.freeze()  # as the console does once it has another board


def _list_rows(console: Console, listed: str, paths: Sequence[str]) -> Iterator[Row]:
    slowest = max(paths, key=lambda path: _p95(console.samples[path]))
    largest = max(paths, key=lambda path: console.sizes[path])
    took, size = _p95(console.samples[slowest]), console.sizes[largest] / 1000
    goal = f"≤ {PAGE_GOAL_MS} ms"
    busy = _p95(console.busy[slowest])
    figure = f"{took:.0f} ms, {busy:.0f} ms of them computing"
    yield Row(f"{listed}: p95 of the slowest of {len(paths)}: {slowest}", figure, goal, took <= PAGE_GOAL_MS)
    yield Row(f"{listed}: the largest", f"{size:.1f} kB", f"≤ {PAGE_GOAL_KB} kB", size <= PAGE_GOAL_KB)


def _single_rows(console: Console) -> Iterator[Row]:
    catalog, where = console.triage.boards.now().catalog, console.triage.boards.now().where
    package = min(purl for _, purl, _ in catalog.affected.affecting).package
    path = f"/package?{urlencode({'purl': package})}"
    for _ in range(ROUNDS * 2):
        console.ask(path)
    took = _p95(console.samples[path])
    yield Row("who has a package, p95", f"{took:.0f} ms", f"≤ {PACKAGE_GOAL_MS} ms", took <= PACKAGE_GOAL_MS)
    numbers: dict[str, list[int]] = {}
    for number, keys in catalog.affected.found.items():
        for key in keys:
            numbers.setdefault(key, []).append(number)
    touched = {key: len(where.places(held)) for key, held in itertools.islice(sorted(numbers.items()), 20_000)}
    nearest = min(touched, key=lambda key: abs(touched[key] - TOUCHED))
    decider, samples = console.triage.decider, []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        decider.plan(decider.select((nearest,), Scope()), Decision("Blocked", "bench", "a try"))
        samples.append((time.perf_counter() - began) * 1000)
    took = _p95(samples)
    goal = f"≤ {PREVIEW_GOAL_MS} ms"
    yield Row(
        f"a preview that touches {touched[nearest]:,} images, p95", f"{took:.0f} ms", goal, took <= PREVIEW_GOAL_MS
    )


def _beside_former(former: Path, console: Console) -> Iterator[Row]:
    """The command line of another checkout, on a store that it filled itself, with the same question."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/bomgate.db"
        environment = {**os.environ, "PYTHONPATH": str(former)}
        program = (
            "import sys; from bench.store_fill import fill; "
            f"fill(sys.argv[1], {IMAGES}, {COMPONENTS}, vulnerable={VULNERABLE})"
        )
        subprocess.run([sys.executable, "-c", program, url], cwd=former, env=environment, check=True)
        (Path(name) / "bomgate.yaml").write_text(f"database: {{url: '{url}'}}\n")
        command = [sys.executable, "-m", "webhook", "--config", f"{name}/bomgate.yaml", "vulns", "list"]
        command += ["--state", "unassessed"]
        began = time.perf_counter()
        subprocess.run(command, cwd=former, env=environment, check=True, stdout=subprocess.DEVNULL)
        theirs = (time.perf_counter() - began) * 1000
    ours = _p95(console.samples["/vulnerabilities?state=unassessed"])
    yield Row("unassessed ones: page p95, `vulns list` of the former build", f"{ours:.0f} ms, {theirs:,.0f} ms")
    ratio = theirs / ours
    yield Row("the same, ratio", f"{ratio:.0f} ×", f"≥ {FORMER_GOAL} ×", ratio >= FORMER_GOAL)


def _workloads(parts: Parts) -> list[InventoriedWorkload]:
    digests = [record.digest for record in itertools.islice(parts.store.sboms.list(), WORKLOADS)]
    return [
        InventoriedWorkload(
            f"uid-{n}",
            f"team-{n % NAMESPACES}",
            "apps/v1",
            "Deployment",
            f"app-{n}",
            2,
            Mode.DENY,
            Action.WARN,
            "findings",
            (InventoriedImage(f"shop/app-{n}:1@{digest}", digest, ("app",), Action.WARN, SbomStatus.NONE),),
        )
        for n, digest in enumerate(digests)
    ]


def _p95(samples: Sequence[float]) -> float:
    """The least that 95 of 100 samples do not exceed; the first one, which warms up, is left out."""
    ordered = sorted(samples[1:])
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


if __name__ == "__main__":
    main()
