"""What people can make of types, beside those of the settings file and of the cluster."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.copies import replace
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, StoredType, TypeOrigin
from webhook.policy.peoplestypes import TypeDefinedElsewhere, accepted, place_of, retired
from webhook.policy.typetable import default_types

OWN = default_types()
MADE = StoredType(AssessmentType("Review", Action.WARN), origin=TypeOrigin.CONSOLE)
NAMED = StoredType(AssessmentType("signed-off", Action.ALLOW, CvssRange(Decimal("4.0"), Decimal("4.9"))))
STORED = (MADE, NAMED)


def test_a_type_is_changed_where_it_is_defined() -> None:
    assert place_of(OWN, STORED, "blocked") == "assessmentTypes in the settings file"
    assert place_of(OWN, STORED, "SIGNED-OFF").endswith("kubectl edit assessmenttypes.bomgate.dev signed-off")
    assert place_of(OWN, STORED, "review") == place_of(OWN, STORED, "new") == ""
    for name in ("Blocked", "signed-off"):
        with pytest.raises(TypeDefinedElsewhere):
            accepted(OWN, STORED, AssessmentType(name), is_new=False)
        with pytest.raises(TypeDefinedElsewhere):
            retired(OWN, STORED, name)


def test_the_name_of_a_type_stays_as_it_is_spelt() -> None:
    kept, table = accepted(OWN, STORED, AssessmentType("REVIEW", Action.DENY), is_new=False)
    assert kept.name == "Review"
    found = table.get("review")
    assert found is not None and found.action is Action.DENY


@pytest.mark.parametrize(
    ("wanted", "is_new"),
    [
        (AssessmentType("review"), True),
        (AssessmentType("Other"), False),
        (AssessmentType(" x"), True),
        (AssessmentType(""), True),
        (AssessmentType("x\u202ey"), True),
        (AssessmentType("Other", color="url(x)"), True),
        (AssessmentType("Other", color="#12345"), True),
        (AssessmentType("Other", expires_after_days=0), True),
        (AssessmentType("Other", description="x" * 301), True),
        (AssessmentType("Other", description="a\nb"), True),
        (AssessmentType("Other", auto_assess=CvssRange(Decimal("8.0"), Decimal("8.5"))), True),
        (AssessmentType("Other", auto_assess=CvssRange(Decimal("4.5"), Decimal("5.0"))), True),
    ],
)
def test_what_does_not_go_with_the_rest_is_refused(wanted: AssessmentType, is_new: bool) -> None:
    with pytest.raises(InvalidInput):
        accepted(OWN, STORED, wanted, is_new=is_new)


def test_a_retired_type_can_be_brought_back_and_not_retired_again() -> None:
    one, table = retired(OWN, STORED, "review")
    assert (one, table.get("Review")) == (MADE.type, None)
    assert table.retired("Review") == MADE.type
    gone = (replace(MADE, retired=True), NAMED)
    with pytest.raises(InvalidInput):
        retired(OWN, gone, "Review")
    kept, _ = accepted(OWN, gone, AssessmentType("review", Action.ALLOW), is_new=True)
    assert (kept.name, kept.action) == ("Review", Action.ALLOW)


@given(st.integers(0, 100), st.integers(0, 100))
def test_no_type_of_people_ever_pushes_out_another(low: int, high: int) -> None:
    band = CvssRange(Decimal(low) / 10, Decimal(high) / 10)
    wanted = AssessmentType("Mine", Action.ALLOW, band)
    try:
        _, table = accepted(OWN, STORED, wanted, is_new=True)
    except InvalidInput:
        return
    assert {known.name for known in table} == {"Ignore", "Caution", "Blocked", "Review", "signed-off", "Mine"}
