"""Undo, as a rule: afterwards the same assessments are in force as before the batch."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from tests.copies import replace
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import ANYWHERE
from webhook.policy.undo import undone

NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
PURL = parse_purl("pkg:npm/lodash@4.17.20")
SCOPES = (Scope(), Scope(package="pkg:npm/lodash"), Scope(package="pkg:npm/lodash", version_range="<5"))


ENDS = (-10, 5, 50, None)
MOMENTS = (0, 6, 51)


def made(
    position: int, scope: int, kind: str | None, batch: str, source: AssessmentSource, days: int | None
) -> Assessment:
    return Assessment(
        vulnerability="CVE-2026-1",
        type=kind,
        scope=SCOPES[scope],
        source=source,
        author=f"author-{position}",
        comment="why",
        assessed_at=NOW - dt.timedelta(days=100 - position),
        until=None if days is None or kind is None else NOW + dt.timedelta(days=days),
        sequence=position,
        revision=position,
        batch=batch,
    )


Made = tuple[int, str | None, AssessmentSource, int | None]
records = st.lists(
    st.tuples(
        st.integers(0, len(SCOPES) - 1),
        st.sampled_from(["Ignore", "Blocked", None]),
        st.sampled_from([AssessmentSource.MANUAL, AssessmentSource.AUTO]),
        st.sampled_from(ENDS),
    ),
    max_size=6,
)


def name_of(record: Assessment | None) -> str | None:
    return None if record is None else record.type


def in_force(assessments: list[Assessment]) -> list[tuple[str | None, str | None]]:
    """What counts at each moment from now on, and what has ended that would."""
    index, found = AssessmentIndex.of(assessments), []
    for days in MOMENTS:
        effective = index.effective(
            Vulnerability(id="CVE-2026-1", source="test"), PURL, ANYWHERE, NOW + dt.timedelta(days=days)
        )
        found.append((name_of(effective.assessment), name_of(effective.expired)))
    return found


def after_undo(every: list[Assessment], batch: str, name: str) -> list[Assessment]:
    """All records once a batch is taken back by another one."""
    mine = [record for record in every if record.batch == batch]
    undo = undone(mine, every, "carol", NOW) if mine else None
    added = [
        replace(record, sequence=len(every) + place, revision=1000 + len(every), batch=record.batch or name)
        for place, record in enumerate(undo.records if undo else (), 1)
    ]
    return [*every, *added]


@given(records, records.filter(bool))
def test_what_was_in_force_before_a_batch_is_in_force_after_its_undo(before: list[Made], batch: list[Made]) -> None:
    there = [made(number, *each[:2], "", *each[2:]) for number, each in enumerate(before, 1)]
    added = [made(number, *each[:2], "b", *each[2:]) for number, each in enumerate(batch, len(there) + 1)]
    every = [*there, *added]
    assert not undone(added, every, "carol", NOW).decided_since
    after = after_undo(every, "b", "u")
    assert in_force(after) == in_force(there)
    assert in_force(after_undo(after, "u", "v")) == in_force(every), "the undo is taken back"


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(ENDS[1:])), max_size=6), st.data())
def test_no_batch_that_was_undone_ever_counts_again(
    given_by: list[tuple[str, int | None]], data: st.DataObject
) -> None:
    every = [
        made(place, 1, "Ignore", batch, AssessmentSource.MANUAL, days)
        for place, (batch, days) in enumerate(given_by, 1)
    ]
    gone: set[str] = set()
    for batch in data.draw(st.permutations(sorted({batch for batch, _ in given_by}))):
        every = after_undo(every, batch, f"undo of {batch}")
        gone.add(batch)
        left = [record for record in AssessmentIndex.of(every) if record.type is not None]
        assert not {record.batch for record in left} & gone
        kept = [record for record in every[: len(given_by)] if record.batch not in gone]
        assert in_force(every) == in_force(kept), "the others are as they were"
