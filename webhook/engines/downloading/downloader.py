"""Downloading: asks a vulnerability source about the components in use and commits what arrives each second."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec.structs import replace

from webhook.engines.downloading.fetching import Fetched, Fetching, responsive
from webhook.engines.downloading.keeping import LeaseKeeper, LeasePace
from webhook.engines.downloading.options import DownloadOptions
from webhook.engines.downloading.planning import Planner
from webhook.engines.downloading.progress import DownloadListener, DownloadPlan, SilentListener, Stop, Tally
from webhook.engines.downloading.telling import RunTeller
from webhook.errors import BomgateError, Final, SourceError, StoreError
from webhook.model.downloads import BatchAnswer, DownloadReport, RecordResult
from webhook.model.leases import Lease
from webhook.model.purls import Purl
from webhook.model.runs import RunEstimate
from webhook.ports import AutoAssess, Clock, ComponentStore, RunProgressStore, RunStore, VulnerabilitySource

log = logging.getLogger("bomgate.download")
_HEARTBEAT_SECONDS = 1.0
_LOOK_SECONDS = 1.0


class DownloadRunningError(StoreError):
    """Another run holds the lease."""

    code = "download-running"
    default_remedy = (
        "Wait for it to end. If it was killed, the next run begins within 30 seconds; nothing that it fetched is lost."
    )


@dataclass(frozen=True, kw_only=True)
class Downloader:
    """One run after another of asking the source about components.

    Attributes:
        source: whom to ask.
        components: what is wanted, and where answers go.
        runs: the lease, and the history of runs.
        clock: time.
        assess: gives the auto-assessment rule; asked for each batch, so that types that change meanwhile count.
        holder: a name for this process that no other has, such as ``host/pid``; other runs show it.
        options: budget and pace.
        listener: sees progress.
        pace: how the lease of a run is kept.
        progress: where runs say how far they are; None keeps that to themselves.
    """

    source: VulnerabilitySource
    components: ComponentStore
    runs: RunStore
    clock: Clock
    assess: Callable[[], AutoAssess]
    holder: str
    options: DownloadOptions = field(default_factory=DownloadOptions)
    listener: DownloadListener = field(default_factory=SilentListener)
    pace: LeasePace = field(default_factory=LeasePace)
    progress: RunProgressStore | None = None

    @property
    def _planner(self) -> Planner:
        return Planner(self.source, self.components, self.clock, self.options)

    def run(self, only: Sequence[Purl] = (), *, dry_run: bool = False) -> DownloadReport:
        """Ask for everything that is due, most urgent first.

        What arrives within a second is committed together, so whatever ends a run early costs only what was on its way
        and the answers of the last second. A source that says no for good ends the run; what was fetched until then is
        kept and the report is not complete.

        Args:
            only: ask for these only, if they are due or unknown to the store.
            dry_run: ask and write nothing; the report's ``skipped`` counts what would be asked as ``dry-run``.

        Raises:
            ConfigError: an option cannot work.
            DownloadRunningError: another run holds the lease.
            StoreError: the store did not even say what is wanted.
        """
        self.options.check()
        if dry_run:
            plan = self._planner.plan(only)
            self.listener.planned(plan)
            skipped = plan.skipped | ({"dry-run": len(plan.purls)} if plan.purls else {})
            return DownloadReport(skipped=skipped)
        started = self.clock.now()
        with self._leased() as keeper:
            teller = RunTeller(self.progress, keeper.lease, self.clock)
            teller.begin(started)
            try:
                plan = self._planner.plan(only)
                self.listener.planned(plan)
                teller.planned(plan)
                report = self._download(plan, keeper, teller)
            except Exception as problem:  # noted as a run that failed, so that somebody is told
                crashed = _crashed(problem)
                teller.end(crashed)
                self._finish(crashed, started, keeper.lease)
                raise
            teller.end(report)
            return self._finish(report, started, keeper.lease)

    def estimate(self, most: int = 20_000) -> RunEstimate:
        """What a run would ask for now, and how many coordinates that takes; nothing is asked.

        Args:
            most: components of which the coordinates are counted.

        Raises:
            StoreError: the store did not say what is wanted.
        """
        plan = self._planner.plan()
        counted = min(len(plan.purls), most)
        coordinates = self._planner.coordinates(plan.purls[:counted])
        last = self.runs.last()
        left = None if last is None else last.report.credits_remaining
        at = last.finished if last is not None and left is not None else None
        return RunEstimate(len(plan.purls), coordinates, counted == len(plan.purls), plan.over_budget, left, at)

    def _download(self, plan: DownloadPlan, keeper: LeaseKeeper, teller: RunTeller) -> DownloadReport:
        tally, state = Tally(plan), _State()
        fetching = Fetching(self.source, plan.purls, self.options.concurrency, keeper.holds, self._planner.names)
        if plan.purls:
            with responsive():
                fetching.start()
                try:
                    self._record_all(fetching, tally, state, keeper, teller)
                finally:
                    fetching.stop()
        return tally.report(state.stop or self._shortfall(tally, state))

    def _record_all(
        self, fetching: Fetching, tally: Tally, state: _State, keeper: LeaseKeeper, teller: RunTeller
    ) -> None:
        arrived: tuple[Fetched, ...] = ()
        try:
            for arrived in fetching.results(_HEARTBEAT_SECONDS):
                keeper.check()
                tally.recorded(self._record([fetched.answer for fetched in arrived], keeper.lease))
                for fetched in arrived:
                    self._count(fetched, tally, state)
                    if fetched.answer.failure is not None:
                        teller.say(f"A batch failed: {fetched.answer.failure.message}")
                arrived = ()
                wanted = teller.advanced(tally.progress(0, ""))
                if wanted is not None and tally.done < len(tally.plan.purls):
                    state.stop = state.stop or wanted
                if state.stop:
                    fetching.stop()
            if tally.done < len(tally.plan.purls) and state.stop is None and not keeper.holds():
                raise keeper.lease.lost()
        except StoreError as problem:  # nothing more can be kept, so what is on its way is not waited for
            state.stop = _stop(problem)
            log.error("download stopped by the store", extra=_words(problem))
            fetching.stop()
            for fetched in (*arrived, *fetching.take()):  # they are paid for
                tally.lost(len(fetched.purls), fetched.answer)

    def _count(self, fetched: Fetched, tally: Tally, state: _State) -> None:
        """Count a batch that was committed, and judge how it ended."""
        size, failure = len(fetched.purls), fetched.answer.failure
        tally.add(size, fetched.answer)
        self._judge(failure, state)
        self.listener.advanced(tally.progress(size, failure.message if failure else ""))

    def _record(self, arrived: Sequence[BatchAnswer], lease: Lease) -> RecordResult:
        """Commit what has arrived; mostly one batch, and several in one transaction when they arrive faster."""
        answers = [answer for batch in arrived for answer in batch.answers]
        rejected = [pair for batch in arrived for pair in batch.rejected]
        for purl, reason in rejected:
            log.warning("component refused by the source", extra={"purl": purl, "reason": reason})
        # A component that was refused counts as asked, so that it does not spoil a batch again within the TTL.
        silent = [*(purl for batch in arrived for purl in batch.unanswered), *(purl for purl, _ in rejected)]
        if not answers and not silent:
            return RecordResult(0, 0, 0, 0)
        return self.components.record(
            answers,
            unanswered=silent,
            assess=self.assess(),
            now=self.clock.now(),
            settled=[pair for batch in arrived for pair in batch.settled],
            reassess_on_score_change=self.options.reassess_on_score_change,
            lease=lease,
        )

    def _judge(self, failure: SourceError | None, state: _State) -> None:
        if failure is None:
            state.failed_in_a_row = 0
            return
        state.last_failure = _stop(failure)
        state.failed_in_a_row += 1
        log.warning("batch failed", extra=_words(failure))
        if state.stop:
            return
        if isinstance(failure, Final):
            state.stop = _stop(failure)
        elif state.failed_in_a_row >= self.options.max_failed_batches:
            state.stop = _stop(failure, f"{state.failed_in_a_row} batches failed in a row. ")

    def _shortfall(self, tally: Tally, state: _State) -> Stop | None:
        """Why a run that went to its end is not complete; None when it is."""
        if tally.failed:
            last = state.last_failure
            return Stop(f"{tally.failed} components got no answer. {last.sentence}".strip(), last.code)
        if tally.plan.over_budget:
            budget = self.options.max_components_per_run
            return Stop(f"The budget of {budget} coordinates for one run is used up.", "budget")
        return None

    @contextmanager
    def _leased(self) -> Iterator[LeaseKeeper]:
        lease = self._acquire()
        try:
            with LeaseKeeper(self.runs, lease, self.pace, self.clock) as keeper:
                yield keeper
        finally:
            try:
                self.runs.release(lease)
            except StoreError as problem:
                log.warning("lease not given back; it ends by itself", extra=_words(problem))

    def _acquire(self) -> Lease:
        """The lease of this run; one that another run holds is waited for as long as that gives no sign of life."""
        deadline = self.clock.monotonic() + self.pace.patience_seconds
        first = lease = self.runs.acquire(self.holder, duration=self.pace.duration)
        while lease.holder != self.holder:
            if lease != first or self.clock.monotonic() >= deadline:
                raise DownloadRunningError(
                    f"Another run of the downloader is in progress: {lease.holder} holds the lease."
                )
            if lease is first:
                log.info("another run has the lease; waiting for a sign of life", extra={"holder": lease.holder})
            self.clock.sleep(_LOOK_SECONDS)
            lease = self.runs.acquire(self.holder, duration=self.pace.duration)
        return lease

    def _finish(self, report: DownloadReport, started: dt.datetime, lease: Lease) -> DownloadReport:
        try:
            self.runs.finish(report, started=started, finished=self.clock.now(), lease=lease)
        except StoreError as problem:
            log.error("run not recorded", extra=_words(problem))
            stop = _stop(problem, "The run was not recorded. ")
            if report.stopped_by:
                stop = Stop(report.stopped_by, report.stopped_code)
            return replace(report, complete=False, stopped_by=stop.sentence, stopped_code=stop.code)
        return report


def _crashed(problem: Exception) -> DownloadReport:
    """What is kept of a run that an exception ended; the batches that it recorded before stay recorded."""
    stop = Stop(f"An unexpected error ended it: {type(problem).__name__}.", "unexpected-error")
    if isinstance(problem, BomgateError):
        stop = _stop(problem)
    return DownloadReport(complete=False, stopped_by=stop.sentence, stopped_code=stop.code)


_NONE = Stop("", "")


@dataclass(slots=True)
class _State:
    """How a run goes."""

    stop: Stop | None = None
    failed_in_a_row: int = 0
    last_failure: Stop = _NONE


def _stop(problem: BomgateError, before: str = "") -> Stop:
    return Stop(f"{before}{problem.message} {problem.remedy}".strip(), problem.code)


def _words(problem: BomgateError) -> dict[str, str]:
    return {"error": problem.message, "remedy": problem.remedy, "code": problem.code}
