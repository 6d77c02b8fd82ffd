"""A full disk: the webhook goes on deciding, also with new workers, and what cannot be kept is said."""

from __future__ import annotations

import errno
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.parts import unavailable
from tests.security.serving import IMAGE, Caller, review, serving
from tests.security.test_security_start import kill, message

MIB = 1024 * 1024
SBOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk, with nothing else on it."""
    made = tmp_path / "disk"
    made.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={48 * MIB}", "tmpfs", str(made)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        unavailable("only root can mount a small disk: nothing on a disk that is full")
    yield made
    subprocess.run(["umount", "--lazy", str(made)], check=True)


def fill(disk: Path) -> Path:
    """Write until there is no room left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as problem:
                assert problem.errno == errno.ENOSPC
    return filler


def allowed(bomgate: Bomgate) -> bool:
    """Whether a review on a new connection is allowed."""
    caller = Caller(bomgate)
    try:
        return bool(caller.review(review())["allowed"])
    finally:
        caller.close()


@pytest.fixture
def bomgate(disk: Path) -> Iterator[Bomgate]:
    with serving(disk, workers=2) as made:
        yield made


def test_a_full_disk_stops_no_decision_and_loses_nothing(disk: Path, bomgate: Bomgate, tmp_path: Path) -> None:
    document = tmp_path / "sbom.json"
    document.write_text(json.dumps({**SBOM, "components": [{"type": "library", "purl": "pkg:npm/a@1.0.0"}]}))
    before = message(bomgate)
    state = bomgate.folder / "state"
    wait_until(lambda: any(state.iterdir()), 30, "a copy of the read model")
    filler = fill(disk)
    assert message(bomgate) == before
    refused = bomgate.run("sbom", "add", document, "--image", IMAGE, code=3)
    assert "full" in refused.err.lower() and "remedy" not in refused.out, refused.err
    kill(bomgate, 2)
    assert message(bomgate) == before, "a worker that begins on a full disk decides otherwise"
    filler.unlink()
    bomgate.run("sbom", "add", document, "--image", IMAGE)
    wait_until(lambda: allowed(bomgate), 30, "the new SBOM")
    kill(bomgate, 1)
    assert allowed(bomgate)
    assert any(state.iterdir()), "the copy was not written again"
