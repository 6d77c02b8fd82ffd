"""The ticket guard: the policy in the API server that lets only users with the right to break-glass set a ticket.

Source: Kubernetes API reference, admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy and its binding.
"""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Wanted
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject
from webhook.ports import Clock

_GROUP = "admissionregistration.k8s.io"
_POLICIES, _BINDINGS = "validatingadmissionpolicies", "validatingadmissionpolicybindings"
_KEPT_SECONDS = 10.0


class _PolicySpec(msgspec.Struct, rename="camel"):
    failure_policy: str = "Fail"


class _Policy(ApiObject):
    spec: _PolicySpec


class _BindingSpec(msgspec.Struct, rename="camel"):
    policy_name: str = ""
    validation_actions: list[str] = msgspec.field(default_factory=list)
    match_resources: Any = None


class _Binding(ApiObject):
    spec: _BindingSpec


_POLICY, _BINDING = msgspec.json.Decoder(_Policy), msgspec.json.Decoder(_Binding)


class KubeTicketGuard:
    """Looks whether the guard is in force; implements ``TicketGuard`` and is safe to use from several threads.

    Args:
        api: the API server.
        name: of the policy, and of its binding.
        clock: time.
    """

    def __init__(self, api: KubeApi, name: str, clock: Clock) -> None:
        self._api, self._name, self._clock = api, name, clock
        self._lock = threading.Lock()
        self._known: tuple[float, dt.datetime | None] = (float("-inf"), None)

    def since(self, deadline: Deadline) -> dt.datetime | None:
        """Since when it has been in force; None while it is not.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        with self._lock:
            until, since = self._known
        if self._clock.monotonic() < until:
            return since
        since = self._look(deadline)
        with self._lock:
            self._known = (self._clock.monotonic() + _KEPT_SECONDS, since)
        return since

    def _look(self, deadline: Deadline) -> dt.datetime | None:
        if not is_name(self._name):
            return None
        policy: _Policy | None = self._read(_POLICY, _POLICIES, deadline)
        binding: _Binding | None = self._read(_BINDING, _BINDINGS, deadline)
        if policy is None or binding is None or policy.spec.failure_policy != "Fail":
            return None
        spec = binding.spec
        if spec.policy_name != self._name or "Deny" not in spec.validation_actions or spec.match_resources:
            return None
        return max(policy.metadata.created, binding.metadata.created)

    def _read(self, decoder: msgspec.json.Decoder[Any], plural: str, deadline: Deadline) -> Any:
        wanted = Wanted(f"{plural}.{_GROUP}", self._name)
        content = self._api.get(f"/apis/{_GROUP}/v1/{plural}/{self._name}", wanted, deadline)
        return None if content is None else decoded(decoder, content, wanted)
