"""The read model that workers map: what becomes of its file may cost a worker, and never changes a verdict."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.clock import RealClock
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.ports.samples import AutoRule, answer, make_sbom, vulnerability
from tests.security.serving import Caller, review, serving
from webhook.model.images import Digest
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

DIGEST = Digest("sha256:" + "b" * 64)
BAD = "pkg:npm/bad@1"
NUMBERS = itertools.count()


def store_of(bomgate: Bomgate) -> Store:
    return open_store(StoreOptions(url=f"sqlite:///{bomgate.database}"), RealClock())


@pytest.fixture
def bomgate(tmp_path: Path) -> Iterator[Bomgate]:
    """Two workers that have mapped a model with one vulnerable image."""
    policy = {"enforce": "deny", "missingSbom": "allow", "onError": "allow", "unassessed": "deny"}
    with serving(tmp_path, policy, workers=2) as one:
        store = store_of(one)
        store.sboms.add(DIGEST, make_sbom(BAD), place="added")
        store.components.record([answer(BAD, vulnerability("V-1", "9.8"))], assess=AutoRule(), now=RealClock().now())
        store.close()
        wait_until(lambda: denied(one), 20, "the denial")
        one.stop()  # which saves
        one.start()
        yield one


def denied(bomgate: Bomgate) -> bool:
    """Whether the image is denied under a name in which no verdict is remembered."""
    caller = Caller(bomgate)
    try:
        answered = caller.review(review(f"registry.example/shop/web-{next(NUMBERS)}@{DIGEST}"))
        return not answered["allowed"]
    finally:
        caller.close()


def verdicts(bomgate: Bomgate, number: int) -> list[bool]:
    """The answers to so many reviews, however many connections break meanwhile."""
    answers: list[bool] = []

    def ask() -> bool:
        try:
            answers.append(denied(bomgate))
        except OSError:
            return False
        return len(answers) >= number

    wait_until(ask, 60, f"{number} answers")
    return answers


def mapped(pid: int, file: Path) -> bool:
    return str(file) in Path(f"/proc/{pid}/maps").read_text()


def copy_of(bomgate: Bomgate) -> Path:
    """The mapped file, which is named after the database."""
    (file,) = (bomgate.folder / "state").glob("read-model-*")
    return file


def test_workers_map_one_file(bomgate: Bomgate) -> None:
    file = copy_of(bomgate)
    wait_until(lambda: all(mapped(pid, file) for pid in bomgate.workers()), 20, "the mappings")
    inodes = {
        line.split()[4]
        for pid in bomgate.workers()
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines()
        if str(file) in line
    }
    assert inodes == {str(file.stat().st_ino)}


def test_a_file_that_is_deleted_changes_nothing(bomgate: Bomgate) -> None:
    before = bomgate.workers()
    copy_of(bomgate).unlink()
    assert verdicts(bomgate, 20) == [True] * 20
    assert bomgate.workers() == before


def test_a_file_that_is_truncated_costs_workers_and_no_verdict(bomgate: Bomgate) -> None:
    file, before = copy_of(bomgate), bomgate.workers()
    os.truncate(file, 0)
    assert verdicts(bomgate, 20) == [True] * 20
    assert bomgate.workers() != before
    wait_until(lambda: file.stat().st_size > 0, 90, "another copy")


def test_a_copy_that_is_damaged_is_not_used_at_the_next_start(bomgate: Bomgate) -> None:
    file = copy_of(bomgate)
    bomgate.stop()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    bomgate.start()
    assert verdicts(bomgate, 10) == [True] * 10
    assert "saved read model not used" in bomgate.log
