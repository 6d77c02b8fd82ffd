"""What people are told of runs of the downloader: that one did not complete, or vanished."""

from __future__ import annotations

import datetime as dt

from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.notifications import Announcement, Topic
from webhook.policy.phrases import moment

_PATH = "/runs"


def run_failed(report: DownloadReport, started: dt.datetime) -> Announcement:
    """That a run did not complete.

    Args:
        report: what it did.
        started: when it began, UTC.
    """
    facts = {
        "why": report.stopped_by or "components failed",
        "asked": str(report.asked),
        "answered": str(report.answered),
        "failed": str(report.failed),
    }
    day = started.astimezone(dt.UTC)
    # Runs follow each other every few minutes while something new is unknown: the same trouble is told once a day.
    key = f"run/{report.stopped_code or 'incomplete'}/{day:%Y-%m-%d}"
    return Announcement(key, Topic.RUN_FAILED, f"run of {moment(day)}", facts, _PATH)


def run_vanished(lease: Lease) -> Announcement:
    """That a run ended without a word: its process was killed, or lost the database for good. Told once a day.

    Args:
        lease: of the run, which ended without being given back.
    """
    last = lease.until.astimezone(dt.UTC)
    facts = {"why": "its process ended without saying so", "where": lease.holder, "last sign of life": moment(last)}
    return Announcement(f"run/vanished/{last:%Y-%m-%d}", Topic.RUN_FAILED, f"run at {lease.holder}", facts, _PATH)
