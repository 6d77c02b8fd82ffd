from __future__ import annotations

import datetime as dt
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.copies import replace
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Effective, Place

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PURL = Purl("pkg:npm/a@1.5.0")
DIGEST = Digest("sha256:" + "ab" * 32)
PLACE = Place(parse_image("registry.corp/shop/web:1"), DIGEST, "shop")
IDENTIFIERS = ("CVE-1", "GHSA-1")
FOUND = Vulnerability("CVE-1", aliases=("GHSA-1",))
MOMENTS = st.integers(-3, 3).map(lambda hours: NOW + dt.timedelta(hours=hours))
SOURCES = st.sampled_from([source for source in AssessmentSource if source is not AssessmentSource.VEX])
SCOPES = st.builds(
    Scope,
    package=st.sampled_from([None, "pkg:npm/a", "pkg:npm/b"]),
    version_range=st.sampled_from([None, "<2", "=1.5", ">2"]),
    image=st.sampled_from([None, "registry.corp/*", "registry.corp/shop/web", str(DIGEST), "nginx"]),
    namespace=st.sampled_from([None, "shop", "lab"]),
)
RECORDS = st.lists(
    st.builds(
        Assessment,
        vulnerability=st.sampled_from(["CVE-1", "cve-1", "GHSA-1", "CVE-2"]),
        type=st.sampled_from([None, "Ignore", "Caution", "Blocked"]),
        scope=st.one_of(st.just(Scope("pkg:npm/a")), SCOPES),
        source=SOURCES,
        author=st.just("alice"),
        comment=st.just(""),
        assessed_at=st.just(NOW),
        until=st.none() | MOMENTS,
    ),
    max_size=8,
).map(lambda records: [replace(record, sequence=number) for number, record in enumerate(records, 1)])


def effective(index: AssessmentIndex, now: dt.datetime = NOW) -> Effective:
    return index.effective(FOUND, PURL, PLACE, now)


def holds(scope: Scope) -> bool:
    return (
        scope.package in (None, "pkg:npm/a")
        and scope.version_range in (None, "<2", "=1.5")
        and scope.image != "nginx"
        and scope.namespace in (None, "shop")
    )


def in_force(records: list[Assessment], now: dt.datetime) -> list[Assessment]:
    """Those that match, have not expired and were not withdrawn, the slow and obvious way."""
    found = []
    for place, assessment in enumerate(records):
        withdrawn = any(
            later.type is None
            and (later.source, later.scope) == (assessment.source, assessment.scope)
            and later.vulnerability.lower() == assessment.vulnerability.lower()
            for later in records[place + 1 :]
        )
        matches = assessment.vulnerability.upper() in IDENTIFIERS and holds(assessment.scope)
        if assessment.type is not None and matches and not withdrawn and not assessment.expired(now):
            found.append(assessment)
    return found


def narrowed(scope: Scope) -> int:
    return sum(part is not None for part in (scope.package, scope.version_range, scope.image, scope.namespace))


@given(RECORDS)
@settings(max_examples=300)
def test_what_is_in_force_is_made_by_hand_if_possible_then_narrow_then_new(records: list[Assessment]) -> None:
    there = in_force(records, NOW)
    found = effective(AssessmentIndex.of(records)).assessment
    assert (found is None) == (not there)
    if found is not None:
        assert found in there
        by_hand = [assessment for assessment in there if assessment.source is not AssessmentSource.AUTO]
        rivals = by_hand or there
        assert found in rivals
        most = max(narrowed(rival.scope) for rival in rivals)
        assert narrowed(found.scope) == most
        assert found.sequence == max(rival.sequence for rival in rivals if rival.scope == found.scope)


@given(RECORDS)
def test_what_was_withdrawn_or_has_expired_never_counts(records: list[Assessment]) -> None:
    found = effective(AssessmentIndex.of(records))
    assert found.assessment is None or not found.assessment.expired(NOW)
    assert found.expired is None or (found.expired.expired(NOW) and found.assessment is None)
    cleared = [
        replace(record, type=None, sequence=len(records) + number)
        for number, record in enumerate(records, 1)
        if record.type
    ]
    assert effective(AssessmentIndex.of([*records, *cleared])) == Effective()


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_in_which_records_arrive_does_not_matter(records: list[Assessment], random: object) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    one, other = AssessmentIndex.of(records), AssessmentIndex.of(shuffled)
    assert list(one) == list(other)
    assert effective(one) == effective(other)


@given(RECORDS, st.integers(0, 8))
def test_portions_give_the_same_as_all_at_once_and_twice_the_same_as_once(records: list[Assessment], at: int) -> None:
    whole, parts = AssessmentIndex.of(records), AssessmentIndex.of(records[:at])
    parts.add(records[at:])
    parts.add(records)
    assert list(parts) == list(whole) == list(AssessmentIndex.of(whole))
    assert effective(parts) == effective(whole)


@given(RECORDS, MOMENTS)
def test_leaving_out_what_can_never_count_again_loses_nothing(records: list[Assessment], moment: dt.datetime) -> None:
    copy = AssessmentIndex.of(AssessmentIndex.of(records))
    assert bool(in_force(records, moment)) == (effective(copy, moment).assessment is not None)


@given(RECORDS, st.integers(0, 7 * 3600))
def test_before_the_next_change_time_alone_changes_nothing(records: list[Assessment], seconds: int) -> None:
    index = AssessmentIndex.of(records)
    found, later = effective(index), NOW + dt.timedelta(seconds=seconds)
    if found.next_change is None or later < found.next_change:
        assert effective(index, later) == found
    else:
        assert effective(index, later).assessment != found.assessment


@given(st.lists(st.sampled_from(["CVE-1", "GHSA-1", "ghsa-1", "cve-1"]), min_size=1, max_size=4))
def test_an_alias_counts_like_the_id(identifiers: list[str]) -> None:
    for order in permutations(range(len(identifiers))):
        records = [
            Assessment(identifiers[place], str(place), Scope(), AssessmentSource.MANUAL, "a", "", NOW, None, sequence=n)
            for n, place in enumerate(order, 1)
        ]
        found = effective(AssessmentIndex.of(records)).assessment
        assert found == records[-1]
