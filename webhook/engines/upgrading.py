"""Upgrading the database, also one that does not answer yet, as when all of an installation starts at once."""

from __future__ import annotations

from collections.abc import Callable

from webhook.errors import StoreUnreachable
from webhook.ports import Clock, StoreAdmin

_PAUSE_SECONDS = 1.0


def upgrade_when_there(
    admin: StoreAdmin, clock: Clock, seconds: float, waiting: Callable[[StoreUnreachable], None]
) -> None:
    """Bring the schema to the version of this program, waiting for a database that may answer later.

    Only what may pass by itself is waited for: a wrong password or a database that does not exist is told at once.

    Args:
        admin: the database.
        clock: time.
        seconds: how long to wait at most; 0 tries once.
        waiting: told why it waits, once for each new reason.

    Raises:
        StoreError: it cannot be done, or the time is up.
    """
    deadline = clock.monotonic() + seconds
    told = ""
    while True:
        try:
            admin.upgrade()
            return
        except StoreUnreachable as problem:
            left = deadline - clock.monotonic()
            if left <= 0:
                raise
            if problem.message != told:
                told = problem.message
                waiting(problem)
        clock.sleep(min(_PAUSE_SECONDS, left))
