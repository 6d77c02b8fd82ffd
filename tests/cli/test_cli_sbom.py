"""``bomgate sbom``, on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.installation import BASE, PARSER, TIDY, Installation, digest, document, reference
from tests.registries import images
from tests.registries.attesting import Signer
from tests.registries.layouts import Layout
from tests.registries.lying import Answer, LyingServer


def test_an_sbom_is_added_once_and_its_tag_is_known_then(bomgate: Installation) -> None:
    path = bomgate.write("web.cdx.json", document([PARSER, TIDY, BASE], broken=2))
    first = bomgate.ok("sbom", "add", path, "--image", reference("web"), "--output", "json").json
    assert (first["added"], first["documents"][0]["components"]) == (1, 3)
    assert first["documents"][0]["skipped"] == {"no-purl": 2}
    again = bomgate.ok("sbom", "add", path, "--image", reference("web"), "--output", "json").json
    assert (again["added"], again["unchanged"]) == (0, 1)
    (listed,) = bomgate.ok("sbom", "list", "--output", "json").json["sboms"]
    assert listed["names"] == ["registry.example/shop/web:1"]


def test_a_tag_that_moves_to_a_known_image_is_remembered(bomgate: Installation) -> None:
    path = bomgate.write("web.cdx.json", document([PARSER]))
    bomgate.ok("sbom", "add", path, "--image", digest("web"))
    bomgate.ok("sbom", "add", path, "--image", f"registry.example/shop/web:2@{digest('web')}")
    (listed,) = bomgate.ok("sbom", "list", "--output", "json").json["sboms"]
    assert listed["names"] == ["registry.example/shop/web:2"]


def test_an_sbom_is_read_from_standard_input(bomgate: Installation) -> None:
    ran = bomgate.ok("sbom", "add", "-", "--image", digest("web"), stdin=document([PARSER]))
    assert "added" in ran.out
    assert "Next: bomgate download" in ran.err


def test_an_sbom_without_a_usable_purl_is_added_and_people_are_told(bomgate: Installation) -> None:
    ran = bomgate.ok("sbom", "add", "-", "--image", digest("web"), stdin=document([], broken=3))
    assert "says nothing about vulnerabilities" in ran.err


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("-", "--image", "nginx:1.2"), document([PARSER]), "has no digest"),
        (("-", "--image", "sha256:12"), document([PARSER]), "is not an image digest"),
        (("-", "--image", digest("x")), "plain words", "no known SBOM format"),
        (("no-such-file.json", "--image", digest("x")), None, "cannot be read"),
    ],
)
def test_what_cannot_be_added_is_an_input_error_with_a_remedy(
    bomgate: Installation, arguments: tuple[str, ...], stdin: str | None, said: str
) -> None:
    ran = bomgate.run("sbom", "add", *arguments, stdin=stdin)
    assert ran.code == 2
    assert said in ran.err
    assert "What to do: " in ran.err


def test_an_import_takes_the_good_files_and_reports_the_others(bomgate: Installation) -> None:
    names = {name: digest(name).replace(":", "-") for name in ("one", "two", "bad")}
    bomgate.write(f"in/{names['one']}.json", document([PARSER]))
    bomgate.write(f"in/deep/web@{names['two']}.cdx.json", document([TIDY]))
    bomgate.write(f"in/{names['bad']}.json", "{}")
    bomgate.write("in/README.md", "no SBOM")
    ran = bomgate.run("sbom", "import", bomgate.folder / "in", "--output", "json")
    assert (ran.code, ran.json["added"], ran.json["failed"], ran.json["skipped"]) == (2, 2, 1, 1)
    outcomes = {item["document"]: item["outcome"] for item in ran.json["documents"]}
    assert outcomes == {
        f"{names['one']}.json": "added",
        f"deep/web@{names['two']}.cdx.json": "added",
        f"{names['bad']}.json": "failed",
        "README.md": "skipped",
    }
    assert f"{names['bad']}.json: failed: " in ran.err


def test_a_second_import_changes_nothing(bomgate: Installation) -> None:
    bomgate.write(f"in/{digest('one').replace(':', '-')}.json", document([PARSER]))
    bomgate.ok("sbom", "import", bomgate.folder / "in")
    ran = bomgate.ok("sbom", "import", bomgate.folder / "in")
    assert "0 added, 1 unchanged, 0 failed." in ran.err


def test_a_folder_without_an_sbom_file_is_an_input_error(bomgate: Installation) -> None:
    bomgate.write("in/web.json", document([PARSER]))
    ran = bomgate.run("sbom", "import", bomgate.folder / "in")
    assert ran.code == 2
    assert "@sha256-" in ran.err


def test_an_empty_store_lists_nothing_and_says_how_to_fill_it(bomgate: Installation) -> None:
    bomgate.ok("db", "upgrade")
    ran = bomgate.ok("sbom", "list")
    assert ran.out == ""
    assert "bomgate sbom import" in ran.err


@pytest.mark.parametrize("name", ["", "sha256:"])
def test_an_image_is_shown_by_the_beginning_of_its_digest(filled: Installation, name: str) -> None:
    shown = filled.ok("sbom", "show", f"{name}{digest('blocked')[7:17]}", "--output", "json").json
    assert shown["digest"] == digest("blocked")
    states = {item["purl"]: item["state"] for item in shown["sboms"][0]["contents"]}
    assert states == {PARSER: "vulnerable", TIDY: "clean", BASE: "not_covered"}


def test_an_image_is_shown_by_its_name(filled: Installation) -> None:
    lines = filled.ok("sbom", "show", "registry.example/shop/blocked:1").out.splitlines()
    assert f"Image:      {digest('blocked')}" in lines
    assert [line.split()[1] for line in lines[-3:]] == ["vulnerable", "clean", "not"]


@pytest.mark.parametrize("name", ["ffffff", "nginx:1.2"])
def test_an_image_that_is_not_there_is_an_input_error(filled: Installation, name: str) -> None:
    ran = filled.run("sbom", "show", name)
    assert ran.code == 2
    assert "bomgate sbom list" in ran.err


def test_the_beginning_of_several_digests_is_refused(bomgate: Installation) -> None:
    for last in "ab":
        bomgate.ok("sbom", "add", "-", "--image", f"sha256:{'1' * 63}{last}", stdin=document([PARSER]))
    ran = bomgate.run("sbom", "show", "1111")
    assert ran.code == 2
    assert "could mean 2 images" in ran.err


def test_a_search_shows_where_it_looked(bomgate: Installation) -> None:
    name = digest("web").replace(":", "-")
    bomgate.write(f"sboms/{name}.json", document([PARSER], broken=1))
    bomgate.configure(sbom={"directory": str(bomgate.folder / "sboms")})
    found = bomgate.ok("sbom", "fetch", reference("web"), "--output", "json").json
    assert (found["result"], found["digest"]) == ("found", digest("web"))
    assert found["components"] == {"total": 2, "usable": 1, "skipped": {"no-purl": 1}}
    assert [(look["place"], look["used"]) for look in found["looked"]] == [("directory", True)]
    assert not (bomgate.folder / "bomgate.db").exists()


def test_what_a_search_finds_is_kept_on_request(bomgate: Installation) -> None:
    bomgate.write(f"sboms/{digest('web').replace(':', '-')}.json", document([PARSER]))
    bomgate.configure(sbom={"directory": str(bomgate.folder / "sboms")})
    bomgate.ok("sbom", "fetch", reference("web"), "--add")
    (listed,) = bomgate.ok("sbom", "list", "--output", "json").json["sboms"]
    assert (listed["place"], listed["names"]) == ("directory", ["registry.example/shop/web:1"])


def test_a_search_that_finds_nothing_exits_with_3_and_says_what_helps(bomgate: Installation) -> None:
    bomgate.configure(sbom={"directory": str(bomgate.folder)})
    ran = bomgate.run("sbom", "fetch", reference("web"))
    assert ran.code == 3
    assert "bomgate sbom add" in ran.err


def test_a_tag_that_nobody_knows_cannot_be_searched_for(bomgate: Installation) -> None:
    ran = bomgate.run("sbom", "fetch", "registry.example/shop/web:1", "--output", "json")
    assert (ran.code, ran.json["digest"], ran.json["result"]) == (3, None, "refused")


def test_what_people_handed_in_is_taken_out_with_a_line_in_the_history(bomgate: Installation) -> None:
    for name, purl in (("one", PARSER), ("two", TIDY)):
        path = bomgate.write(f"{name}.cdx.json", document([purl]))
        bomgate.ok("sbom", "add", path, "--image", reference("web"))
    before = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json
    chosen = before["sboms"][0]["sbom"]["document_digest"]
    arguments = ("--document", chosen[:20], "--author", "Ada", "--comment", "of another build", "--output", "json")
    removed = bomgate.ok("sbom", "remove", digest("web"), *arguments).json
    assert [item["document_digest"] for item in removed["removed"]] == [chosen]
    after = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json
    assert [item["sbom"]["document_digest"] for item in after["sboms"]] == [
        before["sboms"][1]["sbom"]["document_digest"]
    ]
    (line,) = after["history"]
    assert (line["why"], line["place"]) == ("of another build", "added")
    assert line["author"].startswith("Ada (")

    bomgate.ok("sbom", "remove", digest("web"), "--author", "Ada")
    shown = bomgate.ok("sbom", "show", digest("web")[:20])
    assert "No SBOM of this image counts any more." in shown.err
    assert bomgate.ok("sbom", "list", "--output", "json").json["sboms"] == []


def test_what_lies_in_a_place_cannot_be_taken_out_and_people_are_told_what_to_do(bomgate: Installation) -> None:
    bomgate.write(f"sboms/web@{digest('web').replace(':', '-')}.json", document([PARSER]))
    bomgate.configure(sbom={"directory": str(bomgate.folder / "sboms"), "sources": ["directory"]})
    bomgate.ok("sbom", "fetch", reference("web"), "--add")
    ran = bomgate.run("sbom", "remove", digest("web"), "--author", "Ada")
    assert ran.code == 2
    assert "bomgate sbom fetch IMAGE --add" in ran.err


def test_a_file_that_is_gone_from_its_folder_stops_counting(bomgate: Installation) -> None:
    path = bomgate.write(f"sboms/web@{digest('web').replace(':', '-')}.json", document([PARSER]))
    bomgate.configure(sbom={"directory": str(bomgate.folder / "sboms"), "sources": ["directory"]})
    bomgate.ok("sbom", "fetch", reference("web"), "--add")
    Path(path).unlink()
    ran = bomgate.run("sbom", "fetch", reference("web"), "--add", "--output", "json")
    assert (ran.code, ran.json["result"], len(ran.json["gone"])) == (3, "none", 1)
    (line,) = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json["history"]
    assert line["why"] == "gone from its place"


def test_a_file_beside_a_known_one_counts_and_one_that_cannot_be_read_is_named(bomgate: Installation) -> None:
    name = digest("web").replace(":", "-")
    bomgate.write(f"sboms/a@{name}.json", document([PARSER]))
    bomgate.configure(sbom={"directory": str(bomgate.folder / "sboms"), "sources": ["directory"]})
    bomgate.ok("sbom", "fetch", reference("web"), "--add")
    bomgate.write(f"sboms/b@{name}.json", document([TIDY]))
    bomgate.write(f"sboms/c@{name}.json", "not an SBOM")
    ran = bomgate.ok("sbom", "fetch", reference("web"), "--add", "--output", "json").json
    assert (ran["result"], ran["components"]["usable"], ran["gone"]) == ("found", 2, [])
    assert ran["incomplete"].startswith(f"directory: c@{name}.json: ")
    assert "c@sha256" in bomgate.run("check", reference("web"), "--output", "json").out


def test_what_does_not_count_under_a_key_is_not_said_to_be_gone(bomgate: Installation, tmp_path: Path) -> None:
    layout = Layout()
    found = images.image(layout, "1")
    attachment = images.attached(layout, found, images.cyclonedx(PARSER))
    with LyingServer() as server:
        server.hold(layout, "shop/web")
        listed = Answer(body=images.listed(layout, attachment), headers={"Content-Type": images.OCI_INDEX})
        server.on(f"/v2/shop/web/referrers/{found}", listed)
        image = f"{server.host}/shop/web@{found}"
        rules = {"registries": [{"prefix": server.host, "plainHttp": True, "allowPrivate": True}]}
        sources = ["referrers", "cosignAttestation"]
        bomgate.configure(**rules, sbom={"sources": sources})
        bomgate.ok("sbom", "fetch", image, "--add")
        key = Signer(tmp_path).file
        verify = [{"prefix": server.host, "publicKeyFile": str(key)}]
        bomgate.configure(**rules, sbom={"sources": sources, "verify": verify})
        ran = bomgate.run("sbom", "fetch", image, "--add", "--output", "json")
    assert (ran.code, ran.json["gone"]) == (3, [])
    assert bomgate.ok("sbom", "show", found, "--output", "json").json["history"] == []
