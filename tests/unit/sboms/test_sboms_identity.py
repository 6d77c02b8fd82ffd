"""One package, one key: what today's tools write of one content, and the small inputs of others with their keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.shared import shared
from webhook.model.components import Sbom
from webhook.sboms import parse

CONTENT = {
    "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27",
    "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0",
    "pkg:golang/stdlib@1.26.8",
    "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
    "pkg:npm/%40Acme/Shop@1.0.0",
    "pkg:npm/JSONStream@1.3.5",
    "pkg:pypi/ruamel-yaml@0.17.4",
    "pkg:pypi/torch@2.0.1%2Bcu118",
}
"""What one image holds, as keys."""


def cyclonedx(*components: dict[str, Any], **more: Any) -> Sbom:
    return parse(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components, **more}).encode()
    )


def component(purl: str, name: str, version: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": version, "purl": purl, **more}


GO_AZURE, GO_JWT = "github.com/Azure/go-autorest/autorest", "github.com/golang-jwt/jwt/v4"
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"

SYFT_NEW = [
    (f"pkg:golang/{GO_AZURE}@v0.11.27", GO_AZURE, "v0.11.27"),
    (f"pkg:golang/{GO_JWT}@v4.5.0", GO_JWT, "v4.5.0"),
    ("pkg:golang/stdlib@1.26.8", "stdlib", "go1.26.8"),
    (LOG4J, "log4j-core", "2.14.1"),
    ("pkg:npm/%40Acme/Shop@1.0.0", "@Acme/Shop", "1.0.0"),
    ("pkg:npm/JSONStream@1.3.5", "JSONStream", "1.3.5"),
    ("pkg:pypi/ruamel-yaml@0.17.4", "ruamel-yaml", "0.17.4"),
    ("pkg:pypi/torch@2.0.1%2Bcu118", "torch", "2.0.1+cu118"),
]
SYFT_118 = [
    ("pkg:golang/github.com/Azure/go-autorest@v0.11.27#autorest", GO_AZURE, "v0.11.27"),
    ("pkg:golang/github.com/golang-jwt/jwt@v4.5.0#v4", GO_JWT, "v4.5.0"),
    *SYFT_NEW[2:],
]


def syft(entries: list[tuple[str, str, str]]) -> Sbom:
    artifacts = [{"name": name, "version": version, "purl": purl} for purl, name, version in entries]
    return parse(json.dumps({"artifacts": artifacts, "schema": {"version": "16.1.13"}}).encode())


def spdx(entries: list[tuple[str, str, str]]) -> Sbom:
    packages = [
        {"name": name, "versionInfo": version, "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}]}
        for purl, name, version in entries
    ]
    return parse(json.dumps({"spdxVersion": "SPDX-2.3", "packages": packages}).encode())


def spdx3(entries: list[tuple[str, str, str]]) -> Sbom:
    graph = [
        {"type": "software_Package", "name": name, "software_packageVersion": version, "software_packageUrl": purl}
        for purl, name, version in entries
    ]
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    return parse(json.dumps({"@context": context, "@graph": graph}).encode())


def tag_value(entries: list[tuple[str, str, str]]) -> Sbom:
    text = "".join(
        f"PackageName: {name}\nPackageVersion: {version}\nExternalRef: PACKAGE-MANAGER purl {purl}\n"
        for purl, name, version in entries
    )
    return parse(f"SPDXVersion: SPDX-2.3\n{text}".encode())


def trivy() -> Sbom:
    return cyclonedx(
        component(f"pkg:golang/{GO_AZURE.lower()}@v0.11.27", GO_AZURE, "v0.11.27"),
        component(f"pkg:golang/{GO_JWT}@v4.5.0", GO_JWT, "v4.5.0"),
        component("pkg:golang/stdlib@v1.26.8", "stdlib", "v1.26.8"),
        component(LOG4J, "log4j-core", "2.14.1", group="org.apache.logging.log4j"),
        component("pkg:npm/%40acme/shop@1.0.0", "Shop", "1.0.0", group="@Acme"),
        component("pkg:npm/jsonstream@1.3.5", "JSONStream", "1.3.5"),
        component("pkg:pypi/ruamel.yaml@0.17.4", "ruamel.yaml", "0.17.4"),
        component("pkg:pypi/torch@2.0.1%2Bcu118", "torch", "2.0.1+cu118"),
    )


def makers_of_one_ecosystem() -> Sbom:
    """cyclonedx-gomod, -maven, -npm and -py, one after the other in one document, as a merge makes it."""
    module = component(
        f"pkg:golang/{GO_AZURE}@v0.11.27?type=module&goos=linux",
        GO_AZURE,
        "v0.11.27",
        components=[
            component(f"pkg:golang/{GO_AZURE}/adal@v0.11.27?type=package", f"{GO_AZURE}/adal", "v0.11.27"),
            component(f"pkg:golang/{GO_AZURE}@v0.11.27?type=package", GO_AZURE, "v0.11.27"),
        ],
    )
    return cyclonedx(
        module,
        component(f"pkg:golang/{GO_JWT}@v4.5.0?type=module", GO_JWT, "v4.5.0"),
        component(
            "pkg:golang/std@go1.26.8?type=module",
            "std",
            "go1.26.8",
            components=[component("pkg:golang/bufio@go1.26.8?type=package", "bufio", "go1.26.8")],
        ),
        component(f"{LOG4J}?type=jar", "log4j-core", "2.14.1", group="org.apache.logging.log4j", scope="required"),
        component("pkg:npm/%40acme/shop@1.0.0", "Shop", "1.0.0", group="@Acme"),
        component("pkg:npm/jsonstream@1.3.5?vcs_url=x", "JSONStream", "1.3.5"),
        component("pkg:pypi/ruamel.yaml@0.17.4", "ruamel.yaml", "0.17.4"),
        component("pkg:pypi/torch@2.0.1+cu118", "torch", "2.0.1+cu118"),
    )


def cdxgen() -> Sbom:
    application = component("pkg:npm/@Acme/Shop@1.0.0", "Shop", "1.0.0", group="@Acme")
    return cyclonedx(
        component(f"pkg:golang/{GO_AZURE}@v0.11.27", GO_AZURE, "v0.11.27"),
        component(f"pkg:golang/{GO_JWT.replace('/', '%2F')}@v4.5.0", GO_JWT, "v4.5.0"),
        component("pkg:golang/stdlib@1.26.8", "stdlib", "1.26.8"),
        component(f"{LOG4J}?type=jar", "log4j-core", "2.14.1", group="org.apache.logging.log4j"),
        component("pkg:npm/JSONStream@1.3.5", "JSONStream", "1.3.5", scope="optional"),
        component("pkg:pypi/ruamel.yaml@0.17.4", "ruamel.yaml", "0.17.4"),
        component("pkg:pypi/torch@2.0.1%2Bcu118", "torch", "2.0.1+cu118"),
        metadata={"component": application},
    )


@pytest.mark.parametrize(
    "sbom",
    [
        pytest.param(syft(SYFT_NEW), id="syft"),
        pytest.param(syft(SYFT_118), id="syft-1.18"),
        pytest.param(spdx(SYFT_118), id="syft-1.18-spdx"),
        pytest.param(spdx(SYFT_NEW), id="npm-sbom-spdx"),
        pytest.param(spdx3(SYFT_NEW), id="spdx3"),
        pytest.param(tag_value(SYFT_118), id="syft-1.18-tag-value"),
        pytest.param(trivy(), id="trivy"),
        pytest.param(makers_of_one_ecosystem(), id="cyclonedx-gomod-maven-npm-py"),
        pytest.param(cdxgen(), id="cdxgen"),
    ],
)
def test_two_tools_give_one_image_the_same_keys(sbom: Sbom) -> None:
    assert set(sbom.components) == CONTENT
    assert sbom.skipped == ()


def test_a_package_inside_a_module_is_none_of_its_own_and_a_lone_one_stands_for_its_module() -> None:
    assert makers_of_one_ecosystem().not_packages == 3
    inside = component(
        "pkg:golang/golang.org/x/text@v0.3.5?type=package#internal/tag", "golang.org/x/text/internal/tag"
    )
    assert cyclonedx(inside).components == ("pkg:golang/golang.org/x/text@v0.3.5",)
    root = component("pkg:golang/github.com/rs/cors@v1.5.0?type=package", "github.com/rs/cors")
    assert cyclonedx(root).components == ("pkg:golang/github.com/rs/cors@v1.5.0",)


def test_what_the_document_says_is_not_in_the_image_is_counted_apart() -> None:
    sbom = cyclonedx(
        component("pkg:npm/excluded@1.0.0", "excluded", scope="excluded"),
        component("pkg:npm/external@1.0.0", "external", isExternal=True),
        component("pkg:npm/optional@1.0.0", "optional", scope="optional", isExternal=False),
        {"type": "library", "name": "bare", "scope": "excluded"},
    )
    assert sbom.components == ("pkg:npm/optional@1.0.0",)
    assert (sbom.not_in_image, sbom.skipped) == (3, ())


@pytest.mark.parametrize(
    ("states", "attribute", "element"),
    [({"scope": "excluded"}, "", "<scope>excluded</scope>"), ({"isExternal": True}, ' isExternal="true"', "")],
    ids=["excluded", "external"],
)
def test_a_subject_that_is_not_in_the_image_is_read_alike_in_both_forms(
    states: dict[str, Any], attribute: str, element: str
) -> None:
    parts = [component("pkg:npm/a@1.0.0", "a"), component("pkg:npm/b@1.0.0", "b", scope="required")]
    subject = {"type": "application", "name": "app", "components": parts, **states}
    inner = "".join(
        f"<component><name>{name}</name>{scope}<purl>pkg:npm/{name}@1.0.0</purl></component>"
        for name, scope in (("a", ""), ("b", "<scope>required</scope>"))
    )
    text = (
        f'<bom xmlns="http://cyclonedx.org/schema/bom/1.7"><metadata><component type="application"{attribute}>'
        f"<name>app</name>{element}<components>{inner}</components></component></metadata></bom>"
    )
    for sbom in (cyclonedx(metadata={"component": subject}), parse(text.encode())):
        assert (sbom.components, sbom.not_in_image, sbom.skipped) == (("pkg:npm/b@1.0.0",), 2, ())


@pytest.mark.parametrize(
    ("tool", "group", "keys"),
    [
        ("snyk-cli", "golang.org/x", ["golang.org/x/Crypto@v0.17.0"]),
        ("syft", "", ["golang.org/x/Crypto/ssh@v0.17.0"]),
        ("some-merger", "", ["golang.org/x/Crypto/ssh@v0.17.0", "golang.org/x/Crypto@v0.17.0"]),
        ("merger; syft", "", ["golang.org/x/Crypto/ssh@v0.17.0", "golang.org/x/Crypto@v0.17.0"]),
        ("syft; snyk-cli", "", ["golang.org/x/Crypto/ssh@v0.17.0", "golang.org/x/Crypto@v0.17.0"]),
        ("snyk-cli; merger", "", ["golang.org/x/Crypto/ssh@v0.17.0", "golang.org/x/Crypto@v0.17.0"]),
        ("snyk-cli; snyk-merger", "", ["golang.org/x/Crypto@v0.17.0"]),
        ("syft; merger", "", ["golang.org/x/Crypto/ssh@v0.17.0"]),
        ("", "golang.org/x", ["golang.org/x/Crypto/ssh@v0.17.0", "golang.org/x/Crypto@v0.17.0"]),
        ("", "", ["golang.org/x/Crypto/ssh@v0.17.0"]),
    ],
)
@pytest.mark.parametrize("end", ["#ssh", "?type=module#/ssh/"])
def test_the_tool_says_what_a_subpath_of_go_means_and_where_it_is_unknown_both_are_kept(
    tool: str, group: str, keys: list[str], end: str
) -> None:
    entry = component(f"pkg:golang/golang.org/x/crypto@v0.17.0{end}", "golang.org/x/Crypto/ssh", group=group)
    tools = {"tools": {"components": [{"type": "application", "name": name} for name in tool.split("; ") if name]}}
    sbom = cyclonedx(entry, entry, metadata=tools)
    assert sbom.components == tuple(f"pkg:golang/{key}" for key in keys)
    assert sbom.skipped == ()


def test_a_subpath_that_is_the_major_version_belongs_to_the_module_whatever_the_tool() -> None:
    tools = {"tools": [{"name": "snyk-cli"}]}
    for at in ("@v4.5.0#v4", "@4.5.0#v4"):
        jwt = component(f"pkg:golang/github.com/golang-jwt/jwt{at}", GO_JWT)
        assert cyclonedx(jwt, metadata=tools).components == (f"pkg:golang/{GO_JWT}@v4.5.0",)
    one = component("pkg:golang/github.com/golang-jwt/jwt@v3.2.0#v4", "github.com/golang-jwt/jwt/v4")
    assert cyclonedx(one, metadata=tools).components == ("pkg:golang/github.com/golang-jwt/jwt@v3.2.0",)


def test_a_module_whose_path_is_divided_into_group_and_name_has_its_case() -> None:
    """As cdxgen divides it, whose purls are in lower case."""
    group, _, name = GO_AZURE.rpartition("/")
    whole = component(f"pkg:golang/{GO_AZURE.lower()}@v0.11.27", name, group=group)
    short = component("pkg:golang/github.com/burntsushi/toml@v1.0.0?type=module", "toml", group="github.com/BurntSushi")
    no_version = component("pkg:golang/github.com/burntsushi/xgb", "xgb", "v1.0.0", group="github.com/BurntSushi")
    other = component("pkg:golang/github.com/a/b@v1.0.0", "b", group="github.com/Z")
    assert cyclonedx(whole, short, no_version, other).components == (
        f"pkg:golang/{GO_AZURE}@v0.11.27",
        "pkg:golang/github.com/BurntSushi/toml@v1.0.0",
        "pkg:golang/github.com/BurntSushi/xgb@v1.0.0",
        "pkg:golang/github.com/a/b@v1.0.0",
    )


PARTS = {
    "bare": {},
    "required": {"scope": "required"},
    "optional": {"scope": "optional"},
    "internal": {"isExternal": False},
    "excluded": {"scope": "excluded"},
}
"""What a part states."""


@pytest.mark.parametrize("outside", [{"scope": "excluded"}, {"isExternal": True}])
def test_parts_of_what_is_not_in_the_image_are_not_either_unless_they_say_otherwise(outside: dict[str, Any]) -> None:
    parts = [component(f"pkg:npm/{name}@1.0.0", name, **states) for name, states in PARTS.items()]
    deep = component("pkg:npm/middle@1.0.0", "middle", components=[component("pkg:npm/deep@1.0.0", "deep"), *parts])
    after = component("pkg:npm/after@1.0.0", "after", components=[component("pkg:npm/inside@1.0.0", "inside")])
    sbom = cyclonedx(component("pkg:npm/whole@1.0.0", "whole", components=[deep], **outside), after)
    counted = ("required", "optional", "internal", "after", "inside")
    assert sbom.components == tuple(f"pkg:npm/{name}@1.0.0" for name in counted)
    assert (sbom.not_in_image, sbom.skipped) == (5, ())


def test_parts_in_xml_are_read_alike() -> None:
    def part(name: str, states: str = "", inside: str = "") -> str:
        return f"<component><name>{name}</name>{states}<purl>pkg:npm/{name}@1.0.0</purl>{inside}</component>"

    parts = part("bare") + part("required", "<scope>required</scope>") + part("internal", "<isExternal>0</isExternal>")
    whole = part("whole", "<scope>excluded</scope>", f"<components>{parts}</components>") + part("after")
    text = f'<bom xmlns="http://cyclonedx.org/schema/bom/1.7"><components>{whole}</components></bom>'
    sbom = parse(text.encode())
    assert sbom.components == ("pkg:npm/required@1.0.0", "pkg:npm/internal@1.0.0", "pkg:npm/after@1.0.0")
    assert sbom.not_in_image == 2


def test_xml_says_the_same() -> None:
    text = """<bom xmlns="http://cyclonedx.org/schema/bom/1.7">
      <metadata>
        <tools><components><component><name>t</name><purl>pkg:npm/t@1.0.0</purl></component></components></tools>
        <component type="application"><name>app</name><version>1.0.0</version><purl>pkg:npm/app</purl>
          <components><component type="library"><name>p</name><purl>pkg:npm/part@1.0.0</purl></component></components>
        </component>
      </metadata>
      <components>
        <component><group>@Acme</group><name>Shop</name><purl>pkg:npm/%40acme/shop@1.0.0</purl></component>
        <component type="library"><name>x</name><scope>excluded</scope><purl>pkg:npm/x@1.0.0</purl></component>
        <component type="library" isExternal="true"><name>y</name><purl>pkg:npm/y@1.0.0</purl></component>
        <component type="library"><name>z</name><isExternal>true</isExternal><purl>pkg:npm/z@1.0.0</purl></component>
      </components>
    </bom>"""
    sbom = parse(text.encode())
    assert sbom.components == ("pkg:npm/app@1.0.0", "pkg:npm/part@1.0.0", "pkg:npm/%40Acme/Shop@1.0.0")
    assert (sbom.not_in_image, sbom.skipped) == (3, ())


def test_a_subject_without_a_purl_weighs_nothing_and_its_parts_count() -> None:
    part = component("pkg:npm/part@1.0.0", "part")
    sbom = cyclonedx(metadata={"component": {"type": "application", "name": "app", "components": [part]}})
    assert (sbom.components, sbom.skipped, sbom.not_packages) == (("pkg:npm/part@1.0.0",), (), 0)
    assert cyclonedx(part, metadata={"component": None}).components == ("pkg:npm/part@1.0.0",)
    image = {"type": "container", "name": "i", "purl": "pkg:oci/i@sha256:00"}
    assert cyclonedx(part, metadata={"component": image}).not_packages == 1


@pytest.mark.parametrize(
    ("purl", "version", "key"),
    [
        ("pkg:maven/org.x/core", "2.14.1", "pkg:maven/org.x/core@2.14.1"),
        ("pkg:maven/org.x/core@RELEASE", "2.14.1", "pkg:maven/org.x/core@2.14.1"),
        ("pkg:maven/org.x/core@2.0", "2.14.1", "pkg:maven/org.x/core@2.0"),
        ("pkg:npm/lodash@4", "4.17.15", "pkg:npm/lodash@4.17.15"),
        ("pkg:npm/lodash@4.17", "4.17.15", "pkg:npm/lodash@4.17.15"),
        ("pkg:npm/lodash@4", "5.0.0", "pkg:npm/lodash@5.0.0"),
        ("pkg:npm/lodash@4.17.15", "4.17.15.1", "pkg:npm/lodash@4.17.15"),
        ("pkg:cargo/lazy_static@1", "1.4.0", "pkg:cargo/lazy_static@1.4.0"),
        ("pkg:golang/g.test/a@v1.2", "v1.2.3", "pkg:golang/g.test/a@v1.2.3"),
        ("pkg:golang/github.com/a/b?type=module", "v1.0.0", "pkg:golang/github.com/a/b@v1.0.0"),
    ],
)
def test_a_version_beside_the_purl_is_used_in_every_format(purl: str, version: str, key: str) -> None:
    entries = [(purl, "name", version)]
    read = [syft(entries), spdx(entries), spdx3(entries), tag_value(entries), cyclonedx(component(purl, "n", version))]
    assert [sbom.components for sbom in read] == [(key,)] * 5


NEVER = {
    "07-maven-range": (),
    "19-npm-git": (),
    "20-gradle-dynamic": (),
    "21-maven-release": (),
    "22-workspace": (),
    "25-placeholder-versions": (),
    "09-scope-excluded": (),
    "scope-excluded": (),
    "cdx17-external": (),
}
KEYS = {
    "01-go-major-subpath": ("pkg:golang/github.com/nats-io/nats-server/v2@v2.10.14",),
    "02-go-submodule-subpath": ("pkg:golang/github.com/hashicorp/vault/api/auth/kubernetes@v0.9.0",),
    "03-go-no-v": ("pkg:golang/github.com/rs/cors@v1.5.0",),
    "04-pnpm-raw": ("pkg:npm/acorn-jsx@5.3.2",),
    "05-pnpm-enc": ("pkg:npm/acorn-jsx@5.3.2",),
    "06-npm-alias": ("pkg:npm/vue-loader@15.10.0",),
    "08-no-version-in-purl": (LOG4J,),
    "10-rpm-namespace": ("pkg:rpm/redhat/openssl@1.1.1k-6.el8_5",),
    "rpm-namespace": ("pkg:rpm/redhat/openssl@1.1.1g-1.el8",),
    "23-metadata-app": (LOG4J,),
    "24-colon-group": (LOG4J,),
    "28-gem-platform-q": ("pkg:gem/nokogiri@1.8.0",),
    "29-maven-group-is-artifact": ("pkg:maven/jackson-mapper-asl/jackson-mapper-asl@1.9.13",),
    "34-pypi-local": ("pkg:pypi/torch@2.0.1%2Bcu118",),
    "35-conda-build": ("pkg:conda/flask-cors@3.0.6",),
    "36-npm-v": ("pkg:npm/lodash@4.17.20",),
    "39-pip-type": ("pkg:pypi/v2only@1.0", "pkg:golang/github.com/hashicorp/vault@v0.9.0"),
    "metadata-component-nested": ("pkg:npm/lodash@4.17.15", "pkg:npm/ok@1.0.0"),
    "go-case-trivy": (f"pkg:golang/{GO_AZURE}@v0.11.27",),
    "go-case-syft": (f"pkg:golang/{GO_AZURE}@v0.11.27",),
    "go-packages-nested-gomod": ("pkg:golang/golang.org/x/text@v0.3.5", "pkg:golang/stdlib@1.26.8"),
    "go-stdlib-three-spellings": ("pkg:golang/stdlib@1.21.0",),
    "nuget-case": ("pkg:nuget/newtonsoft.json@12.0.1",),
    "pypi-dot-syft": ("pkg:pypi/ruamel-yaml@0.17.4",),
    "pypi-dot-cyclonedx-py-trivy": ("pkg:pypi/ruamel-yaml@0.17.4",),
    "go-subpath-merged": (
        "pkg:golang/github.com/aws/aws-sdk-go-v2@v1.30.0",
        "pkg:golang/github.com/aws/aws-sdk-go-v2/service/s3@v1.30.0",
    ),
}


@pytest.mark.parametrize("name", [*KEYS, *NEVER])
def test_small_inputs_have_their_keys(name: str) -> None:
    sbom = parse(shared(f"cases/{name}.cdx.json").read_bytes())
    assert tuple(purl for purl in sbom.components if purl != "pkg:pypi/clean@1.0") == (KEYS | NEVER)[name]
    if name in NEVER:
        assert bool(sbom.skipped) != bool(sbom.not_in_image)
