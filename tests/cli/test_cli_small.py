"""The small verbs: ``types``, ``source``, ``db``, ``completion``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.installation import Installation, digest
from tests.doubles.ossindex.faults import Fault
from tests.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


def test_the_recommended_types_are_listed(bomgate: Installation) -> None:
    types = bomgate.ok("types", "list", "--output", "json").json["types"]
    assert [(kind["name"], kind["action"], kind["cvss_min"], kind["expires_after_days"]) for kind in types] == [
        ("Ignore", "allow", 0.1, 90),
        ("Caution", "warn", 7.0, 30),
        ("Blocked", "deny", 9.0, 30),
    ]
    assert bomgate.ok("types", "list").out.splitlines()[3].split()[:3] == ["Blocked", "deny", "9.0–10.0"]
    assert not (bomgate.folder / "bomgate.db").exists()


def test_traps_are_found_and_strict_makes_them_fail(bomgate: Installation) -> None:
    ran = bomgate.ok("types", "lint")
    assert "warning (opens-by-itself): What Blocked denies ends silently" in ran.out
    assert "What to do: Set onExpiry: reassess" in ran.out
    assert bomgate.run("types", "lint", "--strict").code == 1
    assert bomgate.ok("types", "lint", "--output", "json").json["traps"][0]["code"] == "opens-by-itself"


def test_without_traps_there_is_nothing_on_standard_output(bomgate: Installation) -> None:
    bomgate.configure(assessmentTypes=[{"name": "Blocked", "action": "deny"}])
    ran = bomgate.ok("types", "lint", "--strict")
    assert (ran.out, ran.err) == ("", "No traps.\n")


def test_what_the_file_provisions_is_linted_and_what_the_database_holds_on_request(filled: Installation) -> None:
    past = {"vulnerability": "CVE-2026-10001", "type": "Blocked", "until": "2020-01-01"}
    filled.configure(assessmentTypes=[{"name": "Blocked", "action": "deny"}], assessments=[past])
    codes = [item["code"] for item in filled.ok("types", "lint", "--output", "json").json["traps"]]
    assert codes == ["expired-provisioned"]
    codes = [item["code"] for item in filled.ok("types", "lint", "--records", "--output", "json").json["traps"]]
    assert codes == ["unknown-type", "expired-provisioned"]  # Caution was given, and is not configured any more


def test_ranges_that_overlap_refuse_to_load_and_name_both_types(bomgate: Installation) -> None:
    types = [
        {"name": "High", "action": "warn", "autoAssess": {"min": 7.0, "max": 9.0}},
        {"name": "Critical", "action": "deny", "autoAssess": {"min": 9.0, "max": 10.0}},
    ]
    bomgate.configure(assessmentTypes=types)
    ran = bomgate.run("types", "list")
    assert ran.code == 2
    assert "High" in ran.err
    assert "Critical" in ran.err


def test_the_source_says_who_asks_and_that_it_works(bomgate: Installation) -> None:
    bomgate.double.behaviour.credits = None
    ran = bomgate.ok("source", "check")
    assert "Identity: token (Bearer)" in ran.out
    assert "Works:    yes" in ran.out
    assert bomgate.ok("source", "check", "--output", "json").json["ok"] is True


@pytest.mark.parametrize(
    ("status", "said"), [(401, "token"), (402, "credits"), (403, "proxy or firewall"), (500, "Try again later")]
)
def test_a_source_that_does_not_work_exits_with_3_and_a_remedy(bomgate: Installation, status: int, said: str) -> None:
    bomgate.double.behaviour.faults = [Fault("status", status=status)]
    ran = bomgate.run("source", "check")
    assert ran.code == 3
    assert "Works:      no" in ran.out
    assert said in ran.out


def test_a_source_that_cannot_work_is_a_settings_error(bomgate: Installation) -> None:
    bomgate.configure(ossindex={"url": "ftp://nowhere"})
    ran = bomgate.run("source", "check")
    assert (ran.code, "ossindex.url" in ran.err) == (2, True)


def test_an_upgrade_makes_the_tables_of_a_database_that_is_not_there(bomgate: Installation) -> None:
    before = bomgate.run("db", "status")
    assert before.code == 3
    assert "There is no database at" in before.err
    upgraded = bomgate.ok("db", "upgrade", "--output", "json").json
    assert upgraded["schema"] == upgraded["expected_schema"] != ""
    assert bomgate.ok("db", "upgrade").out.startswith("Database: sqlite:///")


def test_the_status_counts_what_is_there_and_shows_the_last_download(filled: Installation) -> None:
    status = filled.ok("db", "status", "--output", "json").json
    assert status["counts"]["sboms"] == 4
    assert (status["counts"]["vulnerable"], status["counts"]["clean"], status["counts"]["not_covered"]) == (3, 1, 1)
    assert status["last_run"]["report"]["asked"] == 4
    assert "Complete:        yes" in filled.ok("db", "status").out


def test_a_server_is_upgraded_on_request_only(postgres: PostgresServer, bomgate: Installation) -> None:
    bomgate.configure(database={"url": postgres.url(postgres.new_database())})
    empty = bomgate.run("db", "status")
    assert (empty.code, "bomgate db upgrade" in empty.err) == (3, True)
    refused = bomgate.run("sbom", "list")
    assert (refused.code, "bomgate db upgrade" in refused.err) == (3, True)
    bomgate.ok("db", "upgrade")
    bomgate.ok("db", "status")


def test_a_server_that_is_not_there_exits_with_3_and_does_not_show_the_password(bomgate: Installation) -> None:
    bomgate.configure(database={"url": "postgresql://user:hush@127.0.0.1:1/bomgate"})
    ran = bomgate.run("db", "status")
    assert ran.code == 3
    assert "cannot be reached" in ran.err
    assert "hush" not in ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_names_the_command(bomgate: Installation, shell: str) -> None:
    assert "_BOMGATE_COMPLETE" in bomgate.ok("completion", shell).out


def complete(installation: Installation, line: str) -> list[str]:
    """What bash is offered at the end of a line."""
    words = line.split(" ")
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(installation.folder),
        "PYTHONPATH": str(ROOT),
        "BOMGATE_CONFIG": str(installation.config),
        "_BOMGATE_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "webhook"], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.stderr == ""
    return [part.partition(",")[2] for part in done.stdout.split()]


def test_verbs_types_and_known_identifiers_are_completed(filled: Installation) -> None:
    assert complete(filled, "bomgate ch") == ["check"]
    assert complete(filled, "bomgate assess --type c") == ["Caution"]
    assert complete(filled, "bomgate assess CVE-2026-1000") == [f"CVE-2026-1000{number}" for number in (1, 3, 2, 4)]
    known = sorted(digest(name) for name in ("blocked", "caution", "unassessed", "clean"))
    assert sorted(complete(filled, "bomgate sbom show sha256:")) == known


def test_completion_is_silent_when_the_settings_are_broken(bomgate: Installation) -> None:
    bomgate.config.write_text("nonsense: true\n", encoding="utf-8")
    assert complete(bomgate, "bomgate assess --type ") == []
