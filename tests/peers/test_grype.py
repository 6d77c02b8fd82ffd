"""What bomgate exports as VEX does in Grype what it says: each finding that somebody assessed is gone, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.peers import vexed
from tests.peers.grype import PROGRAM, Scan, ask

IMAGES = sorted(vexed.IMAGES)


@pytest.fixture(scope="module")
def program() -> Path:
    """Grype; its earlier answers serve where it was not built."""
    found = PROGRAM.find()
    if found is None:
        pytest.skip("NOT TESTED: Grype is not here to confirm its earlier answers (python -m tests.peers grype)")
    return found


@pytest.mark.parametrize("image", IMAGES)
def test_the_recorded_answers_are_about_what_is_exported_now(image: str) -> None:
    assert json.loads(vexed.exported()[image]) == vexed.answers()[image]["exported"]
    assert [package.purl for package in vexed.IMAGES[image][1]] == vexed.answers()[image]["scanned"]


@pytest.mark.parametrize("image", IMAGES)
def test_grype_ignores_what_was_assessed_and_nothing_else(image: str) -> None:
    assessed: set[tuple[str, str]] = set()
    left: set[tuple[str, str]] = set()
    for package in vexed.IMAGES[image][1]:
        into = left if package.name == vexed.CONTROL else assessed
        into.add((vexed.vulnerability_of(image, package), package.purl))
    recorded = vexed.answers()[image]
    assert {tuple(pair) for pair in recorded["ignored"]} == assessed
    assert {tuple(pair) for pair in recorded["matched"]} == left


def test_every_kind_of_package_was_asked_about() -> None:
    kinds = {package.kind for _, packages in vexed.IMAGES.values() for package in packages}
    assert kinds == {"apk", "deb", "go-module", "java-archive", "npm", "python", "rpm"}


def test_grype_still_gives_the_recorded_answers(program: Path) -> None:
    found = ask(program, vexed.sboms(), vexed.records(), vexed.exported())
    assert found == {
        image: Scan(*(tuple(map(tuple, recorded[side])) for side in Scan._fields))
        for image, recorded in vexed.answers().items()
    }


def test_grype_leaves_what_nothing_is_stated_about(program: Path) -> None:
    nothing = json.dumps({**json.loads(vexed.exported()[IMAGES[0]]), "statements": []}).encode()
    found = ask(program, vexed.sboms(), vexed.records(), dict.fromkeys(IMAGES, nothing))
    assert [len(scan.matched) for _, scan in sorted(found.items())] == [len(vexed.IMAGES[name][1]) for name in IMAGES]
    assert {scan.ignored for scan in found.values()} == {()}
