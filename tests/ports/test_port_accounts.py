"""Accounts that make objects of controllers, on every store."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON, MemoryStore
from webhook.model.records import ControllerAccount
from webhook.ports import AccountStore
from webhook.store.repositories import Store

DAY = dt.timedelta(days=1)


@pytest.fixture
def accounts(store: Store | MemoryStore) -> AccountStore:
    return store.accounts


def test_the_latest_of_each_account_is_kept_and_listed_newest_first(accounts: AccountStore) -> None:
    accounts.record([])
    accounts.record([ControllerAccount("kruise", "CloneSet (v1)", NOON), ControllerAccount("ben", "Job (v1)", NOON)])
    accounts.record([ControllerAccount("kruise", "Advanced (v2)", NOON + DAY)])
    accounts.record([ControllerAccount("kruise", "Older (v0)", NOON - DAY)])
    assert list(accounts.list()) == [
        ControllerAccount("kruise", "Advanced (v2)", NOON + DAY),
        ControllerAccount("ben", "Job (v1)", NOON),
    ]


def test_what_was_not_seen_for_a_month_is_forgotten_and_a_hundred_are_listed(accounts: AccountStore) -> None:
    accounts.record([ControllerAccount("old", "Job (v1)", NOON - 31 * DAY)])
    accounts.record([ControllerAccount(f"user-{number:03}", "Job (v1)", NOON) for number in range(120)])
    listed = [account.user for account in accounts.list()]
    assert listed == [f"user-{number:03}" for number in range(100)]
