"""The hub's server: the webhook's, with other routes, in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent

from webhook.api.options import ServeOptions
from webhook.api.server import AdmissionServer, WorkerParts
from webhook.api.starting import StartBoard
from webhook.hub.waiting import Waiters


@dataclass(frozen=True, slots=True)
class HubParts:
    """What the process of the hub runs.

    Attributes:
        worker: as of the webhook's server.
        waiters: requests that wait for news.
    """

    worker: WorkerParts
    waiters: Waiters


class HubServer(AdmissionServer):
    """The gunicorn application of ``bomgate hub``.

    Args:
        options: where and how to listen.
        build: makes what the process runs, in that process.
        metrics_directory: where metrics are kept; removed at the end.
    """

    def __init__(self, options: ServeOptions, build: Callable[[], HubParts], metrics_directory: Path) -> None:
        self._waiters: Waiters | None = None

        def worker(_options: ServeOptions, _board: StartBoard) -> WorkerParts:
            made = build()
            self._waiters = made.waiters
            return made.worker

        super().__init__(options, worker, metrics_directory)

    def _post_worker_init(self, worker: Any) -> None:
        super()._post_worker_init(worker)
        gevent.spawn(self._let_go, worker)

    def _let_go(self, worker: Any) -> None:
        """Let requests go that wait for news, once the process is to end."""
        while worker.alive:
            gevent.sleep(0.1)
        if self._waiters is not None:
            self._waiters.stop()
