"""What every ComponentStore does: keep answers, assess what is new once, and say what to ask next."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.copies import replace
from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.model.vulnerabilities import Rescored, Vulnerability
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
A, B, C = Purl("pkg:npm/a@1"), Purl("pkg:npm/b@1"), Purl("pkg:npm/c@1")
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def states(store: AnyStore) -> dict[Purl, ComponentState]:
    changes = store.feed.changes()
    by_id = {number: purl for purl, number in store.feed.component_ids([A, B, C]).items()}
    pairs = zip(changes.component_ids, changes.states, strict=True)
    return {by_id[number]: ComponentState(state) for number, state in pairs if number in by_id}


# -- recording -------------------------------------------------------------------------------------------------------


def test_an_answer_sets_the_state_of_its_component(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(A, B, C), place="added")
    result = store.components.record([answer(A), answer(B, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    assert states(store) == {A: ComponentState.CLEAN, B: ComponentState.VULNERABLE, C: ComponentState.UNKNOWN}
    assert (result.vulnerable, result.new_vulnerabilities, result.auto_assessed) == (1, 1, 1)
    assert result.revision == store.feed.position().revision == 2


def test_components_that_are_not_known_yet_are_added(store: AnyStore) -> None:
    store.components.record([answer(A)], unanswered=[B], assess=AutoRule(), now=NOON)
    assert store.feed.component_ids([A, B]) == {A: 0, B: 1}
    assert states(store) == {A: ComponentState.CLEAN, B: ComponentState.UNKNOWN}


def test_recording_nothing_raises_no_revision(store: AnyStore) -> None:
    assert store.components.record([], assess=AutoRule(), now=NOON).revision == 0
    assert store.feed.position().revision == 0


def test_each_new_pair_of_vulnerability_and_package_is_assessed_once(store: AnyStore) -> None:
    rule, found = AutoRule(), vulnerability("V-1", "9.8")
    two_versions = [answer("pkg:npm/a@1", found), answer("pkg:npm/a@2", found), answer("pkg:npm/b@1", found)]
    assert store.components.record(two_versions, assess=rule, now=NOON).new_vulnerabilities == 2
    assert rule.asked == [("V-1", "pkg:npm/a"), ("V-1", "pkg:npm/b")]
    again = store.components.record([*two_versions, answer("pkg:npm/a@3", found)], assess=rule, now=NOON + DAY)
    assert (again.new_vulnerabilities, again.auto_assessed, len(rule.asked)) == (0, 0, 2)
    records = store.assessments.find(AssessmentQuery())
    assert [(record.vulnerability, record.type, record.scope, record.sequence) for record in records] == [
        ("V-1", "Blocked", Scope("pkg:npm/a"), 1),
        ("V-1", "Blocked", Scope("pkg:npm/b"), 2),
    ]
    assert {record.revision for record in records} == {1}


def test_what_no_range_matches_stays_unassessed(store: AnyStore) -> None:
    result = store.components.record([answer(A, vulnerability("V-1", None))], assess=AutoRule(), now=NOON)
    assert (result.new_vulnerabilities, result.auto_assessed) == (1, 0)
    assert store.assessments.find(AssessmentQuery()) == []


def test_recording_a_batch_twice_leaves_the_same_facts(store: AnyStore) -> None:
    batch = [answer(A, vulnerability("V-1"), vulnerability("V-2")), answer(B)]
    store.components.record(batch, assess=AutoRule(), now=NOON)
    once = store.feed.changes()
    store.components.record(batch, assess=AutoRule(), now=NOON)
    assert replace(store.feed.changes(), position=once.position) == once


def test_a_vulnerability_that_vanishes_stops_counting_and_is_not_assessed_anew_when_it_comes_back(
    store: AnyStore,
) -> None:
    rule = AutoRule()
    store.components.record([answer(A, vulnerability("V-1"), vulnerability("V-2"))], assess=rule, now=NOON)
    store.components.record([answer(A, vulnerability("V-2"), at=NOON + DAY)], assess=rule, now=NOON + DAY)
    assert store.feed.changes().findings == {0: ("V-2",)}
    store.components.record([answer(A, at=NOON + 2 * DAY)], assess=rule, now=NOON + 2 * DAY)
    assert store.feed.changes().findings == {}
    assert states(store) == {A: ComponentState.CLEAN}
    assert len(store.assessments.find(AssessmentQuery())) == 2
    back = [answer(A, vulnerability("V-1"), at=NOON + 3 * DAY)]
    assert store.components.record(back, assess=rule, now=NOON + 3 * DAY).new_vulnerabilities == 0
    assert store.feed.changes().findings == {0: ("V-1",)}
    assert len(rule.asked) == 2


def test_an_older_answer_does_not_replace_a_newer_one(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    store.components.record([answer(A, at=NOON - HOUR)], assess=AutoRule(), now=NOON)
    assert states(store) == {A: ComponentState.VULNERABLE}
    assert store.feed.changes().findings == {0: ("V-1",)}


def test_a_component_left_out_of_the_answer_keeps_the_answer_it_had(store: AnyStore) -> None:
    store.sboms.add(digest(1), make_sbom(C), place="added")
    store.components.record([answer(A, vulnerability("V-1")), answer(B)], assess=AutoRule(), now=NOON)
    later = NOON + 2 * DAY
    store.components.record([], unanswered=[A, B, C], assess=AutoRule(), now=later)
    assert states(store) == {A: ComponentState.VULNERABLE, B: ComponentState.CLEAN, C: ComponentState.UNKNOWN}
    assert set(store.feed.changes().answered_at) == {0, int(NOON.timestamp())}


def test_only_a_vulnerability_that_changed_is_told_again(store: AnyStore) -> None:
    one, other = vulnerability("V-1", "7.5"), vulnerability("V-2", "7.5")
    store.components.record([answer(A, one, other)], assess=AutoRule(), now=NOON)
    before = store.feed.position()
    moved = replace(one, cvss_score=Decimal("9.8"))
    store.components.record([answer(A, moved, other, at=NOON + DAY)], assess=AutoRule(), now=NOON + DAY)
    told = replace(moved, description="", rescored=Rescored(Decimal("7.5"), NOON + DAY))
    assert store.feed.changes(before).vulnerabilities == (told,)


def test_a_reference_that_names_another_component_is_no_change(store: AnyStore) -> None:
    page = "https://source.test/vulnerability/V-1"
    of_a = vulnerability("V-1", reference=f"{page}?component-name=a")
    of_b = vulnerability("V-1", reference=f"{page}?component-name=b")
    store.components.record([answer(A, of_a)], assess=AutoRule(), now=NOON)
    before = store.feed.position()
    store.components.record([answer(B, of_b)], assess=AutoRule(), now=NOON)
    assert store.feed.changes(before).vulnerabilities == ()


def test_a_rule_that_fails_leaves_nothing_behind(store: AnyStore) -> None:
    if isinstance(store, MemoryStore):
        return  # the fake has no transactions

    def broken(*_: object) -> None:
        raise RuntimeError("broken rule")

    with pytest.raises(RuntimeError):
        store.components.record([answer(A, vulnerability("V-1"))], assess=broken, now=NOON)
    assert store.feed.changes().component_ids.tolist() == []
    assert store.feed.position().revision == 0


def test_automatic_records_carry_their_rule_and_score(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1", "9.80"))], assess=AutoRule(), now=NOON)
    (record,) = store.assessments.find(AssessmentQuery())
    assert (record.source, record.rule, str(record.score)) == (AssessmentSource.AUTO, "Blocked", "9.80")


# -- a score that moves ----------------------------------------------------------------------------------------------


def score_moves(store: AnyStore, *, reassess: bool, to: str = "9.8") -> list[str | None]:
    moved = [answer(A, vulnerability("V-1", to), at=NOON + DAY)]
    store.components.record(moved, assess=AutoRule(), now=NOON + DAY, reassess_on_score_change=reassess)
    return [other_assessment.type for other_assessment in store.assessments.find(AssessmentQuery())]


def test_a_moved_score_leaves_assessments_alone(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1", "7.5"))], assess=AutoRule(), now=NOON)
    assert score_moves(store, reassess=False) == ["Caution"]


def test_a_moved_score_is_assessed_anew_on_request_and_once(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1", "7.5"))], assess=AutoRule(), now=NOON)
    assert score_moves(store, reassess=True) == ["Caution", "Blocked"]
    assert score_moves(store, reassess=True) == ["Caution", "Blocked"]


def test_every_package_of_a_moved_score_is_assessed_anew_though_they_come_in_separate_batches(store: AnyStore) -> None:
    first = [answer(A, vulnerability("V-1", "7.5")), answer(B, vulnerability("V-1", "7.5"))]
    store.components.record(first, assess=AutoRule(), now=NOON)
    for purl in (A, B):
        moved = [answer(purl, vulnerability("V-1", "9.8"), at=NOON + DAY)]
        store.components.record(moved, assess=AutoRule(), now=NOON + DAY, reassess_on_score_change=True)
    records = store.assessments.find(AssessmentQuery())
    assert [(record.type, record.scope.package) for record in records[2:]] == [
        ("Blocked", "pkg:npm/a"),
        ("Blocked", "pkg:npm/b"),
    ]


def test_a_score_that_rounds_to_the_same_has_not_moved(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1", "7.50"))], assess=AutoRule(), now=NOON)
    assert score_moves(store, reassess=True, to="7.54") == ["Caution"]


@pytest.mark.parametrize("scope", [Scope(), Scope("pkg:npm/a")])
def test_a_moved_score_leaves_alone_what_people_assessed(store: AnyStore, scope: Scope) -> None:
    store.components.record([answer(A, vulnerability("V-1", "7.5"))], assess=AutoRule(), now=NOON)
    store.assessments.append([assessment("v-1".upper(), "Ignore", scope=scope)])
    assert score_moves(store, reassess=True) == ["Caution", "Ignore"]


def test_a_withdrawn_manual_assessment_does_not_stand_in_the_way_of_a_moved_score(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1", "7.5"))], assess=AutoRule(), now=NOON)
    store.assessments.append([assessment("V-1", "Ignore"), assessment("V-1", None)])
    assert score_moves(store, reassess=True) == ["Caution", "Ignore", None, "Blocked"]


def test_a_manual_assessment_of_one_image_does_not_stand_in_the_way_of_a_moved_score(store: AnyStore) -> None:
    store.components.record([answer(A, vulnerability("V-1", "7.5"))], assess=AutoRule(), now=NOON)
    store.assessments.append([assessment("V-1", "Ignore", scope=Scope("pkg:npm/a", image="shop/*"))])
    assert score_moves(store, reassess=True) == ["Caution", "Ignore", "Blocked"]


def scored(store: AnyStore, *scores: str | None, purl: Purl = A, rule: AutoRule | None = None) -> list[str | None]:
    """Answers of one day each; the types that were given."""
    for number, score in enumerate(scores):
        at = NOON + number * DAY
        one = [answer(purl, vulnerability("V-1", score), at=at)]
        store.components.record(one, assess=rule or AutoRule(), now=at)
    return [other_assessment.type for other_assessment in store.assessments.find(AssessmentQuery())]


@pytest.mark.parametrize("before", [None, "5.0", "0.0"])
def test_a_score_that_moves_into_a_range_for_the_first_time_is_assessed(store: AnyStore, before: str | None) -> None:
    assert scored(store, before, "9.8", "9.8") == ["Blocked"]
    (record,) = store.assessments.find(AssessmentQuery())
    assert (record.source, record.rule, record.score) == (AssessmentSource.AUTO, "Blocked", Decimal("9.8"))
    assert record.scope == Scope("pkg:npm/a")
    assert record.comment == f"The score moved {before or 'none'} → 9.8."


def test_the_result_counts_what_a_moved_score_gave(store: AnyStore) -> None:
    scored(store, "5.0")
    moved = [answer(A, vulnerability("V-1", "9.8"), at=NOON + DAY)]
    result = store.components.record(moved, assess=AutoRule(), now=NOON + DAY)
    assert (result.new_vulnerabilities, result.auto_assessed) == (0, 1)


def test_a_score_that_moves_between_ranges_is_not_assessed_again(store: AnyStore) -> None:
    assert scored(store, "7.5", "9.8") == ["Caution"]
    assert scored(store, "5.0", "9.9") == ["Caution"]  # once is once, also after a time outside every range


def test_a_score_that_moves_within_no_range_waits_until_it_moves_into_one(store: AnyStore) -> None:
    assert scored(store, None, "5.0", "5.5", "7.5", "9.8") == ["Caution"]


class LaterRule(AutoRule):
    """Types that had no ranges when the vulnerability was first seen."""

    has_ranges = False

    def __call__(self, vulnerability: Vulnerability, package: str) -> Assessment | None:
        return super().__call__(vulnerability, package) if self.has_ranges else None


def test_a_score_that_lay_in_one_of_todays_ranges_before_is_not_assessed(store: AnyStore) -> None:
    rule = LaterRule()
    assert scored(store, "7.5", rule=rule) == []
    rule.has_ranges = True
    moved = [answer(A, vulnerability("V-1", "9.8"), at=NOON + DAY)]
    assert store.components.record(moved, assess=rule, now=NOON + DAY).auto_assessed == 0


def test_each_package_is_assessed_when_its_own_answer_brings_the_score(store: AnyStore) -> None:
    both = [answer(A, vulnerability("V-1", "5.0")), answer(B, vulnerability("V-1", "5.0"))]
    store.components.record(both, assess=AutoRule(), now=NOON)
    for number, purl in enumerate((A, B), 1):
        moved = [answer(purl, vulnerability("V-1", "9.8"), at=NOON + DAY)]
        assert store.components.record(moved, assess=AutoRule(), now=NOON + DAY).auto_assessed == 1
        assert len(store.assessments.find(AssessmentQuery())) == number


def test_a_decision_of_people_does_not_stand_in_the_way_of_a_first_range(store: AnyStore) -> None:
    scored(store, "5.0")
    store.assessments.append([assessment("v-1", "Ignore", scope=Scope("pkg:npm/a"))])
    assert scored(store, "5.0", "9.8") == ["Ignore", "Blocked"]


def test_what_changed_of_a_score_is_kept_with_the_vulnerability(store: AnyStore) -> None:
    scored(store, None, "5.0", "5.0")
    (one,) = store.feed.changes().vulnerabilities
    assert one.rescored == Rescored(None, NOON + DAY)
    scored(store, "9.8")
    flags = replace(vulnerability("V-1", "9.8"), scored_from_vector=True, rejected=True)
    store.components.record([answer(A, flags, at=NOON + 5 * DAY)], assess=AutoRule(), now=NOON + 5 * DAY)
    (one,) = store.feed.changes().vulnerabilities
    assert (one.scored_from_vector, one.rejected) == (True, True)
    assert one.rescored is not None
    assert one.rescored.former == Decimal("5.0")
