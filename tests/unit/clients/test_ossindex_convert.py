from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.doubles.ossindex import advisory
from tests.fakes import NOON
from webhook.clients.ossindex.convert import convert
from webhook.clients.ossindex.fields import score_of, vector_of, web_address
from webhook.clients.ossindex.reading import Report, decode_reports
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability

JUNIT = Purl("pkg:maven/junit/junit@4.12")


def converted(*vulnerabilities: object) -> ComponentAnswer:
    """What is read from JSON of any shape, and from bytes by the documented one."""
    answer = convert(JUNIT, [list(vulnerabilities)], NOON)
    assert answer is not None
    (report,) = decode_reports(json.dumps([{"coordinates": JUNIT, "vulnerabilities": vulnerabilities}]).encode())
    assert isinstance(report, Report)
    assert convert(JUNIT, [report.vulnerabilities], NOON) == answer
    return answer


def one(**fields: object) -> Vulnerability:
    """The only vulnerability of an answer, read from these fields."""
    (vulnerability,) = converted(fields).vulnerabilities
    return vulnerability


def test_an_entry_of_today_is_read_whole() -> None:
    vulnerability = converted(
        advisory("CVE-2026-1000", 5.5, reference="https://guide.test/v/CVE-2026-1000?component-name=a%2Fb&utm_source=x")
    ).vulnerabilities[0]
    assert vulnerability.id == "CVE-2026-1000"
    assert vulnerability.aliases == ()
    assert vulnerability.title.startswith("[CVE-2026-1000] CWE-")
    assert vulnerability.cvss_score == Decimal("5.5")
    assert vulnerability.cvss_vector == "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N"
    assert vulnerability.cwe is not None
    assert vulnerability.reference == "https://guide.test/v/CVE-2026-1000?component-name=a%2Fb"
    assert vulnerability.external_references == ("https://advisories.test/CVE-2026-1000",)
    assert vulnerability.source == "ossindex"


def test_an_empty_list_means_clean() -> None:
    assert converted().vulnerabilities == ()


@pytest.mark.parametrize("value", [None, 0, "none", {}])
def test_an_entry_that_does_not_say_which_vulnerabilities_there_are_is_no_answer(value: Any) -> None:
    assert convert(JUNIT, [value], NOON) is None


def test_the_answer_carries_the_component_as_it_was_asked_for_and_the_time() -> None:
    answer = converted()
    assert (answer.purl, answer.answered_at) == (JUNIT, NOON)


@pytest.mark.parametrize(
    ("value", "score"),
    [
        (7.5, "7.5"),
        (10, "10"),
        (0, "0"),
        (9.8000001, "9.8000001"),
        ("5.5", "5.5"),
        (" 6.0 ", "6.0"),
        (-0.0, "0.0"),
        (0.1, "0.1"),
    ],
)
def test_a_score_is_the_decimal_that_was_written(value: object, score: str) -> None:
    assert str(score_of(value)) == score


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -1,
        10.1,
        "",
        "high",
        "NaN",
        float("nan"),
        float("inf"),
        "1e400",
        [7.5],
        {"score": 7},
        10**400,
        "9" * 99,
    ],
)
def test_what_is_no_score_from_0_to_10_is_no_score(value: object) -> None:
    assert score_of(value) is None


def test_no_score_is_not_zero() -> None:
    assert one(id="a", cvssScore=None).cvss_score is None
    assert one(id="a").cvss_score is None
    assert one(id="a", cvssScore=0).cvss_score == 0


@pytest.mark.parametrize(
    ("given", "vector"),
    [
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", None),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", None),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "AV:N/AC:L/Au:N/C:P/I:P/A:P"),
        (" AV:N/AC:L/Au:N/C:N/I:N/A:C/E:ND ", "AV:N/AC:L/Au:N/C:N/I:N/A:C/E:ND"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("cvss:3.1/av:n/ac:l/pr:n/ui:n/s:u/c:h/i:h/a:h", None),
        ("av:n/ac:l/au:n/c:p/i:p/a:p", None),
        ("Au:N/AV:N/AC:L/C:P/I:P/A:P", None),
    ],
)
def test_vectors_of_all_versions_are_read(given: str, vector: str | None) -> None:
    assert vector_of(given) == (vector or given)


