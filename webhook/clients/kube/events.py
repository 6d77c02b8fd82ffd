"""Events: what bomgate tells about objects, as ``kubectl describe`` and ``kubectl get events`` show it.

An event has a name that follows from its object, reason and key, so that saying the same again counts up the event that
is there, whichever process said it first. Source: Kubernetes API reference, core/v1 Event.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import Any

from cachetools import LRUCache

from webhook.clients.kube.api import MERGE_PATCH, KubeApi, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.metadata import timestamp
from webhook.model.reports import ObjectEvent
from webhook.ports import Clock

log = logging.getLogger("bomgate.events")
COMPONENT = "bomgate"
_SECONDS = 10.0
_MAX_MESSAGE = 1024
_MAX_NAME = 200
_MOST_COUNTED = 20_000
_DEFAULT_NAMESPACE = "default"


class KubeEvents:
    """Tells events; implements ``EventSink``, and is safe to use from several threads.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._lock = threading.Lock()
        self._counts = LRUCache[str, int](_MOST_COUNTED)

    def emit(self, event: ObjectEvent) -> None:
        """Tell an event, or count up the one of the same object, reason and key unless that is to stay.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        about = event.about
        namespace = about.namespace or _DEFAULT_NAMESPACE
        if not is_name(namespace) or not is_name(about.name):
            raise Final(f"{about.title[:300]!r} cannot have an event.", remedy="Report this, with the log.")
        name = _name(event)
        wanted, path = Wanted("events", name, namespace), f"/api/v1/namespaces/{namespace}/events"
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        with self._lock:
            count = 1 if event.once else self._counts.get(name, 0) + 1
        if count > 1 and self._patch(f"{path}/{name}", wanted, event, count, deadline):
            return
        try:
            # What is not there any more, because events live for an hour, starts over.
            self._api.send("POST", path, wanted, deadline, body=self._body(event, name, namespace))
            self._count(name, 1)
        except Conflict:
            if not event.once:
                self._patch(f"{path}/{name}", wanted, event, max(count, 2), deadline)

    def _patch(self, path: str, wanted: Wanted, event: ObjectEvent, count: int, deadline: Deadline) -> bool:
        """Count up an event; False when it is not there."""
        body = {"count": count, "lastTimestamp": timestamp(self._clock.now()), "message": event.message[:_MAX_MESSAGE]}
        headers = {"Content-Type": MERGE_PATCH}
        there = self._api.send("PATCH", path, wanted, deadline, body=body, headers=headers) is not None
        if there:
            self._count(wanted.name, count)
        return there

    def _count(self, name: str, count: int) -> None:
        with self._lock:
            self._counts[name] = count

    def _body(self, event: ObjectEvent, name: str, namespace: str) -> dict[str, Any]:
        about, now = event.about, timestamp(self._clock.now())
        involved = {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "name": about.name,
            "namespace": about.namespace,
            "uid": about.uid,
        }
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {key: value for key, value in involved.items() if value},
            "reason": event.reason,
            "message": event.message[:_MAX_MESSAGE],
            "type": event.type.value,
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }


def _name(event: ObjectEvent) -> str:
    told = "\n".join((event.about.uid, event.reason, event.key or event.message))
    return f"{event.about.name[:_MAX_NAME].rstrip('.-')}.{hashlib.sha256(told.encode()).hexdigest()[:16]}"
