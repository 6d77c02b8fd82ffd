"""Real SBOMs: every one is read, and no purl is lost against a plain walk through the JSON.

The documents are not part of the repository: they are looked for in ``shared/corpus`` beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared import shared
from webhook.errors import InvalidInput
from webhook.model.components import SkipReason
from webhook.model.purls import identify
from webhook.model.shapes import unusable as why_unusable
from webhook.sboms import parse


@pytest.fixture(scope="module")
def corpus() -> Path:
    return shared("corpus")


def purls_by_plain_walk(document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Every purl that the formats put into the image, with name, version and group, by nothing but json and loops."""
    if "spdxVersion" in document:
        for package in document.get("packages") or []:
            for reference in package.get("externalRefs") or []:
                if reference["referenceType"] == "purl":
                    yield reference["referenceLocator"], package["name"], package.get("versionInfo") or "", ""
    subject = (document.get("metadata") or {}).get("component") or {}
    open_lists = [document.get("components") or [], document.get("artifacts") or [], [subject]]
    while open_lists:
        for component in open_lists.pop():
            if component.get("purl"):
                group = component.get("group") or ""
                yield component["purl"], component["name"], component.get("version") or "", group
            open_lists.append(component.get("components") or [])


def test_every_real_document_is_read_and_no_purl_is_lost(corpus: Path) -> None:
    totals: Counter[str] = Counter()
    files = sorted(corpus.rglob("*.json"))
    assert len(files) >= 3
    for path in files:
        data = path.read_bytes()
        sbom = parse(data)
        written = list(purls_by_plain_walk(json.loads(data)))
        usable, unusable, images = set(), 0, 0
        for text, name, version, group in written:
            try:
                purl = identify(text, name=name, version=version, group=group).key
            except InvalidInput:
                unusable += 1
                continue
            if purl.type in ("docker", "oci"):
                images += 1
            elif why_unusable(purl) is None:
                usable.add(purl)
            else:
                unusable += 1
        assert set(sbom.components) == usable, path.name
        assert len(sbom.components) == len(usable), path.name
        without = [skipped for skipped in sbom.skipped if skipped.reason is SkipReason.NO_PURL]
        assert len(sbom.skipped) - len(without) == unusable, path.name
        assert sbom.not_packages >= images, path.name
        assert sbom.tool, path.name
        totals.update(documents=1, usable=len(usable), unusable=unusable, images=images)
    # Of the purls in real documents, nearly all can be looked up.
    assert totals["usable"] > 40 * totals["unusable"]
    assert totals["usable"] > 100 * totals["documents"]


def test_one_image_in_three_formats_gives_the_same_components(corpus: Path) -> None:
    samples = sorted((corpus / "samples").glob("small.*.json"))
    read = [parse(path.read_bytes()) for path in samples]
    assert {sbom.format for sbom in read} == {"cyclonedx-json", "spdx-json", "syft-json"}
    assert len({frozenset(sbom.components) for sbom in read}) == 1
    assert [len(sbom.skipped) for sbom in read] == [4, 4, 4]
    assert {skipped.reason for sbom in read for skipped in sbom.skipped} == {SkipReason.NO_VERSION}
