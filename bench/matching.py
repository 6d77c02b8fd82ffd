"""Matching: every distinct component of the real SBOMs with real advisories, beside osv-scanner where it is named.

``OSV_SCANNER=/path/to/osv-scanner`` names its program. Both get the same archives and the same SBOMs, offline; of
osv-scanner the CPU time of one run over the folder of SBOMs is taken, of ours that of reading each SBOM, loading the
advisories, and matching each component. The large figure multiplies real advisories under other names.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import Row, UnavailableError, corpus, coverage, rematching, show
from webhook.clients.osv.archives import read_archive
from webhook.clients.osv.records import SetBuilder
from webhook.errors import InvalidInput
from webhook.model.advisories import AdvisorySet
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.advisorykeys import ECOSYSTEMS as EVERY
from webhook.sboms import parse

ECOSYSTEMS = ("AlmaLinux", "Bitnami", "Go", "PyPI", "Wolfi")
MANY_ADVISORIES, MANY_COMPONENTS = 250_000, 1_000_000
_BYTES = 1 << 31


def main() -> list[Row]:
    """Measure and print; the rows say which goals are met."""
    folder = _advisories()
    documents = corpus.required()
    start = time.process_time()
    sets = {("osv", ecosystem): _read(folder, ecosystem) for ecosystem in ECOSYSTEMS}
    reading = time.process_time() - start
    whole = time.process_time()
    keys = list(_keys(documents))
    start = time.process_time()
    found = _match(AdvisoryIndex(_copied(sets)), keys)
    matching, whole = time.process_time() - start, time.process_time() - whole
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    count = sum(len(content.advisories) for content in sets.values())
    rows = [
        Row(f"reading {count:,} advisories from their archives, CPU", f"{reading:.1f} s"),
        Row(
            f"matching {len(keys):,} components of {len(documents)} SBOMs, CPU", f"{matching:.2f} s, {found:,} findings"
        ),
        Row("  components a second", f"{len(keys) / matching:,.0f}"),
        Row("  memory of the process", f"{memory:.0f} MiB", "<= 300 MiB", memory <= 300),
    ]
    rows += _beside_scanner(folder, documents, whole)
    rows += _many(sets, keys)
    rows += rematching.rows(_multiplied(sets), keys)
    rows += coverage.rows(keys, ECOSYSTEMS)
    show("Matching with advisories", rows)
    return rows


def _advisories() -> Path:
    folder = Path(__file__).resolve().parents[2] / "shared" / "advisories"
    if not folder.is_dir():
        raise UnavailableError("the folder shared/advisories with real advisories is not beside the checkout")
    return folder


def _read(folder: Path, ecosystem: str) -> AdvisorySet:
    builder = SetBuilder(ecosystem)
    with (folder / ecosystem / "all.zip").open("rb") as stream:
        for data, _ in read_archive(stream, _BYTES, builder.skip):
            builder.add(data)
    return builder.finish()


def _copied(sets: dict[tuple[str, str], AdvisorySet]) -> dict[tuple[str, str], AdvisorySet]:
    """As a process gets them from the store."""
    return {key: msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=AdvisorySet) for key, one in sets.items()}


def _keys(documents: list[Path]) -> Iterator[Purl]:
    """The components of each document, those that several documents list as often as they do."""
    for path in documents:
        try:
            yield from parse(path.read_bytes()).keys
        except InvalidInput:
            continue


def _match(index: AdvisoryIndex, keys: list[Purl]) -> int:
    return sum(len(index.match(key).vulnerabilities) for key in keys)


def _beside_scanner(folder: Path, documents: list[Path], ours: float) -> Iterator[Row]:
    program = os.environ.get("OSV_SCANNER")
    if not program:
        yield Row("  beside osv-scanner (OSV_SCANNER names it)", "not measured")
        return
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for ecosystem in EVERY:  # it ends where an ecosystem of a component has no archive
            target = home / "osv-scalibr" / ecosystem / "all.zip"
            target.parent.mkdir(parents=True)
            if ecosystem in ECOSYSTEMS:
                shutil.copy(folder / ecosystem / "all.zip", target)
            else:
                with zipfile.ZipFile(target, "w") as archive:
                    archive.writestr("X-1.json", '{"id": "X-1", "modified": "2026-01-01T00:00:00Z", "affected": []}')
        images = home / "images"
        images.mkdir()
        for number, path in enumerate(documents):
            shutil.copy(path, images / f"{number}.spdx.json")
        command = [program, "scan", "source", "--offline-vulnerabilities", "--recursive", "--format", "json"]
        environment = {**os.environ, "XDG_CACHE_HOME": str(home)}
        before = _of_children()
        done = subprocess.run([*command, str(images)], env=environment, capture_output=True, check=False)
        theirs = _of_children() - before
    if b'"vulnerabilities"' not in done.stdout:
        yield Row("  osv-scanner found nothing", done.stderr.decode(errors="replace").strip()[-60:])
        return
    ratio = theirs / ours
    yield Row("  osv-scanner offline, same data and SBOMs", f"{theirs:.1f} s")
    yield Row("  throughput beside osv-scanner", f"{ratio:.1f}x", ">= 20x", ratio >= 20)


def _of_children() -> float:
    """CPU seconds of programs that were run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _many(sets: dict[tuple[str, str], AdvisorySet], keys: list[Purl]) -> Iterator[Row]:
    many = _multiplied(sets)
    count = sum(len(content.advisories) for content in many.values())
    index = AdvisoryIndex(many)
    repeated = (keys * (MANY_COMPONENTS // len(keys) + 1))[:MANY_COMPONENTS]
    start = time.process_time()
    _match(index, repeated)
    seconds = time.process_time() - start
    what = f"{count:,} advisories (multiplied) with {MANY_COMPONENTS:,} components, one core"
    yield Row(what, f"{seconds:.1f} s", "<= 60 s", seconds <= 60)


def _multiplied(sets: dict[tuple[str, str], AdvisorySet]) -> dict[tuple[str, str], AdvisorySet]:
    """The sets under so many names that they have as many advisories as the goal says."""
    count = sum(len(content.advisories) for content in sets.values())
    times = -(-MANY_ADVISORIES // count)
    return {(f"osv{number}", ecosystem): one for number in range(times) for (_, ecosystem), one in sets.items()}


if __name__ == "__main__":
    main()
