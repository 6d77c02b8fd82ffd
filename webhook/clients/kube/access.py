"""Access: rights of users and of bomgate itself, as the API server's authorizer answers.

Source: Kubernetes API reference, authorization.k8s.io/v1 SubjectAccessReview and SelfSubjectAccessReview, which
everybody may create; "Authorization", virtual resources need no kind to exist.
"""

from __future__ import annotations

from typing import Any

import msgspec

from webhook.clients.kube.api import KubeApi, decoded
from webhook.clients.kube.problems import Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.reviews import Requester
from webhook.model.rights import Right
from webhook.ports import Clock

_GROUP = "authorization.k8s.io"
_SECONDS = 10.0


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


_DECODER = msgspec.json.Decoder(_Review)


class AccessReviews:
    """Asks who may do what; implements ``AccessReviewer`` and ``RightsReviewer``, and is safe to use from many threads.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock

    def may_use(self, user: Requester, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether the user may ``use`` a virtual resource of ``bomgate.dev`` in a namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        return self.may(user, "use", resource, namespace, deadline)

    def may(self, user: Requester, verb: str, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether the user may do something with a resource of ``bomgate.dev``, in a namespace or everywhere.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not user.username and not user.groups:
            return False  # a review about nobody is refused as malformed
        name, _, part = resource.partition("/")
        attributes = {"verb": verb, "group": "bomgate.dev", "resource": name, "subresource": part}
        attributes["namespace"] = namespace
        spec = {
            "resourceAttributes": {key: text for key, text in attributes.items() if text},
            "user": user.username,
            "uid": user.uid,
            "groups": list(user.groups),
            "extra": {key: list(values) for key, values in user.extra},
        }
        return bool(self._review("SubjectAccessReview", spec, deadline))

    def allowed(self, right: Right) -> bool:
        """Whether bomgate has a right.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        resource, _, part = right.resource.partition("/")
        attributes = {
            "verb": right.verb,
            "group": right.group,
            "resource": resource,
            "subresource": part,
            "namespace": right.namespace,
            "name": right.name,
        }
        spec = {"resourceAttributes": {key: text for key, text in attributes.items() if text}}
        allowed = self._review("SelfSubjectAccessReview", spec, Deadline(self._clock.monotonic() + _SECONDS))
        if allowed is None:
            raise Final("The API server does not answer SubjectAccessReviews.", remedy="Check kube.kubeconfig.")
        return allowed

    def _review(self, kind: str, spec: dict[str, Any], deadline: Deadline) -> bool | None:
        """Whether a review allows what it asks about; None when the API server knows no such reviews."""
        plural = f"{kind.lower()}s"
        wanted = Wanted(f"{plural}.{_GROUP}", "")
        body = {"apiVersion": f"{_GROUP}/v1", "kind": kind, "spec": spec}
        content = self._api.send("POST", f"/apis/{_GROUP}/v1/{plural}", wanted, deadline, body=body)
        if content is None:
            return None
        review: _Review = decoded(_DECODER, content, wanted)
        return review.status.allowed
