"""People and rights in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.errors import Retryable
from webhook.model.deadlines import Deadline
from webhook.model.people import SignedIn
from webhook.model.reviews import Requester


@dataclass
class MemoryRights:
    """Rights by user, verb, resource and namespace (empty: everywhere); implements ``RightsReviewer``.

    Attributes:
        granted: what is allowed.
        away: whether the API server does not answer.
        asked: every question, in order.
    """

    granted: set[tuple[str, str, str, str]] = field(default_factory=set)
    away: bool = False
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def grant(self, user: str, verbs: str, resources: str, namespace: str = "") -> None:
        """Allow each verb on each resource; both with spaces between them."""
        self.granted |= {(user, verb, name, namespace) for verb in verbs.split() for name in resources.split()}

    def may(self, user: Requester, verb: str, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether it was granted, there or everywhere."""
        self.asked.append((user.username, verb, resource, namespace))
        if self.away:
            raise Retryable("The API server does not answer.")
        return bool({(user.username, verb, resource, where) for where in (namespace, "")} & self.granted)


@dataclass
class MemoryTokens:
    """Whose tokens are; implements ``TokenReviewer``."""

    known: Mapping[str, SignedIn]
    away: bool = False

    def person(self, token: str, deadline: Deadline) -> SignedIn | None:
        """The user of a token."""
        if self.away:
            raise Retryable("The API server does not answer.")
        return self.known.get(token)
