"""Runs, searches, and the database itself."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Sequence

from tests.copies import replace
from tests.memory.facts import Facts
from webhook.model.components import ComponentState
from webhook.model.downloads import DownloadReport
from webhook.model.leases import Lease
from webhook.model.records import (
    RunRecord,
    StoreStatus,
)
from webhook.model.runs import LiveRun, RunLine, RunProgress
from webhook.model.searches import SearchClaim, SearchOutcome, SearchState
from webhook.model.triage import AuditNote
from webhook.model.verdicts import SbomStatus


class MemoryRuns:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def acquire(self, holder: str, *, duration: dt.timedelta) -> Lease:
        facts = self._facts
        now, held = facts.clock.now(), facts.lease
        if held is None or now >= held.until:
            facts.lease = Lease(holder, facts.fence, now + duration)
            facts.fence += 1
        elif held.holder == holder:
            facts.lease = replace(held, until=now + duration)
        assert facts.lease is not None
        return facts.lease

    def renew(self, lease: Lease, *, duration: dt.timedelta) -> bool:
        if not self._facts.holds(lease):
            return False
        self._facts.lease = replace(lease, until=self._facts.clock.now() + duration)
        return True

    def holder(self) -> str | None:
        held = self._facts.lease
        return held.holder if held is not None and self._facts.holds(held) else None

    def abandoned(self) -> Lease | None:
        held = self._facts.lease
        return held if held is not None and self._facts.clock.now() >= held.until else None

    def release(self, lease: Lease) -> None:
        if self._facts.holds(lease):
            self._facts.lease = None

    def finish(self, report: DownloadReport, *, started: dt.datetime, finished: dt.datetime, lease: Lease) -> None:
        if not self._facts.holds(lease):
            raise lease.lost()
        self._facts.runs.append(RunRecord(started, finished, report))  # without its fence, as last() gives it

    def last(self, *, complete: bool = False) -> RunRecord | None:
        runs = [run for run in self._facts.runs if run.report.complete or not complete]
        return runs[-1] if runs else None


class MemoryRunProgress:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._live: dict[int, LiveRun] = {}
        self._lines: list[tuple[int, RunLine]] = []

    def begin(self, lease: Lease, started: dt.datetime) -> None:
        if not self._facts.holds(lease):
            raise lease.lost()
        self._live[lease.fence] = LiveRun(lease.fence, lease.holder, started, started)

    def tell(self, lease: Lease, progress: RunProgress, lines: Sequence[str], at: dt.datetime) -> str:
        self._live[lease.fence] = live = replace(self._live[lease.fence], progress=progress, seen_at=at)
        self._lines += [(lease.fence, RunLine(len(self._lines) + n, at, line)) for n, line in enumerate(lines, 1)]
        return live.cancelled_by

    def current(self) -> LiveRun | None:
        held = self._facts.lease
        if held is None or not self._facts.holds(held):
            return None
        return self._live.get(held.fence) or LiveRun(held.fence, held.holder)

    def lines(self, fence: int, after: int, most: int) -> Sequence[RunLine]:
        return [line for of, line in self._lines if of == fence and line.number > after][:most]

    def cancel(self, note: AuditNote, at: dt.datetime) -> LiveRun | None:
        found = self.current()
        if found is None or found.started is None or found.cancelled_by:
            return None
        self._live[found.fence] = replace(found, cancelled_by=note.actor)
        return found

    def note(self, note: AuditNote, at: dt.datetime) -> None:
        """The audit log is kept by the real store only."""


class MemorySearches:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._claims: dict[str, tuple[str, dt.datetime, SearchOutcome | None]] = {}
        self._lock = threading.Lock()

    def begin(self, key: str, holder: str, *, lease_seconds: float) -> SearchClaim | None:
        now = self._facts.clock.now()
        with self._lock:
            there = self._claims.get(key)
            if there is None or there[1] <= now:
                self._claims[key] = (holder, now + dt.timedelta(seconds=lease_seconds), None)
                return None
            if there[2] is None:
                if there[0] == holder:
                    return None
                return SearchClaim(there[0], SearchState.RUNNING, SearchOutcome(SbomStatus.REFUSED))
            return SearchClaim(there[0], SearchState.FAILED, there[2])

    def renew(self, keys: Sequence[str], holder: str, *, lease_seconds: float) -> None:
        now = self._facts.clock.now()
        with self._lock:
            for key in keys:
                there = self._claims.get(key)
                if there is not None and there[0] == holder and there[2] is None and now < there[1]:
                    self._claims[key] = (holder, now + dt.timedelta(seconds=lease_seconds), None)

    def end(self, key: str, holder: str, outcome: SearchOutcome, *, seconds: float) -> None:
        now = self._facts.clock.now()
        with self._lock:
            there = self._claims.get(key)
            if there is None or there[0] != holder:
                return
            if outcome.status is SbomStatus.FOUND or seconds <= 0:
                del self._claims[key]
            else:
                self._claims[key] = (holder, now + dt.timedelta(seconds=seconds), outcome)


class MemoryAdmin:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def upgrade(self) -> None:
        """There is nothing to bring up to date."""

    def status(self) -> StoreStatus:
        facts = self._facts
        states = Counter(component.state for component in facts.components.values())
        counts = {
            "components": len(facts.components),
            "sboms": len(facts.sboms),
            "images": len({digest for digest, _ in facts.sboms}),
            "vulnerabilities": len(facts.vulnerabilities),
            "assessments": len(facts.assessments),
        }
        for state in ComponentState:
            if state is not ComponentState.UNUSABLE:
                counts[state.name.lower()] = states[state]
        last = facts.runs[-1] if facts.runs else None
        return StoreStatus("memory:", "memory", "memory", facts.revision, counts, last)
