"""Progress of long commands."""

from __future__ import annotations

import contextlib
import io
import logging

import pytest

from webhook.cli.progress import counted, download_listener
from webhook.engines.downloading.progress import DownloadPlan, DownloadProgress
from webhook.model.purls import Purl

PLAN = DownloadPlan(purls=(Purl("pkg:npm/a@1"), Purl("pkg:npm/b@1")))
PROGRESS = DownloadProgress(
    total=2, done=2, answered=1, vulnerable=1, unknown=1, failed=1, batches=1, problem="a pause", credits_remaining=7.5
)


class Terminal(io.StringIO):
    """A stream that says that a person reads it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_the_log_tells_how_a_download_goes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "bomgate.download"), download_listener() as listener:
        listener.planned(PLAN)
        listener.advanced(PROGRESS)
    assert [(record.message, record.__dict__.get("done")) for record in caplog.records] == [
        ("download begins", None),
        ("batch committed", 2),
    ]


def test_on_a_terminal_a_line_for_each_batch_stays() -> None:
    with contextlib.redirect_stderr(Terminal()) as terminal, download_listener() as listener:
        listener.planned(PLAN)
        listener.advanced(PROGRESS)
    shown = " ".join(terminal.getvalue().split())  # long lines are wrapped
    assert "2 components to query." in shown
    assert "batch 1: 1 answered, 1 vulnerable so far, 1 unknown to it, 1 failed, 7.5 credits left (a pause)" in shown


def test_items_are_all_walked_with_a_bar_and_without() -> None:
    assert list(counted(iter("abc"), 3, "Importing")) == ["a", "b", "c"]
    with contextlib.redirect_stderr(Terminal()):
        assert list(counted(iter("abc"), 3, "Importing")) == ["a", "b", "c"]
