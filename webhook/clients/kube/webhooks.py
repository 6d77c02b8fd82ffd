"""Webhook configurations of bomgate: which namespaces they select, and the authority that they trust.

Only entries that call bomgate's Service are touched, and of those only ``caBundle``: everything else belongs to whoever
installed them. A list in a merge patch replaces the whole list, so each patch names the version that was read.

Source: Kubernetes API reference, ValidatingWebhookConfiguration v1; RFC 7386 (merge patch).
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from webhook.clients.kube.api import MERGE_PATCH, KubeApi, decoded, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import ConfigError, Retryable, SourceError
from webhook.model.certificates import Registration
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject, LabelSelector
from webhook.model.registration import OWN_CONDITIONS, RegisteredEntry
from webhook.ports import Clock

log = logging.getLogger("bomgate.audit")
_SECONDS = 10.0
_GROUP = "admissionregistration.k8s.io"
_BASE = f"/apis/{_GROUP}/v1"
_PLURALS = {
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
    "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
}


class _Service(msgspec.Struct):
    name: str = ""
    namespace: str = ""


class _ClientConfig(msgspec.Struct, rename="camel"):
    service: _Service | None = None
    ca_bundle: str | None = None


class _Condition(msgspec.Struct):
    name: str = ""


class _Webhook(msgspec.Struct, rename="camel"):
    client_config: _ClientConfig = msgspec.field(default_factory=_ClientConfig)
    name: str = ""
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    match_conditions: list[_Condition] | None = None


class _Configuration(ApiObject):
    webhooks: list[_Webhook] | None = None


_DECODER = msgspec.json.Decoder(_Configuration)


class WebhookConfigurations:
    """The webhook configurations of one installation; implements ``Registrations``.

    Args:
        api: the API server.
        service: namespace and name of the Service that the entries call.
        names: of the configurations; each may be a validating one, a mutating one, or both.
        clock: time.

    Raises:
        ConfigError: a name cannot be that of a configuration.
    """

    def __init__(self, api: KubeApi, service: tuple[str, str], names: Sequence[str], clock: Clock) -> None:
        for name in names:
            if not is_name(name):
                raise ConfigError(f"certificates.configurations cannot name {name!r:.60}")
        self._api, self._names, self._clock = api, tuple(names), clock
        self._service = _Service(name=service[1], namespace=service[0])

    def read(self) -> Sequence[Registration]:
        """Those that there are.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        found = []
        for kind, path, wanted in self._all():
            content = self._api.get(path, wanted, self._deadline())
            if content is not None:
                found.append(self._read(kind, wanted, content))
        return found

    def publish(self, registration: Registration, bundle: str) -> bool:
        """Have each entry that calls bomgate's Service trust these authorities; False when somebody else was faster.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        webhooks: list[dict[str, Any]] = json.loads(registration.content)["webhooks"]
        for webhook in webhooks:
            config = webhook["clientConfig"]
            if self._is_ours(msgspec.convert(config, _ClientConfig)):
                config["caBundle"] = base64.b64encode(bundle.encode()).decode()
        plural = _PLURALS[registration.kind]
        wanted = Wanted(f"{plural}.{_GROUP}", registration.name)
        body = {"metadata": {"resourceVersion": registration.version}, "webhooks": webhooks}
        path, headers = f"{_BASE}/{plural}/{registration.name}", {"Content-Type": MERGE_PATCH}
        try:
            answer = self._api.send("PATCH", path, wanted, self._deadline(), body=body, headers=headers)
        except Conflict:
            return False
        return answer is not None

    def delete(self) -> Iterator[str]:
        """Delete all of them; the kind and name of each that was there.

        Raises:
            SourceError: the API server did not answer, or refused to; those before are deleted.
        """
        for kind, path, wanted in self._all():
            if self._api.send("DELETE", path, wanted, self._deadline()) is not None:
                yield f"{kind} {wanted.name}"

    def _all(self) -> Iterator[tuple[str, str, Wanted]]:
        for kind, plural in _PLURALS.items():
            for name in self._names:
                yield kind, f"{_BASE}/{plural}/{name}", Wanted(f"{plural}.{_GROUP}", name)

    def _read(self, kind: str, wanted: Wanted, content: bytes) -> Registration:
        read: _Configuration = decoded(_DECODER, content, wanted)
        ours = [webhook.client_config for webhook in read.webhooks or () if self._is_ours(webhook.client_config)]
        bundles = tuple(_plain(webhook.ca_bundle or "") for webhook in ours)
        return Registration(kind, wanted.name, read.metadata.resource_version, bundles, content)

    def _is_ours(self, config: _ClientConfig) -> bool:
        return config.service is not None and config.service == self._service

    def _deadline(self) -> Deadline:
        return Deadline(self._clock.monotonic() + _SECONDS)


class KubeRegistration:
    """Reads the webhook's registration.

    Args:
        api: the API server.
        names: of the ValidatingWebhookConfigurations that are bomgate's.
        clock: time.
    """

    def __init__(self, api: KubeApi, names: Sequence[str], clock: Clock) -> None:
        self._api, self._names, self._clock = api, tuple(name for name in names if is_name(name)), clock

    def entries(self) -> Sequence[RegisteredEntry] | None:
        """The entries of the registration; None when there is none, or it may not be read.

        Raises:
            SourceError: the API server did not answer.
        """
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        found: list[RegisteredEntry] = []
        plural = _PLURALS["ValidatingWebhookConfiguration"]
        for name in self._names:
            wanted = Wanted(f"{plural}.{_GROUP}", name)
            try:
                content = self._api.get(f"{_BASE}/{plural}/{name}", wanted, deadline)
            except Retryable:
                raise
            except SourceError as problem:
                log.info("the webhook's registration is not known", extra={"why": problem.message})
                continue
            webhooks = decoded(_DECODER, content, wanted).webhooks if content is not None else None
            found += map(_entry, webhooks or ())
        return found or None


def _entry(webhook: _Webhook) -> RegisteredEntry:
    conditions = (condition.name for condition in webhook.match_conditions or ())
    return RegisteredEntry(
        name=webhook.name,
        namespaces=webhook.namespace_selector or LabelSelector(),
        objects=webhook.object_selector or LabelSelector(),
        conditions=tuple(name for name in conditions if name not in OWN_CONDITIONS),
    )


def _plain(bundle: str) -> str:
    try:
        return base64.b64decode(bundle, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
