"""The read model of 10,000 images and 1,000,000 components: memory, time to ready, and the time of a decision.

The webhook runs as a user would run it, on SQLite. Ready is counted from the start of the process to the first 200 of
``/readyz``, once with an empty state folder and once with the copy that the first run left. A decision is timed inside
one process, with caches of verdicts out of the way, for the same image in a small and in a large store.

``BENCH_BASE=/path/to/checkout`` names another build. It fills stores of the same shape, and both builds are served from
theirs in turn. What the processes take together (PSS, so that what they share counts once) is compared: with the large
store, and what that is more than with the small one, which leaves out programs and libraries. With ``BENCH_TEN=1``, a
store of ten times the size is measured as well; to fill it takes a quarter of an hour and some GiB.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import Row, show
from bench.processes import ROOT, free_port, pss_mib, running
from bench.store_fill import fill
from tests.certificates import Authority
from webhook.bootstrap import Parts, open_parts
from webhook.model.images import Digest, parse_image
from webhook.policy.evaluation import Subject, evaluate
from webhook.settings import load_settings

IMAGES, COMPONENTS = 10_000, 1_000_000
SMALL_IMAGES, SMALL_COMPONENTS = 10, 1_000
TEN = 10
RSS_GOAL_MIB, READY_GOAL_SECONDS, FLAT_GOAL = 190, 5.0, 1.5
POD_GOAL, TEN_GOAL, TEN_READY_GOAL = 0.35, 1.0, 0.25
"""Beside the former build with a million components: a Pod of the same size, one of ten times the size, its start."""
ROUNDS = 3


def main() -> list[Row]:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        large, small = folder / "large", folder / "small"
        _store(large, IMAGES, COMPONENTS)
        _store(small, SMALL_IMAGES, SMALL_COMPONENTS)
        rows = [Row("filling the store", f"{time.perf_counter() - began:.0f} s")]
        cert, key = Authority().issue().write(folder / "tls")
        for start in ("cold", "from the copy on disk"):
            rows += _served(large, cert, key, start)
        rows += _decisions(small, large)
        if former := os.environ.get("BENCH_BASE"):
            rows += _beside_former(folder, Path(former), cert, key)
    show(f"Read model, {IMAGES:,} images, {COMPONENTS:,} components", rows)
    return rows


def _store(folder: Path, images: int, components: int) -> None:
    folder.mkdir()
    url = f"sqlite:///{folder / 'bomgate.db'}"
    fill(url, images=images, components=components)
    _configure(folder, url)


def _configure(folder: Path, url: str) -> None:
    (folder / "bomgate.yaml").write_text(
        f"database: {{url: '{url}'}}\nserve: {{stateDirectory: '{folder / 'state'}'}}\n"
    )


def _filled_by(former: Path, folder: Path, images: int, components: int) -> None:
    """A store of another checkout, filled by its own program."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'bomgate.db'}"
    program = f"import sys; from bench.store_fill import fill; fill(sys.argv[1], {images}, {components})"
    command = [sys.executable, "-c", program, url]
    subprocess.run(command, cwd=former, env={**os.environ, "PYTHONPATH": str(former)}, check=True)
    _configure(folder, url)


def _beside_former(folder: Path, former: Path, cert: Path, key: Path) -> Iterator[Row]:
    """Memory beside another checkout, in turn, from the copies on disk."""
    _filled_by(former, folder / "former-small", SMALL_IMAGES, SMALL_COMPONENTS)
    _filled_by(former, folder / "former-large", IMAGES, COMPONENTS)
    stores = {"former-small": former, "small": ROOT, "former-large": former, "large": ROOT}
    least = dict.fromkeys(stores, float("inf"))
    for at in range(ROUNDS + 1):
        for name, root in stores.items():
            memory = _memory_of(folder / name, cert, key, root)[2]
            if at:  # the first ones write their copies
                least[name] = min(least[name], memory)
    ours, theirs = least["large"], least["former-large"]
    yield Row("memory of all processes, of the former build", f"{ours:.1f} MiB, {theirs:.1f} MiB")
    yield Row("the same, ratio", f"{ours / theirs:.3f} ×", f"≤ {POD_GOAL} ×", ours / theirs <= POD_GOAL)
    own, others = ours - least["small"], theirs - least["former-small"]
    yield Row("memory of the components, of the former build", f"{own:.1f} MiB, {others:.1f} MiB")
    if os.environ.get("BENCH_TEN"):
        yield from _ten_times(folder, cert, key, former, theirs)


