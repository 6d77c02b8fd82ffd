"""Many records of one vulnerability and package: merged together they count as one after the other, at less cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calls import calls
from tests.copies import replace
from tests.fakes import NOON
from tests.ports.samples import assessment
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Entry, Same, age, lives_as_long, read_entry, same_scope

DAY = dt.timedelta(days=1)
PACKAGE = "pkg:npm/a"
MANY = 200
scopes = st.builds(
    Scope,
    st.sampled_from([None, PACKAGE]),
    st.sampled_from([None, "<2", "what?"]),
    st.sampled_from([None, "registry.corp/*", "registry.corp/shop/web"]),
    st.sampled_from([None, "shop", "lab"]),
)
records = st.builds(
    lambda name, kind, scope, source, end: replace(
        assessment(name, kind, scope=scope, until=None if end is None else NOON + end * DAY), source=source
    ),
    st.sampled_from(["CVE-1", "cve-1"]),
    st.sampled_from([None, "Ignore", "Blocked"]),
    st.one_of(st.just(Scope(PACKAGE)), scopes),
    st.sampled_from([AssessmentSource.MANUAL, AssessmentSource.AUTO, AssessmentSource.PROVISIONED]),
    st.sampled_from([None, -1, 1, 2, 3]),
)
stores = st.lists(records, max_size=12).map(
    lambda made: [replace(record, sequence=number) for number, record in enumerate(made, 1)]
)


class OneByOne:
    """The rules of an index as they are stated, for one record after the other: all that are there are looked at."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str | None], list[Entry]] = {}
        self.withdrawals: dict[Same, Assessment] = {}

    def add(self, record: Assessment) -> None:
        same = same_scope(record)
        withdrawal = self.withdrawals.get(same)
        if withdrawal is not None and age(withdrawal) >= age(record):
            return
        key = (record.vulnerability.casefold(), record.scope.package)
        there = self.entries.setdefault(key, [])
        if record.type is None:
            self.withdrawals[same] = record
            self.entries[key] = [
                former for former in there if former.same != same or age(former.assessment) > age(record)
            ]
            return
        entry = read_entry(record, {})
        if entry is None or any(former.same == same and outlives(former, entry) for former in there):
            return
        left = [former for former in there if former.same != same or not outlives(entry, former)]
        self.entries[key] = sorted([*left, entry], key=lambda one: one.rank, reverse=True)

    def records(self) -> dict[tuple[str, str | None], list[Assessment]]:
        return {key: [entry.assessment for entry in entries] for key, entries in self.entries.items() if entries}


def outlives(newer: Entry, older: Entry) -> bool:
    return newer.rank >= older.rank and lives_as_long(newer, older)


def kept(index: AssessmentIndex) -> dict[tuple[str, str | None], list[Assessment]]:
    return {key: [entry.assessment for entry in entries] for key, entries in index.records().items() if entries}


@settings(max_examples=300)
@given(stores, st.permutations(range(12)), st.lists(st.integers(0, 12), max_size=4))
def test_records_that_come_in_portions_count_as_one_after_the_other(
    stored: list[Assessment], order: list[int], cuts: list[int]
) -> None:
    arriving = [stored[place] for place in order if place < len(stored)]
    slow, index = OneByOne(), AssessmentIndex()
    for record in stored:
        slow.add(record)
    ends = [0, *sorted(cuts), len(arriving)]
    for begin, end in pairwise(ends):
        index.add(arriving[begin:end])
    assert kept(index) == slow.records()
    assert kept(AssessmentIndex.of(arriving)) == kept(AssessmentIndex.on(index.kept())) == slow.records()


def a_namespace_each(number: int) -> Sequence[Assessment]:
    return [
        replace(assessment("CVE-1", "Ignore", scope=Scope(PACKAGE, namespace=f"ns{place}")), sequence=place + 1)
        for place in range(number)
    ]


def one_scope_with_falling_ends(number: int) -> Sequence[Assessment]:
    return [
        replace(
            assessment("CVE-1", "Ignore", scope=Scope(PACKAGE), until=NOON + (number - place) * DAY), sequence=place + 1
        )
        for place in range(number)
    ]


@pytest.mark.parametrize("stack", [a_namespace_each, one_scope_with_falling_ends])
def test_twice_as_many_records_of_one_package_take_about_twice_the_work(
    stack: Callable[[int], Sequence[Assessment]],
) -> None:
    few, many = stack(MANY), stack(2 * MANY)
    assert len(AssessmentIndex.of(many)) == 2 * MANY
    assert calls(lambda: AssessmentIndex.of(many)) < 3 * calls(lambda: AssessmentIndex.of(few))


def test_a_further_record_is_not_compared_with_all_that_have_another_scope() -> None:
    *most, last = a_namespace_each(2 * MANY)
    index = AssessmentIndex.of(most)
    assert calls(lambda: index.add([last])) < MANY
