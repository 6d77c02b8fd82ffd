"""People: who somebody is, and what they may do; implemented by ``clients.kube`` and ``clients.oidc``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.people import Login, SignedIn
    from webhook.model.reviews import Requester


class RightsReviewer(Protocol):
    """What users of the cluster may do."""

    def may(self, user: Requester, verb: str, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether the user may do something with a resource of ``bomgate.dev`` (SubjectAccessReview).

        Args:
            user: as the API server knows them.
            verb: such as ``create``.
            resource: real or virtual, such as ``assessments`` or ``assessments/override``.
            namespace: where; empty for everywhere.
            deadline: by when the answer must be there.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class TokenReviewer(Protocol):
    """Whose a token is."""

    def person(self, token: str, deadline: Deadline) -> SignedIn | None:
        """The user of a token; None when it is no good here: wrong, expired, of another audience, or of no end.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class SignInProvider(Protocol):
    """An OIDC provider."""

    @property
    def title(self) -> str:
        """What people call it."""

    def begin(self, redirect: str, deadline: Deadline) -> Login:
        """Begin a sign-in.

        Args:
            redirect: where the browser is to come back to.
            deadline: by when the provider must have said where it is.

        Raises:
            SourceError: the provider did not answer.
        """

    def finish(self, login: Login, given: Mapping[str, str], deadline: Deadline) -> SignedIn:
        """End a sign-in.

        Args:
            login: as it was begun.
            given: parameters with which the browser came back.
            deadline: by when the provider must have answered.

        Raises:
            InvalidInput: the provider refused, or what came back, or its token, is not what was begun here.
            SourceError: the provider did not answer.
        """
