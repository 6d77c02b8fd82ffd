"""Filters of lists that name what nobody knows."""

from __future__ import annotations

import pytest

from tests.cli.installation import Installation


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("assessments", "list", "--author", "nobody"), "No assessment is by this author: nobody"),
        (("assessments", "list", "--batch", "20260101-aaaaaa"), "No command recorded this batch: 20260101-aaaaaa"),
        (("assessments", "list", "--package", "pkg:npm/nope@1"), "has this package: pkg:npm/nope@1"),
        (("assessments", "list", "--vulnerability", "CVE-1-1"), "This vulnerability is not known: CVE-1-1"),
        (("assessments", "export", "--author", "nobody"), "No assessment is by this author: nobody"),
        (("vulns", "list", "--package", "nope*"), "No known image has a package of this name: nope*"),
        (("requests", "list", "--by", "nobody"), "No request is by this user: nobody"),
        (("requests", "list", "--vulnerability", "CVE-1-1"), "This vulnerability is not known: CVE-1-1"),
        (("requests", "list", "--namespace", "Bad NS"), "'Bad NS' is not the name of a namespace"),
        (("notifications", "list", "--destination", "nope"), "There is no such destination: nope"),
        (("check", "nope.json", "--namespace", "Bad NS"), "'Bad NS' is not the name of a namespace"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else None,
)
def test_a_filter_that_names_something_unknown_is_refused(
    filled: Installation, arguments: tuple[str, ...], why: str
) -> None:
    ran = filled.run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err


def test_a_list_that_is_empty_by_known_filters_is_no_error(filled: Installation) -> None:
    known = ("--vulnerability", "cve-2026-10003", "--package", "pkg:maven/org.example/parser")
    assert "Nothing found." in filled.ok("assessments", "list", *known, "--author", "auto-assess").err
    assert "Nothing found." in filled.ok("vulns", "list", "--package", "tidy").err
    assert "No request matches." in filled.ok("requests", "list", "--vulnerability", "CVE-2026-10003").err
