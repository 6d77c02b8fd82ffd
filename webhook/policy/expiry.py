"""Expiry: when an assessment stops counting.

An assessment has expired when now ≥ its end. The end is given, or the moment of the assessment plus the days of its
type times 24 hours; all in UTC, so that no change of clocks moves it.
"""

from __future__ import annotations

import datetime as dt

from webhook.errors import InvalidInput
from webhook.model.assessments import AssessmentType
from webhook.policy.typetable import MAX_DAYS

LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
"""The last moment of the calendar; people write ends such as 9999-12-31."""
_REMEDY = "Write a date such as 2027-01-31 (its first moment in UTC) or a time such as 2027-01-31T12:00:00Z."


def end_of_life(kind: AssessmentType, assessed_at: dt.datetime) -> dt.datetime | None:
    """When an assessment of this type without an explicit end expires; None means never."""
    return None if kind.expires_after_days is None else after_days(assessed_at, kind.expires_after_days)


def after_days(moment: dt.datetime, days: int) -> dt.datetime:
    """The moment ``days`` × 24 hours later.

    Raises:
        InvalidInput: the number of days cannot be used.
    """
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"An assessment cannot last {days} days.", remedy=f"Give 1 to {MAX_DAYS} days.")
    return later(moment, dt.timedelta(days=days))


def later(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """A moment so much later; the last one of the calendar where it would be beyond that."""
    return LAST if moment > LAST - by else moment + by


def parse_until(value: str | dt.date | dt.datetime) -> dt.datetime:
    """An expiry date as written by people or as parsed from YAML.

    Args:
        value: ``2027-01-31`` (its first moment, UTC), ISO 8601 with or without an offset (without one it is UTC), or
            the date or time that a YAML parser made of such text.

    Raises:
        InvalidInput: it is no date.
    """
    try:
        moment = dt.datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        if not isinstance(moment, dt.datetime):
            moment = dt.datetime(moment.year, moment.month, moment.day, tzinfo=dt.UTC)
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as problem:
        raise InvalidInput(f"{str(value)[:50]!r} is not a date.", remedy=_REMEDY) from problem
