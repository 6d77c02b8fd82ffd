"""The way to a component: dependencies first, through circles and gaps, at no more cost than a document may have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.purls import Purl
from webhook.sboms import Limits
from webhook.sboms.paths import dependency_path

WANTED = Purl("pkg:npm/deep@1.0")


def purl(name: str) -> str:
    return f"pkg:npm/{name}@1.0"


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
        (b"<bom/>", "in JSON only"),
        (b'{"artifacts": []}', "in JSON only"),
    ],
)
def test_where_no_way_is_known_it_says_why(data: bytes, reason: str) -> None:
    found = dependency_path(data, WANTED)
    assert found.steps == () and reason in found.reason


@pytest.mark.parametrize("data", [b"{", b'{"bomFormat": "CycloneDX", "dependencies": {}}', b'{"a":' * 5000])
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        dependency_path(data, WANTED)


def test_a_long_chain_is_followed_and_too_many_components_are_refused() -> None:
    chain = {f"n{number}": [f"n{number + 1}"] for number in range(99_998)}
    data = cyclonedx({"app": ["n0"], **chain, "n99998": ["deep"]})
    assert len(dependency_path(data, WANTED).steps) == 100_001
    with pytest.raises(InvalidInput, match="more than 1000 components"):
        dependency_path(data, WANTED, Limits(max_entries=1000))
