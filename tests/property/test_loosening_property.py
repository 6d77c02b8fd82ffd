"""Nobody loosens alone, by effect: what is said not to loosen makes no finding milder, anywhere and at any time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from hypothesis import event, given
from hypothesis import strategies as st

from tests.copies import replace
from tests.fakes import NOON
from webhook.model.actions import Action
from webhook.model.assessments import (
    Assessment,
    AssessmentSource,
    AssessmentType,
    CvssRange,
    OnExpiry,
    Scope,
    StoredType,
)
from webhook.model.policies import Policy
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.loosening import loosening
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typeloosening import TypeChange, type_loosens
from webhook.policy.typetable import TypeTable

DAY = dt.timedelta(days=1)
PURLS = tuple(parse_purl(f"pkg:npm/{text}") for text in ("a@1.0.0", "a@2.0.0", "a@what.ever", "b@1.0.0"))
PLACES = (Place(), Place(namespace="shop"))
BANDS = (CvssRange(Decimal("0.1"), Decimal("3.9")), CvssRange(Decimal("9.0"), Decimal("10.0")))
actions = st.sampled_from(Action)
lives = st.sampled_from([None, 5, 30])
expiries = st.sampled_from(OnExpiry)
types = st.builds(
    lambda low, high, others: TypeTable(
        [AssessmentType("Low", low[0], BANDS[0], low[1], on_expiry=low[2])] * (low[3] is True)
        + [AssessmentType("High", high[0], BANDS[1], high[1], on_expiry=high[2])] * (high[3] is True)
        + [
            AssessmentType(f"By hand, {action.word}", action, None, 30, on_expiry=expiry)
            for action, expiry in zip(Action, others, strict=True)
        ]
    ),
    *[st.tuples(actions, lives, expiries, st.booleans())] * 2,
    st.tuples(expiries, expiries, expiries),
)
policies = st.builds(lambda action: Policy(unassessed=action), actions)
scopes = st.builds(
    Scope,
    st.sampled_from([None, "pkg:npm/a", "pkg:npm/b"]),
    st.sampled_from([None, "<2", ">=1"]),
    st.just(None),
    st.sampled_from([None, "shop"]),
)
names = st.sampled_from(["CVE-1", "GHSA-1"])
kinds = st.sampled_from(["Low", "High", "By hand, allow", "By hand, warn", "By hand, deny", "gone", None])
ends = st.sampled_from([-40, -3, 2, 10, 40, None])
sources = st.sampled_from([AssessmentSource.MANUAL, AssessmentSource.MANUAL, AssessmentSource.AUTO])


def made(name: str, scope: Scope, kind: str | None, days: int | None, source: AssessmentSource) -> Assessment:
    until = None if days is None or kind is None else NOON + days * DAY
    return Assessment(name, kind, scope, source, "ana", "why", NOON, until)


records = st.builds(made, names, scopes, kinds, ends, sources)


def numbered(stored: list[Assessment]) -> list[Assessment]:
    return [replace(record, sequence=number) for number, record in enumerate(stored, 1)]


def outcomes(
    rules: Rules, stored: list[Assessment], known: Vulnerability, moments: list[dt.datetime]
) -> Iterator[Action]:
    """What each finding gets at each moment at which anything may change."""
    index = AssessmentIndex.of(numbered(stored))
    for at in moments:
        for place in PLACES:
            for purl in PURLS:
                yield Judge(rules, index, at, place).finding(purl, known).action


@given(
    types,
    policies,
    st.lists(records, max_size=4),
    st.lists(records, min_size=1, max_size=2),
    st.sampled_from([None, "2.0", "5.0", "9.8"]),
    st.booleans(),
    st.sampled_from([None, 1, 20]),
)
def test_what_does_not_loosen_makes_nothing_milder(
    table: TypeTable,
    policy: Policy,
    there: list[Assessment],
    wanted: list[Assessment],
    score: str | None,
    is_known: bool,
    appears_after: int | None,
) -> None:
    rules = Rules(table, policy)
    vulnerability = Vulnerability("CVE-1", cvss_score=None if score is None else Decimal(score), aliases=("GHSA-1",))
    known = {name.casefold(): [vulnerability] for name in vulnerability.identifiers} if is_known else {}
    if loosening(wanted, list(AssessmentIndex.of(numbered(there))), rules, NOON, known):
        event("loosens")
        return
    event("does not loosen")
    later: list[Assessment] = []
    if appears_after is not None:
        given_later = auto_assessment(table, vulnerability, "pkg:npm/a", NOON + appears_after * DAY)
        later = [] if given_later is None else [given_later]
    over = {record.until for record in (*there, *wanted, *later) if record.until is not None}
    moments = sorted({NOON, *(end + days * DAY for end in over for days in (0, 5, 30) if end + days * DAY > NOON)})
    without, then = (list(outcomes(rules, [*there, *more, *later], vulnerability, moments)) for more in ((), wanted))
    assert all(after >= before for before, after in zip(without, then, strict=True))


life = st.tuples(actions, lives, expiries)


@given(types, policies, st.sampled_from(["Low", "High", "New"]), life, st.lists(records, max_size=3))
def test_a_type_that_does_not_loosen_makes_nothing_milder(
    table: TypeTable,
    policy: Policy,
    name: str,
    definition: tuple[Action, int | None, OnExpiry],
    there: list[Assessment],
) -> None:
    former = table.get(name)
    band = {"Low": BANDS[0], "High": BANDS[1]}.get(name)
    wanted = AssessmentType(name, definition[0], band, definition[1], on_expiry=definition[2])
    after = TypeTable([*(kind for kind in table if kind.name != name), wanted])
    stored = None if former is None else StoredType(former)
    if type_loosens(TypeChange(stored, wanted, table, after, policy, is_carried=True)):
        event("loosens")
        return
    event("does not loosen")
    over = {record.until for record in there if record.until is not None}
    moments = sorted({NOON, *(end + days * DAY for end in over for days in (0, 5, 30) if end + days * DAY > NOON)})
    for score in ("2.0", "5.0", "9.8"):
        known = Vulnerability("CVE-1", cvss_score=Decimal(score), aliases=("GHSA-1",))
        was, then = (list(outcomes(Rules(each, policy), there, known, moments)) for each in (table, after))
        assert all(later >= before for before, later in zip(was, then, strict=True))
