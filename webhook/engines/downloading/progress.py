"""Progress of a download run: the plan, the counts so far, and listeners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, overload

from webhook.model.downloads import BatchAnswer, DownloadReport, RecordResult, WantedComponent
from webhook.model.purls import Purl

_PAGE = 2000


class PurlsOf(Sequence[Purl]):
    """The purls of wanted components, read when they are asked for: a large store's do not fit into memory well.

    Args:
        wanted: in the order of work.
        length: how many of them count, from the first.
    """

    def __init__(self, wanted: Sequence[WantedComponent], length: int) -> None:
        self._wanted, self._length = wanted, min(length, len(wanted))

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Purl: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Purl]: ...
    def __getitem__(self, index: int | slice) -> Purl | Sequence[Purl]:
        chosen = range(self._length)[index]
        if isinstance(chosen, int):
            return self._wanted[chosen].purl
        stop = chosen.stop if chosen.stop >= 0 else None
        return [component.purl for component in self._wanted[chosen.start : stop : chosen.step]]

    def __iter__(self) -> Iterator[Purl]:
        for start in range(0, self._length, _PAGE):
            yield from [component.purl for component in self._wanted[start : min(start + _PAGE, self._length)]]


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """What a run is going to ask for.

    Attributes:
        purls: in the order of work; read from the store as they are walked.
        not_covered: components that no source covers, by purl type; never asked.
        fresh: components whose answer is younger than the TTL.
        over_budget: wanted components that the budget leaves for another run.
        unusable: components named by hand that have no version.
    """

    purls: Sequence[Purl]
    not_covered: Mapping[str, int] = field(default_factory=dict)
    fresh: int = 0
    over_budget: int = 0
    unusable: int = 0

    @property
    def skipped(self) -> dict[str, int]:
        """How many components are not going to be asked, by reason, without zeroes."""
        counts = {
            "not-covered": sum(self.not_covered.values()),
            "fresh": self.fresh,
            "budget": self.over_budget,
            "no-version": self.unusable,
        }
        return {reason: count for reason, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ends before everything wanted was answered.

    Attributes:
        sentence: for people, with the remedy.
        code: an error's code, or ``budget``.
    """

    sentence: str
    code: str


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Where a run stands after a batch.

    Attributes:
        total: components that the run is to ask for.
        done: components of the batches that have ended, however they did.
        answered, vulnerable, unknown, rejected, failed: of those.
        batches: how many batches have ended.
        batch_size: components of the last one.
        problem: what went wrong with the last one; empty when nothing did.
        credits_used, credits_remaining: as the source states them.
    """

    total: int
    done: int = 0
    answered: int = 0
    vulnerable: int = 0
    unknown: int = 0
    rejected: int = 0
    failed: int = 0
    batches: int = 0
    batch_size: int = 0
    problem: str = ""
    credits_used: float | None = None
    credits_remaining: float | None = None


class DownloadListener(Protocol):
    """Who wants to see a run as it goes; called in the thread that runs it."""

    def planned(self, plan: DownloadPlan) -> None:
        """The run knows what it is going to ask for."""

    def advanced(self, progress: DownloadProgress) -> None:
        """A batch has ended and is committed."""


class SilentListener:
    """Nobody."""

    def planned(self, plan: DownloadPlan) -> None:
        """Nothing is shown."""

    def advanced(self, progress: DownloadProgress) -> None:
        """Nothing is shown."""


@dataclass(slots=True)
class Tally:
    """Counts of a run.

    ``asked = answered + unknown + failed``; what was planned is ``asked`` and what ``skipped`` says of it.
    """

    plan: DownloadPlan
    answered: int = 0
    vulnerable: int = 0
    unknown: int = 0
    rejected: int = 0
    failed: int = 0
    batches: int = 0
    forms: int = 0
    new_vulnerabilities: int = 0
    auto_assessed: int = 0
    credits_used: float | None = None
    credits_remaining: float | None = None
    problems: Counter[str] = field(default_factory=Counter)

    def recorded(self, result: RecordResult) -> None:
        """Count what a transaction changed."""
        self.new_vulnerabilities += result.new_vulnerabilities
        self.auto_assessed += result.auto_assessed

    def lost(self, size: int, answer: BatchAnswer) -> None:
        """Count a batch of ``size`` components that could not be kept."""
        self._charge(answer)
        self.failed += size

    def add(self, size: int, answer: BatchAnswer) -> None:
        """Count a batch of ``size`` components."""
        self._charge(answer)
        self.answered += len(answer.answers)
        self.vulnerable += sum([bool(component_answer.vulnerabilities) for component_answer in answer.answers])
        self.unknown += len(answer.unanswered) + len(answer.pending)
        self.rejected += len(answer.rejected)
        known = len(answer.answers) + len(answer.unanswered) + len(answer.pending) + len(answer.rejected)
        self.failed += size - known

    def _charge(self, answer: BatchAnswer) -> None:
        self.batches += 1
        self.forms += answer.forms
        if answer.credits_used is not None:
            self.credits_used = (self.credits_used or 0.0) + answer.credits_used
        if answer.credits_remaining is not None:
            self.credits_remaining = answer.credits_remaining

    @property
    def done(self) -> int:
        """Components of the batches that have ended."""
        return self.answered + self.unknown + self.rejected + self.failed

    def progress(self, batch_size: int, problem: str) -> DownloadProgress:
        """Where the run stands after a batch."""
        return DownloadProgress(
            total=len(self.plan.purls),
            done=self.done,
            answered=self.answered,
            vulnerable=self.vulnerable,
            unknown=self.unknown,
            rejected=self.rejected,
            failed=self.failed,
            batches=self.batches,
            batch_size=batch_size,
            problem=problem,
            credits_used=self.credits_used,
            credits_remaining=self.credits_remaining,
        )

    def report(self, stop: Stop | None) -> DownloadReport:
        """What the run did.

        Args:
            stop: why not everything was asked; None when it was.
        """
        left = len(self.plan.purls) - self.done
        more = {"rejected": self.rejected, "stopped": left}
        return DownloadReport(
            asked=self.done - self.rejected,
            answered=self.answered,
            vulnerable=self.vulnerable,
            skipped={**self.plan.skipped, **{reason: count for reason, count in more.items() if count}},
            failed=self.failed,
            unknown=self.unknown,
            forms=self.forms,
            new_vulnerabilities=self.new_vulnerabilities,
            auto_assessed=self.auto_assessed,
            credits_used=None if self.credits_used is None else round(self.credits_used, 6),
            credits_remaining=self.credits_remaining,
            complete=stop is None,
            stopped_by=stop.sentence if stop else "",
            stopped_code=stop.code if stop else "",
        )
