"""Explaining a search: which places are asked, and why others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.copies import replace
from tests.ports.samples import digest, make_sbom
from webhook.clients.directory import DirectorySource
from webhook.clients.trail import Explanation, Manner, explain_image
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.platforms import Coverage
from webhook.ports import PartlyRead
from webhook.sboms import parse

DIGEST = Digest(digest(1))
IMAGE = parse_image(f"registry.test/team/app@{DIGEST}")
SBOM = make_sbom("pkg:npm/a@1.0.0")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that has some SBOMs."""

    place: str
    sboms: Sequence[Sbom] = ()

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        return self.sboms


class Resolver:
    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        return image.digest


def explained(*places: Place, manner: Manner | None = None) -> Explanation:
    return explain_image(Resolver(), places, IMAGE, Deadline(1e9), manner or Manner())


def test_an_sbom_is_made_last_and_only_where_none_is_attached() -> None:
    maker = Place("generated", [make_sbom("pkg:npm/b@1.0.0")])
    found = explained(maker, Place("directory", [SBOM]))
    assert [(look.place, look.answer) for look in found.looked][-1] == (
        "generated",
        "not asked: an SBOM is attached",
    )
    assert len(found.sboms) == 1
    assert len(explained(maker, Place("directory")).sboms) == 1


def test_an_sbom_is_made_where_what_is_attached_leaves_out_a_platform_that_counts() -> None:
    half = replace(SBOM, coverage=Coverage(("linux/amd64", "linux/arm64"), ("linux/amd64",)))
    places = (Place("referrers", [half]), Place("generated", [make_sbom("pkg:npm/b@1.0.0")]))
    assert len(explained(*places, manner=Manner(platforms=("linux/arm64",))).sboms) == 2
    assert len(explained(*places, manner=Manner(platforms=("linux/amd64",))).sboms) == 1


def test_a_place_that_is_not_asked_is_named_with_its_reason() -> None:
    found = explained(Place("generated", [SBOM]), manner=Manner({"generated": "a signature is needed"}))
    assert [(look.place, look.answer) for look in found.looked] == [("generated", "not asked: a signature is needed")]
    assert found.result == "none"


def test_files_that_can_be_read_count_beside_one_that_cannot_be_got(tmp_path: Path) -> None:
    text = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a", "purl": "pkg:npm/a@1.0.0"}]}'
    (tmp_path / f"z@{DIGEST.replace(':', '-')}.json").write_bytes(text)
    (tmp_path / f"a@{DIGEST.replace(':', '-')}.json").write_bytes(text)

    class Failing(DirectorySource):
        def _read(self, path: Path, unread: set[str]) -> Sbom:
            if path.name.startswith("a@"):
                raise PermissionError(13, "Permission denied", str(path))
            return super()._read(path, unread)

    with pytest.raises(PartlyRead, match="Permission denied") as raised:
        Failing(tmp_path, parse).fetch(IMAGE, DIGEST, Deadline(1e9))
    assert ([sbom.components for sbom in raised.value.sboms], raised.value.is_short, raised.value.is_passing) == (
        [("pkg:npm/a@1.0.0",)],
        True,
        True,
    )