@pytest.mark.parametrize("given", [None, "", "high", 7, "CVSS:3.1", "AV:N", "a:b/c:d", "CVSS:3.1/AV:N/<b>", "()"])
def test_what_is_no_vector_is_none(given: object) -> None:
    assert vector_of(given) is None


@pytest.mark.parametrize(
    ("fields", "identifier", "aliases"),
    [
        ({"id": "CVE-2026-1000", "displayName": "CVE-2026-1000", "cve": "CVE-2026-1000"}, "CVE-2026-1000", ()),
        ({"id": "CVE-2026-1000", "cve": "cve-2026-1000"}, "CVE-2026-1000", ()),
        ({"id": "0a-uuid", "displayName": "OSSINDEX-783f-ea46-c3cd"}, "0a-uuid", ("OSSINDEX-783f-ea46-c3cd",)),
        ({"id": "0a-uuid", "displayName": "CVE-2026-1000"}, "0a-uuid", ("CVE-2026-1000",)),
        ({"id": "0a-uuid", "displayName": "a free text", "cve": "CVE-2026-1000"}, "0a-uuid", ("CVE-2026-1000",)),
        ({"id": "sonatype-2026-0001", "cve": "sonatype-2026-0001"}, "sonatype-2026-0001", ()),
        ({"id": "0a-uuid", "title": "[CVE-2026-1000] A flaw"}, "0a-uuid", ("CVE-2026-1000",)),
        ({"id": "0a-uuid", "title": "Like CVE-2026-1000"}, "0a-uuid", ()),
        ({"cve": "CVE-2026-1000"}, "CVE-2026-1000", ()),
        ({"displayName": "sonatype-2026-0001", "cve": "CVE-2026-1000"}, "CVE-2026-1000", ("sonatype-2026-0001",)),
        ({"id": None, "title": "[CVE-2026-1000] A flaw"}, "CVE-2026-1000", ()),
    ],
)
def test_identifiers_become_id_and_aliases(
    fields: dict[str, object], identifier: str, aliases: tuple[str, ...]
) -> None:
    vulnerability = one(**fields)
    assert (vulnerability.id, vulnerability.aliases) == (identifier, aliases)


def test_an_entry_without_any_name_gets_one_that_stays_the_same() -> None:
    first, again, other = one(title="x"), one(title="x"), one(title="y")
    assert first.id == again.id != other.id
    assert first.id.startswith("ossindex-unnamed-")


@pytest.mark.parametrize("thing", [None, "CVE-2026-1000", 5, [], [[]]])
def test_a_vulnerability_in_an_unreadable_form_still_counts(thing: object) -> None:
    answer = converted(thing, advisory("CVE-2026-1000"))
    assert len(answer.vulnerabilities) == 2
    assert any("cannot be read" in vulnerability.title for vulnerability in answer.vulnerabilities)


def test_an_entry_with_withheld_details_is_kept_and_says_so() -> None:
    vulnerability = one(
        id="sonatype-2026-0001",
        title="1 vulnerability found",
        description="1 non-CVE vulnerability found. To see more, sign in.",
        cvssScore=8.1,
        cwe="CWE-699",
    )
    assert vulnerability.title == "Details withheld by OSS Index (sonatype-2026-0001)"
    assert vulnerability.description.startswith("OSS Index names this vulnerability and keeps its details back")
    assert vulnerability.cvss_score == Decimal("8.1")


def test_vulnerabilities_and_references_are_sorted_and_distinct() -> None:
    answer = converted(
        advisory("CVE-2026-3000"),
        advisory("CVE-2026-1000", externalReferences=["https://b.test", "https://a.test", "https://b.test", 5, None]),
    )
    assert [found.id for found in answer.vulnerabilities] == ["CVE-2026-1000", "CVE-2026-3000"]
    assert answer.vulnerabilities[0].external_references == ("https://a.test", "https://b.test")


