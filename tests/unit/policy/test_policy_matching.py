from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.policy.builders import DAY, DIGEST, LOG4J, NOW, WEB, assessment, vulnerability
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.purls import Purl
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import ANYWHERE, Effective, Place

AUTO, MANUAL, PROVISIONED = AssessmentSource.AUTO, AssessmentSource.MANUAL, AssessmentSource.PROVISIONED
HERE = Place(WEB, DIGEST, "shop")
PACKAGE = LOG4J.package


def effective(
    *records: Assessment, purl: Purl = LOG4J, place: Place = HERE, now: dt.datetime = NOW, alias: str = ""
) -> Effective:
    found = vulnerability("CVE-2021-44228", "10.0", *([alias] if alias else []))
    return AssessmentIndex.of(records).effective(found, purl, place, now)


def in_force(*records: Assessment, place: Place = HERE) -> str | None:
    found = effective(*records, place=place).assessment
    return None if found is None else found.type


def test_without_assessments_everything_is_unassessed() -> None:
    assert effective() == Effective(None, None)
    assert effective().next_change is None


def test_an_assessment_counts_for_all_versions_of_its_package_and_no_other() -> None:
    record = assessment("Blocked")
    assert effective(record, purl=Purl(PACKAGE + "@1.0")).assessment == record
    assert effective(record, purl=Purl("pkg:maven/org.apache.logging.log4j/log4j-api@2.14.1")).assessment is None
    assert effective(record, purl=Purl("pkg:npm/log4j-core@2.14.1")).assessment is None


def test_an_assessment_without_package_counts_for_every_package() -> None:
    assert effective(assessment("Blocked", scope=Scope()), purl=Purl("pkg:npm/a@1")).assessment is not None


def test_identifiers_are_compared_without_case() -> None:
    assert in_force(assessment("Ignore", vulnerability="cve-2021-44228")) == "Ignore"


def test_an_alias_matches_like_the_id() -> None:
    record = assessment("Ignore", vulnerability="GHSA-jfh8-c2jp-5v3q")
    assert effective(record, alias="ghsa-JFH8-c2jp-5v3q").assessment == record
    assert effective(record).assessment is None


def test_of_records_under_id_and_alias_the_newest_counts() -> None:
    by_id = assessment("Ignore", sequence=1)
    by_alias = assessment("Blocked", sequence=2, vulnerability="GHSA-1")
    assert effective(by_id, by_alias, alias="GHSA-1").assessment == by_alias


@pytest.mark.parametrize("by", [MANUAL, PROVISIONED])
def test_what_a_person_decided_beats_a_newer_and_narrower_automatic_one(by: AssessmentSource) -> None:
    auto = assessment("Blocked", by=AUTO, sequence=9, scope=Scope(package=PACKAGE, namespace="shop"))
    assert in_force(assessment("Ignore", by=by, scope=Scope(), sequence=1), auto) == "Ignore"


def test_of_manual_and_provisioned_ones_the_newest_counts() -> None:
    assert in_force(assessment("Ignore", sequence=1), assessment("Blocked", by=PROVISIONED, sequence=2)) == "Blocked"
    assert in_force(assessment("Ignore", sequence=3), assessment("Blocked", by=PROVISIONED, sequence=2)) == "Ignore"


def test_the_automatic_one_counts_again_when_what_a_person_decided_has_expired() -> None:
    manual = assessment("Ignore", until=NOW - DAY, sequence=2)
    assert in_force(manual, assessment("Blocked", by=AUTO)) == "Blocked"


def test_an_older_decision_counts_again_when_a_newer_one_has_expired() -> None:
    assert in_force(assessment("Blocked", sequence=1), assessment("Ignore", until=NOW - DAY, sequence=2)) == "Blocked"


def test_an_assessment_has_expired_at_the_very_moment_of_its_end() -> None:
    record = assessment("Blocked", until=NOW)
    assert effective(record, now=NOW - dt.timedelta(microseconds=1)) == Effective(record)
    assert effective(record, now=NOW) == Effective(None, record)


def test_the_next_change_is_the_end_of_what_is_in_force() -> None:
    narrow = assessment("Blocked", until=NOW + 3 * DAY, scope=Scope(package=PACKAGE, namespace="shop"))
    wide = assessment("Ignore", until=NOW + DAY)
    assert effective(narrow, wide).next_change == NOW + 3 * DAY
    assert effective(assessment("Blocked")).next_change is None


def test_the_expired_one_that_is_shown_is_the_one_that_would_count() -> None:
    old = assessment("Ignore", until=NOW - 2 * DAY, sequence=1)
    new = assessment("Caution", until=NOW - 3 * DAY, sequence=2)
    auto = assessment("Blocked", by=AUTO, until=NOW - DAY, sequence=3)
    assert effective(old, new, auto) == Effective(None, new)


