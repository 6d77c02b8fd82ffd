"""Conditions of types: which type a vulnerability gets by itself, and what is no condition."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange
from webhook.model.exploitation import EPSS_STEP, Exploitation
from webhook.model.policies import Policy
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.conditions import conditions, make_epss, names_condition
from webhook.policy.evaluation import Rules
from webhook.policy.lint import lint
from webhook.policy.typetable import TypeTable

DAY = dt.date(2026, 11, 29)
_BANDS = (None, ("0.1", "3.9"), ("4.0", "6.9"), ("7.0", "10.0"))
_probabilities = st.integers(1, 100_000).map(lambda steps: (steps * EPSS_STEP).normalize())
_actions = st.sampled_from(list(Action))
_known = st.none() | st.builds(
    Exploitation, st.none() | st.just(DAY), st.just(DAY), st.none() | _probabilities, st.just(DAY)
)


@st.composite
def _tables(draw: st.DrawFn) -> TypeTable:
    bands = draw(st.permutations(_BANDS))
    return TypeTable(
        AssessmentType(
            f"T{number}",
            draw(_actions),
            None if band is None else CvssRange(Decimal(band[0]), Decimal(band[1])),
            auto_kev=draw(st.booleans()),
            auto_epss=draw(st.none() | _probabilities),
        )
        for number, band in enumerate(bands)
    )


@given(_tables(), st.none() | st.integers(0, 100), _known)
def test_what_is_known_of_attacks_makes_nothing_milder(
    types: TypeTable, tenths: int | None, known: Exploitation | None
) -> None:
    score = None if tenths is None else Decimal(tenths) / 10
    found = types.automatic(Vulnerability("CVE-1", cvss_score=score, exploitation=known))
    by_score = types.automatic(Vulnerability("CVE-1", cvss_score=score))
    if by_score is not None:
        assert found is not None
        assert found.type.action >= by_score.type.action
    if found is not None:
        assert set(found.conditions) <= set(conditions(found.type))
        assert all(names_condition(found.rule, found.type.name, condition) for condition in found.conditions)
    for kind in types:
        is_listed = kind.auto_kev and known is not None and known.kev is not None
        is_likely = kind.auto_epss is not None and known is not None and (known.epss or 0) >= kind.auto_epss
        if is_listed or is_likely:
            assert found is not None
            assert found.type.action >= kind.action


def test_of_equal_actions_the_first_type_counts() -> None:
    types = TypeTable(AssessmentType(name, Action.DENY, auto_kev=True) for name in ("B", "A"))
    found = types.automatic(Vulnerability("CVE-1", exploitation=Exploitation(DAY, DAY)))
    assert found is not None
    assert (found.type.name, found.rule) == ("B", "B KEV")


@pytest.mark.parametrize(
    ("rule", "is_named"), [("KEV 9.0–10.0", False), ("KEV KEV", True), ("KEV 9.0–10.0, KEV", True)]
)
def test_the_name_of_a_type_is_no_condition(rule: str, is_named: bool) -> None:
    assert names_condition(rule, "KEV", "KEV") is is_named


@pytest.mark.parametrize("least", [0, -0.1, 1.1, "x", "nan", True, None, "0.000001"])
def test_what_is_no_probability_is_refused(least: object) -> None:
    with pytest.raises(ConfigError, match="is not a minimum EPSS score"):
        make_epss(least)


def test_a_type_that_lets_in_what_is_exploited_is_a_trap() -> None:
    types = TypeTable([AssessmentType("Fine", Action.ALLOW, expires_after_days=9, auto_epss=Decimal("0.5"))])
    assert "allows-exploited" in {trap.code for trap in lint(Rules(types, Policy()))}
