"""Reading SBOMs: bytes to components, beside ``orjson.loads`` of the same bytes, which gives a tree and nothing else.

What is timed is all that ``webhook.sboms.parse`` does: digest, recognition, checks, decode, walk, and canonical purls.
Both readers run in turn on each document. *Warm* is the best of several runs, which is what the code costs without the
noise of other processes. *Cold* is the very first run on each document, in a process that has read no other of this
folder; there is no cache between documents, of purls or of anything else, so that only the processor's are cold.
Small documents cost what a call costs, so that a median over files says more of them and a total more of the large.

``BENCH_BASE=/path/to/checkout`` names another build. Both read each document in turn, in a process each, and the CPU
time of the fastest runs is compared, which other processes disturb the least.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bench import Row, corpus, show
from bench.processes import ROOT
from webhook.sboms import parse

GOAL, FORMER_GOAL = 2.0, 1.1
RUNS, ROUNDS = 7, 4
COMPONENTS = 30_000

_PEAK = """
import re, sys
from pathlib import Path
import orjson
from webhook.sboms import parse
reader = {"parse": parse, "orjson": orjson.loads, "nothing": len}[sys.argv[2]]
kept = reader(Path(sys.argv[1]).read_bytes())
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""

_READER = f"""
import sys, time
from pathlib import Path
from webhook.sboms import parse
def seconds(data):
    start = time.thread_time_ns()
    parse(data)
    return (time.thread_time_ns() - start) / 1e9
for path in sys.stdin:
    data = Path(path.strip()).read_bytes()
    print(min(seconds(data) for _ in range({RUNS})), flush=True)
"""


class Timing(NamedTuple):
    """One document: the group it belongs to, its bytes, and seconds of both readers."""

    group: str
    size: int
    ours: float
    theirs: float


def main() -> list[Row]:
    """Measure and print; the rows say which goals are met."""
    rows: list[Row] = []
    files = _documents()
    if files:
        _warm_up()
        rows += _summary("cold", [_once(group, path) for group, path in files])
        timings = [_best(group, path.read_bytes()) for group, path in files]
        rows += _summary("warm", timings)
        rows += _by_group(timings)
        if former := os.environ.get("BENCH_BASE"):
            rows += _beside_former(files, Path(former))
    else:
        rows.append(Row("real documents (shared/corpus beside the checkout)", "missing", "", None))
    rows += _synthetic()
    show("SBOM reading: time of parse over time of orjson.loads", rows)
    return rows


def _documents() -> list[tuple[str, Path]]:
    folder = corpus.folder()
    samples = sorted((folder / "samples").glob("*.json")) if folder else []
    return [(path.parent.name, path) for path in corpus.documents()] + [("samples", path) for path in samples]


def _warm_up() -> None:
    data = json.dumps(spdx(50)).encode()
    for _ in range(200):
        parse(data)
        orjson.loads(data)


def _once(group: str, path: Path) -> Timing:
    data = path.read_bytes()
    theirs = _seconds(orjson.loads, data)
    return Timing(group, len(data), _seconds(parse, data), theirs)


def _best(group: str, data: bytes, runs: int = RUNS) -> Timing:
    ours = theirs = float("inf")
    for _ in range(runs):
        theirs = min(theirs, _seconds(orjson.loads, data))
        ours = min(ours, _seconds(parse, data))
    return Timing(group, len(data), ours, theirs)


def _seconds(read: Callable[[bytes], Any], data: bytes) -> float:
    start = time.perf_counter()
    read(data)  # and giving back what it took: a tree has to be freed by whoever wanted no tree
    return time.perf_counter() - start


def _summary(kind: str, timings: list[Timing]) -> Iterator[Row]:
    total = sum(timing.ours for timing in timings) / sum(timing.theirs for timing in timings)
    median = statistics.median(timing.ours / timing.theirs for timing in timings)
    yield _ratio(f"{kind}: all {len(timings)} real documents, total over total", total)
    yield _ratio(f"{kind}: median of the ratios by document", median)


def _by_group(timings: list[Timing]) -> Iterator[Row]:
    for group in sorted({timing.group for timing in timings}):
        mine = [timing for timing in timings if timing.group == group]
        milliseconds = 1000 * statistics.median(item.ours for item in mine)
        total = sum(item.ours for item in mine) / sum(item.theirs for item in mine)
        median = statistics.median(item.ours / item.theirs for item in mine)
        kilobytes = statistics.median(item.size for item in mine) / 1000
        figure = f"{total:.2f}x, median {median:.2f}x"
        yield Row(f"  {group}: {len(mine)} documents, median {kilobytes:.0f} kB in {milliseconds:.2f} ms", figure)


def _beside_former(files: list[tuple[str, Path]], former: Path) -> Iterator[Row]:
    """CPU time beside another checkout, in turn."""
    with ExitStack() as readers:
        ours, theirs = (readers.enter_context(_reading(root)) for root in (ROOT, former))
        timings = []
        for group, path in files:
            best = Timing(group, path.stat().st_size, float("inf"), float("inf"))
            for _ in range(ROUNDS):  # in turn, so that both meet the same disturbances
                former_seconds, seconds = theirs(path), ours(path)
                best = best._replace(ours=min(best.ours, seconds), theirs=min(best.theirs, former_seconds))
            timings.append(best)
    for group in ("", *sorted({timing.group for timing in timings})):
        mine = [timing for timing in timings if group in ("", timing.group)]
        total = sum(item.ours for item in mine) / sum(item.theirs for item in mine)
        median = statistics.median(item.ours / item.theirs for item in mine)
        if group:
            yield Row(f"  {group}: beside the former build", f"{total:.2f}x, median {median:.2f}x")
        else:
            yield _ratio(f"all {len(mine)} documents, CPU time beside the former build", total, FORMER_GOAL)
            yield _ratio("median of these ratios by document", median, FORMER_GOAL)


