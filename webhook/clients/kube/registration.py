"""The webhook's registration: in which namespaces the API server asks bomgate.

Source: Kubernetes API reference, admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.troubles import Wanted
from webhook.errors import Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.metadata import LabelSelector
from webhook.ports import Clock

log = logging.getLogger("bomgate.audit")
_SECONDS = 10.0
_PATH = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class _Webhook(msgspec.Struct, rename="camel"):
    namespace_selector: LabelSelector | None = None


class _Configuration(msgspec.Struct):
    webhooks: list[_Webhook] | None = None


_CONFIGURATION = msgspec.json.Decoder(_Configuration)


class KubeRegistration:
    """Reads the webhook's registration; implements ``WebhookRegistration``.

    Args:
        api: the API server.
        names: of the ValidatingWebhookConfigurations that are bomgate's.
        clock: time.
    """

    def __init__(self, api: KubeApi, names: Sequence[str], clock: Clock) -> None:
        self._api, self._names, self._clock = api, tuple(name for name in names if is_name(name)), clock

    def selectors(self) -> Sequence[LabelSelector] | None:
        """Which namespaces the entries of the registration select; None when there is none, or it may not be read.

        Raises:
            SourceError: the API server did not answer.
        """
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        found: list[LabelSelector] = []
        for name in self._names:
            wanted = Wanted("validatingwebhookconfigurations.admissionregistration.k8s.io", name)
            try:
                content = self._api.get(f"{_PATH}/{name}", wanted, deadline)
            except Retryable:
                raise
            except SourceError as problem:
                log.info("the webhook's registration is not known", extra={"why": problem.message})
                continue
            webhooks = decoded(_CONFIGURATION, content, wanted).webhooks if content is not None else None
            found += [one.namespace_selector or LabelSelector() for one in webhooks or ()]
        return found or None
