"""A download of every covered component of the corpus, against the double at 50 ms a request.

The double runs as a separate process; the store is an SQLite file that holds the corpus's SBOMs. The goal is that
reading answers, matching them and committing each batch hide behind the network: little more time than the requests
alone would take, if each were full. A second run within the TTL has to ask for nothing. One component in ten is
vulnerable, which makes answers of some tens of kB. Two processes compute here: on a machine that is busy otherwise the
figures are worse. The double has answered everything once before, so that its time is not what is measured.

``BENCH_BASE=/path/to/checkout`` names another build. Both download in turn, in a process each and from the same double,
and the CPU time of their fastest runs is compared, which other processes disturb the least. A former build may send
fewer coordinates for the same components, so the ratio for each coordinate is told as well.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import Row, show
from bench.corpus import documents
from bench.processes import ROOT
from tests.doubles.clock import RealClock
from tests.doubles.ossindex.behaviour import PAT
from webhook.clients.directory import digest_in_name
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.options import DownloadOptions
from webhook.errors import InvalidInput
from webhook.model.components import Sbom
from webhook.model.downloads import DownloadReport
from webhook.model.images import Digest
from webhook.model.purls import parse_purl
from webhook.policy.automatic import auto_assessment
from webhook.policy.typetable import default_types
from webhook.sboms import parse
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

LATENCY_SECONDS, SHARE_VULNERABLE = 0.050, 0.1
CONCURRENCIES = (1, 4)
GOAL, FORMER_GOAL = 1.15, 0.4
ROUNDS = 3
WITHOUT_CORPUS = 20_000
"""Components that are made up where there is no corpus beside the checkout."""


_DOWNLOADER = """
import shutil, sys, tempfile
from bench.download import _measure, _sboms
from tests.doubles.clock import RealClock
from webhook.store.options import StoreOptions
try:
    from webhook.store.repositories import open_store
except ImportError:  # where an older build has it
    from webhook.store.opening import open_store
def opened(folder):
    return open_store(StoreOptions(url=f"sqlite:///{folder}/bomgate.db"), RealClock())
with tempfile.TemporaryDirectory() as filled:
    store = opened(filled)
    for digest, sbom in _sboms():
        store.sboms.add(digest, sbom, place="bench")
    store.close()
    for concurrency in sys.stdin:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(filled, folder, dirs_exist_ok=True)
            store = opened(folder)
            rows = _measure(store, sys.argv[1], int(concurrency))
            store.close()
        asked = next(row for row in rows if "components asked" in row.name)
        # A build that asked for each component in one form does not tell how many forms it sent.
        sent = asked.figure.split()["coordinates" in asked.name].replace(",", "")
        print(*[row.figure.split()[0] for row in rows if "CPU time" in row.name], sent, flush=True)
"""


def main() -> list[Row]:
    """Measure and print."""
    with _double() as url:
        _download(url, CONCURRENCIES[-1])  # the double remembers how it spells what it was asked for
        rows = [row for concurrency in CONCURRENCIES for row in _download(url, concurrency)]
    if former := os.environ.get("BENCH_BASE"):
        rows += _beside_former(Path(former))
    show("Download", rows)
    return rows


def _download(url: str, concurrency: int) -> list[Row]:
    """A download into a new store."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        store = open_store(StoreOptions(url=f"sqlite:///{folder}/bomgate.db"), RealClock())
        stack.callback(store.close)
        for digest, sbom in _sboms():
            store.sboms.add(digest, sbom, place="bench")
        return _measure(store, url, concurrency)


def _beside_former(former: Path) -> Iterator[Row]:
    """CPU time beside another checkout, in turn."""
    with _double() as url, _downloading(ROOT, url) as ours, _downloading(former, url) as theirs:
        for concurrency in CONCURRENCIES:
            (least, sent), (least_former, sent_formerly) = (float("inf"), 0), (float("inf"), 0)
            for _ in range(ROUNDS):
                least_former, sent_formerly = min((least_former, sent_formerly), theirs(concurrency))
                least, sent = min((least, sent), ours(concurrency))
            ratio, kind = least / least_former, f"concurrency {concurrency}"
            each = ratio * sent_formerly / sent
            yield Row(f"{kind}: coordinates, of the former build", f"{sent:,}, {sent_formerly:,}")
            yield Row(f"{kind}: CPU time a coordinate, ratio", f"{each:.2f} ×")
            yield Row(f"{kind}: CPU time, of the former build", f"{least:.2f} s, {least_former:.2f} s")
            yield Row(f"{kind}: CPU time, ratio", f"{ratio:.2f} ×", f"≤ {FORMER_GOAL} ×", ratio <= FORMER_GOAL)