def _ten_times(folder: Path, cert: Path, key: Path, former: Path, theirs: float) -> Iterator[Row]:
    """Ten times the size, beside another checkout at this one's."""
    _store(folder / "ten", TEN * IMAGES, TEN * COMPONENTS)
    _memory_of(folder / "ten", cert, key)  # writes the copy
    ready, _, memory = _memory_of(folder / "ten", cert, key)
    its_ready = _memory_of(folder / "former-large", cert, key, former)[0]
    yield Row(f"{TEN} ×: memory of all processes", f"{memory:.1f} MiB")
    yield Row(
        "beside the former build, ratio", f"{memory / theirs:.2f} ×", f"≤ {TEN_GOAL} ×", memory / theirs <= TEN_GOAL
    )
    ratio = ready / its_ready
    yield Row(f"{TEN} ×: ready from disk", f"{ready:.2f} s")
    yield Row("beside the former build, ratio", f"{ratio:.2f} ×", f"≤ {TEN_READY_GOAL} ×", ratio <= TEN_READY_GOAL)


def _memory_of(folder: Path, cert: Path, key: Path, root: Path = ROOT) -> tuple[float, float, float]:
    """Seconds to ready, MiB of the larger worker (RSS), and MiB of all processes (PSS) of a server of a checkout."""
    (folder / "state").mkdir(exist_ok=True)
    port = free_port()
    command = ["-m", "webhook", "--config", str(folder / "bomgate.yaml"), "serve", "--listen", f"127.0.0.1:{port}"]
    command += ["--tls-cert", str(cert), "--tls-key", str(key), "--metrics-listen", f"127.0.0.1:{free_port()}"]
    began = time.perf_counter()
    with running(command, port, root=root) as server:
        ready = time.perf_counter() - began
        time.sleep(5)  # both workers have loaded, and the copy on disk has been written
        return ready, server.worker_rss_mib(), sum(map(pss_mib, (server.pid, *server.workers())))


def _served(folder: Path, cert: Path, key: Path, start: str) -> list[Row]:
    ready, memory, _ = _memory_of(folder, cert, key)
    return [
        Row(f"ready, {start}", f"{ready:.1f} s", f"≤ {READY_GOAL_SECONDS:.0f} s", ready <= READY_GOAL_SECONDS),
        Row(f"memory of a worker, {start}", f"{memory:.0f} MiB", f"≤ {RSS_GOAL_MIB} MiB", memory <= RSS_GOAL_MIB),
    ]


def _decisions(small: Path, large: Path) -> list[Row]:
    times, facts = {}, {}
    for folder in (small, large):
        parts = open_parts(load_settings(folder / "bomgate.yaml", environment={}))
        parts.refresher.refresh()
        digest = next(record.digest for record in parts.store.sboms.list())
        found = parts.model.facts(digest)
        assert found is not None
        facts[folder] = found
        times[folder] = _decision_microseconds(parts, digest)
        parts.store.close()
    per_component = {folder: times[folder] / facts[folder].total for folder in (small, large)}
    ratio = per_component[large] / per_component[small]
    rows = [
        Row(
            f"a decision among {count:,} components",
            f"{times[folder]:.0f} µs for {facts[folder].total}",
        )
        for folder, count in ((small, SMALL_COMPONENTS), (large, COMPONENTS))
    ]
    return [*rows, Row("the same by component, ratio", f"{ratio:.2f} ×", f"≤ {FLAT_GOAL} ×", ratio <= FLAT_GOAL)]


def _decision_microseconds(parts: Parts, digest: Digest) -> float:
    subject = Subject(parse_image(f"registry.example/app@{digest}"), digest, "shop", parts.model.revision)
    now, samples = parts.clock.now(), []
    for _ in range(300):
        began = time.perf_counter()
        again = parts.model.facts(digest)
        assert again is not None
        evaluate(again, subject, parts.rules, parts.model.assessments, now)
        samples.append(time.perf_counter() - began)
    return statistics.median(samples) * 1e6


if __name__ == "__main__":
    main()
