"""Indexes with attestations as BuildKit writes them, on a real registry."""

from __future__ import annotations

import pytest

from tests.registries import images
from tests.registries.kit import purls
from tests.registries.layouts import Layout
from webhook.errors import InvalidInput

AMD, ARM, STAGE = "pkg:npm/amd@1.0.0", "pkg:npm/arm@1.0.0", "pkg:npm/stage@1.0.0"


def spdx(*purls: str) -> dict:
    packages = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "name": purl,
            "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
            ],
        }
        for number, purl in enumerate(purls)
    ]
    return {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "sbom", "packages": packages}


@pytest.fixture
def built():
    """Makes an index of two platforms; statements by platform, as (predicate type, statement)."""

    def make(amd: list, arm: list, about_arm: str | None = None) -> Layout:
        layout = Layout()
        platforms = {
            "linux/amd64": images.image(layout, name="amd64"),
            "linux/arm64": images.image(layout, name="arm64"),
        }
        entries = []
        for digest, documents in zip(platforms.values(), (amd, arm), strict=True):
            subject = about_arm if about_arm and documents is arm else digest
            statements = [(kind, images.statement(subject, document, kind)) for kind, document in documents]
            if statements:
                entries.append(images.attestation_entry(layout, digest, statements))
        images.index(layout, platforms, "1", more=tuple(entries))
        return layout

    return make


def test_the_sboms_of_all_platforms_and_stages_count_together(built, plain, kit):
    provenance = ("https://slsa.dev/provenance/v1", {"buildDefinition": {}})
    amd = [(images.SPDX_PREDICATE, spdx(AMD)), (images.SPDX_PREDICATE, spdx(STAGE)), provenance]
    built(amd, [(images.SPDX_PREDICATE, spdx(ARM)), provenance]).push(f"http://{plain}/v2/buildkit/two")
    assert purls(kit(plain).fetch("buildkit", f"{plain}/buildkit/two:1")) == {AMD, ARM, STAGE}


def test_a_platform_without_an_sbom_is_named(built, plain, kit):
    built([(images.SPDX_PREDICATE, spdx(AMD))], []).push(f"http://{plain}/v2/buildkit/one")
    found = kit(plain).explain(f"{plain}/buildkit/one:1", "buildkit")
    assert found.result == "found"
    assert "no SBOM for linux/arm64" in found.looked[-1].answer


def test_a_statement_about_another_image_is_not_believed(built, plain, kit):
    layout = built([(images.SPDX_PREDICATE, spdx(AMD))], [(images.SPDX_PREDICATE, spdx(ARM))], "sha256:" + "1" * 64)
    layout.push(f"http://{plain}/v2/buildkit/foreign")
    found = kit(plain).explain(f"{plain}/buildkit/foreign:1", "buildkit")
    assert (purls(found.sboms), found.incomplete) == ({AMD}, "")
    assert "no SBOM for linux/arm64" in found.looked[-1].answer
    assert any("another image" in look.answer for look in found.looked)
    layout = built([], [(images.SPDX_PREDICATE, spdx(ARM))], "sha256:" + "1" * 64)
    layout.push(f"http://{plain}/v2/buildkit/foreign-alone")
    with pytest.raises(InvalidInput, match="another image"):
        kit(plain).fetch("buildkit", f"{plain}/buildkit/foreign-alone:1")


def test_a_platform_named_by_its_digest_has_no_index_to_look_into(built, plain, kit):
    layout = built([(images.SPDX_PREDICATE, spdx(AMD))], [])
    layout.push(f"http://{plain}/v2/buildkit/digest")
    digest = next(iter(layout.manifests))
    assert kit(plain).fetch("buildkit", f"{plain}/buildkit/digest@{digest}") == []


def test_an_index_without_the_wanted_platforms_is_searched_whole(plain, kit):
    layout = Layout()
    digest = images.image(layout, name="s390x")
    entry = images.attestation_entry(
        layout, digest, [(images.SPDX_PREDICATE, images.statement(digest, spdx(AMD), images.SPDX_PREDICATE))]
    )
    images.index(layout, {"linux/s390x": digest}, "1", more=(entry,))
    layout.push(f"http://{plain}/v2/buildkit/rare")
    assert purls(kit(plain).fetch("buildkit", f"{plain}/buildkit/rare:1")) == {AMD}
