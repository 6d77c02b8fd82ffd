"""``bomgate assess``, on SQLite and OSS Index's double."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import sqlite3
from typing import Any

import pytest

from tests.cli.installation import PARSER, QUEUE, TIDY, Installation, digest, document
from webhook.bootstrap.parts import open_parts
from webhook.model.actions import Action
from webhook.model.images import Digest
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.verdicts import SbomStatus
from webhook.settings import load_settings

PACKAGE = PARSER.partition("@")[0]
WHY = ("--comment", "because")


def assessed(bomgate: Installation, *arguments: str) -> dict[str, Any]:
    """What ``assess`` reports."""
    return dict(bomgate.ok("assess", *arguments, "--output", "json").json)


def test_one_decision_is_recorded_with_its_scope_author_and_end(filled: Installation) -> None:
    report = assessed(filled, "cve-2026-10001", "--package", PARSER, "--type", "ignore", *WHY, "--days", "3")
    (record,) = report["assessments"]
    assert (record["vulnerability"], record["type"]) == ("CVE-2026-10001", "Ignore")
    assert (record["package"], record["version_range"]) == (PACKAGE, "=2.14.1")
    assert (record["by"], record["comment"], record["source"]) == (getpass.getuser(), "because", "manual")
    lasts = dt.datetime.fromisoformat(record["until"]) - dt.datetime.fromisoformat(record["at"])
    assert lasts == dt.timedelta(days=3)
    assert [image["digest"] for image in report["images"]] == [digest("blocked")]


def test_people_are_told_what_changed_what_it_touches_and_when_it_expires(filled: Installation) -> None:
    ran = filled.ok("assess", "CVE-2026-10001", "--type", "Ignore", *WHY, "--until", "2099-01-31")
    now_then = f"Blocked by auto-assess Ignore by {getpass.getuser()}".split()
    assert ran.out.splitlines()[1].split() == ["CVE-2026-10001", *now_then, "everything", "2099-01-31", "00:00", "UTC"]
    assert ran.err.splitlines()[:3] == [
        "Touches 1 image:",
        "  registry.example/shop/blocked:1",
        "1 assessment recorded.",
    ]
    assert ran.err.splitlines()[3].startswith("To undo: bomgate assess --undo ")


def test_an_image_without_a_tag_goes_by_what_workloads_call_it(filled: Installation) -> None:
    bare, url = digest("bare"), f"sqlite:///{filled.folder / 'bomgate.db'}"
    filled.ok(
        "sbom", "add", "--image", f"registry.example/shop/bare@{bare}", filled.write("bare.json", document([PARSER]))
    )
    parts = open_parts(load_settings(None, {"database.url": url}, {"HOME": str(filled.folder)}))
    image = InventoriedImage(
        f"registry.example/shop/bare@{bare}", Digest(bare), ("app",), Action.DENY, SbomStatus.FOUND
    )
    workload = InventoriedWorkload(
        "uid", "shop", "apps/v1", "Deployment", "bare", 1, Mode.DENY, Action.DENY, "", (image,)
    )
    parts.store.inventory.replace([workload], taken_at=parts.clock.now(), revision=1)
    parts.store.close()
    ran = filled.ok("assess", "CVE-2026-10001", "--type", "Ignore", *WHY, "--dry-run")
    assert "Touches 2 images:" in ran.err and "\n  registry.example/shop/bare\n" in ran.err and bare not in ran.err
    names = [image["names"] for image in assessed(filled, "CVE-2026-10001", "--type", "Ignore", *WHY)["images"]]
    assert ["registry.example/shop/bare"] in names


def test_several_ids_are_assessed_together(filled: Installation) -> None:
    report = assessed(filled, "CVE-2026-10001", "CVE-2026-10002", "--type", "Caution", *WHY)
    assert [item["vulnerability"] for item in report["assessments"]] == ["CVE-2026-10001", "CVE-2026-10002"]


def test_an_assessment_counts_at_the_next_check(filled: Installation) -> None:
    assert filled.run("check", "registry.example/shop/blocked:1").code == 1
    filled.ok("assess", "CVE-2026-10001", "--package", PACKAGE, "--type", "Ignore", *WHY)
    assert filled.run("check", "registry.example/shop/blocked:1").code == 0


def test_narrowed_to_an_image_it_touches_that_image_only(filled: Installation) -> None:
    everywhere = assessed(filled, "CVE-2026-10003", "--type", "Caution", *WHY)
    assert len(everywhere["images"]) == 1
    elsewhere = assessed(filled, "CVE-2026-10003", "--image", "registry.example/other/*", "--type", "Caution", *WHY)
    assert elsewhere["images"] == []
    here = assessed(filled, "CVE-2026-10003", "--image", "registry.example/shop/*", "--type", "Caution", *WHY)
    assert [image["digest"] for image in here["images"]] == [digest("caution")]


def test_narrowed_to_versions_that_are_not_there_it_touches_nothing(filled: Installation) -> None:
    report = assessed(filled, "CVE-2026-10003", "--versions", "<1.0", "--type", "Caution", *WHY)
    assert (report["assessments"][0]["version_range"], report["images"]) == ("<1.0", [])


def test_a_selection_is_assessed_package_by_package(filled: Installation) -> None:
    report = assessed(filled, "--cvss", "4.0-6.9", "--unassessed", "--type", "Caution", *WHY)
    found = {(item["vulnerability"], item["package"]) for item in report["assessments"]}
    assert found == {("CVE-2026-10002", PACKAGE), ("CVE-2026-10004", QUEUE.partition("@")[0])}
    states = filled.ok("vulns", "list", "--state", "unassessed", "--output", "json").json["vulnerabilities"]
    assert [state["id"] for state in states] == ["sonatype-2026-0001"]


def test_a_dry_run_of_a_selection_records_nothing(filled: Installation) -> None:
    report = assessed(filled, "--unassessed", "--type", "Caution", *WHY, "--dry-run")
    assert (len(report["assessments"]), report["dry_run"]) == (3, True)
    assert filled.ok("db", "status", "--output", "json").json["counts"]["assessments"] == 2
    assert (
        "3 assessments would be recorded."
        in filled.ok("assess", "--unassessed", "--type", "Caution", *WHY, "--dry-run").err
    )


def test_a_selection_in_an_image_and_a_namespace_is_narrowed_to_them(filled: Installation) -> None:
    arguments = ("--image", "registry.example/shop/unassessed:1", "--namespace", "shop")
    report = assessed(filled, "--unassessed", *arguments, "--type", "Ignore", *WHY)
    assert {item["vulnerability"] for item in report["assessments"]} == {"CVE-2026-10004", "sonatype-2026-0001"}
    assert {(item["image"], item["namespace"]) for item in report["assessments"]} == {
        ("registry.example/shop/unassessed:1", "shop")
    }


def test_the_ranges_are_applied_to_what_is_there_on_request(bomgate: Installation) -> None:
    bomgate.configure(assessmentTypes=[{"name": "Blocked", "action": "deny"}])
    bomgate.add_images()
    bomgate.ok("download")
    bomgate.configure()
    planned = assessed(bomgate, "--existing", "--dry-run")
    assert {(item["vulnerability"], item["type"], item["rule"]) for item in planned["assessments"]} == {
        ("CVE-2026-10001", "Blocked", "Blocked 9.0–10.0"),
        ("CVE-2026-10003", "Caution", "Caution 7.0–8.9"),
    }
    assert planned["left_alone"] == {"assessed": 0, "expired": 0, "unmatched": 3}
    assert assessed(bomgate, "--existing")["assessments"] != []
    again = assessed(bomgate, "--existing")
    assert (again["assessments"], again["left_alone"]["assessed"]) == ([], 2)


def test_what_was_decided_by_hand_is_withdrawn_and_the_rest_counts_again(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10001", "--package", PACKAGE, "--type", "Ignore", *WHY)
    report = assessed(filled, "CVE-2026-10001", "--package", PACKAGE, "--clear", "--comment", "a mistake")
    assert (report["assessments"][0]["type"], report["assessments"][0]["comment"]) == (None, "a mistake")
    assert filled.run("check", "registry.example/shop/blocked:1").code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "neither an ID nor a selection"),
        (("CVE-2026-10001", "--cvss", "1-2", "--type", "Ignore", *WHY), "both IDs and a selection"),
        (("CVE-2026-10001", *WHY), "Missing option '--type'"),
        (("CVE-2026-10001", "--type", "Ignore"), "Missing option '--comment'"),
        (("CVE-2026-10001", "--undo", "20261129-abcdef"), "--undo takes back one whole batch"),
        (("CVE-2026-10001", "--clear", "--type", "Ignore"), "--clear takes IDs and a scope only"),
        (("CVE-2026-10001", "--existing"), "--existing takes neither IDs"),
        (("CVE-2026-10001", "--type", "Nonsense", *WHY), "The configured types are"),
        (("CVE-2026-10001", "--type", "Ignore", *WHY, "--until", "soon"), "is not a date"),
        (("CVE-2026-10001", "--type", "Ignore", *WHY, "--until", "2020-01-01"), "would have expired already"),
        (("CVE-2026-10001", "--type", "Ignore", *WHY, "--days", "0"), "cannot last 0 days"),
        (("CVE-2026-10001", "--type", "Ignore", *WHY, "--days", "1", "--until", "2099-01-01"), "Give one of them"),
        (("CVE-2026-10001", "--type", "Ignore", *WHY, "--package", TIDY), "does not affect"),
        (("CVE-2026-10001", "--type", "Ignore", *WHY, "--versions", ">="), "Write it such as"),
        (("CVE-2026-1000", "--type", "Ignore", *WHY), "Near ones are"),
        (("CVE-2026-10001", "--type", "Ignore", "--comment", " "), "needs a comment"),
        (("CVE-2026-10003", "--clear"), "was not assessed by hand"),
        (("--unassessed", "--type", "Ignore", *WHY, "--image", "a/*"), "image pattern"),
        (("--unassessed", "--type", "Ignore", *WHY, "--versions", "<2"), "range of versions"),
    ],
)
def test_what_does_not_say_what_is_meant_is_refused_and_nothing_is_recorded(
    filled: Installation, arguments: tuple[str, ...], said: str
) -> None:
    ran = filled.run("assess", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert filled.ok("db", "status", "--output", "json").json["counts"]["assessments"] == 2


def test_an_identifier_that_affects_nothing_yet_is_taken_on_request(bomgate: Installation) -> None:
    report = assessed(bomgate, "CVE-2030-0001", "--type", "Blocked", *WHY, "--allow-unknown")
    assert (len(report["assessments"]), report["images"]) == (1, [])


@pytest.mark.parametrize("text", [">=3.0,<2.0", "=2.13.0,=2.14.1", "=[2.0,=2.17.1)"])
def test_a_range_that_holds_no_version_and_was_kept_once_is_withdrawn_by_its_text(
    filled: Installation, text: str
) -> None:
    """Builds before 0.1.0 kept such ranges."""
    at = ("CVE-2026-10001", "--package", PACKAGE, "--versions", text)
    refused = filled.run("assess", *at, "--type", "Ignore", *WHY)
    assert (refused.code, "is not a range" in refused.err) == (2, True)
    with contextlib.closing(sqlite3.connect(filled.folder / "bomgate.db")) as database:
        columns = "vulnerability, type, package, version_range, source, author, comment, assessed_at, rule, revision"
        values = ("CVE-2026-10001", "Ignore", PACKAGE, text, "manual", "ana", "x", 1, "", 1)
        database.execute(f"INSERT INTO assessments ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        database.commit()
    assert "Nobody assessed" in filled.run("assess", *at[:-1], ">=4.0,<2.0", "--clear").err
    (withdrawn,) = assessed(filled, *at, "--clear")["assessments"]
    assert (withdrawn["type"], withdrawn["version_range"]) == (None, text)
    assert "Nobody assessed" in filled.run("assess", *at, "--clear").err


@pytest.mark.parametrize(("option", "text"), [("--versions", "vers:none/*"), ("--image", "a b/*")])
def test_what_cannot_be_read_is_told_of_and_withdrawn_by_its_text(filled: Installation, option: str, text: str) -> None:
    """Builds before 0.1.0 kept such scopes; they match nothing."""
    versions, image = (text if option == name else None for name in ("--versions", "--image"))
    with contextlib.closing(sqlite3.connect(filled.folder / "bomgate.db")) as database:
        columns = (
            "vulnerability, type, package, version_range, image, source, author, comment, assessed_at, rule, revision"
        )
        values = ("CVE-2026-10001", "Ignore", PACKAGE, versions, image, "manual", "ana", "x", 1, "", 1)
        database.execute(f"INSERT INTO assessments ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        database.commit()
    (lost,) = filled.ok("db", "upgrade", "--output", "json").json["unreadable_decisions"]
    assert (lost["vulnerability"], lost["type"], lost["author"], lost["package"]) == (*values[:2], "ana", PACKAGE)
    assert (lost["versions"], lost["image"]) == (versions, image)
    assert f"Ignore by ana counts nowhere, because its scope ({PACKAGE}, " in filled.ok("db", "upgrade").err
    assert filled.run("types", "lint", "--records", "--strict").code == 1
    traps = filled.ok("types", "lint", "--records", "--output", "json").json["traps"]
    assert [trap["level"] for trap in traps if trap["code"] == "unreadable-scope"] == ["warning"]
    at = ("CVE-2026-10001", "--package", PACKAGE, option)
    assert filled.run("assess", *at, f"{text}x", "--clear").code == 2
    (withdrawn,) = assessed(filled, *at, f" {text} ", "--clear")["assessments"]
    assert (withdrawn["type"], withdrawn["version_range"], withdrawn["image"]) == (None, versions, image)
    assert filled.ok("db", "upgrade", "--output", "json").json["unreadable_decisions"] == []
    assert filled.run("assess", *at, text, "--clear").code == 2
