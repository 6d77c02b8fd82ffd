"""Records of the OSV format: what counts, what is left out, and why."""

from __future__ import annotations

import datetime as dt
import json
from itertools import permutations
from typing import Any

import pytest

from tests.osv import affected, openssl, record
from webhook.clients.osv.records import LONGEST_RECORD, SetBuilder
from webhook.model.advisories import AdvisorySet, AffectedVersions, Interval
from webhook.policy.advisories import WORST_VECTOR, score_of_vector
from webhook.policy.affected import Match, VersionOrder

ALL = ({"introduced": "0"},)


def built(ecosystem: str, *records: Any) -> AdvisorySet:
    builder = SetBuilder(ecosystem)
    for one_record in records:
        builder.add(one_record if isinstance(one_record, bytes) else json.dumps(one_record).encode())
    return builder.finish()


def test_a_record_becomes_an_advisory_with_versions_by_release_and_source_package() -> None:
    found = built("Debian", openssl())
    assert found.packages == {
        "debian-12/openssl": [AffectedVersions(0, (Interval("0", fixed="3.0.8-1"),))],
    }
    (advisory,) = found.advisories
    assert advisory.id == "DEBIAN-CVE-2023-0286"
    assert advisory.aliases == ("CVE-2023-0286",)
    assert advisory.vector.startswith("CVSS:3.1/")
    assert found.newest == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("withdrawn", openssl(withdrawn="2026-01-02T00:00:00Z")),
        ("unreadable", b"{"),
        ("unreadable", b"[]"),
        ("unreadable", openssl() | {"id": ""}),
        ("unreadable", openssl() | {"id": 7}),
        ("unreadable", openssl() | {"aliases": "CVE-2023-0286"}),
        ("unreadable-package", openssl() | {"id": "A", "affected": ["x"]}),
        ("no-package", openssl() | {"id": "A", "affected": [{"ranges": []}]}),
        ("other-ecosystem", record("A", affected("npm", "a", *ALL))),
        ("no-release", record("A", affected("Debian:odd", "openssl", *ALL))),
        ("nothing-affected", record("A")),
        ("commits-only", record("A", affected("Debian:12", "a", *ALL, kind="GIT"))),
        ("no-versions", record("A", affected("Debian:12", "a"))),
        ("unimportant", record("A", affected("Debian:12", "a", *ALL, ecosystem_specific={"urgency": "unimportant"}))),
        ("too-large", b" " * (LONGEST_RECORD + 1)),
        ("repeated", openssl()),
    ],
)
def test_what_is_left_out_is_counted_and_loses_nothing_else(reason: str, changed: Any) -> None:
    found = built("Debian", openssl(), changed)
    assert found.counts == {reason: 1}
    assert [advisory.id for advisory in found.advisories] == ["DEBIAN-CVE-2023-0286"]


def test_a_record_with_too_many_aliases_says_so_and_counts_as_the_worst() -> None:
    names = [f"GHSA-{number:04}" for number in range(101)]
    records = [openssl() | {"id": "A", "aliases": names[:99]}, openssl() | {"aliases": names}]
    few, many = built("Debian", *records).advisories
    assert (len(few.aliases), few.vector == WORST_VECTOR, few.details) == (100, False, openssl().get("details", ""))
    assert (many.aliases, many.vector) == (("CVE-2023-0286", *names[:99]), WORST_VECTOR)
    assert many.details.startswith("2 of its 102 aliases are left out; so it counts as scored 10.0.")
    assert score_of_vector(WORST_VECTOR) == 10


