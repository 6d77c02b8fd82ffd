"""Namespaces: their labels in memory, kept up to date by a watch, so that an admission need not ask for them.

Source: Kubernetes, "API concepts": efficient detection of changes, metadata-only fetches, watch bookmarks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

import msgspec

from webhook.clients.kube.api import METADATA_LIST, KubeApi, decoded, is_name
from webhook.clients.kube.problems import Expired, Wanted
from webhook.errors import SourceError
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject, ObjectMeta
from webhook.model.objects import ANNOTATION_PREFIX
from webhook.ports import Clock

log = logging.getLogger("bomgate.namespaces")

_PATH = "/api/v1/namespaces"
_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_LIST_SECONDS = 30.0
_WATCH_SECONDS = 240.0
_SHORT_SECONDS = 1.0
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the namespaces are listed again after a failure; the last one counts from then on."""
_READ_SECONDS = 5.0
"""For how long labels that were read by name are believed; the watch has them by then."""
_FAILED_SECONDS = 5.0
"""For how long nothing is read by name after a failure; else a lost API server would slow every admission down."""


class _Namespace(ApiObject):
    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)
    code: int = 0  # of the Status that an ERROR brings in place of an object

    @property
    def labels(self) -> Mapping[str, str]:
        """Those that are bomgate's; the others would only cost memory."""
        return {key: value for key, value in (self.metadata.labels or {}).items() if key.startswith(ANNOTATION_PREFIX)}


class _Event(msgspec.Struct):
    type: str
    object: _Namespace


_NAMESPACE = msgspec.json.Decoder(_Namespace)
_EVENT = msgspec.json.Decoder(_Event)


class NamespaceWatch:
    """Knows the labels of all namespaces; implements ``NamespaceLabels`` and is safe to use from several threads.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._watched: dict[str, Mapping[str, str]] = {}
        self._read: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._failed: tuple[float, SourceError | None] = (0.0, None)
        self._failures = 0

    def known(self, namespace: str) -> Mapping[str, str] | None:
        """The labels from memory; None when they are not there."""
        found = self._watched.get(namespace)
        if found is None and self._read:
            until, read = self._read.get(namespace, (0.0, {}))
            return read if self._clock.monotonic() < until else None
        return found

    def read(self, namespace: str, deadline: Deadline) -> Mapping[str, str]:
        """The labels as the API server has them now; empty when there is no such namespace.

        Raises:
            SourceError: the API server did not answer, or refused to, now or a few seconds ago.
        """
        until, problem = self._failed
        now = self._clock.monotonic()
        if problem is not None and now < until:
            raise problem
        if not is_name(namespace):
            return {}
        wanted = Wanted("namespaces", namespace)
        try:
            content = self._api.send("GET", f"{_PATH}/{namespace}", wanted, deadline, headers={"Accept": _ONE})
            found = {} if content is None else decoded(_NAMESPACE, content, wanted).labels
        except SourceError as fault:
            self._failed = (now + _FAILED_SECONDS, fault)
            raise
        self._read = {name: entry for name, entry in self._read.items() if now < entry[0]}
        self._read[namespace] = (now + _READ_SECONDS, found)
        return found

    def run(self, stop: threading.Event) -> None:
        """List and watch until ``stop`` is set; meant for a separate daemon thread, for a watch cannot be cut short.

        What was known last counts as long as the API server does not answer.
        """
        while not stop.is_set():
            try:
                self._follow(self._list(), stop)
            except Expired:
                stop.wait(_PAUSES[0])
            except SourceError as problem:
                if not self._failures:
                    extra = {"why": problem.message, "remedy": problem.remedy, "known": len(self._watched)}
                    log.warning("labels of namespaces are not up to date", extra=extra)
                stop.wait(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
                self._failures += 1

    def _list(self) -> str:
        """Learn all namespaces; the version of the list."""
        deadline, wanted = Deadline(self._clock.monotonic() + _LIST_SECONDS), Wanted("namespaces", "")
        found: dict[str, Mapping[str, str]] = {}
        version = ""
        for items, listed in self._api.pages(_PATH, wanted, deadline, accept=METADATA_LIST):
            version = listed
            for content in items:
                one = decoded(_NAMESPACE, content, wanted)
                found[one.metadata.name] = one.labels
        self._watched = found
        return version

    def _follow(self, version: str, stop: threading.Event) -> None:
        """Apply changes until ``stop`` is set.

        Raises:
            SourceError: the API server does not tell of them any more.
        """
        wanted = Wanted("namespaces", "", does="watch")
        if self._failures:
            log.info("labels of namespaces are up to date again", extra={"known": len(self._watched)})
        while not stop.is_set():
            began = self._clock.monotonic()
            for line in self._api.watch(_PATH, wanted, version, _WATCH_SECONDS, accept=_ONE):
                self._failures = 0
                version = self._apply(decoded(_EVENT, line, wanted), wanted) or version
                if stop.is_set():
                    return
            if self._clock.monotonic() < began + _SHORT_SECONDS:
                stop.wait(_SHORT_SECONDS)  # a server that ends watches at once must not be asked at once for the next

    def _apply(self, event: _Event, wanted: Wanted) -> str:
        one = event.object
        if event.type == "ERROR":
            raise Expired(f"The API server ended the watch of {wanted} with {one.code}.")
        if event.type == "DELETED":
            self._watched.pop(one.metadata.name, None)
        elif event.type in ("ADDED", "MODIFIED"):
            self._watched[one.metadata.name] = one.labels
        return one.metadata.resource_version
