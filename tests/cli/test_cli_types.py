"""Types of the cluster at the command line, and the database that they come from."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from decimal import Decimal

from tests.cli.installation import Installation
from tests.parts import unavailable
from tests.postgres import PostgresServer, find_programs
from webhook.bootstrap import open_parts
from webhook.model.actions import Action
from webhook.model.assessments import CLUSTER, Assessment, AssessmentSource, AssessmentType, CvssRange, Scope
from webhook.settings import load_settings

BAND = CvssRange(Decimal("4.0"), Decimal("6.9"))
ACCEPTED = AssessmentType("accepted-risk", Action.ALLOW, None, 30, description="signed off")
MEDIUM = AssessmentType("medium", Action.DENY, BAND, 30)


def with_types(bomgate: Installation, *types: AssessmentType) -> None:
    """Let the controller have brought these types in."""
    parts = open_parts(load_settings(bomgate.config, environment={}))
    parts.store.types.provision(types)
    parts.store.close()


def test_types_of_the_cluster_are_listed_behind_those_of_the_settings(bomgate: Installation) -> None:
    with_types(bomgate, ACCEPTED, MEDIUM)
    with_types(bomgate, ACCEPTED)
    listed = bomgate.ok("types", "list", "--output", "json").json["types"]
    assert [(item["name"], item["origin"]) for item in listed] == [
        ("Ignore", "settings"),
        ("Caution", "settings"),
        ("Blocked", "settings"),
        ("accepted-risk", "cluster"),
        ("medium", "retired"),
    ]
    assert "accepted-risk" in bomgate.ok("types", "list").out
    assert "accepted-risk" not in bomgate.ok("types", "list", "--settings-only").out


def test_listing_and_linting_make_no_database(bomgate: Installation) -> None:
    bomgate.ok("types", "list")
    bomgate.ok("types", "lint")
    assert not (bomgate.folder / "bomgate.db").exists()


def test_traps_of_types_of_the_cluster_are_found(bomgate: Installation) -> None:
    with_types(bomgate, MEDIUM)
    assert "What medium denies ends silently" in bomgate.ok("types", "lint").out
    assert "medium" not in bomgate.ok("types", "lint", "--settings-only").out
    assert bomgate.run("types", "lint", "--settings-only", "--records").code == 2


def test_people_can_give_a_type_of_the_cluster_until_it_is_retired(filled: Installation) -> None:
    with_types(filled, ACCEPTED)
    give = ("assess", "CVE-2026-10001", "--type", "accepted-risk", "--comment", "signed")
    assert filled.ok(*give, "--output", "json").json["assessments"][0]["type"] == "accepted-risk"
    assert filled.ok("vulns", "list", "--type", "Accepted-Risk", "--output", "json").json["vulnerabilities"]
    with_types(filled)
    ran = filled.run(*give)
    assert (ran.code, "'accepted-risk' is not an assessment type" in ran.err) == (2, True)
    assert "is gone from the cluster" in filled.ok("types", "lint", "--records").out


ADD = ("types", "add", "Accepted", "--action", "allow", "--days", "30", "--author", "ana")


def test_people_make_change_and_retire_types(filled: Installation) -> None:
    assert "would be made" in filled.ok(*ADD, "--dry-run").err
    assert "was made" in filled.ok(*ADD).err
    filled.ok("assess", "CVE-2026-10001", "--type", "Accepted", "--comment", "signed", "--author", "ana")
    deny = ("types", "edit", "accepted", "--action", "deny", "--no-days", "--author", "ana")
    told = filled.ok(*deny, "--dry-run", "--output", "json").json
    assert (told["recorded"], told["moves"]) == (False, [{"before": "allow", "after": "deny", "findings": 1}])
    refused = filled.run(*deny)
    assert (refused.code, "add --yes" in refused.err) == (2, True)
    made = filled.ok(*deny, "--yes", "--output", "json").json
    assert (made["type"]["action"], made["type"]["expires_after_days"], made["recorded"]) == ("deny", None, True)
    (listed,) = [item for item in filled.ok("types", "list", "-o", "json").json["types"] if item["name"] == "Accepted"]
    assert (listed["action"], listed["origin"]) == ("deny", "console")
    filled.ok("types", "edit", "Accepted", "--kev", "--epss", "0.2", "--cvss", "4.0-5.0", "--yes", "--author", "ana")
    assert "4.0–5.0, KEV, EPSS ≥ 0.2" in filled.ok("types", "list").out
    edited = filled.ok("types", "edit", "Accepted", "--no-kev", "--yes", "--author", "ana", "-o", "json").json["type"]
    assert (edited["kev"], edited["epss_min"], edited["cvss_max"]) == (False, 0.2, 5.0)
    assert "is not a minimum EPSS score" in filled.run("types", "edit", "Accepted", "--epss", "20", "--yes").err
    filled.ok("types", "remove", "Accepted", "--yes", "--author", "ana")
    (listed,) = [item for item in filled.ok("types", "list", "-o", "json").json["types"] if item["name"] == "Accepted"]
    assert listed["origin"] == "retired"


def test_types_of_the_settings_file_are_not_changed_at_the_command_line(filled: Installation) -> None:
    for verb in (("edit", "Blocked", "--action", "warn"), ("remove", "Blocked")):
        ran = filled.run("types", *verb, "--author", "ana")
        assert (ran.code, "assessmentTypes in the settings file" in ran.err) == (2, True)
    assert filled.run("types", "edit", "Nothing", "--action", "warn", "--author", "ana").code == 2


def test_what_the_cluster_states_is_managed_there(filled: Installation) -> None:
    parts = open_parts(load_settings(filled.config, environment={}))
    now = parts.clock.now()
    source = AssessmentSource.PROVISIONED
    stated = Assessment("CVE-2026-10001", "Ignore", Scope(), source, CLUSTER, "", now, None, rule="Assessment parser")
    parts.store.assessments.provision([stated], author=CLUSTER, now=now)
    parts.store.close()
    refused = filled.run("assess", "CVE-2026-10001", "--clear")
    assert refused.code == 2
    assert "managed by the cluster (Assessment parser)" in refused.err
    decided = filled.ok("assess", "CVE-2026-10001", "--type", "Blocked", "--comment", "no")
    assert "Assessment parser states Ignore for CVE-2026-10001, too" in decided.err


def test_a_database_of_a_newer_program_that_allows_it_is_used_and_told(filled: Installation) -> None:
    with contextlib.closing(sqlite3.connect(filled.folder / "bomgate.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = filled.ok("db", "status")
    assert "9999" in ran.out
    assert "this one can use it" in ran.err
    assert "9999" in filled.ok("db", "upgrade", "--wait", "1").out


def test_an_upgrade_waits_for_a_server_that_starts_and_several_do_no_harm(bomgate: Installation) -> None:
    programs = find_programs()
    if programs is None:
        unavailable("PostgreSQL is not installed: no waiting for it")
    server = PostgresServer(programs)
    try:
        server.start()
        name = server.new_database()
        server.stop()
        bomgate.configure(database={"url": server.url(name)})
        command = [sys.executable, "-m", "webhook", "db", "upgrade", "--wait", "60", "--config", str(bomgate.config)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        upgrades = [subprocess.Popen(command, **pipes) for _ in range(2)]
        for upgrade in upgrades:
            assert upgrade.stderr is not None
            assert upgrade.stderr.readline().startswith("Waiting: ")
        server.start()
        ended = [(upgrade.communicate(timeout=60), upgrade.returncode) for upgrade in upgrades]
        assert [code for _, code in ended] == [0, 0], ended
        bomgate.ok("db", "status")
    finally:
        server.remove()


def test_an_upgrade_that_waits_in_vain_says_why(bomgate: Installation) -> None:
    bomgate.configure(database={"url": "postgresql://u:p@127.0.0.1:1/none"})
    ran = bomgate.run("db", "upgrade", "--wait", "0.1")
    assert ran.code == 3
    assert "Waiting: The database at postgresql://u:***@127.0.0.1:1/none cannot be reached." in ran.err
    assert "store-unreachable" in ran.err
