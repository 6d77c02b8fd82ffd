"""Secrets of bomgate's own namespace: read, made and replaced by name; implements ``SecretKeeper``.

A Secret is replaced only in the version that was read, so of two controllers one learns that the other was faster.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import ConfigError, Final
from webhook.model.certificates import SecretRecord
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject
from webhook.ports import Clock

_SECONDS = 10.0
_TYPE = "kubernetes.io/tls"
_OURS = "bomgate.dev/"
_LABELS = {"app.kubernetes.io/managed-by": "bomgate"}


class _Secret(ApiObject):
    data: dict[str, str] | None = None
    type: str = _TYPE


_DECODER = msgspec.json.Decoder(_Secret)


class KubeSecrets:
    """Secrets with certificates, in one namespace.

    Args:
        api: the API server.
        namespace: where they are.
        clock: time.

    Raises:
        ConfigError: that is no namespace.
    """

    def __init__(self, api: KubeApi, namespace: str, clock: Clock) -> None:
        if not is_name(namespace):
            raise ConfigError(
                f"kube.namespace cannot be {namespace!r:.60}", remedy="Set it to the namespace of bomgate's Pods."
            )
        self._api, self._namespace, self._clock = api, namespace, clock
        self._foreign: dict[str, _Secret] = {}

    def read(self, name: str) -> SecretRecord | None:
        """A Secret; None when there is none of this name.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        wanted, deadline = self._wanted(name), self._deadline()
        content = self._api.secret(self._namespace, name, deadline)
        if content is None:
            self._foreign.pop(name, None)
            return None
        secret: _Secret = decoded(_DECODER, content, wanted)
        self._foreign[name] = secret
        annotations = {key: text for key, text in (secret.metadata.annotations or {}).items() if key.startswith(_OURS)}
        return SecretRecord(_plain(secret.data or {}), annotations, secret.metadata.resource_version)

    def write(self, name: str, record: SecretRecord) -> bool:
        """Make the Secret, or replace the version that was read; False when somebody else was faster.

        Labels, the type and the annotations of others stay as they were read.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        collection = f"/api/v1/namespaces/{self._namespace}/secrets"
        body = self._body(name, record)
        method, path = ("PUT", f"{collection}/{name}") if record.version else ("POST", collection)
        try:
            answer = self._api.send(method, path, self._wanted(name), self._deadline(), body=body)
        except Conflict:
            return False
        if answer is None and method == "POST":
            raise Final(
                f"There is no namespace {self._namespace} to keep the Secret {name} in.",
                remedy="Set kube.namespace to the namespace of bomgate's Pods.",
            )
        return answer is not None  # a Secret that was deleted meanwhile is read again, too

    def _body(self, name: str, record: SecretRecord) -> dict[str, Any]:
        before = self._foreign.get(name) if record.version else None
        metadata: dict[str, Any] = {"name": name, "namespace": self._namespace}
        labels = (before.metadata.labels if before else None) or {}
        others = (before.metadata.annotations if before else None) or {}
        kept = {key: text for key, text in others.items() if not key.startswith(_OURS)}
        metadata["labels"], metadata["annotations"] = {**labels, **_LABELS}, {**kept, **record.annotations}
        if record.version:
            metadata["resourceVersion"] = record.version
        data = {key: base64.b64encode(content).decode() for key, content in record.data.items()}
        kind = before.type if before else _TYPE
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}

    def _wanted(self, name: str) -> Wanted:
        return Wanted("secrets", name, self._namespace)

    def _deadline(self) -> Deadline:
        return Deadline(self._clock.monotonic() + _SECONDS)


def _plain(data: dict[str, str]) -> dict[str, bytes]:
    found = {}
    for key, text in data.items():
        try:
            found[key] = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue  # the API server keeps no such entry
    return found
