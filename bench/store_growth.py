"""A large store on PostgreSQL: how large its tables are, and what is asked of it all the time, beside its limits.

Images, components and findings come from :mod:`bench.store_fill`, what happens in years of operation from here:
documents, sightings, runs, audit rows, and people being told, each in numbers that follow from the images. Then new
images come in, the downloader makes its queue, commands run as processes, everything is judged as the audit does,
pages of the console are loaded, and what is old is pruned.

It has a tenth of the goal's size; with ``BENCH_TEN=1`` the whole, 100,000 images with 10,000,000 components.
``BENCH_STORE=URL`` names a PostgreSQL database that an earlier run, or ``python -m bench.store_fill URL``, has filled.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench import Row, console, show
from bench.fleet import on_postgresql
from bench.processes import ROOT
from bench.store_fill import fill
from tests.doubles.clock import RealClock
from tests.postgres import PostgresServer
from webhook.bootstrap import Parts, open_parts
from webhook.clients.machine import ThreadBackground
from webhook.engines.downloading.progress import SilentListener
from webhook.model.components import Sbom
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl
from webhook.sboms.parsing import READER
from webhook.settings import load_settings
from webhook.store.database import Database
from webhook.store.options import StoreOptions

TIMES = 10 if os.environ.get("BENCH_TEN") else 1
IMAGES, COMPONENTS = TIMES * 10_000, TIMES * 1_000_000
NEW, PER_IMAGE, OWN = 200, 300, 10
"""Images that come in, components of each, and how many of these nobody else has."""
PAGE_ROUNDS = 2
INGEST_GOAL, STATUS_GOAL, QUEUE_GOAL, PURL_GOAL, STEP_GOAL, AUDIT_GOAL = 5_000, 5.0, 60.0, 3.0, 1.0, 1.0
_DAY = 86_400_000_000
"""Microseconds, in which the database has its times."""
_GROWN = (
    """INSERT INTO documents (digest, payload, size, stored_at)
    SELECT document_digest, decode(repeat(md5(document_digest) || md5(digest), 60), 'hex'), 1920,
           {now} - mod(id, 400) * {day} FROM sboms ON CONFLICT DO NOTHING""",
    """INSERT INTO sightings (name, digest, last_seen)
    SELECT 'registry.example/shop/app-' || n || ':' || tag, 'sha256:' || lpad(to_hex(n + 1), 64, '0'),
           {now} - mod(n, 400) * {day}
    FROM generate_series(0, {images} - 1) AS n, generate_series(1, 3) AS tag ON CONFLICT DO NOTHING""",
    """INSERT INTO runs (started, finished, complete, report)
    SELECT {now} - n * {day} / 6, {now} - n * {day} / 6 + {day} / 144, TRUE, '{report}'
    FROM generate_series(1, 6 * 365) AS n""",
    """INSERT INTO audit_log (at, actor, recorded_by, action, subject, detail)
    SELECT {now} - n * {day} / 1440, 'person-' || mod(n, 90), '10.0.0.1', 'assess',
           'CVE-2021-' || mod(n, 9999), '{{}}'
    FROM generate_series(1, 10 * {images}) AS n""",
    """INSERT INTO announcements (key, topic, subject, facts, path, destination, at, seen_at, spread)
    SELECT 'grown-' || n, 'run-failed', 'run ' || n, '{{}}', '/', '', at, at, TRUE
    FROM (SELECT n, {now} - n * {day} / 1440 AS at FROM generate_series(1, {images}) AS n) AS made""",
    """INSERT INTO deliveries (announcement_id, destination, state, due_at, tries, settled_at, error)
    SELECT id, 'slack', 'sent', at, 1, at, '' FROM announcements WHERE starts_with(key, 'grown-')""",
    "ANALYZE",
)
"""What years leave behind, made by the database itself. Documents are smaller than real ones."""


def main() -> list[Row]:
    """Measure and print."""
    store = os.environ.get("BENCH_STORE")
    if store:
        with tempfile.TemporaryDirectory() as folder:
            rows = list(_told(_measured(store, Path(folder))))
    else:
        rows = on_postgresql(_measure)
    show("A large store on PostgreSQL", rows)
    return rows


def _measure(server: PostgresServer, folder: Path) -> list[Row]:
    url, began = server.url(server.new_database()), time.perf_counter()
    fill(url, IMAGES, COMPONENTS)
    filled = Row("filling the store", f"{time.perf_counter() - began:.0f} s")
    return list(_told(itertools.chain([filled], _measured(url, folder))))


def _told(rows: Iterable[Row]) -> Iterator[Row]:
    """Each row, printed at once, because all take long together."""
    for row in rows:
        print(f"{row.name}: {row.figure}", flush=True)
        yield row


def _measured(url: str, folder: Path) -> Iterator[Row]:
    (folder / "bomgate.yaml").write_text(f"database: {{url: '{url}'}}\nossindex: {{token: sonatype_pat_bench}}\n")
    parts = open_parts(load_settings(folder / "bomgate.yaml", environment={"HOME": str(folder)}))
    parts.store.prepare()
    _grow(url)
    status = parts.store.admin.status()
    counts = status.counts
    yield Row("size", f"{counts['images']:,} images, {counts['components']:,} components")
    for table in parts.store.retention.sizes()[:16]:
        yield Row(f"table {table.name}", f"{table.rows:,} rows, {(table.bytes or 0) / 2**20:,.0f} MiB")
    yield _ingested(parts)
    yield from _queued(parts)
    yield from _commands(folder)
    yield from _audited(parts)
    yield from _pruned(parts)
    parts.store.close()
    pages = [row for row in console.measured(url, PAGE_ROUNDS) if "p95" in row.name]
    missed = [row for row in pages if row.met is False]
    figure = f"{len(pages) - len(missed)} of {len(pages)}"
    yield Row("lists of the console within their limits", figure, "all", not missed)
    yield from missed


def _grow(url: str) -> None:
    """Add what years of operation leave behind, unless it is there."""
    report = json.dumps({"asked": 9, "answered": 9, "complete": True})
    database = Database(StoreOptions(url=url), RealClock())
    with database.change() as change:
        change.connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        if not change.connection.exec_driver_sql("SELECT 1 FROM documents LIMIT 1").first():
            images = change.connection.exec_driver_sql("SELECT count(*) FROM sboms").scalar_one()
            now = time.time_ns() // 1000
            for statement in _GROWN:
                change.connection.exec_driver_sql(statement.format(images=images, report=report, now=now, day=_DAY))
    database.close()


def _ingested(parts: Parts) -> Row:
    """New images, most of whose components are known."""
    dice, known = random.Random(time.time_ns()), list(_known(parts, NEW * 20))
    mark, made = f"{time.time_ns():x}", []
    for n in range(NEW):
        own = [Purl(f"pkg:npm/own-{mark}-{n}-{m}@1.0.{m}") for m in range(OWN)]
        components = tuple(dict.fromkeys([*dice.sample(known, PER_IMAGE - OWN), *own]))
        digest = Digest(f"sha256:{dice.getrandbits(256):064x}")
        sbom = Sbom("cyclonedx-json", "1.6", f"sha256:{dice.getrandbits(256):064x}", components, reader=READER)
        made.append((digest, sbom, parse_image(f"registry.example/new/app-{mark}-{n}:1")))
    began, computed = time.perf_counter(), time.process_time()
    for digest, sbom, image in made:
        parts.store.sboms.add(digest, sbom, place="added", image=image)
    rate, each = NEW / (time.perf_counter() - began) * 60, (time.process_time() - computed) / NEW * 1000
    figure, goal = f"{rate:,.0f} a minute, {each:.1f} ms of CPU each here", f"≥ {INGEST_GOAL:,} a minute"
    return Row(f"images of {PER_IMAGE} components, each added by itself", figure, goal, rate >= INGEST_GOAL)


def _known(parts: Parts, count: int) -> Sequence[Purl]:
    wanted = parts.store.components.wanted(now=parts.clock.now(), ttl=dt.timedelta(0))
    return [component.purl for component in wanted[:count]]


def _queued(parts: Parts) -> Iterator[Row]:
    began = time.perf_counter()
    plan = parts.downloader(SilentListener()).run((), dry_run=True)
    took = time.perf_counter() - began
    yield Row(
        f"queue of the downloader ({sum(plan.skipped.values()):,})",
        f"{took:.1f} s",
        f"≤ {QUEUE_GOAL:.0f} s",
        took <= QUEUE_GOAL,
    )


def _commands(folder: Path) -> Iterator[Row]:
    """Whole processes, as people run them."""
    commands = {
        "db status": (STATUS_GOAL, ["db", "status"]),
        "download --purl": (PURL_GOAL, ["download", "--dry-run", "--purl", "pkg:npm/lodash@4.17.20"]),
    }
    for name, (goal, arguments) in commands.items():
        command = [sys.executable, "-m", "webhook", "--config", str(folder / "bomgate.yaml"), *arguments]
        with (folder / "log").open("wb") as log:
            began = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "HOME": str(folder)}, stdout=subprocess.DEVNULL, stderr=log
            )
            _, status, used = os.wait4(process.pid, 0)
            took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"bomgate {name} failed:\n{(folder / 'log').read_text()[-2000:]}")
        figure = f"{took:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MiB"
        yield Row(f"bomgate {name}", figure, f"≤ {goal:.0f} s", took <= goal)


def _audited(parts: Parts) -> Iterator[Row]:
    """Every image judged as the audit does, from memory."""
    began = time.perf_counter()
    parts.refresher.refresh()
    yield Row("read model from the database", f"{time.perf_counter() - began:.1f} s")
    checker = parts.checker(ThreadBackground(1))
    digests = [digest for digest, _ in parts.model.contents()][:20_000]
    images = [parse_image(f"registry.example/shop/app@{digest}") for digest in digests]
    began = time.process_time()
    for image, digest in zip(images, digests, strict=True):
        checker.unremembered(image, digest, "shop")
    each = (time.process_time() - began) / len(digests) * 1000
    yield Row("CPU of the audit for an image", f"{each:.2f} ms", f"≤ {AUDIT_GOAL:.0f} ms", each <= AUDIT_GOAL)


def _pruned(parts: Parts) -> Iterator[Row]:
    pruner, began = parts.pruner(), time.perf_counter()
    planned = pruner.plan()
    yield Row("bomgate db prune --dry-run", f"{time.perf_counter() - began:.1f} s for {sum(planned.counts.values()):,}")
    deleted, longest, began = 0, 0.0, time.perf_counter()
    last = began
    for step in pruner.steps():
        now = time.perf_counter()
        deleted, longest, last = deleted + step.deleted, max(longest, now - last), now
        if now - began > 120:
            break
    rate = deleted / (time.perf_counter() - began)
    yield Row("pruning", f"{deleted:,} rows, {rate:,.0f} a second")
    yield Row("the longest step of it", f"{longest:.2f} s", f"≤ {STEP_GOAL:.0f} s", longest <= STEP_GOAL)


if __name__ == "__main__":
    main()
