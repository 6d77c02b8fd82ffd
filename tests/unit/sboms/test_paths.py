"""The way to a component: dependencies first, through circles and gaps, at no more cost than a document may have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.shared import shared
from webhook.errors import InvalidInput
from webhook.model.purls import Purl
from webhook.sboms import Limits, parse
from webhook.sboms.paths import dependency_path

WANTED = Purl("pkg:npm/deep@1.0.0")


def purl(name: str) -> str:
    return f"pkg:npm/{name}@1.0.0"


def cyclonedx(edges: dict[str, list[str]], *, root: str | None = "app", names: tuple[str, ...] = ()) -> bytes:
    listed = names or tuple({*edges, *(name for there in edges.values() for name in there), "deep"} - {root, "gone"})
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {"type": "library", "bom-ref": name, "name": name, "version": "1.0", "purl": purl(name)} for name in listed
        ],
        "dependencies": [{"ref": name, "dependsOn": there} for name, there in edges.items()],
    }
    if root is not None:
        document["metadata"] = {"component": {"type": "application", "bom-ref": root, "name": root}}
    return json.dumps(document).encode()


def spdx(*relationships: tuple[str, str, str], names: tuple[str, ...] = ("app", "web", "deep")) -> bytes:
    packages = [
        {
            "SPDXID": f"SPDXRef-{name}",
            "name": name,
            "versionInfo": "1.0",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": purl(name)}],
        }
        for name in names
    ]
    edges = [
        {"spdxElementId": f"SPDXRef-{start}", "relationshipType": kind, "relatedSpdxElement": f"SPDXRef-{end}"}
        for start, kind, end in relationships
    ]
    return json.dumps({"spdxVersion": "SPDX-2.3", "packages": packages, "relationships": edges}).encode()


def names(data: bytes) -> list[str]:
    return [step.name.partition("@")[0] for step in dependency_path(data, WANTED).steps]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (cyclonedx({"app": ["web", "x"], "web": ["mid"], "mid": ["deep"], "x": ["deep"]}), ["app", "x", "deep"]),
        (cyclonedx({"app": ["web"], "web": ["app", "deep"], "deep": ["web"]}), ["app", "web", "deep"]),
        (cyclonedx({"app": ["gone", "web"], "gone": ["deep"], "web": ["deep"]}), ["app", "web", "deep"]),
        (cyclonedx({"web": ["deep"]}, root=None), ["web", "deep"]),
        (cyclonedx({"web": ["deep"]}), ["web", "deep"]),
        (spdx(("DOCUMENT", "DESCRIBES", "app"), ("app", "DEPENDS_ON", "web"), ("deep", "DEPENDENCY_OF", "web")),
         ["app", "web", "deep"]),
        (spdx(("DOCUMENT", "DESCRIBES", "app"), ("app", "CONTAINS", "deep"), ("web", "DEPENDS_ON", "deep")),
         ["web", "deep"]),
        (spdx(("app", "DESCRIBED_BY", "DOCUMENT"), ("deep", "CONTAINED_BY", "app")), ["app", "deep"]),
        (spdx(("deep", "RUNTIME_DEPENDENCY_OF", "web")), ["web", "deep"]),
    ],
)  # fmt: skip
def test_the_shortest_way_through_dependencies_comes_first(data: bytes, expected: list[str]) -> None:
    assert names(data) == expected


def xml(*, nested: bool = False) -> bytes:
    """The same as XML: app needs web, and web needs deep; or app contains web, and web deep."""

    def component(name: str, inner: str = "") -> str:
        texts = f"<group/><name>{name}</name><version>1.0</version><purl> {purl(name)} </purl>"
        return f'<component type="library" bom-ref="{name}">{texts}{inner}</component>'

    tool = "<tools><components><component bom-ref='deep'><name>deep</name></component></components></tools>"
    begin = '<bom xmlns="http://cyclonedx.org/schema/bom/1.6">'
    if nested:
        web = component("web", f"<components>{component('deep')}</components>")
        app = component("app", f"<components>{web}</components>")
        return f"{begin}<metadata>{tool}{app}</metadata></bom>".encode()
    pedigree = "<pedigree><ancestors><component bom-ref='x'/></ancestors></pedigree>"
    needs = "".join(
        f'<dependency ref="{start}"><dependency ref="{end}"/></dependency>'
        for start, end in (("app", "web"), ("web", "deep"))
    )
    return (
        f'<?xml version="1.0"?>{begin}<metadata>{tool}{component("app")}</metadata>'
        f"<components>{component('web')}{component('deep', pedigree)}</components>"
        f"<dependencies>{needs}</dependencies></bom>"
    ).encode()


def tag_value(*relationships: str) -> bytes:
    packages = "".join(
        f"PackageName: {name}\nSPDXID: SPDXRef-{name}\nPackageVersion: 1.0\n"
        f"ExternalRef: PACKAGE-MANAGER purl {purl(name)}\nPackageComment: <text>\nRelationship: a CONTAINS b\n</text>\n"
        for name in ("app", "web", "deep")
    )
    files = "FileName: ./deep\nSPDXID: SPDXRef-file\n"
    stated = "".join(f"Relationship: {text}\n" for text in relationships)
    return f"SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\n{packages}{files}{stated}".encode()


def spdx3(*relationships: tuple[str, str, list[str]]) -> bytes:
    packages = [
        {"type": "software_Package", "spdxId": f"urn:{name}", "name": name, "software_packageUrl": purl(name)}
        for name in ("app", "web", "deep")
    ]
    edges = [
        {"type": "Relationship", "from": f"urn:{start}", "relationshipType": kind, "to": [f"urn:{end}" for end in ends]}
        for start, kind, ends in relationships
    ]
    document = {"type": "SpdxDocument", "spdxId": "urn:doc", "rootElement": ["urn:sbom"]}
    sbom = {"type": "software_Sbom", "spdxId": "urn:sbom", "rootElement": ["urn:app"]}
    return json.dumps(
        {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [document, sbom, *packages, *edges]}
    ).encode()


def syft(*relationships: tuple[str, str, str]) -> bytes:
    artifacts = [{"id": name, "name": name, "version": "1.0", "purl": purl(name)} for name in ("web", "deep")]
    edges = [{"parent": parent, "type": kind, "child": child} for parent, kind, child in relationships]
    source = {"id": "app", "name": "app", "version": "1.0"}
    return json.dumps({"artifacts": artifacts, "artifactRelationships": edges, "source": source}).encode()


@pytest.mark.parametrize(
    ("data", "is_dependency"),
    [
        (xml(), True),
        (xml(nested=True), False),
        (tag_value("SPDXRef-DOCUMENT DESCRIBES SPDXRef-app", "SPDXRef-app DEPENDS_ON SPDXRef-web",
                   "SPDXRef-deep DEPENDENCY_OF SPDXRef-web"), True),
        (tag_value("SPDXRef-DOCUMENT DESCRIBES SPDXRef-app", "SPDXRef-app CONTAINS SPDXRef-web",
                   "SPDXRef-deep  CONTAINED_BY  SPDXRef-web"), False),
        (spdx3(("app", "dependsOn", ["web"]), ("web", "hasOptionalDependency", ["x", "deep"])), True),
        (spdx3(("app", "contains", ["web"]), ("web", "contains", ["deep"]), ("deep", "amendedBy", ["app"])), False),
        (syft(("web", "dependency-of", "app"), ("deep", "dependency-of", "web"), ("deep", "evident-by", "f")), True),
        (syft(("app", "contains", "web"), ("web", "ownership-by-file-overlap", "deep")), False),
    ],
    ids=["xml", "xml-nested", "tag-value", "tag-value-contains", "spdx3", "spdx3-contains", "syft", "syft-contains"],
)  # fmt: skip
def test_every_format_tells_the_same_way(data: bytes, is_dependency: bool) -> None:
    found = dependency_path(data, WANTED)
    assert [step.name.partition("@")[0] for step in found.steps] == ["app", "web", "deep"]
    assert found.is_dependency == is_dependency


def test_what_a_tool_writes_in_two_formats_tells_the_same_ways() -> None:
    samples = shared("corpus") / "samples"
    one, other = ((samples / f"small.{kind}.json").read_bytes() for kind in ("syft", "spdx"))
    ways = {component: dependency_path(one, component) for component in list(parse(one).components)[::10]}
    assert any(way.is_dependency for way in ways.values())
    for component, way in ways.items():
        same = dependency_path(other, component)
        assert (way.is_dependency, len(way.steps)) == (same.is_dependency, len(same.steps)), component


def test_nested_components_are_contained_in_each_other() -> None:
    deep = {"type": "library", "name": "deep", "version": "1.0", "purl": purl("deep")}
    app = {
        "type": "container",
        "name": "image",
        "components": [{"type": "library", "name": "war", "components": [deep]}],
    }
    data = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": app}}).encode()
    found = dependency_path(data, WANTED)
    assert ([step.name for step in found.steps], found.is_dependency) == (["image", "war", "deep@1.0"], False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (cyclonedx({}), "states no relationships"),
        (cyclonedx({"deep": ["other"], "other": ["deep"]}), "does not say what brings the component in"),
        (cyclonedx({"app": ["web"]}, names=("web",)), "does not list the component"),
        (b"<bom/>", "does not list the component"),
        (b'{"artifacts": []}', "does not list the component"),
        (b'{"packages": []}', "of this format are not read"),
        (b"Package: deep", "of this format are not read"),
    ],
)
def test_where_no_way_is_known_it_says_why(data: bytes, reason: str) -> None:
    found = dependency_path(data, WANTED)
    assert found.steps == () and reason in found.reason


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"bomFormat": "CycloneDX", "dependencies": {}}',
        b'{"a":' * 5000,
        b"<bom><components>",
        b"<!DOCTYPE bom [<!ENTITY a 'b'>]><bom>&a;</bom>",
        b"<bom>" + b"<a>" * 5000,
        b"<html/>",
        b"SPDXVersion: SPDX-2.3\nPackageName: <text>deep",
        b'{"@graph": [{"type": "Relationship", "to": 1}]}',
        b'{"artifacts": [], "artifactRelationships": [{"parent": {}}]}',
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        dependency_path(data, WANTED)


def test_a_long_chain_is_followed_and_too_many_components_are_refused() -> None:
    chain = {f"n{number}": [f"n{number + 1}"] for number in range(99_998)}
    data = cyclonedx({"app": ["n0"], **chain, "n99998": ["deep"]})
    assert len(dependency_path(data, WANTED).steps) == 100_001
    with pytest.raises(InvalidInput, match="more than 1000 components"):
        dependency_path(data, WANTED, Limits(max_entries=1000))
