"""Assessments that count for some versions only, as ``check`` sees them: in the ecosystem's order, and without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.installation import Installation, document, reference
from tests.doubles.ossindex import advisory
from tests.shared import shared

WHY = ("--comment", "because")
ID = "CVE-2022-0778"


def judged(bomgate: Installation, purl: str, *decisions: tuple[str, str], score: float = 5.0) -> dict[str, Any]:
    """The finding of an image with one component, after decisions (type, range) about it; the latest counts."""
    bomgate.double.behaviour.advisories = {purl: [advisory(ID, score)]}
    path = bomgate.write("image.cdx.json", document([purl]))
    bomgate.ok("sbom", "add", path, "--image", reference("one"))
    bomgate.ok("download")
    for kind, versions in decisions:
        package = purl.partition("@")[0]
        bomgate.ok("assess", ID, "--package", package, "--versions", versions, "--type", kind, *WHY)
    ran = bomgate.run("check", reference("one"), "--output", "json")
    (finding,) = ran.json["targets"][0]["images"][0]["findings"]
    return dict(finding)


@pytest.mark.parametrize(
    ("purl", "versions", "holds"),
    [
        ("pkg:rpm/openssl@1.1.1-8.el8", ">=1.1.1k-6.el8_5", False),
        ("pkg:rpm/openssl@1.1.1-8.el8", "<1.1.1k-5", True),
        ("pkg:rpm/openssl@1.1.1k-12.el8_6", ">=1.1.1k-6.el8_5", True),
        ("pkg:rpm/sudo@1.8.23-1", ">=1.8.23p1-1", False),
        ("pkg:cran/MASS@7.3-60", "<7.3.10", False),
        ("pkg:cran/MASS@7.3-60", ">=7.3.9", True),
        ("pkg:gem/rails@1.0.0.pre1", "=1.0.0.rc1", False),
        ("pkg:golang/example.org/tool@v1.26.10", "<1.26.9", False),
        ("pkg:maven/org.example/app@2.14.1.redhat-00001", ">2.14.1,<2.14.2", True),
        ("pkg:pypi/torch@2.0.1%2Bcu117", "<=2.0.1", True),
        ("pkg:conan/openssl@1.1.1w", ">1.1.1k", True),
        ("pkg:composer/symfony/http-kernel@4.4.10", "<v4.4.9", False),
    ],
)
def test_a_range_holds_the_versions_that_their_ecosystem_puts_into_it(
    bomgate: Installation, purl: str, versions: str, holds: bool
) -> None:
    finding = judged(bomgate, purl, ("Ignore", versions))
    assert finding["action"] == ("allow" if holds else "warn")
    assert (finding["assessment"] is not None) is holds


def test_an_old_rpm_is_not_ignored_by_a_range_that_begins_at_the_fix(bomgate: Installation) -> None:
    bomgate.double.behaviour.advisories = {"pkg:rpm/openssl@1.1.1-8.el8": [advisory(ID, 9.8)]}
    bomgate.ok("sbom", "add", shared("cases/26-rpm-order.cdx.json"), "--image", reference("one"))
    bomgate.ok("download")
    bomgate.ok(
        *("assess", ID, "--package", "pkg:rpm/openssl", "--versions", ">=1.1.1k-6.el8_5", "--type", "Ignore", *WHY)
    )
    assert bomgate.run("check", reference("one")).code == 1


BRANCH = "pkg:composer/acme/app@dev-main"


def test_what_cannot_be_ordered_is_not_ignored_by_a_range(bomgate: Installation) -> None:
    finding = judged(bomgate, BRANCH, ("Ignore", ">=2.0"))
    assert (finding["action"], finding["assessment"]) == ("warn", None)
    assert finding["note"] == "dev-main cannot be compared with >=2.0: Ignore does not count"


def test_what_cannot_be_ordered_is_denied_by_a_range(bomgate: Installation) -> None:
    finding = judged(bomgate, BRANCH, ("Blocked", "<2.0"))
    assert (finding["action"], finding["assessment"]["type"]) == ("deny", "Blocked")
    assert finding["note"] == "dev-main cannot be compared with <2.0: Blocked counts, being stricter"
    assert "dev-main cannot be compared with <2.0" in bomgate.run("check", reference("one")).out


def test_an_exact_version_is_matched_by_its_text(bomgate: Installation) -> None:
    finding = judged(bomgate, BRANCH, ("Blocked", "<2.0"), ("Ignore", "=dev-main"))
    assert (finding["action"], finding["assessment"]["type"]) == ("allow", "Ignore")
    assert finding["note"] == ""


def test_without_a_range_a_decision_counts_as_ever(bomgate: Installation) -> None:
    finding = judged(bomgate, BRANCH, score=9.8)
    assert finding["assessment"]["type"] == "Blocked"
    bomgate.ok("assess", ID, "--package", "pkg:composer/acme/app", "--type", "Ignore", *WHY)
    assert bomgate.run("check", reference("one")).code == 0
