"""Accounts: notes of who makes objects that have a controller, for those who list controllers' accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook.engines.admission.notes import Notes
from webhook.model.records import ControllerAccount

if TYPE_CHECKING:
    from webhook.ports import AccountStore


class AccountNotes(Notes[str, ControllerAccount]):
    """Collects accounts; one row for each.

    Args:
        store: where they go.
    """

    def __init__(self, store: AccountStore) -> None:
        super().__init__("accounts", store.record, lambda former, _: former)

    def saw(self, account: ControllerAccount) -> None:
        """Take a note; when too many wait to be written, it is dropped."""
        if account.user not in self.waiting:
            self.take(account.user, account)
