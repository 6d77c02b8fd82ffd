"""Components are found by every spelling that SBOMs have of them: in lists, and as the end of a path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.installation import Installation, digest, reference
from tests.doubles.ossindex import Behaviour, OssIndexDouble, advisory
from webhook.model.purls import Purl

SPELLINGS = {
    "pkg:rpm/redhat/openssl@1.1.1k-6.el8?distro=redhat-8&epoch=1": [
        *("pkg:rpm/rhel/openssl", "pkg:rpm/redhat/openssl@1:1.1.1k-6.el8", "pkg:rpm/rhel/openssl@1.1.1k*"),
        "pkg:rpm/rhel/openssl@1.1.1k-6.el8?distro=rhel-8.9&epoch=1",
    ],
    "pkg:pypi/ruamel-yaml@0.17.4": ["pkg:pypi/ruamel.yaml@0.17.4", "pkg:pip/Ruamel_Yaml", "ruamel.yaml", "ruamel.y*"],
    "pkg:npm/%40angular/core@17.0.0": ["pkg:npm/@angular/core@17.0.0", "pkg:npm/@angular/*"],
}
"""Components with how people may spell them."""


@pytest.fixture(scope="module")
def spelt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An image with a component of each, in which something was found."""
    found = {
        "pkg:rpm/openssl@1.1.1k-6.el8": [advisory("CVE-2026-1", 9.8)],
        "pkg:pypi/ruamel-yaml@0.17.4": [advisory("CVE-2026-2", 5.0)],
        "pkg:npm/%40angular/core@17.0.0": [advisory("CVE-2026-3", 5.0)],
    }
    written = [texts[-1] if "&epoch" in texts[-1] else texts[0] for texts in SPELLINGS.values()]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
        "components": [{"type": "library", "name": "x", "bom-ref": purl, "purl": purl} for purl in written],
        "dependencies": [{"ref": "app", "dependsOn": written}],
    }
    with OssIndexDouble(Behaviour(advisories=found)) as double:
        bomgate = Installation(tmp_path_factory.mktemp("spelt"), double)
        bomgate.ok("sbom", "add", bomgate.write("sbom.json", json.dumps(content)), "--image", reference("a"))
        bomgate.ok("download")
        yield bomgate


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in SPELLINGS.items() for text in texts])
def test_a_component_is_found_by_every_spelling(spelt: Installation, key: str, text: str) -> None:
    found = spelt.ok("components", "find", text, "--output", "json").json["components"]
    assert [component["purl"] for component in found] == [key]
    (vulnerability,) = spelt.ok("vulns", "list", "--package", text, "--output", "json").json["vulnerabilities"]
    assert vulnerability["id"] == found[0]["vulnerabilities"][0]
    if "@" in text.removeprefix("pkg:npm/@") and "*" not in text:
        assert "app" in spelt.ok("sbom", "path", digest("a"), text).out


NAMES = {
    "pkg:npm/%40angular/core@17.0.0": [
        *("@angular/core", "@Angular/c*", "@angular", "npm @angular", "pkg:npm/@angular", "@angular/core@17.0.0"),
        *("npm @angular/core@17.*", "%40angular/core"),
    ],
    "pkg:pypi/ruamel-yaml@0.17.4": ["ruamel.yaml@0.17.4", "pip ruamel.yaml", "Ruamel_Yaml@0.*"],
    "pkg:maven/org.x/core@1.0": ["org.x:core", "org.x:core:1.0", "Org.X:c*", "org.x/core@1.0", "maven core"],
    "pkg:golang/github.com/X/y@v1.2.3": ["github.com/x/y", "X/y", "github.com/x/y@v1.*", "golang y@v1.2.3"],
}
"""Components with how package managers, and people, write their names."""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    found = {purl: [advisory(f"CVE-2026-{number}", 5.0)] for number, purl in enumerate(NAMES, 1)}
    purls = [*NAMES, "pkg:npm/core@1.0.0", "pkg:npm/%40other/core@17.0.0", "pkg:golang/github.com/x/y/z@v1.2.3"]
    components = [{"type": "library", "name": Purl(purl).name, "purl": purl} for purl in purls]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    with OssIndexDouble(Behaviour(advisories=found)) as double:
        bomgate = Installation(tmp_path_factory.mktemp("named"), double)
        bomgate.ok("sbom", "add", bomgate.write("sbom.json", json.dumps(content)), "--image", reference("a"))
        bomgate.ok("download")
        yield bomgate


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in NAMES.items() for text in texts])
def test_a_component_is_found_by_its_path_and_by_name_and_version(named: Installation, key: str, text: str) -> None:
    found = named.ok("components", "find", text, "--output", "json").json["components"]
    assert [component["purl"] for component in found] == [key]
    vulnerable = named.ok("vulns", "list", "--package", text, "--output", "json").json["vulnerabilities"]
    assert [line["id"] for line in vulnerable] == found[0]["vulnerabilities"]


def test_another_path_or_version_is_not_found(named: Installation) -> None:
    for text in ("@angular/core@18.0.0", "npm @1", "org.x:core:2.0", "github.com/x", "x:core", "core@9"):
        assert "No known image has" in named.ok("components", "find", text).err


def test_another_version_of_a_component_is_not_found(spelt: Installation) -> None:
    for text in ("pkg:npm/@angular/core@17.0.1", "pkg:rpm/rhel/openssl@2:1.0", "pkg:pypi/ruamel.yaml@0.17.?"):
        assert "No known image has" in spelt.ok("components", "find", text).err
    name, version = "pkg:rpm/rhel/openssl@1.1.1k-6.el8", ("--version", "1:1.1.1k*")
    assert len(spelt.ok("components", "find", name, *version, "--output", "json").json["components"]) == 1


def test_a_limit_is_a_number_of_components(tmp_path: Path, double: OssIndexDouble) -> None:
    bomgate = Installation(tmp_path, double)
    purls = [f"pkg:npm/many@1.{number}.0" for number in range(5)]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"type": "library", "name": "x", "purl": purl} for purl in purls],
    }
    bomgate.ok("sbom", "add", bomgate.write("sbom.json", json.dumps(content)), "--image", reference("a"))
    for limit, more in (("2", True), ("5", False)):
        found = bomgate.ok("components", "find", "many", "--limit", limit, "--output", "json").json
        assert ([component["purl"] for component in found["components"]], found["more"]) == (purls[: int(limit)], more)
    assert "There are more; raise --limit." in bomgate.ok("components", "find", "many", "--limit", "2").err


def test_a_database_without_sboms_knows_of_no_component(tmp_path: Path, double: OssIndexDouble) -> None:
    empty = Installation(tmp_path, double)
    empty.ok("db", "upgrade")
    for output in ("table", "json", "csv"):
        assert empty.run("components", "find", "log4j*", "--output", output).code == 3
    assert "contains no SBOM, so nothing could be found" in empty.run("components", "find", "log4j*").err
