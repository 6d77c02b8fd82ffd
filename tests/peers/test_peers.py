"""What bomgate and osv-scanner find in the same SBOMs with the same advisories; differences are in a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.peers import own
from tests.peers.comparing import (
    UNEXPLAINED,
    Advisories,
    Document,
    counts,
    differences,
    explained,
    ours,
    read_advisories,
    read_documents,
    shared_archives,
)
from tests.peers.scanner import PROGRAM, Pair, ask
from tests.shared import shared
from webhook.policy.advisorykeys import ECOSYSTEMS

SAMPLE = (
    "trivy/continuumio_conda-ci-linux-64-python3.8@sha256-2a4a96ec883df5e2cf0c0ea75001aa79b7fbd4d0fb460f7335944528b9477614",
    "trivy/docker_desktop-vpnkit-controller@sha256-b5bcb3a7172ae44d3a1df2e74a1b4d4e10d5562efe1d3c9197b23b383de70a86",
    "trivy/mirantis_ucp-containerd-shim-process@sha256-8f80ca4eaefd1a8b06ea388bf7d6e765b8b5f242231776490620c8b885fcbf1d",
    "trivy/primekey_ejbca-ce@sha256-0bc6790bbafa6d984b6c50b14714c7b173ed00f4c9b51a90dba13f83698e15b7",
    "trivy/rancher_mirrored-calico-ctl@sha256-9a816e43162b3a042f52400356fcaeb0d4a1a880f9a5ca6b16f7eb7911c6ddb0",
    "trivy/rancher_squareup-ghostunnel@sha256-70f4cf270425dee074f49626ec63fc96e6712e9c0eedf127e7254e8132d25063",
)
"""SBOMs of the corpus, small ones, in which each explanation that the corpus has is needed."""


NOT_ASKED = {
    "Alpaquita",
    "Azure Linux",
    "BellSoft Hardened Containers",
    "Bioconductor",
    "DHI",
    "Echo",
    "Hackage",
    "Julia",
    "Mageia",
    "MinimOS",
    "opam",
}
"""Ecosystems that the small set has nothing of, so that osv-scanner was not asked about them."""


@pytest.fixture(scope="module")
def small() -> tuple[dict[str, Document], Advisories]:
    """The small set, as bomgate reads it."""
    return read_documents({own.DOCUMENT: own.document()}), read_advisories(own.archives())


@pytest.fixture(scope="module")
def program() -> Path:
    """osv-scanner; its earlier answers serve where it was not built."""
    found = PROGRAM.find()
    if found is None:
        pytest.skip("NOT TESTED: osv-scanner is not here to confirm its earlier answers (python -m tests.peers)")
    return found


def test_what_only_one_finds_in_the_small_set_is_explained(small: tuple[dict[str, Document], Advisories]) -> None:
    found = differences(own.answers(), *small)
    assert found.get(UNEXPLAINED, []) == []
    assert found.keys() == explained().keys()


def test_both_find_the_same_in_most_ecosystems(small: tuple[dict[str, Document], Advisories]) -> None:
    agreed = {pair.ecosystem for pair in own.answers() & dict(ours(*small)).keys()}
    alone = {pair.ecosystem for pair in dict(ours(*small))} - agreed
    assert alone == {"AlmaLinux", "Bitnami", "Photon OS", "Red Hat", "Rocky Linux", "SUSE", "openSUSE"}
    assert agreed | alone | NOT_ASKED == set(ECOSYSTEMS)


def test_a_difference_that_nobody_explained_is_seen(small: tuple[dict[str, Document], Advisories]) -> None:
    more = Pair(own.DOCUMENT, "npm", "left", "1.2.3", "OWN-0")
    without = {pair for pair in own.answers() if pair.ecosystem != "npm"}
    assert differences({*own.answers(), more}, *small)[UNEXPLAINED] == [more]
    assert {pair.name for pair in differences(without, *small)[UNEXPLAINED]} == {"left"}


def test_osv_scanner_still_gives_the_recorded_answers(program: Path) -> None:
    assert ask(program, {own.DOCUMENT: own.document()}, own.archives()) == own.answers()


def test_what_only_one_finds_in_real_sboms_is_explained(program: Path) -> None:
    images, archives = shared("corpus") / "images", shared_archives(shared("advisories"))
    contents = {f"{Path(name).name}.spdx.json": (images / f"{name}.spdx.json").read_bytes() for name in SAMPLE}
    documents, advisories = read_documents(contents), read_advisories(archives)
    theirs = ask(program, contents, archives)
    found = differences(theirs, documents, advisories)
    assert found.get(UNEXPLAINED, []) == []
    assert found.keys() == {name for name, row in explained().items() if row.pairs}
    assert all(number <= explained()[name].pairs for name, number in counts(found).items())
    assert len(theirs & dict(ours(documents, advisories)).keys()) >= 30


def test_the_recorded_answers_are_in_order() -> None:
    recorded = json.loads(own.ANSWERS.read_text())
    assert recorded == sorted(recorded)
    assert len(own.answers()) == len(recorded) >= 30