def test_of_two_entries_with_one_id_the_worse_counts() -> None:
    answer = converted({"id": "a", "cvssScore": None}, {"id": "a", "cvssScore": 9}, {"id": "a", "cvssScore": 5})
    assert [found.cvss_score for found in answer.vulnerabilities] == [Decimal(9)]


def test_of_two_entries_with_one_id_all_aliases_count() -> None:
    said = [["https://g.test/GHSA-aaaa-bbbb-cccc"], ["https://g.test/GHSA-dddd-eeee-ffff"]]
    answer = converted(*({"id": "a", "cvssScore": n, "externalReferences": links} for n, links in enumerate(said)))
    assert [found.aliases for found in answer.vulnerabilities] == [("GHSA-aaaa-bbbb-cccc", "GHSA-dddd-eeee-ffff")]


def test_a_vulnerability_with_too_many_aliases_says_so_and_counts_as_the_worst() -> None:
    links = [f"https://g.test/GHSA-aaaa-bbbb-{number:04}" for number in range(101)]
    fields = {"id": "a", "cve": "CVE-2026-1000", "cvssScore": 2, "cvssVector": "AV:L/AC:H/Au:M/C:P/I:N/A:N"}
    found = one(**fields, description="Odd.", externalReferences=links)
    assert found.aliases == ("CVE-2026-1000", *(link[-19:] for link in links[:99]))
    assert (found.cvss_score, found.cvss_vector) == (Decimal("10.0"), None)
    assert found.description == "2 of its 102 aliases are left out; so it counts as scored 10.0. Odd."
    few = one(**fields, externalReferences=links[:99])
    assert (few.cvss_score, len(few.aliases)) == (Decimal(2), 100)


def test_several_reports_for_one_component_count_together() -> None:
    answer = convert(JUNIT, [[], [advisory("CVE-2026-1000")]], NOON)
    assert answer is not None
    assert len(answer.vulnerabilities) == 1


@pytest.mark.parametrize("cwe", ["CWE-79", "cwe-79"])
def test_a_cwe_is_read(cwe: str) -> None:
    assert one(id="a", cwe=cwe).cwe == "CWE-79"


@pytest.mark.parametrize("cwe", [None, "", 79, "XSS", "CWE-79, CWE-80"])
def test_what_is_no_cwe_is_none(cwe: object) -> None:
    assert one(id="a", cwe=cwe).cwe is None


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://a.test/x?utm_source=b&utm_medium=integration&utm_content=1", "https://a.test/x"),
        ("https://a.test/x?p=1%2F2&utm_source=b&q=%20", "https://a.test/x?p=1%2F2&q=%20"),
        ("https://a.test/x?p=utm_source", "https://a.test/x?p=utm_source"),
        ("http://a.test/x#part", "http://a.test/x#part"),
        ("https://a.test/x?UTM_Source=b#part", "https://a.test/x#part"),
        ("javascript:alert(1)", ""),
        ("ftp://a.test", ""),
        ("https://", ""),
        ("https://a b.test", ""),
        ("http://[::1", ""),
        ("", ""),
        (None, ""),
        (5, ""),
    ],
)
def test_addresses_lose_their_tracking_and_only_web_addresses_are_kept(given: object, address: str) -> None:
    assert web_address(given) == address


def test_texts_lose_control_characters_and_titles_are_one_line() -> None:
    vulnerability = one(id="a\x1b[31m", title="one\ntwo\x00\u202e", description="first\nsecond\x08")
    assert vulnerability.id == "a[31m"
    assert vulnerability.title == "one two"
    assert vulnerability.description == "first\nsecond"


def test_endless_texts_are_cut() -> None:
    vulnerability = one(id="i" * 1000, title="t" * 10_000, description="d" * 100_000)
    assert len(vulnerability.id) == 200
    assert len(vulnerability.title) == 500
    assert len(vulnerability.description) == 20_000