@pytest.mark.parametrize("withdrawn", [None, "", "2026-11-27T00:00:00Z", "2099-01-01T00:00:00Z", "soon"])
def test_a_record_counts_until_the_moment_when_it_is_withdrawn(withdrawn: str | None) -> None:
    builder = SetBuilder("Debian", dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
    builder.add(json.dumps(openssl(withdrawn=withdrawn)).encode())
    assert len(builder.finish().advisories) == 1
    assert built("Debian", openssl(withdrawn="2026-11-25T00:00:00.123456789Z")).advisories == []


def test_one_bad_package_of_a_record_loses_no_other() -> None:
    bad = {"package": {"ecosystem": "Debian:12"}}
    found = built("Debian", openssl() | {"affected": [bad, *openssl()["affected"]]})
    assert list(found.packages) == ["debian-12/openssl"]
    assert found.counts == {"unreadable-package": 1}


def test_fixes_of_bugs_are_no_vulnerabilities_unless_they_name_some() -> None:
    package = affected("AlmaLinux:8", "a", {"introduced": "0"}, {"fixed": "1-2"})
    found = built("AlmaLinux", record("ALBA-2026:1", package), record("ALEA-2026:2", package, related=["CVE-2026-1"]))
    assert [advisory.id for advisory in found.advisories] == ["ALEA-2026:2"]
    assert found.counts == {"no-security": 1}


def test_an_advisory_about_several_vulnerabilities_is_none_of_them() -> None:
    package = affected("AlmaLinux:8", "a", *ALL)
    several = built("AlmaLinux", record("ALSA-2026:1", package, upstream=["CVE-2026-1", "CVE-2026-2"])).advisories[0]
    assert (several.aliases, several.parts) == ((), ("CVE-2026-1", "CVE-2026-2"))
    related = built("AlmaLinux", record("ALSA-2026:2", package, related=["CVE-2026-1"])).advisories[0]
    assert (related.aliases, related.parts) == ((), ("CVE-2026-1",))
    one = built("Wolfi", record("CGA-1", affected("Wolfi", "a", *ALL), upstream=["CVE-2026-1", "GHSA-x"])).advisories[0]
    assert (one.aliases, one.parts) == (("CVE-2026-1", "GHSA-x"), ())


def test_a_distribution_names_its_cve_in_its_id() -> None:
    found = built("Alpine", record("ALPINE-CVE-2026-1234", affected("Alpine:v3.19", "a", *ALL)))
    assert found.advisories[0].aliases == ("CVE-2026-1234",)


V2 = {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}
LOW, HIGH = (
    {"type": "CVSS_V3", "score": f"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:{impact}/I:{impact}/A:{impact}"}
    for impact in "LH"
)
V4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}
BROKEN = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}
WORD = {"type": "Ubuntu", "score": "high"}


@pytest.mark.parametrize(
    ("severity", "best"),
    [
        ([V2, LOW, V4, WORD], V4),
        ([LOW, HIGH], HIGH),
        ([HIGH, LOW], HIGH),
        ([V4, HIGH], HIGH),
        ([BROKEN, LOW], LOW),
        ([BROKEN, V2], V2),
        ([V2], V2),
        ([BROKEN], BROKEN),
        ([WORD], {"score": ""}),
    ],
)
def test_the_best_vector_is_the_one_with_the_highest_score(
    severity: list[dict[str, str]], best: dict[str, str]
) -> None:
    assert built("Debian", openssl(severity=severity)).advisories[0].vector == best["score"]


def test_listed_versions_that_a_range_holds_are_not_kept_twice() -> None:
    package = affected(
        "PyPI", "Ruamel_Yaml", {"introduced": "1.0"}, {"fixed": "2.0"}, versions=["1.0", "1.5", "2.1", "x"]
    )
    found = built("PyPI", record("PYSEC-1", package))
    assert found.packages == {
        "pkg:pypi/ruamel-yaml": [AffectedVersions(0, (Interval("1.0", fixed="2.0"),), ("2.1", "x"))]
    }


def test_a_range_that_cannot_be_put_in_order_is_remembered_as_such() -> None:
    events = ({"introduced": "0"}, {"introduced": "?!"}, {"fixed": "1"})
    found = built("PyPI", record("PYSEC-1", affected("PyPI", "a", *events)))
    assert found.packages["pkg:pypi/a"] == [AffectedVersions(0, (), (), True)]
    assert found.counts == {"unreadable-versions": 1}


@pytest.mark.parametrize("events", [({"fixed": "1"},), ({"last_affected": "1"}, {"fixed": "3"})])
def test_a_range_that_begins_nowhere_leaves_open_what_it_holds(events: Any) -> None:
    found = built("PyPI", record("PYSEC-1", affected("PyPI", "a", *events)))
    assert found.packages["pkg:pypi/a"] == [AffectedVersions(0, (), (), True)]
    assert found.counts == {"unreadable-versions": 1}


def test_records_of_one_id_count_together_in_every_order() -> None:
    small = record("A-1", affected("PyPI", "a", {"introduced": "0"}, {"fixed": "1.0"}), severity=[LOW], aliases=["X-1"])
    other = affected("PyPI", "b", {"introduced": "0"}, {"fixed": "3.0"})
    large = record(
        "A-1",
        affected("PyPI", "a", {"introduced": "0"}, {"fixed": "2.0"}),
        other,
        severity=[HIGH],
        aliases=["X-2"],
        modified="2020-01-01T00:00:00Z",
    )
    gone = record("A-1", affected("PyPI", "a", *ALL), withdrawn="2026-06-01T00:00:00Z")
    for records in permutations((small, large, gone)):
        found = built("PyPI", *records)
        (one,) = found.advisories
        assert (one.aliases, one.vector) == (("X-1", "X-2"), HIGH["score"])
        assert found.counts == {"repeated": 1, "withdrawn": 1}
        (said,) = found.packages["pkg:pypi/a"]
        assert {interval.fixed for interval in said.intervals} == {"1.0", "2.0"}
        order = VersionOrder("pypi")
        assert order.match("0.5", said) == order.match("1.5", said) == Match(True, "2.0")
        assert order.match("2.0", said).is_affected is False
        assert [part.advisory for part in found.packages["pkg:pypi/b"]] == [0]
