"""What every AssessmentStore does: keep every record, in order, for ever."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.copies import replace
from tests.fakes import NOON, MemoryStore
from tests.ports.samples import answer, assessment, vulnerability
from webhook.errors import ChangedMeanwhile
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
DAY = dt.timedelta(days=1)


def provisioned(identifier: str, kind: str = "Blocked", **others: object) -> Assessment:
    return assessment(identifier, kind, source=AssessmentSource.PROVISIONED, author="configuration", **others)


def kinds(store: AnyStore) -> list[tuple[str, str | None]]:
    return [
        (other_assessment.vulnerability, other_assessment.type)
        for other_assessment in store.assessments.find(AssessmentQuery())
    ]


def test_records_come_back_as_they_were_given_with_revision_and_sequence(store: AnyStore) -> None:
    full = Assessment(
        vulnerability="V-1",
        type="Blocked",
        scope=Scope("pkg:npm/%40a/b", ">=1,<2", "registry.test/shop/*", "shop"),
        source=AssessmentSource.MANUAL,
        author="operator",
        comment="it's “bad”: 100% \\ ; --",
        assessed_at=NOON + dt.timedelta(microseconds=123_456),
        until=dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
        rule="",
        score=Decimal("9.80"),
    )
    withdrawn = assessment("V-2", None)
    assert store.assessments.append([full, withdrawn]) == 1
    assert store.assessments.find(AssessmentQuery()) == [
        replace(full, revision=1, sequence=1),
        replace(withdrawn, revision=1, sequence=2),
    ]


def test_appending_nothing_changes_nothing(store: AnyStore) -> None:
    store.assessments.append([assessment("V-1")])
    assert store.assessments.append([]) == store.feed.position().revision == 1


def test_records_are_found_by_vulnerability_and_source_in_their_order(store: AnyStore) -> None:
    store.assessments.append([assessment("V-2"), assessment("V-1", "Ignore")])
    store.assessments.append([assessment("V-1", "Caution"), provisioned("V-1")])
    found = store.assessments.find(AssessmentQuery(vulnerability="V-1"))
    assert [(other_assessment.type, other_assessment.sequence) for other_assessment in found] == [
        ("Ignore", 2),
        ("Caution", 3),
        ("Blocked", 4),
    ]
    assert [
        other_assessment.sequence for other_assessment in store.assessments.find(AssessmentQuery(source="provisioned"))
    ] == [4]
    assert store.assessments.find(AssessmentQuery(vulnerability="V-1' OR '1'='1")) == []


def known_by_other_names(store: AnyStore) -> None:
    """V-1 is also called A-1, which is another name of V-2 as well; V-3 stands alone."""
    found = [vulnerability("V-1", aliases=("A-1",)), vulnerability("V-2", aliases=("a-1", "B-2")), vulnerability("V-3")]
    answers = [answer("pkg:npm/a@1", *found, at=NOON)]
    store.components.record(answers, assess=lambda vulnerability, package: None, now=NOON)


def test_records_about_a_vulnerability_are_found_under_all_of_its_names(store: AnyStore) -> None:
    known_by_other_names(store)
    store.assessments.append([assessment(name) for name in ("V-1", "v-1", "a-1", "B-2", "V-3", "W-1")])
    for name in ("V-1", "v-2", "A-1"):
        found = store.assessments.find(AssessmentQuery(about=frozenset({name})))
        assert [record.vulnerability for record in found] == ["V-1", "v-1", "a-1", "B-2"]
    both = store.assessments.find(AssessmentQuery(about=frozenset({"w-1", "v-3"}), batch=None))
    assert [record.vulnerability for record in both] == ["V-3", "W-1"]
    assert store.assessments.find(AssessmentQuery(about=frozenset())) == []


def test_vulnerabilities_that_share_a_name_are_the_same(store: AnyStore) -> None:
    known_by_other_names(store)
    same = store.vulnerabilities.same({"V-1", "b-2", "V-3", "W-1"})
    assert {name: [vulnerability.id for vulnerability in found] for name, found in same.items()} == {
        "v-1": ["V-1", "V-2"],
        "b-2": ["V-1", "V-2"],
        "v-3": ["V-3"],
    }


@pytest.mark.parametrize("name", ["cve-1", "GHSA-1", "ghsa-1"])
def test_what_somebody_decided_since_is_found_under_every_name(store: AnyStore, name: str) -> None:
    answers = [answer("pkg:npm/a@1", vulnerability("CVE-1", aliases=("GHSA-1",)), at=NOON)]
    store.components.record(answers, assess=lambda vulnerability, package: None, now=NOON)
    since = store.assessments.append([assessment("CVE-2")])
    store.assessments.append([assessment(name, "Blocked")])
    with pytest.raises(ChangedMeanwhile, match="has decided about"):
        store.assessments.append([assessment("CVE-1", "Ignore")], since=since)
    assert [record.type for record in store.assessments.find(AssessmentQuery(about=frozenset({"CVE-1"})))] == [
        "Blocked"
    ]
    store.assessments.append([assessment("CVE-2", "Ignore")], since=since)


def test_records_of_one_batch_are_found_by_its_name(store: AnyStore) -> None:
    first = replace(assessment("CVE-1"), batch="20261129-aaaaaa", recorded_by="ada@laptop")
    store.assessments.append([first, assessment("CVE-2")])
    (read,) = store.assessments.find(AssessmentQuery(batch="20261129-aaaaaa"))
    assert (read.vulnerability, read.batch, read.recorded_by) == ("CVE-1", "20261129-aaaaaa", "ada@laptop")


def test_provisioning_adds_what_is_new_and_leaves_what_is_there(store: AnyStore) -> None:
    assert store.assessments.provision([provisioned("V-1"), provisioned("V-2")], author="configuration", now=NOON) == 2
    revision = store.feed.position().revision
    later = [replace(provisioned(name), assessed_at=NOON + DAY) for name in ("V-1", "V-2")]
    assert store.assessments.provision(later, author="configuration", now=NOON + DAY) == 0
    assert store.feed.position().revision == revision
    assert store.assessments.provision([*later, provisioned("V-3")], author="configuration", now=NOON + DAY) == 1
    assert kinds(store) == [("V-1", "Blocked"), ("V-2", "Blocked"), ("V-3", "Blocked")]


def test_provisioning_other_words_for_a_scope_withdraws_the_former(store: AnyStore) -> None:
    store.assessments.provision([provisioned("V-1")], author="configuration", now=NOON)
    for changed in (
        provisioned("V-1", comment="another reason"),
        provisioned("V-1", until=NOON + DAY),
        provisioned("V-1", "Ignore"),
    ):
        assert store.assessments.provision([changed], author="configuration", now=NOON) == 2
    assert [kind for _, kind in kinds(store)] == ["Blocked", None, "Blocked", None, "Blocked", None, "Ignore"]


def test_what_was_stated_before_counts_no_more_once_the_new_statement_ends(store: AnyStore) -> None:
    store.assessments.provision([provisioned("V-1", "Ignore")], author="configuration", now=NOON)
    ending = provisioned("V-1", "Ignore", until=NOON + DAY)
    store.assessments.provision([ending], author="configuration", now=NOON)
    index = AssessmentIndex.of(store.assessments.find(AssessmentQuery()))
    counts = [
        index.effective(vulnerability("V-1"), Purl("pkg:npm/x@1"), Place(), NOON + days * DAY).assessment
        for days in (0, 2)
    ]
    assert [counting is not None and counting.type for counting in counts] == ["Ignore", False]


def test_provisioning_withdraws_what_is_no_longer_named(store: AnyStore) -> None:
    narrow = provisioned("V-1", scope=Scope(namespace="shop"))
    store.assessments.provision([provisioned("V-1"), narrow], author="configuration", now=NOON)
    assert store.assessments.provision([narrow], author="configuration", now=NOON + DAY) == 1
    newest = store.assessments.find(AssessmentQuery())[-1]
    assert (newest.type, newest.scope, newest.assessed_at) == (None, Scope(), NOON + DAY)
    assert store.assessments.provision([narrow], author="configuration", now=NOON + DAY) == 0
    assert store.assessments.provision([narrow, provisioned("V-1")], author="configuration", now=NOON + DAY) == 1
    assert [kind for _, kind in kinds(store)] == ["Blocked", "Blocked", None, "Blocked"]


def test_provisioning_leaves_other_sources_alone(store: AnyStore) -> None:
    store.assessments.append([assessment("V-1", "Ignore")])
    assert store.assessments.provision([], author="configuration", now=NOON) == 0
    assert store.assessments.provision([assessment("V-1")], author="configuration", now=NOON) == 1
    sources = [other_assessment.source for other_assessment in store.assessments.find(AssessmentQuery())]
    assert sources == [AssessmentSource.MANUAL, AssessmentSource.PROVISIONED]


def test_of_two_provisioned_for_one_scope_the_last_counts(store: AnyStore) -> None:
    twice = [provisioned("V-1", "Ignore"), provisioned("V-1")]
    assert store.assessments.provision(twice, author="configuration", now=NOON) == 1
    assert kinds(store) == [("V-1", "Blocked")]


def test_one_who_provisions_leaves_alone_what_another_provisioned(store: AnyStore) -> None:
    store.assessments.provision([provisioned("V-1")], author="configuration", now=NOON)
    assert store.assessments.provision([provisioned("V-1", "Ignore")], author="cluster", now=NOON) == 1
    for author, kind in (("configuration", "Blocked"), ("cluster", "Ignore")):
        assert store.assessments.provision([provisioned("V-1", kind)], author=author, now=NOON + DAY) == 0
    assert store.assessments.provision([], author="configuration", now=NOON + DAY) == 1
    assert store.assessments.provision([provisioned("V-1", "Ignore")], author="cluster", now=NOON + DAY) == 0
    shown = [
        (other_assessment.author, other_assessment.type)
        for other_assessment in store.assessments.find(AssessmentQuery())
    ]
    assert shown == [("configuration", "Blocked"), ("cluster", "Ignore"), ("configuration", None)]


def test_the_object_that_states_an_assessment_is_a_part_of_its_words(store: AnyStore) -> None:
    for rule in ("Assessment one", "Assessment two"):
        assert store.assessments.provision([provisioned("V-1", rule=rule)], author="cluster", now=NOON)
    records = store.assessments.find(AssessmentQuery())
    assert [record.rule for record in records if record.type] == ["Assessment one", "Assessment two"]
