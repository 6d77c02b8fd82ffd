"""Leases: the lock that makes one of several controllers lead; implements ``LeaderLock``.

Each write names the version that was read, so of two that want the Lease one gets it. Whether another's Lease has ended
is judged by how long this process has seen it unchanged, never by the moment that is written in it: the machines'
clocks may differ.

Source: Kubernetes API reference, Lease (coordination.k8s.io/v1); k8s.io/client-go, tools/leaderelection.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import ConfigError, Final
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject
from webhook.ports import Clock


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class _Lease(ApiObject):
    spec: _Spec = msgspec.field(default_factory=_Spec)


_DECODER = msgspec.json.Decoder(_Lease)


@dataclass(frozen=True, slots=True)
class _Observed:
    """A Lease as it was when it was last seen to change, and when that was, on the monotonic clock."""

    spec: _Spec
    since: float


class LeaseLock:
    """A lock that one process of the cluster holds; safe to use from one thread at a time.

    Args:
        api: the API server.
        place: namespace and name of the Lease.
        seconds: for how long a holder that is not heard of keeps it; whole seconds.
        clock: time.

    Raises:
        ConfigError: there can be no such Lease.
    """

    def __init__(self, api: KubeApi, place: tuple[str, str], seconds: int, clock: Clock) -> None:
        namespace, name = place
        if not is_name(namespace):
            raise ConfigError(
                f"kube.namespace cannot be {namespace!r:.60}", remedy="Set it to the namespace of bomgate's Pods."
            )
        if not is_name(name):
            raise ConfigError(f"controller.lease cannot be {name!r:.60}", remedy="Write a name of an object.")
        self._api, self._seconds, self._clock = api, seconds, clock
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._wanted = Wanted("leases.coordination.k8s.io", name, namespace)
        self._observed: _Observed | None = None

    def acquire(self, holder: str, *, now: dt.datetime) -> bool:
        """Take the lock, or renew it when ``holder`` has it; False when somebody else has it.

        Args:
            holder: who wants it; a name that no other process has.
            now: what is written as the time of renewal, for people.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        # Somebody may have touched the Lease between the two, an annotation perhaps: no reason to stand back.
        return any(self._try(holder, now) for _ in range(2))

    def release(self, holder: str) -> None:
        """Give the lock back; harmless when it is not held.

        Raises:
            SourceError: the API server did not answer, or refused to; the lock ends by itself.
        """
        lease = self._read()
        if lease is not None and lease.spec.holder_identity == holder:
            spec = lease.spec
            self._replace(lease, _Spec("", 1, spec.acquire_time, spec.renew_time, spec.lease_transitions))

    def _try(self, holder: str, now: dt.datetime) -> bool:
        lease = self._read()
        if lease is None:
            return self._create(holder, now)
        spec = lease.spec
        if spec.holder_identity == holder:
            acquired = spec.acquire_time
        elif self._is_free(spec):
            acquired = None
        else:
            return False
        transitions = (spec.lease_transitions or 0) + (acquired is None)
        fresh = _Spec(holder, self._seconds, acquired or _moment(now), _moment(now), transitions)
        return self._replace(lease, fresh)

    def _is_free(self, spec: _Spec) -> bool:
        now, observed = self._clock.monotonic(), self._observed
        if observed is None or observed.spec != spec:
            observed = self._observed = _Observed(spec, now)
        return not spec.holder_identity or now >= observed.since + (spec.lease_duration_seconds or self._seconds)

    def _read(self) -> _Lease | None:
        content = self._api.get(f"{self._collection}/{self._wanted.name}", self._wanted, self._deadline())
        if content is None:
            return None
        read: _Lease = decoded(_DECODER, content, self._wanted)
        return read

    def _create(self, holder: str, now: dt.datetime) -> bool:
        spec = _Spec(holder, self._seconds, _moment(now), _moment(now), 0)
        try:
            made = self._api.send("POST", self._collection, self._wanted, self._deadline(), body=self._body(spec))
        except Conflict:
            return False
        if made is None:
            raise Final(
                f"There is no namespace {self._wanted.namespace} for the Lease {self._wanted.name}.",
                remedy="Set kube.namespace to the namespace of bomgate's Pods.",
            )
        return True

    def _replace(self, lease: _Lease, spec: _Spec) -> bool:
        path = f"{self._collection}/{self._wanted.name}"
        body = self._body(spec, lease.metadata.resource_version)
        try:
            return self._api.send("PUT", path, self._wanted, self._deadline(), body=body) is not None
        except Conflict:
            return False

    def _body(self, spec: _Spec, version: str = "") -> dict[str, Any]:
        metadata = {"name": self._wanted.name, "namespace": self._wanted.namespace}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata | ({"resourceVersion": version} if version else {}),
            "spec": msgspec.to_builtins(spec),
        }

    def _deadline(self) -> Deadline:
        # Each call alone has to end long before the lease does.
        return Deadline(self._clock.monotonic() + self._seconds / 5)


def _moment(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
