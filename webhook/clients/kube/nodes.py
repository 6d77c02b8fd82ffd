"""Nodes: the platforms that the cluster's machines have, so that SBOMs of others do not count.

Source: Kubernetes, "Well-known labels": ``kubernetes.io/os`` and ``kubernetes.io/arch``, which the kubelet writes with
Go's names of both, as image indexes do; ``status.nodeInfo`` of a Node says the same. Labels are metadata, which is
asked for alone; only where a Node lacks them, its page is read whole.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import msgspec

from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.options import KubeOptions
from webhook.errors import Final, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.images import USUAL_PLATFORMS
from webhook.model.metadata import ApiObject, ListMeta
from webhook.ports import Clock

log = logging.getLogger("bomgate.nodes")

_OS, _ARCHITECTURE = "kubernetes.io/os", "kubernetes.io/arch"
_LIST_SECONDS = 10.0
"""Longest time for all pages; the first caller waits for it."""
_RETRY_SECONDS = 30.0


class _Info(msgspec.Struct, rename="camel"):
    operating_system: str = ""
    architecture: str = ""


class _Status(msgspec.Struct, rename="camel"):
    node_info: _Info | None = None


class _Node(ApiObject):
    status: _Status | None = None

    @property
    def platform(self) -> str:
        """``os/architecture``; empty when it says neither."""
        labels = self.metadata.labels or {}
        info = (self.status.node_info if self.status else None) or _Info()
        system = labels.get(_OS) or info.operating_system
        architecture = labels.get(_ARCHITECTURE) or info.architecture
        return f"{system}/{architecture}" if system and architecture else ""


class _Page(msgspec.Struct):
    metadata: ListMeta
    items: list[_Node] | None = None

    @property
    def platforms(self) -> list[str]:
        return [node.platform for node in self.items or ()]


_DECODER = msgspec.json.Decoder(_Page)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is believed, until a moment on the monotonic clock."""

    until: float
    platforms: tuple[str, ...]
    failed: bool = False
    certain: bool = True


class NodePlatforms:
    """The platforms of the cluster's nodes; safe to use from several threads.

    Args:
        api: the API server.
        options: how long an answer is believed.
        clock: time.
    """

    def __init__(self, api: KubeApi, options: KubeOptions, clock: Clock) -> None:
        self._api, self._options, self._clock = api, options, clock
        self._known: _Known | None = None
        self._asking = threading.Lock()

    def platforms(self) -> tuple[str, ...]:
        """The distinct platforms, as ``os/architecture``, sorted.

        When the nodes cannot be listed, these are the last known ones; the usual ones when none are known, or when
        there are no nodes.
        """
        known = self._known
        if known is not None and self._clock.monotonic() < known.until:
            return known.platforms
        # One asks; the others wait only if there is nothing yet that they could use.
        if self._asking.acquire(blocking=known is None):
            try:
                if self._known is known:
                    self._known = self._ask(known)
            finally:
                self._asking.release()
        known = self._known
        return USUAL_PLATFORMS if known is None else known.platforms

    def of_nodes(self) -> tuple[str, ...] | None:
        """The same, and None where they are only the usual ones."""
        self.platforms()
        known = self._known
        return known.platforms if known is not None and known.certain else None

    def _ask(self, before: _Known | None) -> _Known:
        try:
            found = self._list(Deadline(self._clock.monotonic() + _LIST_SECONDS))
        except SourceError as problem:
            used = USUAL_PLATFORMS if before is None else before.platforms
            if before is None or not before.failed:
                extra = {"why": problem.message, "remedy": problem.remedy, "used": ", ".join(used)}
                log.warning("the platforms of the nodes are not known", extra=extra)
            pause = min(_RETRY_SECONDS, self._options.node_seconds)
            certain = before is not None and before.certain
            return _Known(self._clock.monotonic() + pause, used, failed=True, certain=certain)
        if not found:
            return _Known(self._clock.monotonic() + self._options.node_seconds, USUAL_PLATFORMS, certain=False)
        if before is None or before.failed or before.platforms != found:
            log.info("platforms of the nodes", extra={"platforms": ", ".join(found)})
        return _Known(self._clock.monotonic() + self._options.node_seconds, found)

    def _list(self, deadline: Deadline) -> tuple[str, ...]:
        found: set[str] = set()
        token = ""
        while True:
            page = _decoded(self._api.list_nodes(token, deadline))
            if not all(page.platforms):
                page = _decoded(self._api.list_nodes(token, deadline, whole=True))
            found.update(page.platforms)
            token = page.metadata.token
            if not token:
                # A Node says nothing until its kubelet has registered; nothing runs there yet.
                return tuple(sorted(found - {""}))


def _decoded(content: bytes | None) -> _Page:
    try:
        return _DECODER.decode(content or b"")
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise Final(
            "The API server's answer about its nodes cannot be read.", remedy="Check kube.kubeconfig."
        ) from problem
