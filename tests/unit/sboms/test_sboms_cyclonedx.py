"""CycloneDX JSON: every version, nesting, and what is not image content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.sboms import Limits, parse


def document(*components: dict[str, Any], version: str | None = "1.6", **extra: Any) -> bytes:
    stated = {} if version is None else {"specVersion": version}
    return json.dumps({"bomFormat": "CycloneDX", **stated, **extra, "components": list(components)}).encode()


def library(purl: str | None, name: str = "x", **extra: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": "1", **({} if purl is None else {"purl": purl}), **extra}


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_is_read(version: str) -> None:
    data = document(library("pkg:npm/a@1.0.0"), version=version)
    sbom = parse(data)
    assert (sbom.format, sbom.version) == ("cyclonedx-json", version)
    assert sbom.components == ("pkg:npm/a@1.0.0",)
    assert sbom.document_digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert sbom.skipped == ()
    assert sbom.has_purls


@pytest.mark.parametrize("version", ["1.1", "1.8", "2.0", "", "1.6\n", "SPDX-2.3"])
def test_another_version_is_refused_with_the_known_ones(version: str) -> None:
    with pytest.raises(InvalidInput, match="is not supported") as caught:
        parse(document(version=version))
    assert "1.2, 1.3, 1.4, 1.5, 1.6, 1.7" in caught.value.remedy


def test_a_document_that_states_no_version_is_read() -> None:
    assert parse(document(library("pkg:npm/a@1.0.0"), version=None)).version == ""


def test_nested_components_are_read_in_document_order_and_once() -> None:
    b = library("pkg:npm/b@1.0.0", components=[library("pkg:npm/c@1.0.0")])
    a = library("pkg:npm/a@1.0.0", components=[b, library(None, "bare")])
    sbom = parse(document(a, library("pkg:npm/d@1.0.0"), library("pkg:npm/b@1.0.0?again=1")))
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0", "pkg:npm/c@1.0.0", "pkg:npm/d@1.0.0")
    assert sbom.skipped == (SkippedComponent("bare", SkipReason.NO_PURL),)


def test_what_is_not_in_the_image_is_not_read() -> None:
    elsewhere = library("pkg:npm/elsewhere@1.0.0", "syft")
    a = library("pkg:npm/a@1.0.0", pedigree={"ancestors": [elsewhere], "variants": [elsewhere]})
    sbom = parse(
        document(
            {**a, "bom-ref": "pkg:npm/other@1.0.0"},
            metadata={"tools": {"components": [elsewhere]}},
            formulation=[{"components": [elsewhere]}],
            annotations=[{"annotator": {"component": elsewhere}}],
            vulnerabilities=[{"tools": {"components": [elsewhere]}}],
            declarations={"targets": {"components": [elsewhere]}},
            services=[{"name": "s"}],
        )
    )
    assert sbom.components == ("pkg:npm/a@1.0.0",)


@pytest.mark.parametrize(
    ("tools", "name"),
    [
        ([{"vendor": "aquasecurity", "name": "trivy", "version": "0.20"}, {"name": "second"}], "trivy 0.20; second"),
        ({"components": [{"type": "application", "name": "syft", "version": "1.18.1"}]}, "syft 1.18.1"),
        (
            {
                "components": [{"name": "merge", "components": [{"name": "syft", "version": "1"}, {"name": "a;b"}]}],
                "services": [{"name": "s", "version": "2"}, {"name": "merge"}],
            },
            "merge; syft 1; a,b; s 2",
        ),
        ([{"name": f"t{number}"} for number in range(40)], "; ".join([*(f"t{n}" for n in range(32)), "and 8 more"])),
        ({"components": []}, ""),
        ([], ""),
        ([{}], ""),
        (None, ""),
        ("syft", ""),
        ([{"name": 5}], ""),
        ([{"name": "a\x1b[31mb", "version": "v" * 300}], f"a\ufffd[31mb {'v' * 192}"),
    ],
)
def test_all_tools_are_named_and_never_a_reason_to_refuse(tools: object, name: str) -> None:
    assert parse(document(metadata={"tools": tools})).tool == name


def test_entries_that_are_no_packages_are_counted_apart() -> None:
    sbom = parse(
        document(
            {"type": "operating-system", "name": "debian", "version": "12"},
            {"type": "container", "name": "app", "purl": "pkg:oci/app@sha256:aa?repository_url=ghcr.io/t/app"},
            {"type": "container", "name": "base", "purl": "pkg:docker/library/debian@12"},
            {"type": "file", "name": "/etc/hosts"},
            {"type": "operating-system", "name": "named", "purl": "pkg:generic/named@1"},
            {"type": "application", "name": "node-app"},
        )
    )
    assert sbom.components == ("pkg:generic/named@1",)
    assert sbom.skipped == (SkippedComponent("node-app", SkipReason.NO_PURL),)
    assert sbom.not_packages == 4


@pytest.mark.parametrize("components", [b"[]", b"null"])
def test_a_document_without_components_gives_an_sbom_without_purls(components: bytes) -> None:
    sbom = parse(b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":%s}' % components)
    assert sbom.components == ()
    assert not sbom.has_purls


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('"components":"none"', "$.components"),
        ('"components":{}', "$.components"),
        ('"components":[5]', "$.components[0]"),
        ('"components":[null]', "$.components[0]"),
        ('"components":[{"purl":5}]', "$.components[0].purl"),
        ('"components":[{"purl":["pkg:npm/a@1.0.0"]}]', "$.components[0].purl"),
        ('"components":[{"components":[{"name":{}}]}]', "$.components[0].components[0].name"),
        ('"specVersion":1.6', "$.specVersion"),
    ],
)
def test_a_wrong_type_is_refused_and_the_message_says_where(text: str, place: str) -> None:
    with pytest.raises(InvalidInput, match="does not have the shape of an SBOM") as caught:
        parse(f'{{"bomFormat":"CycloneDX",{text}}}'.encode())
    assert place in caught.value.message


def test_another_bom_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match="bomFormat is 'Cyclone', not 'CycloneDX'"):
        parse(b'{"bomFormat":"Cyclone","components":[]}')


def test_nesting_and_number_of_components_are_bounded() -> None:
    limits = Limits(max_nesting=3, max_entries=4)
    three = library("pkg:npm/a@1.0.0", components=[library("pkg:npm/b@1.0.0", components=[library("pkg:npm/c@1.0.0")])])
    assert len(parse(document(three), limits).components) == 3
    with pytest.raises(InvalidInput, match="more than 3 levels deep"):
        parse(document(library("pkg:npm/z@1.0.0", components=[three])), limits)
    with pytest.raises(InvalidInput, match="more than 4 components"):
        parse(document(three, library(None), library(None)), limits)
