"""What people look up on the command line, on a store as a team has it after a week."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.team import Team
from tests.console.world import CLEAN, LODASH, LOG4J, filled
from tests.ports.samples import digest
from tests.postgres import PostgresServer
from webhook.engines.judging.images import ImageChecker
from webhook.settings import load_settings


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shown(request: pytest.FixtureRequest, filled_file: Path) -> Iterator[Team]:
    """A store that is only looked at, on each kind of database."""
    if request.param == "sqlite":
        yield Team(f"sqlite:///{filled_file}", filled_file.parent)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.url(server.new_database(request.getfixturevalue("postgres_template")))
    filled(url, str(filled_file.parent)).store.close()
    yield Team(url, filled_file.parent)


@pytest.fixture
def team(filled_file: Path, tmp_path: Path) -> Team:
    """A store that may be changed."""
    shutil.copy(filled_file, tmp_path / "b.db")
    return Team(f"sqlite:///{tmp_path}/b.db", tmp_path)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--package", "log4j*"), ["CVE-2021-44228"]),
        (("--package", "pkg:npm/lod*"), ["CVE-2021-23337"]),
        (("--package", "LODASH", "--running"), ["CVE-2021-23337"]),
        (("--severity", "critical", "--limit", "1"), ["CVE-2021-44228"]),
        (("--severity", "Critical", "--limit", "1"), ["CVE-2021-44228"]),
        (("--running", "--namespace", "shop"), ["CVE-2021-44228", "CVE-2021-23337", "CVE-2020-14343"]),
        (("--running", "--namespace", "shop", "--sort", "id", "--limit", "1"), ["CVE-2020-14343"]),
        (("--running", "--namespace", "lab", "--severity", "medium"), ["EVIL-1"]),
        (("--running", "--namespace", "shop", "--cvss", "7.2"), ["CVE-2021-23337"]),
        (("--expires-within", "6", "--package", "lodash"), ["CVE-2021-23337"]),
        (("--expires-within", "4", "--package", "lodash"), []),
        (("--since", "1d", "--purl", LOG4J), ["CVE-2021-44228"]),
        (("--since", "2999-01-01"), []),
        (("--limit", "3", "--image", "registry.example/shop/worker:2.0"), ["CVE-2021-23337", "CVE-2020-14343"]),
        (("--limit", "3", "--image", digest(2)), ["CVE-2021-23337", "CVE-2020-14343"]),
        (("--severity", "high", "--state", "assessed", "--type", "ignore"), ["CVE-2021-23337"]),
    ],
)
def test_the_filters_of_triage_narrow_the_list(shown: Team, filters: tuple[str, ...], expected: list[str]) -> None:
    assert shown.ids(*filters) == expected


def test_the_lists_of_triage_and_of_the_store_say_the_same(shown: Team) -> None:
    plain = shown.ok("vulns", "list", "--output", "json").json
    triaged = shown.ok("vulns", "list", "--limit", "1000", "--output", "json").json
    assert len(plain["vulnerabilities"]) == 74
    by_id = {item["id"]: item for item in triaged["vulnerabilities"]}
    assert by_id == {item["id"]: item for item in plain["vulnerabilities"]}
    assert [item["cvss_score"] for item in plain["vulnerabilities"]] == [
        item["cvss_score"] for item in triaged["vulnerabilities"]
    ]
    assert plain["by_severity"] == triaged["by_severity"]
    assert not triaged["more"]


def test_a_limit_says_that_there_are_more(shown: Team) -> None:
    listed = shown.ok("vulns", "list", "--limit", "2", "--output", "json").json
    assert (len(listed["vulnerabilities"]), listed["more"]) == (2, True)
    told = shown.ok("vulns", "list", "--limit", "2").err
    assert "The first 2. " in told and "By severity: 2 critical. There are more; raise --limit." in told


def test_a_list_can_be_had_as_csv(shown: Team) -> None:
    out = shown.ok("vulns", "list", "--package", "lodash", "--output", "csv").out
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["id"], row["severity"], row["assessments"], row["components"], row["images"]) == (
        "CVE-2021-23337",
        "High",
        "Ignore",
        LODASH,
        "2",
    )


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (("--since", "yesterday"), "write it as 2026-11-29, or 7d"),
        (("--severity", "huge"), "'critical', 'high'"),
        (("--limit", "0"), "x>=1"),
        (("--package", "x", "--purl", LOG4J), "both name a package"),
        (("--limit", "5", "--image", "foo:1"), "has no SBOM of an image"),
        (("--limit", "5", "--purl", "lodash"), "is not a package URL"),
    ],
)
def test_filters_that_mean_nothing_are_refused(shown: Team, filters: tuple[str, ...], said: str) -> None:
    ran = shown.run("vulns", "list", *filters)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_a_package_is_found_wherever_it_is(shown: Team) -> None:
    (found,) = shown.ok("components", "find", "log4j*", "--output", "json").json["components"]
    assert (found["purl"], found["state"], found["vulnerabilities"]) == (LOG4J, "vulnerable", ["CVE-2021-44228"])
    assert [image["names"] for image in found["images"]] == [["registry.example/shop/web:1.4.2"]]
    assert (found["namespaces"], found["workloads"]) == (["shop"], ["Deployment shop/web"])
    ran = shown.ok("components", "find", "log4j*")
    assert "1 component in 1 image, running in 1 namespace." in ran.err


def test_a_package_that_nothing_is_wrong_with_is_found_too(shown: Team) -> None:
    (found,) = shown.ok("components", "find", "pkg:npm/left-pad", "--output", "json").json["components"]
    assert (found["purl"], found["state"], len(found["images"])) == (CLEAN, "clean", 72)
    (row,) = csv.DictReader(io.StringIO(shown.ok("components", "find", "left-pad", "--output", "csv").out))
    assert "registry.example/shop/web:1.4.2" in row["images"].split()


@pytest.mark.parametrize(("pattern", "expected"), [("2.14.*", 1), ("2.15*", 0)])
def test_versions_narrow_what_is_found(shown: Team, pattern: str, expected: int) -> None:
    found = shown.ok("components", "find", "log4j*", "--version", pattern, "--output", "json").json["components"]
    assert len(found) == expected


def test_what_runs_is_not_said_to_be_free_of_vulnerabilities_where_no_audit_ever_looked(tmp_path: Path) -> None:
    never_audited = Team(f"sqlite:///{tmp_path}/never.db", tmp_path)
    never_audited.ok("db", "upgrade")
    for output in ("table", "json"):
        ran = never_audited.run("vulns", "list", "--running", "--output", output)
        assert (ran.code, ran.out) == (2, "")
        assert "No cluster has been audited with this database" in ran.err


def test_what_no_image_has_is_said_to_be_nowhere(shown: Team) -> None:
    assert shown.ok("components", "find", "left-pudding").err == "No known image has left-pudding.\n"
    other = shown.ok("components", "find", "left-pad", "--version", "9*").err
    assert other == "No known image has left-pad in a version like 9*.\n"
    cut = shown.ok("components", "find", "*", "--version", "2.14.*", "--limit", "1", "--output", "json").json
    assert len(cut["components"]) == 1, "the limit is of what is found, and not of the packages that are looked through"
    limited = shown.ok("components", "find", "module-*", "--limit", "2", "--output", "json").json
    assert (len(limited["components"]), limited["more"]) == (2, True)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--by-hand",), ["EVIL-1", "CVE-2021-23337"]),
        (("--author", "ana"), ["CVE-2021-23337"]),
        (("--author", "ana", "--since", "12h"), None),
        (("--author", "ana", "--since", "3d"), ["CVE-2021-23337"]),
        (("--by-hand", "--type", "ignore"), ["EVIL-1", "CVE-2021-23337"]),
        (("--by-hand", "--expires-within", "6"), ["EVIL-1", "CVE-2021-23337"]),
        (("--by-hand", "--expires-within", "4"), []),
        (("--standing", "ended"), []),
        (("--batch", "20261128-aaaaaa"), ["CVE-2021-23337"]),
        (("--package", LODASH, "--by-hand"), ["CVE-2021-23337"]),
        (("--vulnerability", "CVE-2021-23337", "--by-hand"), ["CVE-2021-23337"]),
    ],
)
def test_assessments_are_listed_by_what_they_count_for(
    shown: Team, filters: tuple[str, ...], expected: list[str] | None
) -> None:
    ran = shown.run("assessments", "list", *filters, "--output", "json")
    if expected is None:
        assert ran.code == 2
        return
    assert ran.code == 0, ran.err
    assert sorted(row["assessment"]["vulnerability"] for row in ran.json["assessments"]) == sorted(expected)


def test_an_assessment_that_was_replaced_is_listed_as_such(team: Team) -> None:
    again = ("--package", "pkg:npm/lodash", "--type", "Caution", "--comment", "again", "--author", "bob", "--override")
    team.ok("assess", "CVE-2021-23337", *again)
    rows = team.ok("assessments", "list", "--standing", "any", "--by-hand", "--output", "json").json["assessments"]
    found = {row["assessment"]["by"]: row["standing"] for row in rows}
    assert (found["ana"], found["bob"]) == ("replaced", "in force")
    listed = team.ok("assessments", "list", "--by-hand", "--package", "pkg:npm/lodash")
    assert listed.err == "1 found: 1 Caution.\n"
    assert "ana" not in listed.out
    (row,) = csv.DictReader(io.StringIO(team.ok("assessments", "list", "--author", "bob", "--output", "csv").out))
    assert (row["standing"], row["vulnerability"], row["comment"]) == ("in force", "CVE-2021-23337", "again")


def test_an_export_is_what_the_settings_file_takes(team: Team) -> None:
    exported = team.ok("assessments", "export", "--author", "ana").out
    merged = {**yaml.safe_load(team.config.read_text(encoding="utf-8")), **yaml.safe_load(exported)}
    path = team.config.with_name("provisioned.yaml")
    path.write_text(yaml.safe_dump(merged), encoding="utf-8")
    (entry,) = load_settings(path).assessments
    assert (entry.vulnerability, entry.type, entry.scope.package) == ("CVE-2021-23337", "Ignore", "pkg:npm/lodash")
    assert entry.comment == "Templates never come from users here."
    assert entry.until is not None
    out = team.ok("assessments", "export", "--author", "mallory", "--output", "csv").out
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["vulnerability"] == "EVIL-1"
    assert "\x1b" not in out


def test_no_image_is_judged_for_a_list_of_assessments(shown: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(*_: Any) -> Any:
        raise AssertionError("An image was judged.")

    monkeypatch.setattr(ImageChecker, "unremembered", judged)
    assert "CVE-2021-23337" in shown.ok("assessments", "list").out
    assert "EVIL-1" in shown.ok("assessments", "export", "--output", "csv").out


LOG4SHELL = ("assess", "CVE-2021-44228", "--type", "Ignore", "--comment", "no lookups", "--author", "ana")


def test_a_dry_run_shows_what_runs_and_would_be_let_in(team: Team) -> None:
    tried = team.ok(*LOG4SHELL, "--dry-run", "--output", "json").json
    effects = tried["effects"]
    assert (effects["findings"], effects["namespaces"], tried["batch"]) == (1, ["shop"], "")
    assert [(item["title"], item["before"], item["after"]) for item in effects["workloads"]] == [
        ("Deployment shop/web", "deny", "allow")
    ]
    assert [item["title"] for item in effects["images"]] == ["registry.example/shop/web:1.4.2"]
    ran = team.ok(*LOG4SHELL, "--dry-run")
    assert "Changes the verdict of 1 image and 1 running workload in 1 namespace:\n" in ran.err
    assert "  deny to allow: Deployment shop/web\n" in ran.err


def test_an_undo_shows_what_it_takes_back(team: Team) -> None:
    made = team.ok(*LOG4SHELL, "--output", "json").json
    assert made["effects"] is None
    undo = ("assess", "--undo", made["batch"], "--author", "ana")
    tried = team.ok(*undo, "--dry-run", "--output", "json").json["effects"]
    assert [(item["before"], item["after"]) for item in tried["workloads"]] == [("allow", "deny")]
    assert team.ok(*undo, "--output", "json").json["effects"] == tried
    assert "allow to deny: Deployment shop/web" not in team.ok(*LOG4SHELL, "--dry-run").err


def test_a_decision_that_changes_no_verdict_says_so(team: Team) -> None:
    again = ("--type", "Blocked", "--comment", "still", "--author", "ana", "--dry-run")
    assert "No image and no running workload gets another verdict." in team.ok("assess", "CVE-2021-44228", *again).err


def test_a_decision_of_somebody_else_is_replaced_with_consent_only(team: Team) -> None:
    package = ("--package", "pkg:npm/lodash", "--type", "Blocked", "--comment", "templates are users' now")
    decide = ("assess", "CVE-2021-23337", *package)
    ran = team.run(*decide, "--author", "bob")
    assert ran.code == 2
    assert "CVE-2021-23337 for pkg:npm/lodash is Ignore by ana" in ran.err
    assert "--override" in ran.err
    assert team.run("assessments", "list", "--author", "bob").code == 2, "nothing is by him"
    tried = team.ok(*decide, "--author", "bob", "--dry-run", "--output", "json").json
    assert tried["changes"][0]["replaces"] == "ana"
    assert team.ok(*decide, "--author", "ana").code == 0, "her own"
    assert team.ok(*decide, "--author", "bob", "--override").code == 0
