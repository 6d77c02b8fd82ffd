"""Tokens: whose a token is, as the API server says.

Source: Kubernetes API reference, authentication.k8s.io/v1 TokenReview: ``status.audiences`` are those of the token that
were asked about, and are missing where the authenticator looks at no audience.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection

import msgspec

from webhook.clients.kube.api import KubeApi, decoded
from webhook.clients.kube.problems import Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.people import KUBERNETES, Person, SignedIn
from webhook.ports import Clock

_PATH = "/apis/authentication.k8s.io/v1/tokenreviews"
_WANTED = Wanted("tokenreviews.authentication.k8s.io", "")
_MOST = 16 * 1024
"""Characters of the longest token that is looked at."""


class _User(msgspec.Struct):
    username: str = ""
    uid: str = ""
    groups: list[str] | None = None
    extra: dict[str, list[str]] | None = None


class _Status(msgspec.Struct):
    authenticated: bool = False
    user: _User = msgspec.field(default_factory=_User)
    audiences: list[str] | None = None


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


class _Claims(msgspec.Struct):
    exp: float | None = None


class _OwnStatus(msgspec.Struct, rename="camel"):
    user_info: _User = msgspec.field(default_factory=_User)


class _OwnReview(msgspec.Struct):
    status: _OwnStatus = msgspec.field(default_factory=_OwnStatus)


_DECODER = msgspec.json.Decoder(_Review)
_OWN = msgspec.json.Decoder(_OwnReview)
_CLAIMS = msgspec.json.Decoder(_Claims)


class TokenReviews:
    """Asks whose tokens are; implements ``TokenReviewer``, and is safe to use from many threads.

    Args:
        api: the API server.
        audiences: a token has to be for one of them.
        clock: time.
    """

    def __init__(self, api: KubeApi, audiences: Collection[str], clock: Clock) -> None:
        self._api, self._audiences, self._clock = api, tuple(audiences), clock

    def person(self, token: str, deadline: Deadline) -> SignedIn | None:
        """The user of a token; None when it is no good here.

        A ServiceAccount's token without an end is refused: whoever finds it years later could use it.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not token or len(token) > _MOST or not token.isascii() or not token.isprintable():
            return None
        spec = {"token": token, "audiences": list(self._audiences)}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        content = self._api.send("POST", _PATH, _WANTED, deadline, body=body)
        if content is None:
            raise Final("The API server does not answer TokenReviews.", remedy="Check kube.kubeconfig.")
        review: _Review = decoded(_DECODER, content, _WANTED)
        status, user = review.status, review.status.user
        if not status.authenticated or not user.username or not set(status.audiences or ()) & set(self._audiences):
            return None
        who = _person(user)
        end = _end(token)
        if end is None:
            return None if who.is_service_account else SignedIn(who)
        left = end - self._clock.now().timestamp()
        return SignedIn(who, left) if left > 0 else None


def own_user(api: KubeApi, deadline: Deadline) -> Person:
    """Whoever the API server takes this process for, by its kubeconfig file; as ``kubectl auth whoami`` says.

    Source: Kubernetes API reference, authentication.k8s.io/v1 SelfSubjectReview, which everybody may create.

    Args:
        api: the API server.
        deadline: by when it must have answered.

    Raises:
        SourceError: it did not answer, or refused to.
    """
    wanted = Wanted("selfsubjectreviews.authentication.k8s.io", "")
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    content = api.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", wanted, deadline, body=body)
    review: _OwnReview | None = None if content is None else decoded(_OWN, content, wanted)
    if review is None or not review.status.user_info.username:
        raise Final("The API server does not say who you are.", remedy="Check kube.kubeconfig.")
    return _person(review.status.user_info)


def _person(user: _User) -> Person:
    extra = tuple((key, tuple(values)) for key, values in sorted((user.extra or {}).items()))
    return Person(user.username, "token", tuple(user.groups or ()), KUBERNETES, user.username, user.uid, extra)


def _end(token: str) -> float | None:
    """When a token that the API server has accepted ends, in seconds since 1970; None where it does not say."""
    try:
        payload = token.split(".")[1]
        return _CLAIMS.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).exp
    except (IndexError, ValueError, binascii.Error, msgspec.MsgspecError):
        return None
