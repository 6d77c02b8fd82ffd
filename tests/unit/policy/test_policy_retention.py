"""Retention: no image is deleted while it is not known what runs."""

from __future__ import annotations

import datetime as dt

import pytest

from webhook.model.retention import InventoryAge
from webhook.policy.retention import why_kept

NOW = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        (0, ""),
        (-23, ""),
        (-25, "was last audited on 2026-01-08 23:00 UTC"),
        (23, ""),
        (24 * 365, "was audited at a time to come, 2027-01-10 00:00 UTC"),
    ],
)
def test_an_audit_counts_for_a_day_and_none_that_lies_far_ahead(hours: int, why: str) -> None:
    taken = NOW + dt.timedelta(hours=hours)
    said = why_kept(InventoryAge(taken, has_sightings=True), NOW)
    assert (why in said) if why else not said
