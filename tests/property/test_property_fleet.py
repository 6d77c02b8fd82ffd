"""Precedence in a fleet: whatever was decided where, what the hub restricts stays, and what is stricter here counts."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, OnExpiry, Scope
from webhook.model.policies import LocalRule, Policy
from webhook.model.purls import parse_purl
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.fleetprecedence import is_local
from webhook.policy.judge import Judge
from webhook.policy.loosening import loosening
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typetable import TypeTable

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
PURL = parse_purl("pkg:npm/trim@1.2.0")
ONE = Vulnerability("CVE-2026-10001", "x", None, None, "")
TYPES = TypeTable(
    (
        AssessmentType("Ignore", Action.ALLOW),
        AssessmentType("Caution", Action.WARN, on_expiry=OnExpiry.REASSESS),
        AssessmentType("Blocked", Action.DENY),
    )
)
scopes = st.builds(
    Scope,
    package=st.sampled_from([None, "pkg:npm/trim", "pkg:npm/other"]),
    version_range=st.sampled_from([None, "<2", ">=2"]),
    namespace=st.sampled_from([None, "shop", "bank"]),
)
sources = st.sampled_from([AssessmentSource.MANUAL, AssessmentSource.FLEET, AssessmentSource.PROVISIONED])
ends = st.sampled_from([None, NOON - dt.timedelta(hours=1), NOON + dt.timedelta(hours=1)])


@st.composite
def records(draw: st.DrawFn) -> list[Assessment]:
    """Records of a hub and of people here, and what a range gave."""
    made = []
    for sequence in range(1, draw(st.integers(0, 6)) + 1):
        is_given = draw(st.integers(0, 5)) == 0
        kind = draw(st.sampled_from(["Ignore", "Caution", "Blocked"] if is_given else ["Ignore", "Blocked", None]))
        source = AssessmentSource.AUTO if is_given else draw(sources)
        scope = Scope("pkg:npm/trim") if is_given else draw(scopes)
        made.append(
            Assessment(ONE.id, kind, scope, source, "alice", "", NOON, draw(ends), sequence=sequence, recorded_by="x")
        )
    return made


def found(those: list[Assessment], rule: LocalRule) -> Finding:
    rules = Rules(TYPES, Policy(local_rule=rule))
    return Judge(rules, AssessmentIndex.of(those), NOON, Place(namespace="shop")).finding(PURL, ONE)


@given(records())
def test_without_local_loosening_nothing_gets_milder_than_what_holds_without_local_records(
    those: list[Assessment],
) -> None:
    without = [record for record in those if not is_local(record)]
    result = found(those, LocalRule.TIGHTENS)
    assert result.action >= found(without, LocalRule.ORDINARY).action
    if result.assessment is not None and is_local(result.assessment):
        assert result.action >= found(without, LocalRule.ORDINARY).action


@given(records(), st.sampled_from([LocalRule.TIGHTENS, LocalRule.LOOSENS]))
def test_a_stricter_local_record_always_counts(those: list[Assessment], rule: LocalRule) -> None:
    own = found([record for record in those if record.source is not AssessmentSource.FLEET], LocalRule.ORDINARY)
    if own.assessment is not None and is_local(own.assessment):
        assert found(those, rule).action >= own.action


@given(records())
def test_with_local_loosening_and_without_a_hub_all_is_as_ever(those: list[Assessment]) -> None:
    own = [record for record in those if record.source is not AssessmentSource.FLEET]
    mine, usual = found(own, LocalRule.LOOSENS), found(own, LocalRule.ORDINARY)
    assert (mine.assessment, mine.action, mine.note) == (usual.assessment, usual.action, usual.note)


@given(records())
def test_a_hub_alone_decides_by_the_usual_precedence(those: list[Assessment]) -> None:
    told = [record for record in those if not is_local(record)]
    for rule in (LocalRule.TIGHTENS, LocalRule.LOOSENS):
        mine, usual = found(told, rule), found(told, LocalRule.ORDINARY)
        assert (mine.assessment, mine.action, mine.note) == (usual.assessment, usual.action, usual.note)


@given(records(), st.sampled_from(["Ignore", "Blocked", None]), scopes, ends)
def test_what_loosens_at_a_member_takes_two_people_whatever_the_hub_says(
    those: list[Assessment], kind: str | None, scope: Scope, end: dt.datetime | None
) -> None:
    new = Assessment(ONE.id, kind, scope, AssessmentSource.MANUAL, "bob", "", NOON, end, sequence=100)
    for rule in (LocalRule.TIGHTENS, LocalRule.LOOSENS):
        if found([*those, new], rule).action < found(those, rule).action:
            rules = Rules(TYPES, Policy(local_rule=rule))
            assert loosening([new], those, rules, NOON, {ONE.id.casefold(): [ONE]})


@given(records(), st.sampled_from([LocalRule.TIGHTENS, LocalRule.LOOSENS]))
def test_a_finding_says_when_it_may_change(those: list[Assessment], rule: LocalRule) -> None:
    now, rules = found(those, rule), Rules(TYPES, Policy(local_rule=rule))
    until = now.changes_at or NOON + dt.timedelta(days=1000)
    just_before = until - dt.timedelta(seconds=1)
    later = Judge(rules, AssessmentIndex.of(those), just_before, Place(namespace="shop")).finding(PURL, ONE)
    assert later.action == now.action
