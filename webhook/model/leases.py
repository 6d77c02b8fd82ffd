"""Leases: who may do something that one process at a time does, and for how long without a sign of life."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.errors import LeaseLost


class Lease(msgspec.Struct, frozen=True):
    """A lease as the store has it.

    Attributes:
        holder: a name that no other process has.
        fence: the fencing number: higher with each holder. A writer whose number is no longer that of the store is late
            and commits nothing.
        until: when it ends unless it is renewed, by the clock of the database; only good for noticing a renewal.
    """

    holder: str
    fence: int
    until: dt.datetime

    def lost(self) -> LeaseLost:
        """The error for a writer that comes after its lease has ended."""
        return LeaseLost(
            f"The lease of {self.holder} (fencing number {self.fence}) has ended, so nothing more was written: "
            "it was not renewed in time, and another process may have taken over."
        )
