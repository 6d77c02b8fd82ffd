"""When ``bomgate check`` fails without a denial, and when it cannot decide because nothing was ever asked."""

from __future__ import annotations

import json

import pytest

from tests.cli.installation import CONTENTS, Installation, deployment, document, reference, review


@pytest.mark.parametrize(
    ("image", "condition", "code"),
    [
        ("caution", "warn", 1),
        ("clean", "warn", 0),
        ("caution", "high", 1),
        ("caution", "medium,high", 1),
        ("caution", "critical", 0),
        ("unassessed", "medium", 1),
        ("unassessed", "high", 0),
        ("clean", "low,unknown,missing-sbom", 0),
        ("strange", "missing-sbom", 1),
        ("strange", "unknown", 0),
    ],
)
def test_a_condition_fails_the_check(filled: Installation, image: str, condition: str, code: int) -> None:
    assert filled.run("check", reference(image)).code == 0
    assert filled.run("check", reference(image), "--fail-on", condition).code == code


def test_what_an_assessment_allows_does_not_fail_by_its_severity(filled: Installation) -> None:
    because = ("--comment", "not reachable", "--author", "alice")
    filled.ok("assess", "CVE-2026-10003", "--type", "Ignore", *because)
    filled.ok("check", reference("caution"), "--fail-on", "low,warn")


def test_what_the_policy_lets_pass_fails_by_its_severity(filled: Installation) -> None:
    filled.configure(policy={"unassessed": "allow"})
    assert filled.ok("check", reference("unassessed"), "--fail-on", "high,warn").code == 0
    assert filled.run("check", reference("unassessed"), "--fail-on", "medium").code == 1


def test_a_component_without_an_answer_fails_on_request(filled: Installation) -> None:
    path = filled.write("new.cdx.json", document(["pkg:npm/never-asked@1.0.0"]))
    filled.ok("check", path)
    ran = filled.run("check", path, "--fail-on", "unknown", "--output", "json")
    assert (ran.code, ran.json["failed_on"], ran.json["action"]) == (1, ["unknown"], "warn")
    assert "Fails by --fail-on: unknown." in ran.err


def test_an_unknown_condition_is_refused_with_those_there_are(filled: Installation) -> None:
    ran = filled.run("check", reference("clean"), "--fail-on", "warn,terrible")
    assert ran.code == 2
    assert "missing-sbom" in ran.err


def test_a_review_takes_no_condition(filled: Installation) -> None:
    path = filled.write("review.json", json.dumps(review(deployment(reference("clean")))))
    assert filled.run("check", path, "--fail-on", "warn").code == 2


@pytest.mark.parametrize("name", ["image", "sbom", "manifest", "review"])
def test_a_database_without_any_answer_decides_nothing(bomgate: Installation, name: str) -> None:
    path = bomgate.write("clean.cdx.json", document(CONTENTS["clean"]))
    bomgate.ok("sbom", "add", path, "--image", reference("clean"))
    content = deployment(reference("clean"))
    targets = {
        "image": reference("clean"),
        "sbom": str(path),
        "manifest": str(bomgate.write("web.json", json.dumps(content))),
        "review": str(bomgate.write("review.json", json.dumps(review(content)))),
    }
    ran = bomgate.run("check", targets[name])
    assert ran.code == 3
    assert name == "review" or "contains no answer from a vulnerability source" in ran.err
    bomgate.ok("download")
    assert bomgate.run("check", targets[name]).code == 0
