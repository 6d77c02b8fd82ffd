"""Assessment types and provisioned assessments in the settings file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.model.assessments import OnExpiry
from webhook.policy.typetable import default_types
from webhook.settings.decisions import read_assessments, read_types


def test_types_are_read_as_documented() -> None:
    written = {
        "name": "Blocked",
        "action": "deny",
        "autoAssess": {"min": 9.0, "max": 10.0},
        "expiresAfterDays": 30,
        "color": "red",
        "onExpiry": "reassess",
        "description": "never",
    }
    (one,) = read_types([written])
    assert (one.name, one.action, one.expires_after_days, one.on_expiry) == (
        "Blocked",
        Action.DENY,
        30,
        OnExpiry.REASSESS,
    )
    assert one.auto_assess is not None
    assert (one.auto_assess.low, one.auto_assess.high) == (Decimal("9.0"), Decimal("10.0"))
    assert one.action_stated


def test_a_type_may_take_what_is_exploited_alone_or_beside_a_range() -> None:
    auto = {"min": 9.0, "max": 10.0, "kev": True, "epss": {"min": 0.1}}
    whole, alone = read_types([{"name": "A", "autoAssess": auto}, {"name": "B", "autoAssess": {"kev": True}}])
    assert (whole.auto_kev, whole.auto_epss, str(whole.auto_assess)) == (True, Decimal("0.1"), "9.0–10.0")
    assert (alone.auto_kev, alone.auto_epss, alone.auto_assess) == (True, None, None)


def test_a_type_without_an_action_warns_and_is_marked_for_the_lint() -> None:
    (one,) = read_types([{"name": "Custom"}])
    assert (one.action, one.action_stated, one.expires_after_days, one.auto_assess) == (Action.WARN, False, None, None)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("Blocked", "assessmentTypes is not a list of mappings"),
        (["Blocked"], "assessmentTypes is not a list of mappings"),
        ([{}], "assessmentTypes[0].name is missing"),
        ([{"name": "A", "colour": "red"}], "assessmentTypes[0].colour is not a setting"),
        ([{"name": "A", "action": "forbid"}], "assessmentTypes[0].action cannot be 'forbid'"),
        ([{"name": "A", "expiresAfterDays": "30"}], "assessmentTypes[0].expiresAfterDays cannot be '30'"),
        ([{"name": "A", "expiresAfterDays": True}], "assessmentTypes[0].expiresAfterDays cannot be True"),
        ([{"name": "A", "expiresAfterDays": 0}], "cannot expire after 0 days"),
        ([{"name": "A", "onExpiry": "later"}], "assessmentTypes[0].onExpiry cannot be 'later'"),
        ([{"name": "A", "autoAssess": "9-10"}], "assessmentTypes[0].autoAssess cannot be '9-10'"),
        ([{"name": "A", "autoAssess": {"min": 1, "max": 11}}], "assessmentTypes[0].autoAssess: '11'"),
        ([{"name": "A", "autoAssess": {"min": 9, "max": 8}}], "bounds reversed"),
        ([{"name": "A", "autoAssess": {"min": 9, "max": 9.55}}], "is not a bound"),
        ([{"name": "A", "autoAssess": {"min": 9}}], "assessmentTypes[0].autoAssess cannot be"),
        ([{"name": "A", "autoAssess": {}}], "assessmentTypes[0].autoAssess cannot be"),
        ([{"name": "A", "autoAssess": {"kev": "yes"}}], "autoAssess.kev cannot be 'yes'"),
        ([{"name": "A", "autoAssess": {"epss": 0.1}}], "autoAssess.epss cannot be 0.1"),
        ([{"name": "A", "autoAssess": {"epss": {"min": 10}}}], "autoAssess.epss: '10' is not a minimum EPSS score"),
        ([{"name": "A", "autoAssess": {"epss": {"min": True}}}], "is not a minimum EPSS score"),
        ([{"name": "A"}, {"name": "a"}], "Two assessment types have one name: A and a"),
        (
            [{"name": "A", "autoAssess": {"min": 1, "max": 5}}, {"name": "B", "autoAssess": {"min": 5, "max": 6}}],
            "assessment types A (1.0–5.0) and B (5.0–6.0) overlap",
        ),
    ],
)
def test_types_that_cannot_be_used_are_refused(entries: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_types(entries)
    assert message in caught.value.message


def test_an_assessment_is_read_with_its_scope_in_canonical_form() -> None:
    written = {
        "vulnerability": "CVE-2021-44228",
        "package": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        "image": "nginx",
        "namespace": "shop",
        "type": "blocked",
        "comment": "never",
        "until": dt.date(2027, 1, 1),
    }
    (one,) = read_assessments([written], default_types())
    assert (one.vulnerability, one.type, one.comment) == ("CVE-2021-44228", "Blocked", "never")
    assert one.scope.package == "pkg:maven/org.apache.logging.log4j/log4j-core"
    assert one.scope.version_range == "=2.14.1"  # what is said of one version is not said of all
    assert (one.scope.image, one.scope.namespace) == ("docker.io/library/nginx", "shop")
    assert one.until == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("until", ["2020-01-01", dt.date(2020, 1, 1), dt.datetime.fromisoformat("2020-01-01T12:00")])
def test_an_end_in_the_past_is_accepted(until: object) -> None:
    (one,) = read_assessments([{"vulnerability": "X-1", "type": "Ignore", "until": until}], default_types())
    assert one.until is not None
    assert one.until.tzinfo is not None


def test_without_an_end_the_type_decides() -> None:
    (one,) = read_assessments([{"vulnerability": "X-1", "type": "Ignore"}], default_types())
    assert one.until is None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"type": "Ignore"}, "assessments[0].vulnerability is missing"),
        ({"vulnerability": "X-1"}, "assessments[0].type is missing"),
        ({"vulnerability": "X-1", "type": "Nonsense"}, "assessments[0]: 'Nonsense' is not an assessment type"),
        ({"vulnerability": "X-1", "type": "Ignore", "until": "soon"}, "assessments[0]: 'soon' is not a date"),
        ({"vulnerability": "X-1", "type": "Ignore", "package": "lodash"}, "assessments[0]: 'lodash' is not a package"),
        ({"vulnerability": "X-1", "type": "Ignore", "namespace": "a b"}, "assessments[0]: 'a b' is not the name"),
        ({"vulnerability": "X-1", "type": "Ignore", "versions": "<1"}, "assessments[0].versions is not a setting"),
    ],
)
def test_assessments_that_cannot_be_used_are_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_assessments([entry], default_types())
    assert message in caught.value.message
