from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.policy.builders import DAY, DIGEST, LOG4J, NOW, assessment, judge_one, vulnerability
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment
from webhook.model.records import AssessmentState, VulnerabilityQuery, VulnerabilityRecord
from webhook.model.verdicts import Finding
from webhook.policy.selections import JudgedVulnerability, Selection, read_selection, state_of

UNASSESSED, ASSESSED, EXPIRED = AssessmentState.UNASSESSED, AssessmentState.ASSESSED, AssessmentState.EXPIRED


def finding(*records: Assessment) -> Finding:
    return judge_one(vulnerability(), records).findings[0]


NEVER, NOW_ASSESSED = finding(), finding(assessment("Blocked"))
LAPSED = finding(assessment("Blocked", until=NOW - DAY))


def test_a_finding_is_in_one_of_three_states() -> None:
    assert [state_of(other_finding) for other_finding in (NEVER, NOW_ASSESSED, LAPSED)] == [
        UNASSESSED,
        ASSESSED,
        EXPIRED,
    ]


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        ((NOW_ASSESSED, LAPSED, NEVER), UNASSESSED),
        ((NOW_ASSESSED, LAPSED), EXPIRED),
        ((NOW_ASSESSED,), ASSESSED),
    ],
)
def test_a_vulnerability_is_in_the_state_that_most_needs_a_person(
    findings: tuple[Finding, ...], state: AssessmentState
) -> None:
    assert JudgedVulnerability(VulnerabilityRecord(vulnerability(), (LOG4J,)), findings).state is state


def test_a_selection_asks_for_state_and_type() -> None:
    assert all(Selection().includes(other_finding) for other_finding in (NEVER, NOW_ASSESSED, LAPSED))
    assert [Selection(state=EXPIRED).includes(other_finding) for other_finding in (NEVER, NOW_ASSESSED, LAPSED)] == [
        False,
        False,
        True,
    ]
    assert [Selection(type="blocked").includes(other_finding) for other_finding in (NEVER, NOW_ASSESSED, LAPSED)] == [
        False,
        True,
        True,
    ]
    assert not Selection(type="Ignore").includes(NOW_ASSESSED)


def test_a_selection_is_read_into_a_query_and_a_place() -> None:
    query, place = read_selection(
        Selection("CVE-1", "pkg:npm/@a/b@1", "nginx", "shop", Decimal("4.0"), Decimal("6.9"), UNASSESSED)
    )
    assert query == VulnerabilityQuery(
        "pkg:npm/%40a/b@1", "docker.io/library/nginx:latest", Decimal("4.0"), Decimal("6.9"), "CVE-1"
    )
    assert place.image is not None
    assert (place.image.text, place.namespace) == ("nginx", "shop")


@pytest.mark.parametrize("image", [str(DIGEST), f"web@{DIGEST}", f"web:1@{DIGEST}"])
def test_an_image_with_a_digest_is_asked_for_by_it(image: str) -> None:
    query, place = read_selection(Selection(image=image))
    assert (query.image, place.digest) == (DIGEST, DIGEST)


@pytest.mark.parametrize(
    "selection",
    [Selection(package="x"), Selection(image="A B"), Selection(score_low=Decimal(7), score_high=Decimal(4))],
)
def test_a_selection_that_cannot_be_read_is_refused(selection: Selection) -> None:
    with pytest.raises(InvalidInput):
        read_selection(selection)
