"""Deciding about many vulnerabilities at once: people's decisions stay, the change is shown, and it can be undone."""

from __future__ import annotations

import getpass
import os
import pty
import select
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.cli.installation import PARSER, QUEUE, TIDY, Installation, reference

BULK = ("assess", "--cvss", "4.0-10.0", "--type", "Ignore", "--comment", "bulk", "--author", "bob")
ALICE = ("--type", "Blocked", "--comment", "never ship", "--author", "alice")


def report(bomgate: Installation, *arguments: str) -> dict[str, Any]:
    return dict(bomgate.ok(*arguments, "--output", "json").json)


def in_force(bomgate: Installation, identifier: str) -> list[str | None]:
    shown = bomgate.ok("vulns", "show", identifier, "--output", "json").json["vulnerability"]
    return [item["assessment"] and item["assessment"]["by"] for item in shown["components"]]


def test_a_bulk_assessment_leaves_what_a_person_decided(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10002", *ALICE)
    made = report(filled, *BULK)
    assert "CVE-2026-10002" not in [item["vulnerability"] for item in made["assessments"]]
    assert [(item["vulnerability"], item["replaces"]) for item in made["kept"]] == [("CVE-2026-10002", "alice")]
    assert made["left_alone"] == {"decided by people": 1}
    assert in_force(filled, "CVE-2026-10002") == ["alice"]
    assert filled.run("check", reference("blocked")).code == 1


def test_several_ids_leave_what_a_person_decided_too(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10002", *ALICE)
    ids = ("assess", "CVE-2026-10001", "CVE-2026-10002", "--type", "Ignore", "--comment", "c", "--author", "bob")
    assert [item["vulnerability"] for item in report(filled, *ids)["assessments"]] == ["CVE-2026-10001"]
    assert in_force(filled, "CVE-2026-10002") == ["alice"]


def test_what_a_settings_file_decided_is_a_persons_decision(filled: Installation) -> None:
    stated = {"vulnerability": "CVE-2026-10002", "type": "Blocked", "comment": "policy of the company"}
    filled.configure(assessments=[stated])
    from webhook.bootstrap import open_parts
    from webhook.settings import load_settings

    parts = open_parts(load_settings(filled.config))
    parts.provision()
    parts.store.close()
    assert report(filled, *BULK)["left_alone"] == {"decided by people": 1}


def test_a_narrower_decision_of_a_person_is_not_in_the_way(filled: Installation) -> None:
    narrow = ("--image", "registry.example/other/*")
    filled.ok("assess", "CVE-2026-10002", *narrow, *ALICE)
    assert report(filled, *BULK)["kept"] == []


def test_override_replaces_and_undo_brings_back_what_counted_before(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10002", "--package", "pkg:maven/org.example/parser", *ALICE)
    made = report(filled, *BULK, "--override")
    change = next(item for item in made["changes"] if item["vulnerability"] == "CVE-2026-10002")
    assert (change["now"], change["then"], change["replaces"]) == (["Blocked by alice"], ["Ignore by bob"], "alice")
    assert filled.run("check", reference("blocked")).code == 0
    undo = report(filled, "assess", "--undo", made["batch"], "--author", "carol")
    assert {item["vulnerability"] for item in undo["assessments"]} == {
        item["vulnerability"] for item in made["assessments"]
    }
    assert filled.run("check", reference("blocked")).code == 1
    restored = [item for item in undo["assessments"] if item["vulnerability"] == "CVE-2026-10002"][-1]
    assert (restored["type"], restored["by"]) == ("Blocked", "carol")
    assert "as alice decided on" in restored["comment"]
    assert in_force(filled, "CVE-2026-10001") == ["auto-assess"]
    assert in_force(filled, "CVE-2026-10004") == [None]


def test_undo_leaves_what_was_decided_since_and_can_itself_be_undone(filled: Installation) -> None:
    made = report(filled, *BULK)
    filled.ok("assess", "CVE-2026-10003", "--package", "pkg:npm/%40shop/trim", *ALICE, "--override")
    undo = report(filled, "assess", "--undo", made["batch"], "--author", "carol")
    assert undo["left_alone"] == {"decided since": 1}
    assert in_force(filled, "CVE-2026-10003") == ["alice"]
    assert filled.run("check", reference("blocked")).code == 1
    filled.ok("assess", "--undo", undo["batch"], "--author", "carol")
    assert filled.run("check", reference("blocked")).code == 0


def test_a_batch_that_is_undone_has_nothing_left_to_undo_and_nobody_decided_since(filled: Installation) -> None:
    made = report(filled, *BULK)
    filled.ok("assess", "--undo", made["batch"], "--author", "carol")
    again = report(filled, "assess", "--undo", made["batch"], "--author", "carol")
    assert (again["assessments"], again["left_alone"]) == ([], {"decided since": 0})


def test_what_the_ranges_gave_at_once_can_be_undone(filled: Installation) -> None:
    filled.configure(assessmentTypes=[{"name": "Medium", "action": "deny", "autoAssess": {"min": 4.0, "max": 6.9}}])
    made = report(filled, "assess", "--existing")
    assert in_force(filled, "CVE-2026-10004") == ["auto-assess"]
    filled.ok("assess", "--undo", made["batch"], "--author", "carol")
    assert in_force(filled, "CVE-2026-10004") == [None]


def test_an_unknown_batch_is_refused(filled: Installation) -> None:
    ran = filled.run("assess", "--undo", "20200101-abcdef", "--author", "carol")
    assert ran.code == 2
    assert "There is no batch" in ran.err


@pytest.mark.parametrize("form", [("CVE-2026-10001", "--type", "Ignore", "--comment", "c"), ("--clear",)])
def test_every_form_can_be_tried_dry(filled: Installation, form: tuple[str, ...]) -> None:
    if form == ("--clear",):
        filled.ok("assess", "CVE-2026-10001", "--type", "Ignore", "--comment", "c")
        form = ("CVE-2026-10001", "--clear")
    before = in_force(filled, "CVE-2026-10001")
    tried = report(filled, "assess", *form, "--dry-run")
    assert (len(tried["assessments"]), tried["dry_run"], tried["batch"]) == (1, True, "")
    assert tried["changes"][0]["now"] != tried["changes"][0]["then"]
    assert in_force(filled, "CVE-2026-10001") == before


def test_people_see_now_and_then_before_it_is_recorded(filled: Installation) -> None:
    ran = filled.ok(*BULK)
    header, first = ran.out.splitlines()[:2]
    assert header.split() == ["VULNERABILITY", "NOW", "THEN", "FOR", "EXPIRES"]
    assert first.split()[:7] == ["CVE-2026-10001", "Blocked", "by", "auto-assess", "Ignore", "by", "bob"]
    assert "To undo: bomgate assess --undo" in ran.err


def test_an_unknown_image_package_or_namespace_in_a_filter_is_refused(filled: Installation) -> None:
    assert "has no SBOM of an image" in filled.run("vulns", "list", "--image", "foo:1").err
    for filters in (
        ("--image", "foo:1"),
        ("--purl", "pkg:npm/nothing"),
        ("--purl", f"{PARSER.partition('@')[0]}@9"),
        ("--namespace", "No such"),
    ):
        assert filled.run("vulns", "list", *filters).code == 2
    bulk = ("--package", "pkg:npm/nothing", "--unassessed", "--type", "Ignore", "--comment", "c")
    assert filled.run("assess", *bulk).code == 2
    assert filled.ok("vulns", "list", "--purl", TIDY).err == "Nothing found.\n"
    assert filled.ok("vulns", "list", "--purl", QUEUE.partition("@")[0]).out


def test_a_single_score_that_finds_nothing_says_what_it_means(filled: Installation) -> None:
    assert "write 9.0-10.0" in filled.ok("vulns", "list", "--cvss", "9").err


def test_a_namespace_that_changes_nothing_is_said_to(filled: Installation) -> None:
    assert "No assessment is narrowed to the namespace shop" in filled.ok("vulns", "list", "--namespace", "shop").err


@pytest.mark.parametrize("user", ["bomgate", None])
def test_a_service_account_has_to_say_who_decides(
    filled: Installation, monkeypatch: pytest.MonkeyPatch, user: str | None
) -> None:
    def account() -> str:
        if user is None:
            raise KeyError("uid not found")
        return user

    monkeypatch.setattr(getpass, "getuser", account)
    decide = ("assess", "CVE-2026-10001", "--type", "Ignore", "--comment", "c")
    ran = filled.run(*decide)
    assert ran.code == 2
    assert "--author" in ran.err
    (record,) = report(filled, *decide, "--author", "alice")["assessments"]
    assert record["by"] == "alice"
    assert record["recorded_by"].startswith("bomgate@" if user else "uid ")


def test_what_somebody_decided_while_a_question_waited_is_not_replaced(filled: Installation) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "webhook", *BULK, "--config", str(filled.config)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as asked:
        assert asked.stdout is not None
        said, end = b"", time.monotonic() + 60
        while b"[y/N]" not in said and time.monotonic() < end:
            if select.select([asked.stdout], [], [], 1)[0]:
                said += os.read(asked.stdout.fileno(), 4096)
        assert b"Record" in said
        filled.ok("assess", "CVE-2026-10002", "--package", "pkg:maven/org.example/parser", *ALICE)
        os.write(ours, b"y\n")
        rest = asked.communicate(timeout=60)[0].decode()
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 3, rest
    assert "alice has decided about CVE-2026-10002" in " ".join(rest.split())
    assert in_force(filled, "CVE-2026-10002") == ["alice"]
