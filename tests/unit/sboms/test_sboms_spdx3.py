"""SPDX 3.0 as JSON-LD."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.sboms import Limits, parse

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"


def document(*elements: dict[str, Any], context: object = CONTEXT) -> bytes:
    return json.dumps({"@context": context, "@graph": list(elements)}).encode()


def package(name: str, **extra: Any) -> dict[str, Any]:
    return {"type": "software_Package", "spdxId": f"urn:{name}", "creationInfo": "_:info", "name": name, **extra}


def identifier(purl: str, kind: str = "packageUrl", **extra: Any) -> dict[str, Any]:
    return {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": purl, **extra}


@pytest.mark.parametrize(
    ("context", "version"),
    [
        (CONTEXT, "3.0.1"),
        ([CONTEXT], "3.0.1"),
        ("https://spdx.org/rdf/3.0.0/spdx-context.jsonld", "3.0.0"),
    ],
)
def test_both_places_of_a_purl_are_read(context: object, version: str) -> None:
    sbom = parse(
        document(
            {"type": "CreationInfo", "@id": "_:info", "specVersion": version},
            {"type": "Tool", "spdxId": "urn:tool", "name": "tool 1.0"},
            package("a", software_packageUrl="pkg:npm/a@1.0.0"),
            package("b", externalIdentifier=[identifier("pkg:npm/b@1.0.0"), identifier("cpe:2.3:a:b:b:1", "cpe23")]),
            context=context,
        )
    )
    assert (sbom.format, sbom.version, sbom.tool) == ("spdx3-json", version, "tool 1.0")
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")
    assert sbom.skipped == ()


def test_an_identifier_may_be_a_node_of_its_own() -> None:
    sbom = parse(
        document(
            package("a", externalIdentifier=["_:blank", "_:missing"]),
            package("b", externalIdentifier=["urn:id"]),
            package("c", externalIdentifier=["_:missing"]),
            identifier("pkg:npm/a@1.0.0", **{"@id": "_:blank"}),
            identifier("pkg:npm/b@1.0.0", spdxId="urn:id"),
            identifier("pkg:npm/unused@1.0.0", spdxId="urn:unused"),
        )
    )
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")
    assert sbom.skipped == (SkippedComponent("c", SkipReason.NO_PURL),)


def test_both_places_at_once_give_both_purls_once() -> None:
    both = package(
        "a",
        software_packageUrl="pkg:npm/a@1.0.0",
        externalIdentifier=[identifier("pkg:npm/a@1.0.0"), identifier("pkg:npm/b@1.0.0")],
    )
    assert parse(document(both)).components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")


def test_classes_made_from_packages_are_packages_and_other_elements_are_not() -> None:
    sbom = parse(
        document(
            {**package("model", software_packageUrl="pkg:huggingface/o/m@ab12"), "type": "ai_AIPackage"},
            {**package("set", software_packageUrl="pkg:generic/set@1"), "type": "dataset_DatasetPackage"},
            {**package("file"), "type": "software_File"},
            {"type": "Relationship", "from": "urn:a", "to": ["urn:b"], "relationshipType": "contains"},
            {"type": "Person", "externalIdentifier": [identifier("a@example.org", "email")]},
        )
    )
    assert sbom.components == ("pkg:huggingface/o/m@ab12", "pkg:generic/set@1")
    assert sbom.skipped == ()


def test_entries_that_are_no_packages_are_counted_apart() -> None:
    sbom = parse(
        document(
            package("image", software_primaryPurpose="container"),
            package("os", software_primaryPurpose="operatingSystem"),
            package("app", software_packageUrl="pkg:oci/app@sha256:aa"),
            package("bare", software_primaryPurpose="library"),
        )
    )
    assert (sbom.not_packages, sbom.skipped) == (3, (SkippedComponent("bare", SkipReason.NO_PURL),))


def test_a_document_of_one_element_needs_no_graph() -> None:
    data = json.dumps({"@context": CONTEXT, **package("a", software_packageUrl="pkg:npm/a@1.0.0")}).encode()
    assert parse(data).components == ("pkg:npm/a@1.0.0",)


@pytest.mark.parametrize(
    "context",
    [
        "https://example.org/context.jsonld",
        "https://spdx.org/rdf/3.1.0/spdx-context.jsonld",
        "https://spdx.org/rdf/3.0.1/spdx-context.jsonld?x",
        [],
        [CONTEXT, "https://example.org/other.jsonld"],
        [CONTEXT, {"software_packageUrl": "https://example.org/other"}],
        {"software_packageUrl": "https://example.org/other"},
        5,
        None,
        [CONTEXT + "x" * 10_000],
    ],
)
def test_any_other_context_is_refused_because_it_could_give_the_keys_another_meaning(context: object) -> None:
    with pytest.raises(InvalidInput, match="not the one context of SPDX 3"):
        parse(document(package("a", software_packageUrl="pkg:npm/a@1.0.0"), context=context))


@pytest.mark.parametrize(
    "rest",
    [
        '"@graph":{}',
        '"@graph":[1]',
        '"@graph":[{"type":[5]}]',
        '"@graph":[{"type":"software_Package","software_packageUrl":5}]',
        '"@graph":[{"type":"software_Package","externalIdentifier":[5]}]',
        '"type":5',
    ],
)
def test_a_wrong_type_is_refused(rest: str) -> None:
    with pytest.raises(InvalidInput, match="does not have the shape of an SBOM"):
        parse(f'{{"@context":"{CONTEXT}",{rest}}}'.encode())


def test_the_number_of_packages_is_bounded() -> None:
    with pytest.raises(InvalidInput, match="more than 2 components"):
        parse(document(*[package("a")] * 3), Limits(max_entries=2))
    ids = [identifier(f"pkg:npm/a@{n}.0.0") for n in range(3)]
    with pytest.raises(InvalidInput, match="more than 2 components"):
        parse(document(package("a", externalIdentifier=ids)), Limits(max_entries=2))


def test_what_swiftpm_writes_is_read() -> None:
    package = {
        "type": "software_Package",
        "spdxId": "urn:spdx:swift-nio:NIO",
        "externalUrl": "pkg:swift/github.com/apple/swift-nio:NIO@2.0.0",
        "software_internalVersion": "2.0.0",
        "software_primaryPurpose": "library",
        "name": "NIO",
        "summary": "product",
    }
    unversioned = {
        **package,
        "externalUrl": "pkg:swift/github.com/apple/swift-log",
        "software_internalVersion": "1.5.0",
    }
    commit = {"type": "ExternalIdentifier", "externalIdentifierType": "gitoid", "identifier": "urn:spdx:abc"}
    page = {"type": "software_Package", "spdxId": "urn:a", "name": "a", "externalUrl": "https://example.org"}
    sbom = parse(document(package, unversioned, commit, page))
    assert set(map(str, sbom.components)) == {
        "pkg:swift/github.com/apple/swift-nio@2.0.0",
        "pkg:swift/github.com/apple/swift-log@1.5.0",
    }
    assert [part.reason.value for part in sbom.skipped] == ["no-purl"]


def test_an_address_that_is_stated_twice_is_refused() -> None:
    twice = document({"type": "software_Package", "name": "a", "externalUrl": "pkg:swift/github.com/a/b@1.0.0"})
    twice = twice.replace(b'"externalUrl"', b'"externalUrl": "https://example.org", "externalUrl"')
    with pytest.raises(InvalidInput, match="externalUrl"):
        parse(twice)


PACKAGE = {"spdxId": "urn:b", "name": "b", "software_packageUrl": "pkg:npm/b@1.0.0"}
TYPED = {"type": "software_Package", **PACKAGE}
IDENTIFIED = {"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/b@1.0.0"}


@pytest.mark.parametrize(
    "element",
    [
        {"type": "software_Sbom", "spdxId": "urn:s", "element": [TYPED]},
        {"type": "software_Sbom", "spdxId": "urn:s", "rootElement": [TYPED]},
        {"type": "Relationship", "relationshipType": "contains", "from": "urn:a", "to": [TYPED]},
        {"type": "Relationship", "relationshipType": "contains", "from": TYPED, "to": ["urn:a"]},
        {"type": "Bundle", "spdxId": "urn:s", "element": [{"type": "software_Sbom", "element": [TYPED]}]},
        {"type": "Bundle", "extension": [{"type": "x", "other": TYPED}]},
        {"@type": "software_Package", **PACKAGE},
        {"type": ["software_Package"], **PACKAGE},
        {"type": "https://spdx.org/rdf/3.0.1/terms/Software/Package", **PACKAGE},
        {"type": "spdx:Software/Package", **PACKAGE},
        {"type": "software_File", "spdxId": "urn:b", "name": "b", "externalIdentifier": [IDENTIFIED]},
        {"type": "software_File", **PACKAGE},
    ],
)
def test_a_package_counts_wherever_and_however_it_stands(element: dict[str, object]) -> None:
    graph = [{"type": "software_Package", "spdxId": "urn:a", "software_packageUrl": "pkg:npm/a@1.0.0"}, element]
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    sbom = parse(json.dumps({"@context": context, "@graph": graph}).encode())
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")


def test_a_nested_package_without_a_purl_is_counted() -> None:
    graph = [{"type": "software_Sbom", "element": [{"type": "software_Package", "name": "b"}]}]
    sbom = parse(json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}).encode())
    assert [skipped.name for skipped in sbom.skipped] == ["b"]


def test_properties_by_their_iris_are_refused() -> None:
    element = {"type": "software_Package", "https://spdx.org/rdf/3.0.1/terms/Software/packageUrl": "pkg:npm/b@1.0.0"}
    document = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [element]}
    with pytest.raises(InvalidInput, match="by their IRIs"):
        parse(json.dumps(document).encode())
