"""How the server ends; ``tests/cli/test_cli_serve.py`` starts the whole of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from flask import Flask

from webhook.api.app import AdmissionApp
from webhook.api.connections import Connections, TimeLimits
from webhook.api.decoding import ReviewDecoder
from webhook.api.options import ServeOptions
from webhook.api.server import AdmissionServer, ServerConfig, WorkerParts
from webhook.api.worker import AdmissionWorker
from webhook.settings.process import environment_with


class LateWorker(AdmissionWorker):
    """A worker whose server is stopped when it has no signal handlers yet."""

    def patch(self) -> None:
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(1)  # the server hands the signal on meanwhile
        super().patch()


class Server(AdmissionServer):
    """The server with such workers."""

    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("worker_class", LateWorker)


def serve_and_be_told_to_end_early(folder: Path) -> None:
    """Run such a server; in a separate process."""
    limits, decoder = TimeLimits(5, 5, 5, 5), ReviewDecoder((), time.monotonic)
    parts = WorkerParts(
        app=AdmissionApp(Flask("empty"), Connections(10, limits, time.monotonic, print), decoder),
        certificates=None,
        start=lambda: None,
        stop=lambda: (folder / "stopped").touch(),
        loaded=lambda: True,
        load_failed=lambda: False,
    )
    options = ServeOptions(
        listen="127.0.0.1:0", metrics_listen="", insecure_http=True, workers=1, graceful_seconds=1, connections=10
    )
    Server(options, lambda _options, _board: parts, folder / "metrics").run()


def test_a_worker_that_is_told_to_end_while_it_starts_ends_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metrics").mkdir()
    for name, value in environment_with(tmp_path / "metrics").items():
        monkeypatch.setenv(name, value)
    process = multiprocessing.get_context("spawn").Process(target=serve_and_be_told_to_end_early, args=(tmp_path,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert (tmp_path / "stopped").exists(), "the worker was killed before it could write what is to be kept"


def test_a_setting_that_was_read_before_can_still_be_changed() -> None:
    config = ServerConfig()
    assert config.keepalive != 77
    config.set("keepalive", 77)
    assert config.keepalive == 77
