"""Spellings that tools give to one package, and what no registry can hold, as ``check`` judges them."""

from __future__ import annotations

import json

from tests.cli.installation import Installation, document, reference
from tests.doubles.ossindex import advisory

IMAGE = reference("one")
SPELLINGS = {
    "pkg:npm/lodash@4.17.15": ["pkg:npm/lodash@virtual%3Aa1b2%23npm%3A4.17.15", "PKG:npm/lodash@4.17.15"],
    "pkg:maven/org.x/core@1.0": [
        "pkg:maven/org/x/core@1.0",
        "pkg:maven/org.x/core:jar@1.0",
        "pkg:maven/org.x/core:jar:tests@1.0",
        "pkg:maven/org.x/org.x:core@1.0",
        "pkg:maven/org.x/core@1.0:jar",
        "pkg:java-archive/org.x/core@1.0",
        "pkg:maven/org.x%23core/core@1.0",
    ],
    "pkg:pypi/flask@1.0": ["pkg:pypi/Flask%5Basync%5D@1.0", "pkg:pypi/flask@1.0%3Bpython_version%3C%223%22"],
    "pkg:pypi/certifi@2022.12.7": ["pkg:pypi/certifi@2022.12.07"],
    "pkg:pypi/django@4.0b1": ["pkg:pypi/Django@4.0-beta.1", "pkg:pypi/django@4.0.Beta1"],
    "pkg:nuget/Foo.Bar@1.2.0": ["pkg:nuget/Foo.Bar@1.2.0.0", "pkg:nuget/Foo.Bar@1.02", "pkg:dotnet/Foo.Bar@1.2"],
    "pkg:conda/numpy@1.21.0": ["pkg:conda/conda-forge/numpy@1.21.0", "pkg:conda/defaults::numpy@1.21.0"],
    "pkg:composer/a/b@4.4.1": ["pkg:composer/a/b@4.4.1.0", "pkg:composer/a/b@v4.4.1.0"],
    "pkg:conan/openssl@3.0.3": ["pkg:conan/openssl@3.0.3%23f1a2"],
    "pkg:rpm/openssl@1.1.1k-6.el8": [
        "pkg:rpm/redhat/openssl@(none):1.1.1k-6.el8",
        "pkg:rpm/sles_sap/openssl@1.1.1k-6.el8",
    ],
    "pkg:swift/github.com/a/b@1.0.0": ["pkg:swift/https:%2F%2Fgithub.com/a/b.git@v1.0.0"],
    "pkg:cran/MASS@7.3": ["pkg:R-package/MASS@7.3"],
}
"""What a registry calls a package, and what tools call it."""
NOWHERE = [
    "pkg:npm/lodash@next-11",
    "pkg:npm/lodash@virtual:a1b2%23workspace:.",
    "pkg:npm/lodash@lodash/lodash",
    "pkg:npm/lodash@%224.17.15%22",
    "pkg:golang/github.com/a/b@v0.0.0-00010101000000-000000000000",
    "pkg:golang/github.com/a/b@20210101000000-abcdefabcdef",
    "pkg:golang//abs/local@v1.0.0",
    "pkg:golang/command-line-arguments@v1.0.0",
    "pkg:maven/org.x/core@latest.milestone",
    "pkg:maven/org.x/core@%7Bstrictly%20%5B1.0,2.0%5D%7D",
    "pkg:maven/org.x/core@1.0@jar",
    "pkg:pypi/flask@git+https://github.com/x/y@abc",
    "pkg:pypi/-e@1.0",
    "pkg:nuget/Foo@4.8.4110.0%20built%20by:%20NET48REL1LAST_B",
    "pkg:nuget/Foo/Bar@1.0.0",
    "pkg:composer/php@8.1",
    "pkg:composer/a/b@1.0.0%2Bno-version-set",
    "pkg:gem/rails@abc",
    "pkg:gem/rails@5.0%20(java)",
    "pkg:cargo/serde@main",
    "pkg:cargo/serde/derive@1.0.0",
    "pkg:conan/openssl/3.0.3@user/channel",
    "pkg:swift/github.com/a/b@main",
]


def test_a_package_is_denied_however_a_tool_spells_it(bomgate: Installation) -> None:
    bomgate.double.behaviour.advisories = {purl: [advisory("CVE-2026-1000", 9.8)] for purl in SPELLINGS}
    for number, text in enumerate(other for others in SPELLINGS.values() for other in others):
        path = bomgate.folder / f"{number}.json"
        path.write_text(document([text]))
        bomgate.ok("sbom", "add", path, "--image", reference(f"image-{number}"))
    bomgate.ok("download")
    for number, text in enumerate(other for others in SPELLINGS.values() for other in others):
        verdict = bomgate.run("check", reference(f"image-{number}"), "--output", "json").json["targets"][0]["images"][0]
        assert verdict["action"] == "deny", text


def test_what_no_registry_can_hold_is_unusable_and_never_clean(bomgate: Installation) -> None:
    path = bomgate.folder / "sbom.json"
    components = [{"type": "library", "name": "x", "purl": item} for item in [*NOWHERE, "pkg:pypi/clean@1.0"]]
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}))
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    bomgate.ok("download")
    (sbom,) = bomgate.ok("sbom", "show", IMAGE, "--output", "json").json["sboms"]
    assert {item["purl"]: item["state"] for item in sbom["contents"]} == {"pkg:pypi/clean@1.0": "clean"}
    verdict = bomgate.run("check", IMAGE, "--output", "json").json["targets"][0]["images"][0]
    assert verdict["components"]["unusable"] == len(NOWHERE)


def test_the_name_beside_a_purl_restores_the_major_version_of_a_go_module(bomgate: Installation) -> None:
    module = "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0"
    component = {"type": "library", "name": "github.com/golang-jwt/jwt/v4", "version": "v4.5.0"}
    component["purl"] = module.replace("/v4@", "@")
    path = bomgate.folder / "sbom.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}))
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    (sbom,) = bomgate.ok("sbom", "show", IMAGE, "--output", "json").json["sboms"]
    assert [item["purl"] for item in sbom["contents"]] == [module]
