"""What an image consists of, and which platforms are searched."""

from __future__ import annotations

import msgspec
import pytest

from webhook.clients.registry.anatomy import anatomy, inner_indexes
from webhook.clients.registry.manifests import Manifest
from webhook.model.images import Digest

INDEX = Digest("sha256:" + "f" * 64)
DEFAULT = ("linux/amd64", "linux/arm64")


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def entry(number: int, platform: str = "", **more: object) -> dict[str, object]:
    parts = platform.split("/")
    described = dict(zip(("os", "architecture", "variant"), parts, strict=False))
    return {
        "digest": digest(number),
        "mediaType": "x",
        "size": 1,
        **({"platform": described} if platform else {}),
        **more,
    }


def index(*entries: dict[str, object]) -> Manifest:
    return msgspec.convert({"schemaVersion": 2, "manifests": list(entries)}, Manifest)


def roles(manifest: Manifest, platforms: tuple[str, ...] = DEFAULT) -> list[str]:
    return [subject.role for subject in anatomy(INDEX, manifest, platforms).subjects]


def test_a_manifest_is_its_own_only_subject():
    found = anatomy(INDEX, msgspec.convert({"schemaVersion": 2, "layers": []}, Manifest), DEFAULT)
    assert [(subject.digest, subject.role) for subject in found.subjects] == [(INDEX, "image")]
    assert not found.is_index


def test_an_index_is_searched_for_the_wanted_platforms_and_itself():
    manifest = index(
        entry(1, "linux/amd64"), entry(2, "linux/s390x"), entry(3, "linux/arm64/v8"), entry(4, "windows/amd64")
    )
    assert roles(manifest) == ["linux/amd64", "linux/arm64/v8", "index"]
    assert roles(manifest, ("linux/s390x",)) == ["linux/s390x", "index"]


def test_a_variant_counts_when_it_is_asked_for():
    manifest = index(entry(1, "linux/arm/v6"), entry(2, "linux/arm/v7"))
    assert roles(manifest, ("linux/arm/v7",)) == ["linux/arm/v7", "index"]
    assert roles(manifest, ("linux/arm",)) == ["linux/arm/v6", "linux/arm/v7", "index"]
    assert roles(manifest, ("linux/ar",))[0] == "linux/arm/v6", "no platform fits, so all are searched"


def test_an_index_without_the_wanted_platforms_is_searched_whole_and_said_so():
    found = anatomy(INDEX, index(entry(1, "linux/s390x"), entry(2, "linux/ppc64le")), DEFAULT)
    assert [subject.role for subject in found.subjects] == ["linux/s390x", "linux/ppc64le", "index"]
    assert "none of the platforms linux/amd64" in found.remark


def test_an_entry_without_a_platform_may_be_what_runs():
    assert roles(index(entry(1), entry(2, "linux/s390x"))) == ["no platform", "index"]


@pytest.mark.parametrize("kind", ["attestation-manifest", "something-else"])
def test_attestations_are_no_images(kind):
    notes = {"vnd.docker.reference.type": kind, "vnd.docker.reference.digest": digest(1)}
    manifest = index(entry(1, "linux/amd64"), entry(2, "unknown/unknown", annotations=notes))
    found = anatomy(INDEX, manifest, DEFAULT)
    assert [subject.role for subject in found.subjects] == ["linux/amd64", "index"]
    expected = [(digest(1), digest(2))] if kind == "attestation-manifest" else []
    assert [(about, each.digest) for about, each in found.attestations] == expected


def test_artefacts_in_an_index_are_no_images_and_stated_image_types_are():
    image = "application/vnd.docker.container.image.v1+json"
    manifest = index(entry(1, "linux/amd64", artifactType=image), entry(2, artifactType="application/spdx+json"))
    assert roles(manifest) == ["linux/amd64", "index"]


def test_an_entry_whose_digest_is_none_is_left_out():
    assert roles(index({**entry(1, "linux/amd64"), "digest": "../../etc"}, entry(2, "linux/arm64"))) == [
        "linux/arm64",
        "index",
    ]


def nested(number: int, platform: str = "") -> dict[str, object]:
    return entry(number, platform, mediaType="application/vnd.oci.image.index.v1+json")


def test_an_index_inside_an_index_is_part_of_it():
    outer, inner = index(entry(1, "linux/amd64"), nested(9)), index(entry(2, "linux/arm64"), entry(3, "linux/s390x"))
    assert inner_indexes(outer) == [digest(9)]
    found = anatomy(INDEX, outer, DEFAULT, {Digest(digest(9)): inner})
    assert [(subject.role, subject.digest, subject.entries) for subject in found.subjects] == [
        ("linux/amd64", digest(1), ("linux/amd64",)),
        ("linux/arm64", digest(2), ("linux/arm64",)),
        ("index", digest(9), ("linux/arm64", "linux/s390x")),
        ("index", INDEX, ()),
    ]
    assert found.platforms == ("linux/amd64", "linux/arm64", "linux/s390x")


def test_an_index_that_holds_itself_is_walked_once():
    outer = index(nested(9, "linux/arm64"))
    found = anatomy(INDEX, outer, DEFAULT, {Digest(digest(9)): index(nested(9), entry(1))})
    assert [(subject.role, subject.digest) for subject in found.subjects] == [
        ("linux/arm64", digest(1)),
        ("index", digest(9)),
        ("index", INDEX),
    ]


def test_every_entry_of_a_platform_has_a_name_of_its_own():
    found = anatomy(INDEX, index(entry(1, "linux/amd64"), entry(2, "linux/amd64"), entry(3)), DEFAULT)
    assert [subject.entries for subject in found.subjects] == [
        ("linux/amd64",),
        ("linux/amd64#2",),
        ("no platform",),
        (),
    ]


def test_what_states_a_platform_is_an_image_whatever_its_annotations_say():
    disguised = entry(1, "linux/amd64", annotations={"vnd.docker.reference.type": "attestation-manifest"})
    assert roles(index(disguised, entry(2, "linux/arm64", artifactType="application/x"))) == [
        "linux/amd64",
        "linux/arm64",
        "index",
    ]
