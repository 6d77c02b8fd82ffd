"""One image, one verdict, whatever the SBOM's spelling: from a document through a download to ``bomgate check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import Installation, digest
from tests.doubles.ossindex import OssIndexDouble, advisory
from tests.shared import shared
from webhook.model.purls import parse_purl

LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
AUTOREST = "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27"
JWT = "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0"
OTEL = "pkg:golang/go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.44.0"
DOT, DASH = "pkg:pypi/ruamel.yaml@0.17.4", "pkg:pypi/ruamel-yaml@0.17.4"

DENIED = [
    ("01-go-major-subpath", ["pkg:golang/github.com/nats-io/nats-server/v2@v2.10.14"]),
    ("03-go-no-v", ["pkg:golang/github.com/rs/cors@v1.5.0"]),
    ("04-pnpm-raw", ["pkg:npm/acorn-jsx@5.3.2"]),
    ("05-pnpm-enc", ["pkg:npm/acorn-jsx@5.3.2"]),
    ("06-npm-alias", ["pkg:npm/vue-loader@15.10.0"]),
    ("08-no-version-in-purl", [LOG4J]),
    ("10-rpm-namespace", ["pkg:rpm/openssl@1.1.1k-6.el8_5"]),
    ("10-rpm-namespace", ["pkg:rpm/redhat/openssl@1.1.1k-6.el8_5"]),
    ("23-metadata-app", [LOG4J]),
    ("24-colon-group", [LOG4J]),
    ("28-gem-platform-q", ["pkg:gem/nokogiri@1.8.0"]),
    ("34-pypi-local", ["pkg:pypi/torch@2.0.1"]),
    ("35-conda-build", ["pkg:conda/flask-cors@3.0.6"]),
    ("36-npm-v", ["pkg:npm/lodash@4.17.20"]),
    ("39-pip-type", ["pkg:pypi/v2only@1.0"]),
    ("39-pip-type", ["pkg:golang/github.com/hashicorp/vault@v0.9.0"]),
    ("metadata-component-nested", ["pkg:npm/lodash@4.17.15"]),
    ("go-subpath-syft118", [JWT]),
    ("go-subpath-syft118", [OTEL]),
    ("go-subpath-fullpath", [JWT]),
    ("go-case-trivy", [AUTOREST]),
    ("go-case-syft", [AUTOREST]),
    ("go-case-syft", [AUTOREST.lower()]),
    ("pypi-dot-syft", [DOT]),
    ("pypi-dot-syft", [DASH]),
    ("pypi-dot-cyclonedx-py-trivy", [DOT]),
    ("pypi-dot-cyclonedx-py-trivy", [DASH]),
    ("nuget-case", ["pkg:nuget/Newtonsoft.Json@12.0.1"]),
    ("nuget-case", ["pkg:nuget/newtonsoft.json@12.0.1"]),
]
NOT_DENIED = [
    ("02-go-submodule-subpath", ["pkg:golang/github.com/hashicorp/vault@v0.9.0"]),
    ("09-scope-excluded", [LOG4J]),
    ("scope-excluded", ["pkg:npm/lodash@4.17.15"]),
    ("cdx17-external", ["pkg:npm/lodash@4.17.15"]),
]
UNUSABLE = [
    ("07-maven-range", 1),
    ("19-npm-git", 1),
    ("20-gradle-dynamic", 1),
    ("21-maven-release", 1),
    ("22-workspace", 1),
]


@pytest.fixture
def installed(tmp_path: Path) -> Any:
    with OssIndexDouble() as double:
        yield Installation(tmp_path, double)


def judged(bomgate: Installation, document: str, advisories: list[str]) -> dict[str, Any]:
    """The verdict on an image with this SBOM, after a download."""
    bomgate.double.behaviour.advisories = {purl: [advisory("CVE-2026-1000", 9.8)] for purl in advisories}
    path, image = bomgate.write("document.json", document), f"registry.example/x:1@{digest(document)}"
    bomgate.ok("sbom", "add", path, "--image", image)
    bomgate.ok("download")
    verdict: dict[str, Any] = bomgate.run("check", image, "--output", "json").json
    return verdict


def case(name: str) -> str:
    return shared(f"cases/{name}.cdx.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "needs"), DENIED)
def test_a_package_is_denied_under_every_spelling(installed: Installation, name: str, needs: list[str]) -> None:
    verdict = judged(installed, case(name), needs)
    assert verdict["action"] == "deny", verdict


@pytest.mark.parametrize(("name", "needs"), NOT_DENIED)
def test_what_is_another_package_or_not_in_the_image_denies_nothing(
    installed: Installation, name: str, needs: list[str]
) -> None:
    assert judged(installed, case(name), needs)["action"] != "deny"


@pytest.mark.parametrize(("name", "unusable"), UNUSABLE)
def test_what_no_registry_can_hold_is_unusable_and_never_asked(
    installed: Installation, name: str, unusable: int
) -> None:
    verdict = judged(installed, case(name), [])
    assert verdict["targets"][0]["images"][0]["components"]["unusable"] == unusable, verdict
    assert {parse_purl(text).package for text in installed.double.service.coordinates} == {"pkg:pypi/clean"}


def document(purl: str, name: str, **more: Any) -> str:
    component = {"type": "library", "name": name, "version": "", "purl": purl, **more}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (document("pkg:golang/g.test/a/b@v4.5.0#v4", "g.test/a/b/v4"), "pkg:golang/g.test/a/b/v4@v4.5.0"),
        (document("pkg:pypi/zope-interface@5.0", "zope.interface"), "pkg:pypi/zope.interface@5.0"),
        (document("pkg:nuget/Serilog@2.0", "Serilog"), "pkg:nuget/Serilog@2.0"),
        (document("pkg:composer/a/b@v1.0.0", "b"), "pkg:composer/a/b@v1.0.0"),
        (document("pkg:composer/a/b@1.0.0", "b"), "pkg:composer/a/b@v1.0.0"),
        (document("pkg:npm/jsonstream@1.3.5", "JSONStream"), "pkg:npm/JSONStream@1.3.5"),
        (document("pkg:rubygems/rake@13.0-java", "rake"), "pkg:gem/rake@13.0"),
        (document("pkg:maven/core", "core", group="org.x", version="1.0"), "pkg:maven/org.x/core@1.0"),
    ],
)
def test_a_finding_is_seen_whatever_the_source_calls_the_package(
    installed: Installation, text: str, known: str
) -> None:
    assert judged(installed, text, [known])["action"] == "deny"


def test_a_decision_for_one_spelling_holds_for_the_others(installed: Installation) -> None:
    text = document(DASH, "ruamel.yaml")
    assert judged(installed, text, [DASH])["action"] == "deny"
    decided = ("--type", "Ignore", "--author", "ada", "--comment", "not reachable")
    installed.ok("assess", "CVE-2026-1000", "--package", "pkg:pypi/Ruamel.Yaml", *decided)
    image = f"registry.example/x:1@{digest(text)}"
    assert installed.run("check", image, "--output", "json").json["action"] != "deny"
