"""Several sources at the command line: a user without an account, and one with OSS Index and advisories."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import Installation, reference
from tests.doubles.ossindex import OssIndexDouble, advisory
from tests.osv import affected, openssl, publish, record
from webhook.bootstrap.parts import open_parts
from webhook.bootstrap.selfcheck import checks
from webhook.bootstrap.triage import open_triage
from webhook.console.face import Health
from webhook.settings import load_settings

LIBSSL = "pkg:deb/debian/libssl3@3.0.7-1?arch=amd64&upstream=openssl&distro=debian-12"
TZDATA = "pkg:deb/debian/tzdata@2024a-0?distro=debian-12"
UNPLACED = "pkg:deb/debian/adduser@3.134"
LODASH = "pkg:npm/lodash@4.17.20"
IMAGE = reference("os")
MALICIOUS = record("MAL-2026-1", affected("npm", "evil", {"introduced": "0"}))


def add(bomgate: Installation, *purls: str, image: str = IMAGE) -> None:
    components = [{"type": "library", "name": "x", "purl": purl} for purl in purls]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    bomgate.ok("sbom", "add", bomgate.write("sbom.json", json.dumps(content)), "--image", image)


def verdict(bomgate: Installation, image: str = IMAGE) -> dict[str, Any]:
    ran = bomgate.run("check", image, "--output", "json")
    found: dict[str, Any] = ran.json["targets"][0]
    return found["images"][0] if "images" in found else found


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    publish(folder, "Debian", [openssl()])
    publish(folder, "npm", [MALICIOUS, record("GHSA-35jh-r3h4-6jhm", _lodash(), aliases=["CVE-2021-23337"])])
    return folder


def _lodash() -> dict[str, Any]:
    return affected("npm", "lodash", {"introduced": "0"}, {"fixed": "4.17.21"}, kind="SEMVER")


@pytest.fixture
def alone(tmp_path: Path, double: OssIndexDouble, mirror: Path) -> Installation:
    """An installation without OSS Index."""
    osv = {"name": "osv", "kind": "osv", "location": str(mirror), "ecosystems": ["Debian", "npm"]}
    return Installation(tmp_path, double, {"sources": [osv]})


def test_advisories_alone_make_a_useful_product(alone: Installation) -> None:
    add(alone, LIBSSL, TZDATA, UNPLACED)
    report = alone.ok("download", "--output", "json").json
    assert (report["asked"], report["matched"], report["matched_vulnerable"]) == (0, 3, 1)
    changed = [(entry["ecosystem"], entry["changed"]) for entry in report["advisories"]]
    assert changed == [("Debian", True), ("npm", True)]
    found = verdict(alone)
    assert found["action"] == "deny"
    (finding,) = found["findings"]
    assert finding["vulnerability"]["id"] == "DEBIAN-CVE-2023-0286"
    assert finding["purl"].startswith("pkg:deb/debian/libssl3@3.0.7-1")
    counts = found["components"]
    assert (counts["vulnerable"], counts["clean"], counts["not_covered"], counts["unknown"]) == (1, 1, 1, 0)
    assert alone.double.service.coordinates == []


OLD = "pkg:deb/debian/zlib1g@1.2.11-1?upstream=zlib&distro=debian-10"
UNSOURCED = "pkg:rpm/rocky/openssl-libs@3.0-1.el9?distro=rocky-9"
GENERIC = "pkg:generic/tool@1.0"
REASONS = {
    UNPLACED: "release-unknown",
    UNSOURCED: "source-package-unknown",
    OLD: "no-advisories",
    GENERIC: "no-source",
}


def coordinates(purl: str) -> str:
    return purl.partition("?")[0]


def test_why_a_component_is_not_covered_is_said_wherever_it_is_shown(alone: Installation, mirror: Path) -> None:
    publish(mirror, "Rocky Linux", [record("RLSA-1", affected("Rocky Linux:9", "zlib", {"introduced": "0"}))])
    osv = {"name": "osv", "kind": "osv", "location": str(mirror), "ecosystems": ["Debian", "npm", "Rocky Linux"]}
    alone.configure(sources=[osv])
    add(alone, TZDATA, *REASONS)
    alone.ok("download")
    (said,) = verdict(alone)["reasons"]
    assert said.startswith("4 of 5 components are not covered by any vulnerability source: ")
    for part in (
        "1 of a release of their distribution that the SBOM does not state",
        "1 of a source package that the SBOM does not state",
        "1 of a release that no advisory is about, which may be at its end of life",
        "1 of a type that no source has data on",
    ):
        assert part in said
    wanted = {coordinates(purl): reason for purl, reason in REASONS.items()} | {coordinates(TZDATA): ""}
    listed = alone.ok("components", "find", "*", "--output", "json").json["components"]
    assert {coordinates(each["purl"]): each["not_covered_because"] for each in listed} == wanted
    shown = alone.ok("sbom", "show", IMAGE, "--output", "json").json["sboms"][0]["contents"]
    assert {coordinates(each["purl"]): each["not_covered_because"] for each in shown} == wanted
    for table in (alone.ok("components", "find", "adduser").out, alone.ok("sbom", "show", IMAGE).out):
        assert "its release is not known" in table
    file = alone.run("check", alone.folder / "sbom.json", "--output", "json").json["targets"][0]
    assert said in json.dumps(file, ensure_ascii=False)


def test_that_a_release_is_past_its_support_is_said_of_what_is_clean_too(alone: Installation, mirror: Path) -> None:
    openssl_10 = record("DEBIAN-CVE-2023-1", affected("Debian:10", "openssl", {"introduced": "0"}))
    publish(mirror, "Debian", [openssl(), openssl_10])
    add(alone, OLD, LIBSSL)
    alone.ok("download")
    (said,) = verdict(alone)["reasons"]
    assert said.startswith("1 of 2 components is of a release that its distribution no longer supports: ")
    unfixed = "pkg:deb/debian/libssl1.1@1.1.1n-0?upstream=openssl&distro=debian-10"
    add(alone, OLD, unfixed, image=reference("old"))
    found = verdict(alone, reference("old"))
    (said,) = found["reasons"]
    ended = "Debian 10 has been out of support since 2024-06"
    assert f"no longer supports ({ended})" in said
    assert found["components"]["clean"] == 1
    (finding,) = found["findings"]
    assert finding["vulnerability"]["fix"] == f"no fixed version known, and {ended}"
    shown = alone.run("check", reference("old")).out
    assert shown.count(ended) == 2
    file = alone.run("check", alone.folder / "sbom.json", "--output", "json").json["targets"][0]
    assert said in json.dumps(file, ensure_ascii=False)


def test_a_new_image_is_matched_when_its_sbom_is_added(alone: Installation) -> None:
    alone.ok("download")
    add(alone, LIBSSL)
    assert verdict(alone)["action"] == "deny"


def test_a_malicious_package_is_denied_until_people_decide(alone: Installation) -> None:
    add(alone, "pkg:npm/evil@1.0.0")
    alone.ok("download")
    assert verdict(alone)["action"] == "deny"
    alone.ok("assess", "MAL-2026-1", "--type", "Ignore", "--comment", "a test package of ours")
    assert verdict(alone)["action"] == "allow"


def test_a_withdrawn_or_changed_advisory_stops_counting(alone: Installation, mirror: Path) -> None:
    add(alone, LIBSSL)
    alone.ok("download")
    other = record("DEBIAN-CVE-2023-0001", affected("Debian:12", "zlib", {"introduced": "0"}))
    publish(mirror, "Debian", [openssl(withdrawn="2026-02-01T00:00:00Z"), other])
    alone.ok("download")
    found = verdict(alone)
    assert (found["action"], found["findings"], found["components"]["clean"]) == ("allow", [], 1)


def test_a_record_that_cannot_be_read_any_more_says_what_it_said(alone: Installation, mirror: Path) -> None:
    """Whoever could spoil one record would otherwise make clean what it is about."""
    add(alone, LIBSSL)
    alone.ok("download")
    other = record("DEBIAN-CVE-2023-0001", affected("Debian:12", "zlib", {"introduced": "0"}))
    with zipfile.ZipFile(publish(mirror, "Debian", [other]), "a") as archive:
        archive.writestr("DEBIAN-CVE-2023-0286.json", '{"id": "DEBIAN-CVE-2023-0286", "affected": [')
    alone.ok("download")
    found = verdict(alone)
    assert (found["action"], len(found["findings"])) == ("deny", 1)
    publish(mirror, "Debian", [openssl(withdrawn="2026-02-01T00:00:00Z"), other])
    alone.ok("download")
    assert verdict(alone)["findings"] == []


@pytest.mark.parametrize("ecosystems", [["Debian", "npm"], ["Debian"]])
def test_a_source_with_another_name_takes_over_once_it_has_something(
    alone: Installation, mirror: Path, ecosystems: list[str]
) -> None:
    add(alone, LIBSSL)
    alone.ok("download")
    away = mirror.rename(mirror.with_name("away"))
    osv = {"name": "renamed", "kind": "osv", "location": str(mirror), "ecosystems": ecosystems}
    alone.configure(sources=[osv])
    ran = alone.run("download")
    assert ran.code == 3
    assert "counts until another one has its set" in ran.err
    assert verdict(alone)["action"] == "deny"
    away.rename(mirror)
    alone.ok("download")
    assert verdict(alone)["action"] == "deny"
    rows = alone.ok("db", "status", "--output", "json").json["advisories"]
    assert {(row["source"], row["ecosystem"]) for row in rows} == {("renamed", name) for name in ecosystems}


def test_a_mirror_that_fails_leaves_what_there_is(alone: Installation, mirror: Path) -> None:
    add(alone, LIBSSL)
    alone.ok("download")
    (mirror / "Debian" / "all.zip").write_bytes(b"PK cut off")
    ran = alone.run("download")
    assert ran.code == 3
    assert "osv, Debian: The archive cannot be read" in ran.err
    assert verdict(alone)["action"] == "deny"


def test_both_kinds_of_source_give_one_finding_and_neither_takes_back_the_others(
    tmp_path: Path, double: OssIndexDouble, mirror: Path
) -> None:
    double.behaviour.advisories = {LODASH: [advisory("CVE-2021-23337", 7.2)]}
    osv = {"name": "osv", "kind": "osv", "location": str(mirror), "ecosystems": ["Debian", "npm"]}
    bomgate = Installation(tmp_path, double, {"sources": [{"name": "ossindex", "kind": "ossindex"}, osv]})
    add(bomgate, LODASH, LIBSSL)
    bomgate.ok("download")
    found = verdict(bomgate)
    lodash = [finding for finding in found["findings"] if "lodash" in finding["purl"]]
    assert len(lodash) == 1
    bomgate.ok("assess", "GHSA-35jh-r3h4-6jhm", "--type", "Blocked", "--comment", "by the other name")
    assert [entry["action"] for entry in verdict(bomgate)["findings"] if "lodash" in entry["purl"]] == ["deny"]
    publish(mirror, "npm", [MALICIOUS])  # OSV does not name it any more; OSS Index does
    bomgate.ok("download")
    assert any("lodash" in finding["purl"] for finding in verdict(bomgate)["findings"])


def test_a_source_that_is_taken_out_of_the_settings_is_forgotten(alone: Installation, mirror: Path) -> None:
    add(alone, LIBSSL)
    alone.ok("download")
    alone.configure()
    alone.run("download")
    found = verdict(alone)
    assert found["components"]["not_covered"] == 1
    assert found["findings"] == []


def test_the_sources_can_be_checked_and_their_age_is_shown(alone: Installation) -> None:
    ran = alone.ok("source", "check", "--output", "json").json
    assert (ran["ok"], ran["others"]) == (True, [])
    alone.ok("download")
    status = alone.ok("db", "status", "--output", "json").json
    assert [(entry["source"], entry["ecosystem"], entry["advisories"]) for entry in status["advisories"]] == [
        ("osv", "Debian", 1),
        ("osv", "npm", 2),
    ]


def file_of(bomgate: Installation, *purls: str) -> str:
    components = [{"type": "library", "name": "x", "purl": purl} for purl in purls]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    return str(bomgate.write("other.cdx.json", json.dumps(content)))


def test_a_file_is_matched_at_once_as_if_it_were_stored(alone: Installation) -> None:
    path = file_of(alone, LIBSSL, TZDATA, UNPLACED, "pkg:gem/rails@7.0.0", "pkg:npm/evil@1.0.0")
    alone.ok("download")
    found = verdict(alone, path)
    counts = found["components"]
    states = [counts[name] for name in ("vulnerable", "clean", "unknown", "not_covered", "total")]
    assert (found["action"], states) == ("deny", [2, 1, 0, 2, 5])
    add(alone, LIBSSL, TZDATA, UNPLACED, "pkg:gem/rails@7.0.0", "pkg:npm/evil@1.0.0")
    assert _decided(found) == _decided(verdict(alone))


def _decided(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (finding["vulnerability"]["id"], finding["action"], (finding["assessment"] or {"type": ""})["type"])
        for finding in found["findings"]
    ]


def test_a_file_is_judged_by_what_people_decided(alone: Installation) -> None:
    path = file_of(alone, LIBSSL)
    add(alone, LIBSSL.replace("3.0.7-1", "3.0.6-1"))
    alone.ok("download")
    assert verdict(alone, path)["action"] == "deny"
    alone.ok("assess", "CVE-2023-0286", "--type", "Ignore", "--comment", "not reachable")
    assert verdict(alone, path)["action"] == "allow"


def test_a_file_is_clean_by_advisories_alone_only_where_nobody_has_to_be_asked(
    tmp_path: Path, double: OssIndexDouble, mirror: Path
) -> None:
    osv = {"name": "osv", "kind": "osv", "location": str(mirror), "ecosystems": ["Debian", "npm"]}
    bomgate = Installation(tmp_path, double, {"sources": [{"name": "ossindex", "kind": "ossindex"}, osv]})
    bomgate.ok("download")
    counts = verdict(bomgate, file_of(bomgate, f"{TZDATA}&upstream=tzdata", "pkg:npm/express@4.0.0", LODASH))[
        "components"
    ]
    assert [counts[name] for name in ("vulnerable", "clean", "unknown")] == [1, 1, 1]
    counts = verdict(bomgate, file_of(bomgate, TZDATA))["components"]
    assert (counts["clean"], counts["not_covered"]) == (0, 1), "nobody says of which source package it is"


def test_a_file_is_judged_by_advisories_that_are_kept_before_any_image_is_known(alone: Installation) -> None:
    path = file_of(alone, TZDATA)
    alone.ok("db", "upgrade")
    ran = alone.run("check", path)
    assert (ran.code, "contains no answer from a vulnerability source" in ran.err) == (3, True)
    alone.ok("download")
    clean, bad = alone.run("check", path), alone.run("check", file_of(alone, LODASH), "--fail-on", "warn")
    assert (clean.code, clean.err.count("contains no answer"), bad.code) == (0, 0, 1)


@pytest.fixture
def exploited(tmp_path: Path, double: OssIndexDouble, mirror: Path) -> Installation:
    """An installation without OSS Index that takes KEV and EPSS, and denies what is exploited."""
    folder = tmp_path / "exploits"
    folder.mkdir()
    sources = [{"name": "osv", "kind": "osv", "location": str(mirror), "ecosystems": ["npm"]}]
    sources += [{"name": kind, "kind": kind, "location": str(folder)} for kind in ("kev", "epss")]
    types = [{"name": "Caution", "action": "warn"}, {"name": "Stop", "action": "deny", "autoAssess": {"kev": True}}]
    made = Installation(tmp_path, double, {"sources": sources, "assessmentTypes": types})
    publish_exploits(folder, "CVE-2021-44228")
    return made


def publish_exploits(folder: Path, *listed: str) -> None:
    """Write both files as they are published."""
    entries = [{"cveID": name, "dateAdded": "2021-12-10"} for name in listed]
    content = {"dateReleased": "2026-01-02T12:00:00Z", "count": len(entries), "vulnerabilities": entries}
    (folder / "known_exploited_vulnerabilities.json").write_text(json.dumps(content))
    head = "#model_version:v2025.03.14,score_date:2026-01-02T00:00:00Z\ncve,epss,percentile\n"
    (folder / "epss_scores-2026-01-02.csv").write_text(head + "CVE-2021-23337,0.12345,0.9\n")


def test_a_new_entry_of_kev_denies_what_is_known_already(exploited: Installation, tmp_path: Path) -> None:
    assert exploited.ok("source", "check").out.count("Has ") == 3
    add(exploited, LODASH)
    report = exploited.ok("download", "--output", "json").json
    assert [(entry["kind"], entry["entries"]) for entry in report["exploits"]] == [("KEV", 1), ("EPSS", 1)]
    assert verdict(exploited)["action"] == "warn"
    assert exploited.ok("vulns", "list", "--kev", "--output", "json").json["vulnerabilities"] == []
    publish_exploits(tmp_path / "exploits", "CVE-2021-44228", "CVE-2021-23337")
    report = exploited.ok("download", "--output", "json").json
    assert [entry["auto_assessed"] for entry in report["exploits"]] == [1, 0]
    found = verdict(exploited)
    (finding,) = found["findings"]
    assert (found["action"], finding["note"]) == ("deny", "known exploited, KEV of 2026-01-02")
    assert finding["vulnerability"]["exploitation"] == {
        "kev": "2021-12-10",
        "kev_as_of": "2026-01-02",
        "epss": 0.12345,
        "epss_as_of": "2026-01-02",
    }
    assert finding["assessment"]["comment"] == "Known to be exploited since 2021-12-10 (KEV of 2026-01-02)."
    assert "KEV, EPSS 0.12" in exploited.ok("vulns", "list").out
    listed = exploited.ok("vulns", "list", "--kev", "--output", "json").json["vulnerabilities"]
    assert [(entry["id"], entry["exploitation"]["kev"]) for entry in listed] == [("GHSA-35jh-r3h4-6jhm", "2021-12-10")]
    shown = exploited.ok("vulns", "show", "CVE-2021-23337").out
    assert "known exploited since 2021-12-10, KEV of 2026-01-02; EPSS 0.12345 on 2026-01-02" in " ".join(shown.split())
    assert exploited.ok("vulns", "list", "-o", "csv").out.splitlines()[1].endswith(",2021-12-10,0.12345")


def test_the_status_and_the_console_say_how_old_each_source_is(exploited: Installation, tmp_path: Path) -> None:
    before = checks_of(exploited)
    assert (before["Source osv"].level, before["Source kev"].level) == ("bad", "bad")
    assert "KEV was never read" in before["Source kev"].sentence
    assert "OSS Index" not in before
    exploited.ok("download")
    status = exploited.ok("db", "status", "--output", "json").json
    assert [(kept["kind"], kept["entries"], kept["as_of"]) for kept in status["exploits"]] == [
        ("EPSS", 1, "2026-01-02"),
        ("KEV", 1, "2026-01-02"),
    ]
    assert "2026-01-02" in exploited.ok("db", "status").out
    after = checks_of(exploited)
    assert (after["Source osv"].level, after["Source kev"].level) == ("good", "bad")
    assert "npm with 2 records, checked on" in after["Source osv"].sentence
    assert "What it publishes is old: KEV of 2026-01-02" in after["Source kev"].sentence


def checks_of(bomgate: Installation) -> dict[str, Health]:
    """The self-check, by its names."""
    parts = open_parts(load_settings(bomgate.config, environment={}))
    try:
        parts.store.prepare()
        parts.refresher.refresh()
        triage = open_triage(parts)
        triage.boards.refresh()
        return {check.name: check for check in checks(parts, triage)}
    finally:
        parts.store.close()


def test_a_file_that_is_not_yet_stored_is_judged_by_kev_too(exploited: Installation, tmp_path: Path) -> None:
    publish_exploits(tmp_path / "exploits", "CVE-2021-23337")
    exploited.ok("download")
    components = [{"type": "library", "name": "x", "purl": LODASH}]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    path = exploited.write("new.json", json.dumps(content))
    assert verdict(exploited, str(path))["action"] == "deny"


def test_a_broken_file_changes_nothing_and_is_told(exploited: Installation, tmp_path: Path) -> None:
    add(exploited, LODASH)
    publish_exploits(tmp_path / "exploits", "CVE-2021-23337")
    exploited.ok("download")
    before = verdict(exploited)
    (tmp_path / "exploits" / "known_exploited_vulnerabilities.json").write_text('{"dateReleased": ')
    ran = exploited.run("download")
    assert (ran.code, "kev, KEV: The KEV catalog cannot be read" in ran.err) == (3, True)
    assert verdict(exploited) == before


def test_an_asked_source_without_a_token_is_told_to_cover_nothing(alone: Installation) -> None:
    osv = {"name": "osv", "kind": "osv", "location": str(alone.folder / "mirror"), "ecosystems": ["npm"]}
    alone.configure(sources=[{"name": "ossindex", "kind": "ossindex"}, osv], ossindex={"token": ""})
    told = checks_of(alone)["OSS Index"]
    assert (told.level, "so it covers nothing" in told.sentence) == ("bad", True)
    alone.configure(sources=[{"name": "ossindex", "kind": "ossindex"}, osv])
    assert checks_of(alone)["OSS Index"].level == "good"


def test_a_set_in_the_database_that_cannot_be_read_is_told_everywhere_until_it_is_brought_again(
    alone: Installation, mirror: Path
) -> None:
    add(alone, LIBSSL, "pkg:npm/evil@1.0.0")
    alone.ok("download")
    with contextlib.closing(sqlite3.connect(alone.folder / "bomgate.db")) as connection, connection:
        connection.execute("UPDATE advisory_sets SET payload = x'00' WHERE ecosystem = 'Debian'")
    archive = mirror / "Debian" / "all.zip"
    whole = archive.read_bytes()
    archive.write_bytes(b"PK cut off")
    assert alone.run("download").code == 3
    assert verdict(alone)["action"] == "deny"
    archive.write_bytes(whole)
    told = alone.run("source", "check", "--output", "json")
    assert (told.code, "has of Debian cannot be read" in told.json["message"]) == (3, True)
    assert "What is here of Debian of osv cannot be read" in alone.ok("db", "status").err
    kept_sets = alone.ok("db", "status", "--output", "json").json["advisories"]
    assert [(kept["ecosystem"], kept["unreadable"]) for kept in kept_sets] == [("Debian", True), ("npm", False)]
    assert "What is here of Debian cannot be read" in checks_of(alone)["Source osv"].sentence
    alone.ok("download")
    assert alone.ok("source", "check").code == 0
    assert checks_of(alone)["Source osv"].level == "good"


def test_an_exception_ends_when_a_source_tells_a_fixed_version(alone: Installation, mirror: Path) -> None:
    def publish_fix(*fixed: str) -> None:
        events = [{"introduced": "0"}, *({"fixed": version} for version in fixed)]
        publish(mirror, "Debian", [record("DEBIAN-CVE-2026-1", affected("Debian:12", "openssl", *events))])

    publish_fix()
    add(alone, LIBSSL)
    alone.ok("download")
    package = ("--package", "pkg:deb/debian/libssl3")
    waits = ("DEBIAN-CVE-2026-1", *package, "--type", "Ignore", "--comment", "no fix yet", "--until-fixed")
    shown = alone.ok("assess", *waits, "--days", "30").out
    assert "when fixed, or" in shown
    exported = alone.ok("assessments", "export").json["assessments"]
    assert [entry["until_fixed"] for entry in exported] == [True]
    finding = verdict(alone)["findings"][0]
    assert (finding["action"], finding["assessment"]["until_fixed"]) == ("allow", True)
    assert "until a fixed version is known" in alone.ok("vex", "export", IMAGE).out
    publish_fix("3.0.8-1")
    alone.ok("download")
    finding = verdict(alone)["findings"][0]
    assert (finding["action"], finding["expired"]["fixed_in"]) == ("warn", "3.0.8-1")
    history = alone.ok("vulns", "show", "DEBIAN-CVE-2026-1", "--output", "json").json["assessments"]
    assert [(record["type"], record["by"], record["fixed_in"]) for record in history[-2:]] == [
        (None, "end-by-fix", "3.0.8-1"),
        ("Ignore", history[0]["by"], "3.0.8-1"),
    ]
    alone.ok("assess", "--undo", history[0]["batch"])
    assert verdict(alone)["findings"][0]["action"] == "warn"
    refused = alone.run("assess", *waits, "--dry-run")
    assert (refused.code, "fix-known" in refused.err, "3.0.8-1" in refused.err) == (2, True, True)
    assert alone.ok("assessments", "export").json["assessments"] == []
