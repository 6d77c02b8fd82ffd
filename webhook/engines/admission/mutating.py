"""Mutating: appends digests to the tags of Pods, so that what was judged is what runs.

It never stands in the way: what cannot be resolved in time stays as it is.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from webhook.engines.searching.resolving import TagResolver
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation
from webhook.model.running import with_digest
from webhook.model.workloads import ContainerRef, ContainerRole, Workload

log = logging.getLogger("bomgate.mutating")


class PodPinner:
    """Appends digests to the tags of new Pods.

    Args:
        tags: what tags point at; the same that images are judged with.
        pull_secrets: whether registries are opened with the workload's pull secrets.
    """

    def __init__(self, tags: TagResolver, *, pull_secrets: bool = False) -> None:
        self._tags, self._pull_secrets = tags, pull_secrets
        self._parse = lru_cache(maxsize=4096)(parse_image)

    def mutate(self, request: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
        """Answer a request; always allows it.

        The reason is ``pinned`` when something was changed, ``unresolved`` when nothing was because no tag could be
        resolved, ``nothing-to-pin`` when all images have digests, and ``not-judged`` for what is no Pod that is
        created.

        Args:
            request: what the API server asks.
            deadline: by when an answer must be there.
        """
        workload = request.workload
        if workload is None or not _is_new_pod(request):
            return AdmissionResponse(request.uid, allowed=True, reason="not-judged")
        loose = [container for container in workload.containers if "@" not in container.image]
        if not loose:
            return AdmissionResponse(request.uid, allowed=True, reason="nothing-to-pin")
        access = self._access(workload, request.namespace)
        pinned = {container.image: self._pinned(container.image, deadline, access) for container in loose}
        patch = tuple(
            (_pointer(container), pinned[container.image])
            for container in loose
            if pinned[container.image] != container.image
        )
        reason = "pinned" if patch else "unresolved"
        return AdmissionResponse(request.uid, allowed=True, reason=reason, patch=patch)

    def _access(self, workload: Workload, namespace: str) -> PullAccess:
        if not self._pull_secrets:
            return NO_ACCESS
        own = workload.pull_access
        return PullAccess(namespace or workload.namespace, own.secrets, own.service_account)

    def _pinned(self, text: str, deadline: Deadline, access: PullAccess) -> str:
        """The reference with its digest; unchanged if the digest is not known in time."""
        try:
            return with_digest(text, self._tags.resolve(self._parse(text), deadline, access).digest)
        except InvalidInput:
            return text


def _is_new_pod(request: AdmissionRequest) -> bool:
    return (request.operation, request.kind, request.subresource) == (Operation.CREATE, "Pod", "")


def _pointer(container: ContainerRef) -> str:
    """The JSON pointer of an image: ``spec.containers[0]`` → ``/spec/containers/0/image``."""
    field = "reference" if container.role is ContainerRole.IMAGE_VOLUME else "image"
    return f"/{container.path.replace('.', '/').replace('[', '/').replace(']', '')}/{field}"
