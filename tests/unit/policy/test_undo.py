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


def made(position: int, scope: int, kind: str | None, batch: str, source: AssessmentSource) -> Assessment:
    return Assessment(
        vulnerability="CVE-2026-1",
        type=kind,
        scope=SCOPES[scope],
        source=source,
        author=f"author-{position}",
        comment="why",
        assessed_at=NOW - dt.timedelta(days=100 - position),
        until=None,
        sequence=position,
        batch=batch,
    )


records = st.lists(
    st.tuples(
        st.integers(0, len(SCOPES) - 1),
        st.sampled_from(["Ignore", "Blocked", None]),
        st.sampled_from([AssessmentSource.MANUAL, AssessmentSource.AUTO]),
    ),
    max_size=6,
)


def type_in_force(assessments: list[Assessment]) -> str | None:
    found = AssessmentIndex.of(assessments).effective(
        Vulnerability(id="CVE-2026-1", source="test"), PURL, ANYWHERE, NOW
    )
    return None if found.assessment is None else found.assessment.type


@given(records, records.filter(bool))
def test_what_was_in_force_before_a_batch_is_in_force_after_its_undo(
    before: list[tuple[int, str | None, AssessmentSource]], batch: list[tuple[int, str | None, AssessmentSource]]
) -> None:
    there = [made(number, scope, kind, "", source) for number, (scope, kind, source) in enumerate(before, 1)]
    added = [
        made(number, scope, kind, "b", source) for number, (scope, kind, source) in enumerate(batch, len(there) + 1)
    ]
    every = [*there, *added]
    undo = undone(added, {"CVE-2026-1": every}, "carol", NOW)
    after = [*every, *(replace(record, sequence=len(every) + place) for place, record in enumerate(undo.records, 1))]
    assert not undo.decided_since
    assert type_in_force(after) == type_in_force(there)