@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        (Scope(), Scope(package=PACKAGE)),
        (Scope(package=PACKAGE), Scope(package=PACKAGE, version_range="<2.17.1")),
        (Scope(package=PACKAGE), Scope(package=PACKAGE, namespace="shop")),
        (Scope(package=PACKAGE), Scope(package=PACKAGE, image="registry.corp/*")),
        (Scope(image="registry.corp/*"), Scope(image="registry.corp/shop/*")),
        (Scope(image="registry.corp/shop/*"), Scope(image="registry.corp/shop/web")),
        (Scope(image="registry.corp/shop/web"), Scope(image="registry.corp/shop/web:1.4")),
        (Scope(image="registry.corp/shop/web:1.4"), Scope(image=str(DIGEST))),
        (Scope(version_range="<2.17.1"), Scope(version_range="=2.14.1")),
        (Scope(namespace="shop"), Scope(image="*")),
        (Scope(package=PACKAGE, image=str(DIGEST)), Scope(package=PACKAGE, version_range="<3", namespace="shop")),
    ],
)
def test_the_narrower_scope_wins_even_if_it_is_older(wider: Scope, narrower: Scope) -> None:
    old, new = assessment("Ignore", scope=narrower, sequence=1), assessment("Blocked", scope=wider, sequence=2)
    assert in_force(old, new) == in_force(new, old) == "Ignore"


@pytest.mark.parametrize(
    "scope",
    [
        Scope(namespace="other"),
        Scope(image="registry.corp/shop/api"),
        Scope(image="sha256:" + "cd" * 32),
        Scope(version_range=">=2.15"),
    ],
)
def test_a_scope_that_does_not_hold_does_not_match(scope: Scope) -> None:
    assert in_force(assessment("Blocked", scope=scope)) is None


def test_narrowed_assessments_do_not_match_where_the_place_is_not_known() -> None:
    for scope in (Scope(namespace="shop"), Scope(image="*"), Scope(image=str(DIGEST))):
        assert in_force(assessment("Blocked", scope=scope), place=ANYWHERE) is None


@pytest.mark.parametrize("scope", [Scope(version_range="not ^a range"), Scope(image="NOT an image")])
def test_a_record_whose_narrowing_cannot_be_read_matches_nothing(scope: Scope) -> None:
    assert in_force(assessment("Ignore", scope=scope)) is None


def test_a_range_that_holds_everything_narrows_nothing() -> None:
    everything = assessment("Ignore", scope=Scope(package=PACKAGE, version_range="*"), sequence=1)
    assert in_force(everything, assessment("Blocked", sequence=2)) == "Blocked"


def test_a_withdrawal_makes_the_automatic_one_count_again() -> None:
    auto = assessment("Blocked", by=AUTO, sequence=1)
    manual, withdrawn = assessment("Ignore", sequence=2), assessment(None, sequence=3)
    assert in_force(auto, manual) == "Ignore"
    assert in_force(auto, manual, withdrawn) == in_force(withdrawn, auto, manual) == "Blocked"


def test_a_withdrawal_removes_everything_before_it_and_nothing_after_it() -> None:
    records = [assessment("Ignore", sequence=1), assessment("Caution", sequence=2), assessment(None, sequence=3)]
    assert in_force(*records) is None
    assert in_force(*records, assessment("Blocked", sequence=4)) == "Blocked"


@pytest.mark.parametrize(
    "other",
    [
        {"by": PROVISIONED},
        {"scope": Scope()},
        {"scope": Scope(package=PACKAGE, namespace="shop")},
        {"vulnerability": "GHSA-1"},
    ],
)
def test_a_withdrawal_leaves_other_sources_scopes_and_identifiers_alone(other: dict[str, object]) -> None:
    kept = assessment("Ignore", sequence=1, **other)
    assert effective(kept, assessment(None, sequence=2), alias="GHSA-1").assessment == kept


def test_adding_a_record_again_changes_nothing() -> None:
    records = [assessment("Ignore", sequence=1), assessment(None, sequence=2), assessment("Blocked", sequence=3)]
    index = AssessmentIndex.of(records)
    before = list(index)
    index.add(records)
    assert list(index) == before


def test_what_can_never_count_again_is_left_out() -> None:
    index = AssessmentIndex.of(
        [
            assessment("Ignore", until=NOW, sequence=1),
            assessment("Caution", until=NOW + DAY, sequence=2),
            assessment("Blocked", until=NOW, sequence=3),
        ]
    )
    assert [other_assessment.sequence for other_assessment in index] == [2, 3]
    assert len(index) == 2


def test_an_index_can_be_made_of_what_another_one_holds() -> None:
    records = [
        assessment("Blocked", by=AUTO, sequence=1),
        assessment("Ignore", sequence=2),
        assessment(None, sequence=3),
        assessment("Caution", scope=Scope(namespace="shop"), sequence=4),
    ]
    index = AssessmentIndex.of(records)
    copy = AssessmentIndex.of(index)
    assert list(copy) == list(index)
    copy.add([records[1]])
    assert copy.effective(vulnerability(), LOG4J, ANYWHERE, NOW).assessment == records[0]


def test_the_index_says_where_the_place_matters() -> None:
    index = AssessmentIndex.of([assessment("Blocked")])
    assert index.namespaces == frozenset()
    assert not index.has_image_scopes
    index.add([assessment("Ignore", scope=Scope(namespace="shop")), assessment("Ignore", scope=Scope(image="*"))])
    assert index.namespaces == {"shop"}
    assert index.has_image_scopes
