"""Pull secrets: what a Pod, or its ServiceAccount, brings to open registries.

Source: Kubernetes, "Pull an Image from a Private Registry", Secret types ``kubernetes.io/dockerconfigjson`` and
``kubernetes.io/dockercfg``; the ServiceAccount admission plug-in, which copies the secrets of a ServiceAccount into a
Pod that names none.

What one namespace brings never serves another. What was read is remembered under the namespace, the names and the
ServiceAccount that asked for it, and :attr:`PullSecrets.key` is made of the namespace and of the identity and version
of each Secret: so a name in two namespaces has two keys, and a Secret that is changed gets a new one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.options import KubeOptions
from webhook.errors import Final
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject
from webhook.model.pulling import PullAccess, PullSecrets
from webhook.ports import Clock

_REMEMBERED = 2_000
_KEYS = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}
T = TypeVar("T")


class _Secret(ApiObject):
    type: str = ""
    data: dict[str, str] | None = None


class _Reference(msgspec.Struct):
    name: str = ""


class _ServiceAccount(msgspec.Struct, rename="camel"):
    image_pull_secrets: list[_Reference] | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """One Secret: its identity and version, and what it holds or why that is of no use."""

    version: str
    document: bytes | None = None
    note: str = ""


class PullSecretReader:
    """Reads pull secrets; implements ``PullSecretSource`` and is safe to use from several threads.

    Args:
        api: the API server.
        options: how long what was read is believed.
        clock: time.
    """

    def __init__(self, api: KubeApi, options: KubeOptions, clock: Clock) -> None:
        self._api, self._options = api, options
        self._known = TimedCache[PullAccess, PullSecrets](_REMEMBERED, clock.monotonic)

    def read(self, access: PullAccess, deadline: Deadline) -> PullSecrets:
        """What the secrets of a workload hold; see :class:`webhook.ports.PullSecretSource`.

        Raises:
            SourceError: the API server did not answer, or refused to; nothing of that is remembered.
        """
        if access.is_empty:
            return PullSecrets()

        def read() -> tuple[PullSecrets, float]:
            found = self._read(access, deadline)
            return found, self._options.missing_secret_seconds if found.notes else self._options.pull_secret_seconds

        return self._known.get_or_make(access, read)  # many Pods of one kind at once need one reading

    def _read(self, access: PullAccess, deadline: Deadline) -> PullSecrets:
        names = access.secrets or self._names(access, deadline)
        distinct, limit = tuple(dict.fromkeys(names)), self._options.max_pull_secrets
        read = [self._secret(access.namespace, name, deadline) for name in distinct[:limit]]
        notes = [secret.note for secret in read if secret.note]
        if len(distinct) > limit:
            notes.append(f"Only the first {limit} of {len(distinct)} pull secrets are read.")
        if not read:
            return PullSecrets()
        versions = "\n".join([access.namespace, *(secret.version for secret in read)])
        return PullSecrets(
            key=hashlib.sha256(versions.encode()).hexdigest(),
            documents=tuple(secret.document for secret in read if secret.document is not None),
            notes=tuple(notes),
        )

    def _names(self, access: PullAccess, deadline: Deadline) -> tuple[str, ...]:
        content = self._api.service_account(access.namespace, access.service_account, deadline)
        if content is None:
            return ()
        account = _decoded(content, _ServiceAccount, f"ServiceAccount {access.service_account}")
        return tuple(
            image_pull_secret.name for image_pull_secret in account.image_pull_secrets or () if image_pull_secret.name
        )

    def _secret(self, namespace: str, name: str, deadline: Deadline) -> _Read:
        content = self._api.secret(namespace, name, deadline)
        shown = f"Secret {name[:100]} of namespace {namespace}"
        if content is None:
            return _Read(f"{name} missing", note=f"{shown} does not exist.")
        secret = _decoded(content, _Secret, shown)
        version = f"{name} {secret.metadata.uid} {secret.metadata.resource_version}"
        key = _KEYS.get(secret.type)
        if key is None:
            return _Read(version, note=f"{shown} is of type {secret.type[:60]}, which holds no registry credentials.")
        try:
            document = base64.b64decode((secret.data or {}).get(key, ""), validate=True)
        except ValueError:
            document = b""
        if not document:
            return _Read(version, note=f"{shown} holds nothing under {key}.")
        return _Read(version, document)


def _decoded(content: bytes, shape: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise Final(
            f"The API server's answer about {what} cannot be read.", remedy="Check kube.kubeconfig."
        ) from problem