@contextlib.contextmanager
def _downloading(root: Path, url: str) -> Iterator[Callable[[int], tuple[float, int]]]:
    """A process of a checkout that downloads everything each time; it tells its CPU seconds, and the coordinates."""
    own = root / ".venv" / "bin" / "python"
    command = [str(own) if own.exists() else sys.executable, "-c", _DOWNLOADER, url]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=root, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        source, sink = process.stdout, process.stdin

        def download(concurrency: int) -> tuple[float, int]:
            print(concurrency, file=sink, flush=True)
            seconds, sent = source.readline().split()
            return float(seconds), int(sent)

        yield download


def _measure(store: Store, url: str, concurrency: int) -> list[Row]:
    clock, types = RealClock(), default_types()
    source = OssIndexSource(OssIndexOptions(url=url, token=PAT), clock)
    downloader = Downloader(
        source=source,
        components=store.components,
        runs=store.runs,
        clock=clock,
        assess=lambda: lambda vulnerability, package: auto_assessment(types, vulnerability, package, clock.now()),
        holder="bench",
        options=DownloadOptions(concurrency=concurrency),
    )
    first, wall, cpu = _timed(downloader)
    time.sleep(1.1)  # answers are dated in whole seconds, and those of this second count as due in the next run's sum
    second, _, _ = _timed(downloader)
    source.close()
    requests = math.ceil(first.forms / source.batch_size)
    least = math.ceil(requests / concurrency) * LATENCY_SECONDS
    kind = f"concurrency {concurrency}"
    return [
        Row(f"{kind}: components asked, coordinates sent", f"{first.asked:,}, {first.forms:,}"),
        Row(f"{kind}: requests that hold as many", f"{requests}"),
        Row(f"{kind}: vulnerable, auto-assessed", f"{first.vulnerable:,}, {first.auto_assessed:,}"),
        Row(f"{kind}: requests alone", f"{least:.2f} s"),
        Row(f"{kind}: wall time", f"{wall:.2f} s", f"<= {GOAL * least:.2f} s", wall <= GOAL * least),
        Row(f"{kind}: wall time / requests alone", f"{wall / least:.3f}", f"<= {GOAL}", wall <= GOAL * least),
        Row(f"{kind}: CPU time of the downloader", f"{cpu:.2f} s"),
        Row(f"{kind}: complete", str(first.complete), "True", first.complete),
        Row(f"{kind}: asked by a second run", str(second.asked), "0", second.asked == 0),
    ]


def _timed(downloader: Downloader) -> tuple[DownloadReport, float, float]:
    gc.collect()  # what reading the corpus has left behind is no part of the run
    wall, cpu = time.perf_counter(), time.process_time()
    report = downloader.run()
    return report, time.perf_counter() - wall, time.process_time() - cpu


def _sboms() -> Iterator[tuple[Digest, Sbom]]:
    """Every SBOM of the corpus with the image it describes; made-up ones where there is no corpus."""
    found = documents()
    for path in found:
        digest = digest_in_name(path.name)
        with contextlib.suppress(InvalidInput):  # broken ones are in there, too
            if digest is not None:
                yield digest, parse(path.read_bytes())
    if not found:
        purls = tuple(parse_purl(f"pkg:maven/org.example/a{number}@1.{number}") for number in range(WITHOUT_CORPUS))
        yield Digest(f"sha256:{0:064x}"), Sbom("cyclonedx-json", "1.6", f"sha256:{1:064x}", purls)


@contextlib.contextmanager
def _double() -> Iterator[str]:
    """The double in a separate process; its address."""
    options = ["--latency-ms", str(LATENCY_SECONDS * 1000), "--synthetic", str(SHARE_VULNERABLE)]
    command = [sys.executable, "-m", "tests.doubles.ossindex", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.stdout.read()


if __name__ == "__main__":
    main()
