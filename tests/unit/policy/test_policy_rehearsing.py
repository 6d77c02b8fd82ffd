"""Rehearsing: the assessments of a settings file in force, with nothing recorded."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON
from tests.worlds import LOG4J, LOG4SHELL
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.purls import parse_purl
from webhook.policy.decisions import PROVISIONER
from webhook.policy.matching import ANYWHERE, AssessmentIndex
from webhook.policy.rehearsing import rehearsed
from webhook.policy.typetable import default_types
from webhook.settings.decisions import ProvisionedAssessment

PURL = parse_purl(LOG4J)


def stated(kind: str, scope: Scope | None = None) -> ProvisionedAssessment:
    return ProvisionedAssessment("CVE-2021-44228", kind, scope or Scope(), "because", None)


def kept(
    kind: str, source: AssessmentSource = AssessmentSource.PROVISIONED, author: str = PROVISIONER, number: int = 5
) -> Assessment:
    return Assessment("CVE-2021-44228", kind, Scope(), source, author, "because", NOON, None, sequence=number)


def in_force(there: list[Assessment], *definitions: ProvisionedAssessment) -> str | None:
    index = AssessmentIndex.of(there)
    index.add(rehearsed(index, definitions, default_types(), NOON))
    found = index.effective(LOG4SHELL, PURL, ANYWHERE, NOON).assessment
    return found.type if found else None


def test_what_the_file_states_comes_into_force() -> None:
    assert in_force([], stated("Ignore")) == "Ignore"
    assert in_force([kept("Blocked")], stated("Ignore")) == "Ignore"
    assert in_force([kept("Blocked", AssessmentSource.AUTO, "auto-assess")], stated("Ignore")) == "Ignore"


def test_what_an_earlier_file_stated_is_withdrawn_and_only_that() -> None:
    auto = kept("Caution", AssessmentSource.AUTO, "auto-assess", 3)
    assert in_force([auto, kept("Blocked")]) == "Caution"
    assert in_force([kept("Blocked", AssessmentSource.MANUAL, "ada")]) == "Blocked"
    assert in_force([kept("Blocked", author="somebody else")]) == "Blocked"


def test_what_stays_as_it_is_keeps_its_end() -> None:
    before = kept("Ignore")
    until = NOON + dt.timedelta(days=2)
    there = AssessmentIndex.of([Assessment(**{**_fields(before), "until": until})])
    (made,) = rehearsed(there, [stated("Ignore")], default_types(), NOON + dt.timedelta(days=1))
    assert made.until == until


def _fields(one: Assessment) -> dict[str, object]:
    return {name: getattr(one, name) for name in Assessment.__slots__}


def test_a_type_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput):
        in_force([], stated("Unheard"))
