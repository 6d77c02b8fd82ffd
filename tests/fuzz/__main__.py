"""The fuzzer behind ``make fuzz``: ``python -m tests.fuzz [--seconds 60] [target …]``.

Targets share the time. With atheris new inputs are led by the code that they reach, and are made half by it and half by
our own changes, which keep the structure; without it by the latter alone. An input with which something goes wrong is
kept in ``build/fuzz`` and ends its target; mend the parser, and put the input among the seeds.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOUND = Path("build/fuzz")
_LONGEST = 10
"""Seconds that one input of at most 64 KiB may take."""


def main() -> int:
    """Run targets one after the other, each in a separate process; 1 when one of them failed."""
    arguments = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("targets", nargs="*")
    given = arguments.parse_args()
    if given.one:
        (name,) = given.targets
        return _led(name, given.seconds) if importlib.util.find_spec("atheris") else _blind(name, given.seconds)
    from tests.fuzz.targets import TARGETS

    names = given.targets or list(TARGETS)
    FOUND.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names:
        share = given.seconds / len(names)
        command = [sys.executable, "-m", "tests.fuzz", "--one", "--seconds", str(share), name]
        with (FOUND / f"{name}.log").open("wb") as log:
            bad = subprocess.run(command, stdout=log, stderr=log, check=False).returncode
        print(f"{name:20} {f'FAILED, see {log.name}' if bad else 'passed'}", flush=True)
        failed += [name] if bad else []
    return 1 if failed else 0


def _led(name: str, seconds: float) -> int:
    import atheris

    with atheris.instrument_imports(include=["webhook"]):
        from tests.fuzz.targets import TARGETS, seeds_of
    from tests.fuzz.mutation import mutated

    seeds = seeds_of(name)

    def change(data: bytes, limit: int, seed: int) -> bytes:
        choose = random.Random(seed)
        if choose.random() < 0.5:
            return bytes(atheris.Mutate(data, limit))
        return mutated(data, seeds, choose)[:limit]

    with tempfile.TemporaryDirectory() as corpus:
        for index, seed in enumerate(seeds):
            (Path(corpus) / str(index)).write_bytes(seed)
        options = [f"-max_total_time={max(1, round(seconds))}", "-max_len=65536", f"-timeout={_LONGEST}"]
        options += [f"-artifact_prefix={FOUND}/{name}-", "-rss_limit_mb=2048"]
        atheris.Setup([name, *options, corpus], TARGETS[name].run_quietly, custom_mutator=change)
        atheris.Fuzz()
    return 0


def _blind(name: str, seconds: float) -> int:
    from tests.fuzz.mutation import mutated
    from tests.fuzz.targets import TARGETS, seeds_of

    choose, seeds = random.Random(), seeds_of(name)
    pool, runs, until = list(seeds), 0, time.monotonic() + seconds
    while time.monotonic() < until:
        data, runs, began = mutated(choose.choice(pool), seeds, choose), runs + 1, time.thread_time()
        try:
            if TARGETS[name].run(data) and len(pool) < 5_000:
                pool.append(data)
            assert time.thread_time() - began < _LONGEST, "too slow"
        except Exception:
            (FOUND / f"{name}-failed").write_bytes(data)
            raise
    print(f"{runs} inputs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
