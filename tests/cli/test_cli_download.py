"""``bomgate download``, on SQLite and OSS Index's double."""

from __future__ import annotations

from pathlib import Path

from tests.cli.installation import BASE, PARSER, TRIM, Installation, digest, document
from tests.doubles.ossindex.faults import Fault
from webhook.bootstrap import open_parts
from webhook.engines.downloading.keeping import LeaseKeeper, LeasePace
from webhook.settings import load_settings


def test_a_run_asks_for_what_is_due_and_reports_it(bomgate: Installation) -> None:
    bomgate.add_images()
    assert bomgate.ok("download", "--output", "json").json == {
        "asked": 4,
        "answered": 4,
        "vulnerable": 3,
        "skipped": {"not-covered": 1},
        "failed": 0,
        "unknown": 0,
        "new_vulnerabilities": 5,
        "auto_assessed": 2,
        "credits_used": 0.6,
        "credits_remaining": None,
        "complete": True,
        "forms": 6,
        "advisories": [],
        "vex": [],
        "matched": 0,
        "matched_vulnerable": 0,
        "exploits": [],
    }


def test_what_was_answered_a_moment_ago_is_not_asked_again(filled: Installation) -> None:
    report = filled.ok("download", "--output", "json").json
    assert (report["asked"], report["skipped"]) == (0, {"fresh": 4, "not-covered": 1})


def test_a_dry_run_says_how_many_would_be_asked_and_asks_nothing(bomgate: Installation) -> None:
    bomgate.add_images()
    assert "Would be asked: 4" in bomgate.ok("download", "--dry-run").out
    assert bomgate.double.service.journal == []


def test_a_budget_leaves_the_rest_for_later_and_the_exit_code_says_so(bomgate: Installation) -> None:
    bomgate.add_images()
    ran = bomgate.run("download", "--max-components", "1", "--output", "json")
    assert (ran.code, ran.json["asked"], ran.json["skipped"]["budget"]) == (3, 1, 3)
    assert "The budget of 1 coordinates" in ran.err


def test_named_components_only_are_asked_for(bomgate: Installation) -> None:
    bomgate.ok("download", "--purl", PARSER, "--purl", TRIM)
    assert sorted(bomgate.double.service.coordinates) == [PARSER, TRIM]


def test_spent_credits_end_the_run_with_3_and_a_remedy_and_keep_what_was_answered(bomgate: Installation) -> None:
    bomgate.configure(ossindex={"batchSize": 2})
    bomgate.add_images()
    bomgate.double.behaviour.faults = [Fault(), Fault("status", status=402)]
    ran = bomgate.run("download", "--output", "json")
    assert (ran.code, ran.json["answered"], ran.json["complete"]) == (3, 2, False)
    assert "Wait for the next credit period" in ran.err
    assert bomgate.ok("db", "status", "--output", "json").json["counts"]["unknown"] == 2


def test_without_a_token_nothing_is_sent_and_the_remedy_says_where_to_get_one(bomgate: Installation) -> None:
    bomgate.configure(ossindex={"token": ""})
    bomgate.add_images()
    ran = bomgate.run("download")
    assert ran.code == 3
    assert "guide.sonatype.com" in ran.err
    assert bomgate.double.service.journal == []


def test_sbom_files_of_the_directory_are_taken_in_before(bomgate: Installation, tmp_path: Path) -> None:
    name = digest("new").replace(":", "-")
    bomgate.write(f"sboms/new@{name}.cdx.json", document([PARSER, BASE]))
    bomgate.write(f"sboms/{digest('bad').replace(':', '-')}.json", "{}")
    bomgate.configure(sbom={"directory": str(tmp_path / "sboms")})
    ran = bomgate.ok("download", "--output", "json")
    assert ran.json["asked"] == 1
    assert "SBOM file not taken in" in ran.err
    assert [item["digest"] for item in bomgate.ok("sbom", "list", "--output", "json").json["sboms"]] == [digest("new")]


def test_a_directory_that_is_not_there_is_said_in_the_log_and_stops_nothing(bomgate: Installation) -> None:
    bomgate.add_images()
    bomgate.configure(sbom={"directory": str(bomgate.folder / "nowhere")})
    ran = bomgate.ok("download", "--output", "json")
    assert ran.json["asked"] == 4
    assert "sbom.directory cannot be read" in ran.err


def test_a_malformed_purl_is_an_input_error(bomgate: Installation) -> None:
    ran = bomgate.run("download", "--purl", "lodash")
    assert ran.code == 2
    assert "Write it as pkg:type/namespace/name@version." in ran.err


def test_another_run_that_is_going_on_is_named(bomgate: Installation) -> None:
    bomgate.ok("db", "upgrade")
    parts = open_parts(load_settings(bomgate.config, environment={}))
    pace = LeasePace(duration_seconds=3600, renew_seconds=0.2)
    lease = parts.store.runs.acquire("other-host/1", duration=pace.duration)
    with LeaseKeeper(parts.store.runs, lease, pace, parts.clock):
        ran = bomgate.run("download")
    parts.store.close()
    assert ran.code == 3
    assert "other-host/1 holds the lease" in ran.err


def test_the_table_has_the_same_numbers(bomgate: Installation) -> None:
    bomgate.add_images()
    lines = bomgate.ok("download").out.splitlines()
    table = dict(line.split(":", 1) for line in lines if ":" in line)
    assert table["Answered"].strip() == "4"
    assert table["Assessed by CVSS range"].strip() == "2"
    assert table["Other forms of names asked"].strip() == "2"
    assert table["Complete"].strip() == "yes"
