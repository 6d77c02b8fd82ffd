"""Scores that come late, from a vector or not at all, identifiers that were rejected, and identifiers in references."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from tests.cli.installation import Installation, document, reference
from tests.doubles.ossindex import advisory
from tests.shared import shared

CRITICAL_3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LODASH = "pkg:npm/lodash@4.17.20"
WHY = ("--comment", "because")


def a_day_later(bomgate: Installation) -> None:
    """Let every answer be a day old, so that the next run asks again."""
    with contextlib.closing(sqlite3.connect(bomgate.folder / "bomgate.db")) as connection, connection:
        connection.execute("UPDATE components SET answered_at = answered_at - 90000, asked_at = asked_at - 90000")


def answered(bomgate: Installation, purl: str, *advisories: dict[str, object]) -> dict[str, Any]:
    """Ask OSS Index, which tells these; the report of the run."""
    bomgate.double.behaviour.advisories = {purl: list(advisories)}
    if not (bomgate.folder / "bomgate.db").exists():
        bomgate.ok("sbom", "add", bomgate.write("image.cdx.json", document([purl])), "--image", reference("one"))
    else:
        a_day_later(bomgate)
    return dict(bomgate.ok("download", "--output", "json").json)


def finding(bomgate: Installation) -> dict[str, Any]:
    """The only finding of the image."""
    ran = bomgate.run("check", reference("one"), "--output", "json")
    (one,) = ran.json["targets"][0]["images"][0]["findings"]
    return dict(one)


def add_case(bomgate: Installation, name: str, purl: str, *advisories: dict[str, object]) -> None:
    bomgate.double.behaviour.advisories = {purl: list(advisories)}
    bomgate.ok("sbom", "add", shared(f"cases/{name}.cdx.json"), "--image", reference("one"))
    bomgate.ok("download")


@pytest.mark.parametrize("first", [None, 5.3, 0])
def test_a_vulnerability_that_is_scored_into_a_range_later_is_assessed_then(
    bomgate: Installation, first: float | None
) -> None:
    assert answered(bomgate, LODASH, advisory("CVE-2026-1", first, cvssVector=None))["auto_assessed"] == 0
    assert finding(bomgate)["action"] == "warn"
    report = answered(bomgate, LODASH, advisory("CVE-2026-1", 9.8))
    assert (report["new_vulnerabilities"], report["auto_assessed"]) == (0, 1)
    one = finding(bomgate)
    assert (one["action"], one["assessment"]["type"], one["assessment"]["source"]) == ("deny", "Blocked", "auto")
    record = bomgate.ok("vulns", "show", "CVE-2026-1", "--output", "json").json["assessments"][0]
    assert (record["rule"], record["score"]) == ("Blocked 9.0–10.0", 9.8)
    assert "score moved" in record["comment"]
    assert answered(bomgate, LODASH, advisory("CVE-2026-1", 9.8))["auto_assessed"] == 0


def test_a_score_that_moves_outside_every_range_is_said_of_what_is_unassessed(bomgate: Installation) -> None:
    answered(bomgate, LODASH, advisory("CVE-2026-1", 5.3))
    answered(bomgate, LODASH, advisory("CVE-2026-1", 6.5))
    one = finding(bomgate)
    assert (one["action"], one["assessment"], one["note"]) == ("warn", None, "score moved 5.3 → 6.5")
    assert "score moved 5.3 → 6.5" in bomgate.run("check", reference("one")).out
    assert "5.3 until" in bomgate.ok("vulns", "show", "CVE-2026-1").out


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        (CRITICAL_3, 9.8),
        ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
    ],
)
@pytest.mark.parametrize("given", [None, 0, "high"])
def test_a_vector_without_a_score_is_scored_and_the_finding_says_so(
    bomgate: Installation, vector: str, score: float, given: float | str | None
) -> None:
    answered(bomgate, LODASH, advisory("CVE-2026-1", given, cvssVector=vector))
    one = finding(bomgate)
    assert (one["action"], one["vulnerability"]["cvss_score"]) == ("deny", score)
    assert (one["vulnerability"]["scored_from_vector"], one["note"]) == (True, "scored from its vector")
    assert "scored from its vector" in bomgate.run("check", reference("one")).out
    assert "this is the score of the vector" in bomgate.ok("vulns", "show", "CVE-2026-1").out


def test_the_vector_of_the_case_is_scored(bomgate: Installation) -> None:
    add_case(bomgate, "11-noscore", "pkg:pypi/noscore@1.0", advisory("CVE-2026-1", None, cvssVector=CRITICAL_3))
    assert bomgate.run("check", reference("one")).code == 1


def test_a_score_counts_before_the_vector(bomgate: Installation) -> None:
    answered(bomgate, LODASH, advisory("CVE-2026-1", 5.0, cvssVector=CRITICAL_3))
    one = finding(bomgate)
    assert (one["vulnerability"]["cvss_score"], one["vulnerability"]["scored_from_vector"]) == (5.0, False)


@pytest.mark.parametrize(
    ("setting", "action"), [(None, "deny"), ("judge", "deny"), ("warn", "warn"), ("allow", "allow")]
)
def test_a_rejected_identifier_is_shown_as_such_and_judged_as_the_setting_says(
    bomgate: Installation, setting: str | None, action: str
) -> None:
    if setting is not None:
        bomgate.configure(policy={"rejected": setting})
    rejected = advisory("CVE-2026-1", 9.8, description="** REJECT ** DO NOT USE THIS CANDIDATE NUMBER.")
    add_case(bomgate, "17-rejected", "pkg:pypi/rejected@1.0", rejected)
    one = finding(bomgate)
    assert (one["action"], one["vulnerability"]["rejected"], one["note"]) == (action, True, "rejected or withdrawn")
    assert "rejected or withdrawn" in bomgate.ok("vulns", "show", "CVE-2026-1").out


def test_what_people_decided_about_a_rejected_identifier_counts(bomgate: Installation) -> None:
    bomgate.configure(policy={"rejected": "allow"})
    answered(bomgate, LODASH, advisory("CVE-2026-1", 5.0, description="Rejected reason: not a vulnerability."))
    assert finding(bomgate)["action"] == "allow"
    bomgate.ok("assess", "CVE-2026-1", "--type", "Blocked", *WHY)
    assert finding(bomgate)["action"] == "deny"


def test_a_wrong_word_for_rejected_is_refused(bomgate: Installation) -> None:
    bomgate.configure(policy={"rejected": "deny"})
    ran = bomgate.run("types", "list")
    assert ran.code == 2
    assert "judge, warn, allow" in ran.err


def test_an_identifier_of_github_among_the_references_is_an_alias(bomgate: Installation) -> None:
    pages = [
        "http://web.nvd.nist.gov/view/vuln/detail?vulnId=CVE-2026-1",
        "https://github.com/advisories/GHSA-269g-pwp5-87pp",
    ]
    add_case(bomgate, "37-purl-alias-ghsa", "pkg:pypi/ghsa@1.0", advisory("CVE-2026-1", 9.8, externalReferences=pages))
    assert bomgate.run("check", reference("one")).code == 1
    assert (
        bomgate.ok("vulns", "show", "ghsa-269g-pwp5-87pp", "--output", "json").json["vulnerability"]["id"]
        == "CVE-2026-1"
    )
    bomgate.ok("assess", "GHSA-269G-pwp5-87pp", "--package", "pkg:pypi/ghsa", "--type", "Ignore", *WHY)
    assert bomgate.run("check", reference("one")).code == 0


def test_an_assessment_in_the_settings_file_of_what_nobody_knows_is_reported(bomgate: Installation) -> None:
    ghsa = "https://github.com/advisories/GHSA-269g-pwp5-87pp"
    stated = [
        {"vulnerability": literal, "type": "Ignore"} for literal in ("CVE-2026-1", "ghsa-269G-pwp5-87pp", "CVE-2026-11")
    ]
    bomgate.configure(assessments=stated)

    def reported() -> list[str]:
        traps = bomgate.ok("types", "lint", "--output", "json").json["traps"]
        return [trap["sentence"].split(",")[0] for trap in traps if trap["code"] == "unknown-vulnerability"]

    assert reported() == []  # nobody was asked yet
    answered(bomgate, LODASH, advisory("CVE-2026-1", 5.0, externalReferences=[ghsa]))
    assert reported() == ["The configuration assesses CVE-2026-11"]
    assert "check the spelling" in bomgate.ok("types", "lint").out.lower()
