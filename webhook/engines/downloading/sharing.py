"""Sharing: one budget for what the hub itself wants and for what each of its members waits for."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Mapping

from webhook.engines.downloading.downloader import Downloader
from webhook.errors import StoreError
from webhook.model.downloads import DownloadReport
from webhook.policy.fleetshares import HUB, allotted
from webhook.ports import FleetReports

_REMEMBERED = dt.timedelta(days=30)
"""For how long answers are kept that no member asks for any more; members ask every day."""
_STEP = 1_000


def run_shared(own: Downloader, members: Downloader, reports: FleetReports) -> DownloadReport:
    """Run for the hub itself, then for its members, within the budget of one run.

    The hub and its members get equal shares of the budget, as far as they need them. What members wait for is asked in
    turns; see :func:`webhook.policy.fleetshares.shared_order`. Nothing more is asked once the source has said no.
    Afterwards, answers that no member has asked for in a month are deleted.

    Args:
        own: asks for the hub's components.
        members: asks for what members wait for.
        reports: knows how much that is.

    Raises:
        ConfigError: an option cannot work.
        DownloadRunningError: another run holds the lease.
        StoreError: the store did not say what is wanted.
    """
    report = _run(own, members, reports)
    with contextlib.suppress(StoreError):  # the next run deletes them
        while reports.forget(own.clock.now() - _REMEMBERED, _STEP) == _STEP:
            pass
    return report


def _run(own: Downloader, members: Downloader, reports: FleetReports) -> DownloadReport:
    budget = own.options.max_components_per_run
    if budget is None:
        first = own.run()
        return first if _is_over(first) else joined(first, members.run())
    wanted = own.estimate(budget).coordinates
    waiting = members.estimate(budget).coordinates
    demands = {**reports.size().by_member, HUB: wanted}
    named = sum(demands.values()) - wanted
    if waiting > named:  # what is asked for every day, and nobody waits for
        demands["*"] = waiting - named
    first = _limited(own, allotted(budget, demands)[HUB]).run()
    if _is_over(first):
        return first
    return joined(first, _limited(members, max(0, budget - first.forms)).run())


def joined(first: DownloadReport, second: DownloadReport) -> DownloadReport:
    """Two reports as one; the second was made after the first."""
    worse = first if not first.complete else second
    return DownloadReport(
        asked=first.asked + second.asked,
        answered=first.answered + second.answered,
        vulnerable=first.vulnerable + second.vulnerable,
        skipped=_sum(first.skipped, second.skipped),
        failed=first.failed + second.failed,
        unknown=first.unknown + second.unknown,
        forms=first.forms + second.forms,
        new_vulnerabilities=first.new_vulnerabilities + second.new_vulnerabilities,
        auto_assessed=first.auto_assessed + second.auto_assessed,
        credits_used=_added(first.credits_used, second.credits_used),
        credits_remaining=first.credits_remaining if second.credits_remaining is None else second.credits_remaining,
        complete=first.complete and second.complete,
        stopped_by=worse.stopped_by,
        stopped_code=worse.stopped_code,
    )


def _is_over(report: DownloadReport) -> bool:
    """Whether a run ended so that the next one would end likewise."""
    return not report.complete and report.stopped_code != "budget"


def _limited(downloader: Downloader, budget: int) -> Downloader:
    return dataclasses.replace(
        downloader, options=dataclasses.replace(downloader.options, max_components_per_run=budget)
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}


def _added(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0.0) + (other or 0.0)
