"""The double of the API server with versions: replacing and patching fail when somebody else was faster."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.kubeobjects import ObjectServer

COLLECTIONS = (
    "/api/v1/secrets",
    "/apis/coordination.k8s.io/v1/leases",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
)


@dataclass
class VersionedServer(ObjectServer):
    """The double.

    Attributes:
        collections: what is served.
        before_write: called before each write, such as to have somebody else be faster.
    """

    collections: set[str] = field(default_factory=lambda: {*COLLECTIONS})
    before_write: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._versions = itertools.count(1)
        super().__post_init__()

    def put(self, collection: str, namespace: str, content: dict[str, Any]) -> None:
        """Have an object, or change it, as somebody else does."""
        metadata = {**content["metadata"], "resourceVersion": str(next(self._versions))}
        self.objects[collection, namespace, metadata["name"]] = {**content, "metadata": metadata}

    def answer(self, method: str, target: str, body: Any, metadata_alone: bool) -> tuple[int, Any]:
        """Status and content of the answer to one request."""
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            self.before_write()
        key = self._address(target.partition("?")[0])
        there = self.objects.get(key)
        if method in ("PUT", "PATCH") and there is not None:
            stated = body.get("metadata", {}).get("resourceVersion")
            if stated is not None and stated != there["metadata"]["resourceVersion"]:
                self.sent.append((method, target, body))
                return 409, {"kind": "Status", "message": "the object has been modified", "code": 409}
            if method == "PUT":
                self.objects[key] = body
        status, answered = super().answer(method, target, body, metadata_alone)
        if method in ("POST", "PUT", "PATCH") and status in (200, 201) and "metadata" in answered:  # no mere review
            name = body.get("metadata", {}).get("name", key[2])
            self.put(key[0], key[1], {**answered, "metadata": {**answered["metadata"], "name": name}})
        return status, answered
