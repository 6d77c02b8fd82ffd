"""Rights: what the API server lets bomgate do, asked one by one; implements ``RightsReviewer``.

Source: Kubernetes API reference, SelfSubjectAccessReview (authorization.k8s.io/v1), which everybody may create.
"""

from __future__ import annotations

import msgspec

from webhook.clients.kube.api import KubeApi, decoded
from webhook.clients.kube.troubles import Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.rights import Right
from webhook.ports import Clock

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WANTED = Wanted("selfsubjectaccessreviews.authorization.k8s.io", "")
_SECONDS = 10.0


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


_DECODER = msgspec.json.Decoder(_Review)


class KubeRights:
    """Asks the API server what it would allow.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock

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
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: text for key, text in attributes.items() if text}},
        }
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        content = self._api.send("POST", _PATH, _WANTED, deadline, body=body)
        if content is None:
            raise Final("The API server answers no questions about rights.", remedy="Check kube.kubeconfig.")
        review: _Review = decoded(_DECODER, content, _WANTED)
        return review.status.allowed
