"""What the controller does while it leads, and the lock that makes one of several lead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.grants import BreakGlassGrant
    from webhook.model.rights import Right


class Duty(Protocol):
    """Something that the leading controller does again and again."""

    @property
    def name(self) -> str:
        """A bounded word for logs and metrics, such as ``audit``."""

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""

    def run(self) -> None:
        """One pass; it ends by itself and may be repeated at any time, also by another process.

        Raises:
            BomgateError: it could not be done; it is tried again after the interval, or sooner.
        """


class LeaderLock(Protocol):
    """Which of several controllers leads."""

    def acquire(self, holder: str, *, now: dt.datetime) -> bool:
        """Take the lock, or renew it when ``holder`` has it; False when somebody else has it.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def release(self, holder: str) -> None:
        """Give the lock back; harmless when it is not held.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class GrantKeeper(Protocol):
    """All uses of break-glass that are kept."""

    def confirm(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """See :class:`webhook.ports.GrantStore`.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def remove(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """See :class:`webhook.ports.GrantStore`.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def everything(self, deadline: Deadline) -> Sequence[tuple[str, BreakGlassGrant]]:
        """All of them, each with its name.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class RightsReviewer(Protocol):
    """What this process may do in the cluster."""

    def allowed(self, right: Right) -> bool:
        """Whether it has a right.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
