"""SPDX 2.2 and 2.3 in JSON: packages by their external references."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.sboms import Limits, parse


def reference(locator: str, kind: str = "purl", category: str = "PACKAGE-MANAGER") -> dict[str, str]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def package(name: str, *references: dict[str, str], **extra: Any) -> dict[str, Any]:
    return {
        "name": name,
        "SPDXID": f"SPDXRef-{name}",
        **({"externalRefs": list(references)} if references else {}),
        **extra,
    }


def document(*packages: dict[str, Any], version: str = "SPDX-2.3", **extra: Any) -> bytes:
    return json.dumps(
        {"SPDXID": "SPDXRef-DOCUMENT", **extra, "packages": list(packages), "spdxVersion": version}
    ).encode()


@pytest.mark.parametrize("version", ["SPDX-2.2", "SPDX-2.3"])
@pytest.mark.parametrize("category", ["PACKAGE-MANAGER", "PACKAGE_MANAGER", "OTHER"])
@pytest.mark.parametrize("kind", ["purl", "PURL", "http://spdx.org/rdf/references/purl"])
def test_a_purl_is_read_in_every_version_category_and_spelling(version: str, category: str, kind: str) -> None:
    sbom = parse(document(package("a", reference("pkg:npm/a@1.0.0", kind, category)), version=version))
    assert (sbom.format, sbom.version, sbom.components) == ("spdx-json", version, ("pkg:npm/a@1.0.0",))


@pytest.mark.parametrize("version", ["SPDX-2.1", "SPDX-3.0", "2.3", ""])
def test_another_version_is_refused(version: str) -> None:
    with pytest.raises(InvalidInput, match=r"SPDX version .* is not supported"):
        parse(document(version=version))


def test_several_purls_of_a_package_all_count_and_other_references_do_not() -> None:
    cpe = reference("cpe:2.3:a:a:a:1:*:*:*:*:*:*:*", "cpe23Type", "SECURITY")
    sbom = parse(
        document(package("a", cpe, reference("pkg:npm/a@1.0.0"), reference("pkg:npm/b@1.0.0")), package("c", cpe))
    )
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")
    assert sbom.skipped == (SkippedComponent("c", SkipReason.NO_PURL),)


def test_duplicates_collapse_and_document_order_is_kept() -> None:
    purls = ["pkg:npm/z@1.0.0", "pkg:npm/a@1.0.0", "pkg:npm/z@1.0.0?arch=x", "pkg:npm/m@1.0.0", "pkg:npm/a@1.0.0"]
    sbom = parse(document(*(package("x", reference(purl)) for purl in purls)))
    assert sbom.components == ("pkg:npm/z@1.0.0", "pkg:npm/a@1.0.0", "pkg:npm/m@1.0.0")


def test_the_described_image_itself_is_counted_apart() -> None:
    image = package("ghcr.io/team/app", reference("pkg:oci/app@sha256:aa?repository_url=ghcr.io/team/app"))
    sbom = parse(
        document(
            image,
            package("debian", primaryPackagePurpose="OPERATING-SYSTEM"),
            package("root", primaryPackagePurpose="CONTAINER"),
            package("hosts", primaryPackagePurpose="FILE"),
            package("lockfile", primaryPackagePurpose="APPLICATION"),
            package("curl", reference("pkg:deb/debian/curl@7.88.1")),
            documentDescribes=["SPDXRef-ghcr.io/team/app"],
        )
    )
    assert sbom.components == ("pkg:deb/debian/curl@7.88.1",)
    assert sbom.skipped == (SkippedComponent("lockfile", SkipReason.NO_PURL),)
    assert sbom.not_packages == 4


def test_a_document_of_nothing_but_the_image_and_its_layers_has_no_purls() -> None:
    layers = [package(f"layer{n}", reference(f"pkg:oci/app@sha256:{n}{n}")) for n in range(3)]
    sbom = parse(document(*layers))
    assert not sbom.has_purls
    assert sbom.not_packages == 3


@pytest.mark.parametrize("text", ['"packages":[]', '"packages":null', '"files":[]'])
def test_a_document_without_packages_has_no_purls(text: str) -> None:
    assert not parse(f'{{"spdxVersion":"SPDX-2.3",{text}}}'.encode()).has_purls


@pytest.mark.parametrize(
    ("info", "tool"),
    [
        ({"creators": ["Organization: Anchore", "Tool: syft-1.18.1", "Tool: other"]}, "syft-1.18.1; other"),
        ({"creators": ["Person: A"]}, ""),
        ({}, ""),
        (None, ""),
        ({"creators": "Tool: x"}, ""),
        ([], ""),
    ],
)
def test_all_tools_are_named_and_never_a_reason_to_refuse(info: object, tool: str) -> None:
    assert parse(document(creationInfo=info)).tool == tool


@pytest.mark.parametrize(
    ("packages", "place"),
    [
        ('"x"', "$.packages"),
        ("[1]", "$.packages[0]"),
        ('[{"externalRefs":{}}]', "$.packages[0].externalRefs"),
        ('[{"externalRefs":[{"referenceType":"purl","referenceLocator":7}]}]', "externalRefs[0].referenceLocator"),
        ('[{"name":[]}]', "$.packages[0].name"),
    ],
)
def test_a_wrong_type_is_refused_and_the_message_says_where(packages: str, place: str) -> None:
    with pytest.raises(InvalidInput, match="does not have the shape of an SBOM") as caught:
        parse(f'{{"spdxVersion":"SPDX-2.3","packages":{packages}}}'.encode())
    assert place in caught.value.message


def test_the_number_of_purls_is_bounded_however_they_are_spread() -> None:
    many = [reference(f"pkg:npm/a@{n}.0.0") for n in range(5)]
    with pytest.raises(InvalidInput, match="more than 4 components"):
        parse(document(package("a", *many)), Limits(max_entries=4))
    with pytest.raises(InvalidInput, match="more than 4 components"):
        parse(document(*(package("a", entry) for entry in many)), Limits(max_entries=4))
    assert len(parse(document(package("a", *many)), Limits(max_entries=5)).components) == 5
