from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.policy.builders import NOW, kind
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.policy.expiry import after_days, end_of_life, parse_until

NEW_YEAR = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def test_a_life_is_counted_in_days_of_24_hours() -> None:
    assert end_of_life(kind("Blocked", Action.DENY, days=30), NOW) == NOW + dt.timedelta(hours=720)
    assert end_of_life(kind("Ignore", Action.ALLOW), NOW) is None


@pytest.mark.parametrize(
    "value",
    [
        "2027-01-01",
        " 2027-01-01T00:00:00Z ",
        "2027-01-01T00:00",
        "2027-01-01T02:00:00+02:00",
        dt.date(2027, 1, 1),
        dt.datetime.fromisoformat("2027-01-01T00:00:00"),
        dt.datetime(2027, 1, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    ],
)
def test_an_end_is_read_as_people_and_yaml_write_it(value: str | dt.date) -> None:
    assert parse_until(value) == NEW_YEAR
    assert parse_until(value).tzinfo is dt.UTC


@pytest.mark.parametrize("value", ["", "soon", "2027-02-30", "01.02.2027", "0001-01-01T00:00:00+23:00", "20270101T99"])
def test_an_end_that_is_no_date_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="is not a date") as caught:
        parse_until(value)
    assert "2027-01-31" in caught.value.remedy


@pytest.mark.parametrize("days", [0, -3, 36_501])
def test_a_number_of_days_that_cannot_be_used_is_refused(days: int) -> None:
    with pytest.raises(InvalidInput, match=f"{days} days"):
        after_days(NOW, days)
