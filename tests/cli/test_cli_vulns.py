"""``bomgate vulns``, on SQLite and OSS Index's double."""

from __future__ import annotations

import pytest

from tests.cli.installation import PARSER, QUEUE, Installation, digest, reference


def ids(bomgate: Installation, *filters: str) -> list[str]:
    """Identifiers of the vulnerabilities that the filters let through."""
    found = bomgate.ok("vulns", "list", *filters, "--output", "json").json["vulnerabilities"]
    return [item["id"] for item in found]


ALL = ["CVE-2026-10001", "CVE-2026-10003", "CVE-2026-10002", "CVE-2026-10004", "sonatype-2026-0001"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((), ALL),
        (("--state", "unassessed"), ALL[2:]),
        (("--state", "assessed"), ALL[:2]),
        (("--state", "expired"), []),
        (("--type", "blocked"), ALL[:1]),
        (("--purl", "pkg:pypi/queue-tools"), ALL[3:]),
        (("--purl", PARSER), [ALL[0], ALL[2]]),
        (("--image", "registry.example/shop/caution:1"), ALL[1:2]),
        (("--image", digest("unassessed")), ALL[3:]),
        (("--cvss", "7.0-10"), ALL[:2]),
        (("--cvss", "5"), [ALL[2], ALL[3]]),
        (("--cvss", "4-8", "--state", "unassessed", "--purl", QUEUE), [ALL[3]]),
    ],
)
def test_filters_narrow_the_list(filled: Installation, filters: tuple[str, ...], expected: list[str]) -> None:
    assert ids(filled, *filters) == expected


def test_an_assessment_for_a_namespace_counts_in_its_list_only(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10004", "--namespace", "shop", "--type", "Caution", "--comment", "x")
    assert "CVE-2026-10004" not in ids(filled, "--state", "unassessed", "--namespace", "shop")
    assert "CVE-2026-10004" in ids(filled, "--state", "unassessed")


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (("--cvss", "9-4"), "bounds reversed"),
        (("--cvss", "high"), "write it as 4.0-6.9"),
        (("--cvss", "1-11"), "write it as 4.0-6.9"),
        (("--state", "open"), "'unassessed', 'assessed', 'expired'"),
        (("--type", "Nonsense"), "The configured types are: Ignore, Caution, Blocked."),
        (("--purl", "lodash"), "is not a package URL"),
        (("--image", "a b"), "is not an image reference"),
    ],
)
def test_filters_that_mean_nothing_are_input_errors(filled: Installation, filters: tuple[str, ...], said: str) -> None:
    ran = filled.run("vulns", "list", *filters)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_plain_lines_have_a_heading_and_a_hint_beside_them(filled: Installation) -> None:
    ran = filled.ok("vulns", "list", "--cvss", "9-10")
    assert ran.out.splitlines()[0].split() == [
        "VULNERABILITY",
        "CVSS",
        "ACTION",
        "ASSESSMENT",
        "COMPONENTS",
        "IMAGES",
        "TITLE",
        "ATTACKS",
    ]
    assert ran.out.splitlines()[1].split()[:6] == ["CVE-2026-10001", "9.8", "deny", "Blocked", PARSER, "1"]
    assert "1 found." in ran.err


def test_an_empty_list_says_whether_anything_was_ever_asked(bomgate: Installation) -> None:
    bomgate.ok("db", "upgrade")
    assert "bomgate download" in bomgate.ok("vulns", "list").err
    bomgate.ok("download")
    assert bomgate.ok("vulns", "list").err == "Nothing found.\n"


def test_a_vulnerability_is_shown_by_its_id_in_any_case_with_its_history(filled: Installation) -> None:
    package = PARSER.partition("@")[0]
    arguments = ("--package", package, "--type", "Ignore", "--comment", "not reachable", "--author", "ada")
    filled.ok("assess", "CVE-2026-10001", *arguments)
    shown = filled.ok("vulns", "show", "cve-2026-10001", "--output", "json").json
    assert shown["vulnerability"]["state"] == "assessed"
    assert shown["vulnerability"]["components"][0]["assessment"]["by"] == "ada"
    assert shown["vulnerability"]["images"] == [
        {"digest": digest("blocked"), "names": ["registry.example/shop/blocked:1"]}
    ]
    assert [item["type"] for item in shown["assessments"]] == ["Blocked", "Ignore"]
    text = filled.ok("vulns", "show", "CVE-2026-10001")
    assert "not reachable" in text.out
    assert "To decide: bomgate assess CVE-2026-10001" in text.err


def test_a_vulnerability_that_nobody_knows_is_an_input_error(filled: Installation) -> None:
    ran = filled.run("vulns", "show", "CVE-1999-0001")
    assert ran.code == 2
    assert "bomgate vulns list" in ran.err


def test_the_image_of_a_filter_may_be_named_by_tag_and_digest(filled: Installation) -> None:
    assert ids(filled, "--image", reference("caution")) == ["CVE-2026-10003"]
