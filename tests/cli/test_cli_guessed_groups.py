"""Maven groups that were perhaps guessed: asked as written, and a remark when the answer says nothing."""

from __future__ import annotations

from tests.cli.installation import Installation, digest, document
from tests.doubles.ossindex import advisory

GUESSED = "pkg:maven/jackson-mapper-asl/jackson-mapper-asl@1.9.13"
REAL = "pkg:maven/log4j/log4j@1.2.17"
REMARK = f"The group of {GUESSED} was perhaps guessed"
IMAGE = f"registry.example/shop/web:1@{digest('web')}"


def downloaded(bomgate: Installation, *purls: str) -> None:
    bomgate.double.behaviour.advisories = {REAL: [advisory("CVE-2019-17571", 9.8)]}
    bomgate.ok("sbom", "add", bomgate.write("web.cdx.json", document(purls)), "--image", IMAGE)
    bomgate.ok("download")


def test_an_empty_answer_gets_the_remark_that_does_not_weigh(bomgate: Installation) -> None:
    downloaded(bomgate, GUESSED)
    assert bomgate.double.service.coordinates == [GUESSED]
    (image,) = bomgate.ok("check", IMAGE, "--output", "json").json["targets"][0]["images"]
    assert image["action"] == "allow"
    assert [item.startswith(REMARK) for item in image["reasons"]] == [True]
    assert f"ALLOW  {REMARK}" in bomgate.ok("check", IMAGE).out
    assert REMARK in bomgate.ok("check", bomgate.folder / "web.cdx.json").out


def test_a_package_that_is_really_named_so_is_denied_without_a_remark(bomgate: Installation) -> None:
    downloaded(bomgate, REAL)
    ran = bomgate.run("check", IMAGE)
    assert ran.code == 1
    assert "CVE-2019-17571" in ran.out
    assert "guessed" not in ran.out


def test_the_remark_stands_behind_what_weighs(bomgate: Installation) -> None:
    bomgate.configure(policy={"unusable": "warn"})
    bomgate.double.behaviour.advisories = {}
    path = bomgate.write("web.cdx.json", document([GUESSED], broken=1))
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    bomgate.ok("download")
    (image,) = bomgate.run("check", IMAGE, "--output", "json").json["targets"][0]["images"]
    assert image["action"] == "warn"
    assert [REMARK in item for item in image["reasons"]] == [False, True]


def test_sbom_show_says_it_of_the_component(bomgate: Installation) -> None:
    downloaded(bomgate, GUESSED, REAL)
    assert "clean, group perhaps guessed" in bomgate.ok("sbom", "show", digest("web")).out
    (sbom,) = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json["sboms"]
    assert {item["purl"]: item["group_guessed"] for item in sbom["contents"]} == {GUESSED: True, REAL: False}
