"""Access: who may do what, as the API server's authorizer says.

Source: Kubernetes API reference, authorization.k8s.io/v1 SubjectAccessReview; "Authorization", virtual resources need
no kind to exist.
"""

from __future__ import annotations

import msgspec

from webhook.clients.kube.api import KubeApi, decoded
from webhook.clients.kube.troubles import Wanted
from webhook.model.deadlines import Deadline
from webhook.model.reviews import Requester

_PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_WANTED = Wanted("subjectaccessreviews.authorization.k8s.io", "", does="create")
_GROUP = "bomgate.dev"


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


_DECODER = msgspec.json.Decoder(_Review)


class AccessReviews:
    """Asks who may do what; implements ``AccessReviewer`` and is safe to use from several threads.

    Args:
        api: the API server.
    """

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    def may_use(self, user: Requester, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether the user may ``use`` a virtual resource of ``bomgate.dev`` in a namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not user.username and not user.groups:
            return False  # a review about nobody is refused as malformed
        attributes = {"namespace": namespace, "verb": "use", "group": _GROUP, "resource": resource}
        spec = {
            "resourceAttributes": attributes,
            "user": user.username,
            "uid": user.uid,
            "groups": list(user.groups),
            "extra": {key: list(values) for key, values in user.extra},
        }
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        content = self._api.send("POST", _PATH, _WANTED, deadline, body=body)
        return content is not None and bool(decoded(_DECODER, content, _WANTED).status.allowed)
