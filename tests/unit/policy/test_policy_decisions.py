from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.copies import replace
from tests.unit.policy.builders import DAY, NOW
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.decisions import Decision, Target, decide, provisioned
from webhook.policy.typetable import default_types

SCOPE = Scope("pkg:npm/a")
TYPES = default_types()
IGNORE = Decision("ignore", " alice ", " not reachable ")
TARGET = Target("CVE-1", Scope(package="pkg:npm/a"), Decimal("7.5"))


@dataclass(frozen=True)
class Entry:
    vulnerability: str = "CVE-1"
    type: str = "Blocked"
    scope: Scope = SCOPE
    comment: str = "never"
    until: datetime | None = None
    until_fixed: bool = False


def test_a_decision_becomes_one_assessment_for_each_target() -> None:
    other = Target("CVE-2", Scope())
    made = decide(IGNORE, [TARGET, other], TYPES, NOW.replace(microsecond=9))
    assert made[0] == Assessment(
        vulnerability="CVE-1",
        type="Ignore",
        scope=Scope(package="pkg:npm/a"),
        source=AssessmentSource.MANUAL,
        author="alice",
        comment="not reachable",
        assessed_at=NOW,
        until=NOW + 90 * DAY,
        score=Decimal("7.5"),
    )
    assert [assessment.vulnerability for assessment in made] == ["CVE-1", "CVE-2"]


def test_an_end_of_its_own_or_days_replace_the_life_of_the_type() -> None:
    (by_date,) = decide(replace(IGNORE, until=NOW + DAY), [TARGET], TYPES, NOW)
    (by_days,) = decide(replace(IGNORE, days=1), [TARGET], TYPES, NOW)
    assert by_date.until == by_days.until == NOW + DAY


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (replace(IGNORE, type="Whatever"), "'Whatever' is not an assessment type"),
        (replace(IGNORE, author="  "), "name of its author"),
        (replace(IGNORE, author="a\nb"), "name of its author"),
        (replace(IGNORE, comment=" \n"), "needs a comment"),
        (replace(IGNORE, comment="x" * 2001), "at most 2000 characters"),
        (replace(IGNORE, until=NOW), "would have expired already, on 2026-11-24 12:00 UTC"),
        (replace(IGNORE, days=0), "cannot last 0 days"),
        (replace(IGNORE, until=NOW + DAY, days=1), "Both an end and a number of days"),
    ],
)
def test_a_decision_that_cannot_be_used_is_refused(decision: Decision, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        decide(decision, [TARGET], TYPES, NOW)


def test_a_configured_assessment_lives_from_when_it_was_first_provisioned() -> None:
    first = provisioned(Entry(), TYPES, NOW, None)
    assert (first.source, first.author, first.until) == (AssessmentSource.PROVISIONED, "configuration", NOW + 30 * DAY)
    again = provisioned(Entry(), TYPES, NOW + 40 * DAY, first)
    assert again == first
    changed = provisioned(Entry(comment="other words"), TYPES, NOW + 40 * DAY, first)
    assert changed.until == NOW + 70 * DAY


def test_a_configured_assessment_may_end_in_the_past() -> None:
    past = NOW - timedelta(days=400)
    assert provisioned(Entry(until=past), TYPES, NOW, None).until == past


def test_a_configured_end_replaces_an_earlier_one() -> None:
    first = provisioned(Entry(), TYPES, NOW, None)
    assert provisioned(Entry(until=NOW + DAY), TYPES, NOW, first).until == NOW + DAY


def test_records_of_one_vulnerability_keep_one_spelling() -> None:
    first = provisioned(Entry(), TYPES, NOW, None)
    assert provisioned(Entry(vulnerability="cve-1"), TYPES, NOW, first).vulnerability == "CVE-1"


@pytest.mark.parametrize("entry", [Entry(type="Gone"), Entry(vulnerability=""), Entry(scope=Scope("no purl"))])
def test_a_configured_assessment_that_cannot_be_read_is_refused(entry: Entry) -> None:
    with pytest.raises(InvalidInput):
        provisioned(entry, TYPES, NOW, None)