@contextmanager
def _reading(root: Path) -> Iterator[Callable[[Path], float]]:
    """A process of a checkout that reads a document several times and tells the least CPU seconds of these."""
    own = root / ".venv" / "bin" / "python"
    command = [str(own) if own.exists() else sys.executable, "-c", _READER]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=root, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        source, sink = process.stdout, process.stdin

        def read(path: Path) -> float:
            print(path, file=sink, flush=True)
            return float(source.readline())

        yield read


def _synthetic() -> Iterator[Row]:
    for name, document in (("CycloneDX", cyclonedx(COMPONENTS)), ("SPDX", spdx(COMPONENTS))):
        data = json.dumps(document).encode()
        del document
        gc.collect()
        timing = _best(name, data, runs=3)
        size = len(data) / 1_000_000
        yield _ratio(
            f"{name}, {COMPONENTS} distinct purls, {size:.0f} MB in {1000 * timing.ours:.0f} ms",
            timing.ours / timing.theirs,
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "sbom.json")
            path.write_bytes(data)
            base, ours, theirs = (_peak_mib(path, reader) for reader in ("nothing", "parse", "orjson"))
        yield Row(
            f"  peak memory beyond the bytes themselves (orjson: {theirs - base:.0f} MiB)", f"{ours - base:.0f} MiB"
        )


def _peak_mib(path: Path, reader: str) -> float:
    """Peak resident memory of a new process that reads one document, MiB."""
    command = [sys.executable, "-c", _PEAK, str(path), reader]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def _ratio(name: str, value: float, goal: float = GOAL) -> Row:
    return Row(name, f"{value:.2f}x", f"<= {goal}x", value <= goal)


def cyclonedx(count: int) -> dict[str, Any]:
    """A document as scanners write it, about 1.3 kB a component, every purl another one."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"tools": {"components": [{"type": "application", "name": "bench", "version": "1"}]}},
        "components": [
            {
                "bom-ref": f"{purl}&package-id={number:016x}",
                "type": "library",
                "name": f"package-{number}",
                "version": f"1.{number % 90}.{number % 7}",
                "licenses": [{"license": {"id": "MIT"}}],
                "cpe": f"cpe:2.3:a:package-{number}:package-{number}:1.{number % 90}.{number % 7}:*:*:*:*:*:*:*",
                "purl": purl,
                "externalReferences": [{"url": f"https://example.org/package-{number}", "type": "website"}],
                "properties": [
                    {
                        "name": f"bench:location:{place}:path",
                        "value": f"/app/node_modules/package-{number}/{place}.json",
                    }
                    for place in range(6)
                ],
            }
            for number, purl in enumerate(_purls(count))
        ],
        "dependencies": [{"ref": purl, "dependsOn": []} for purl in _purls(count)],
    }


def spdx(count: int) -> dict[str, Any]:
    """A document as scanners write it, about 1.2 kB a package, every purl another one."""
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "creationInfo": {"creators": ["Tool: bench-1"]},
        "packages": [
            {
                "name": f"package-{number}",
                "SPDXID": f"SPDXRef-Package-{number:016x}",
                "versionInfo": f"1.{number % 90}.{number % 7}",
                "downloadLocation": f"https://example.org/package-{number}.tar.gz",
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "MIT",
                "copyrightText": "NOASSERTION",
                "sourceInfo": f"acquired package info from: /app/node_modules/package-{number}/package.json",
                "externalRefs": [
                    {
                        "referenceCategory": "SECURITY",
                        "referenceType": "cpe23Type",
                        "referenceLocator": f"cpe:2.3:a:package-{number}:package-{number}:1.{number % 90}:*:*:*:*:*",
                    },
                    {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl},
                ],
            }
            for number, purl in enumerate(_purls(count))
        ],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relatedSpdxElement": f"SPDXRef-Package-{number:016x}",
                "relationshipType": "CONTAINS",
            }
            for number in range(count)
        ],
    }


def _purls(count: int) -> Iterator[str]:
    shapes = (
        "pkg:npm/package-{0}@1.{1}.{2}",
        "pkg:npm/%40scope-{2}/package-{0}@1.{1}.{2}",
        "pkg:deb/debian/package-{0}@1:1.{1}.{2}-3+deb12u{2}?arch=amd64&distro=debian-12&upstream=source-{2}",
        "pkg:maven/org.example.group{2}/package-{0}@1.{1}.{2}",
        "pkg:pypi/package-{0}@1.{1}.{2}",
        "pkg:golang/example.com/organisation/package-{0}@v1.{1}.{2}",
    )
    for number in range(count):
        yield shapes[number % len(shapes)].format(number, number % 90, number % 7)


if __name__ == "__main__":
    main()
