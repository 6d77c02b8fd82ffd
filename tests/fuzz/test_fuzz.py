"""Every parser that meets outside bytes refuses in its own words what it cannot read, and needs time in proportion.

A bounded number of changed inputs for each target, the same in every run; ``make fuzz`` goes on from here.
"""

from __future__ import annotations

import random
import time

import pytest

from tests.fuzz.mutation import inflated, mutated
from tests.fuzz.targets import SEEDS, TARGETS, seeds_of

RUNS = 300
SIZES = (1_500, 12_000)
FACTOR = SIZES[1] / SIZES[0]
FAST = 0.01
"""Seconds below which growth cannot be told from noise; a quadratic reader of the larger size is far above."""


def test_every_target_has_seeds_and_every_seed_a_target():
    assert {path.stem for path in SEEDS.iterdir()} == TARGETS.keys()
    assert all(map(seeds_of, TARGETS))


@pytest.mark.parametrize("name", TARGETS)
def test_most_seeds_are_read(name):
    read = [TARGETS[name].run(seed) for seed in seeds_of(name)]
    assert sum(read) * 2 >= len(read)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_are_read_or_refused(name):
    choose, seeds = random.Random(name), seeds_of(name)
    pool = list(seeds)
    for _ in range(RUNS):
        data = mutated(choose.choice(pool), seeds, choose)
        if TARGETS[name].run(data):
            pool.append(data)


@pytest.mark.parametrize("name", TARGETS)
def test_time_grows_with_the_size_of_an_input(name):
    choose, target = random.Random(name), TARGETS[name]

    def seconds(data: bytes) -> float:
        began = time.thread_time()
        target.run(data)
        return time.thread_time() - began

    for seed in seeds_of(name):
        for small, large in inflated(seed, SIZES, choose):
            after = seconds(large)
            if after < FAST:
                continue
            before = min(seconds(small) for _ in range(3))
            after = min(after, *(seconds(large) for _ in range(3)))
            assert after < FAST or after < before * FACTOR * 2.2, large[:200]
