"""The JSON of ``bomgate runs``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.download_shapes import DownloadShape
from webhook.model.records import RunRecord
from webhook.model.runs import LiveRun, RunLine


@dataclass(frozen=True, slots=True)
class RunLineShape:
    """A line of the log of a run."""

    number: Annotated[int, "Rises."]
    at: Annotated[dt.datetime, "When it was written."]
    text: Annotated[str, "For people."]

    @classmethod
    def of(cls, line: RunLine) -> RunLineShape:
        """From the model."""
        return cls(line.number, line.at, line.text)


@dataclass(frozen=True, slots=True)
class PastRunShape:
    """A run that has ended."""

    number: Annotated[int, "For `runs show`."]
    started: Annotated[dt.datetime, "When it began."]
    finished: Annotated[dt.datetime, "When it ended."]
    report: Annotated[DownloadShape, "What it did."]

    @classmethod
    def of(cls, number: int, run: RunRecord) -> PastRunShape:
        """From the model."""
        return cls(number, run.started, run.finished, DownloadShape.of(run.report))


@dataclass(frozen=True, slots=True)
class LiveRunShape:
    """A run that goes on."""

    holder: Annotated[str, "The process that runs it."]
    started: Annotated[dt.datetime | None, "When it began; null for a run of an older program."]
    cancelled_by: Annotated[str, "Who wants it to end; possibly empty."]
    total: Annotated[int | None, "Components that it is to ask for; null while it finds that out."]
    done: Annotated[int, "Components that it has asked for."]
    credits_used: Annotated[float | None, "As the source states it; null when it does not."]
    credits_remaining: Annotated[float | None, "As the source states it; null when it does not."]

    @classmethod
    def of(cls, run: LiveRun) -> LiveRunShape:
        """From the model."""
        told = run.progress
        return cls(
            run.holder,
            run.started,
            run.cancelled_by,
            told.total,
            told.done,
            told.credits_used,
            told.credits_remaining,
        )


@dataclass(frozen=True, slots=True)
class RunListShape:
    """``bomgate runs list --output json``."""

    now: Annotated[LiveRunShape | None, "The run that goes on; null when none does."]
    runs: Annotated[tuple[PastRunShape, ...], "Those that have ended, the newest first."]


@dataclass(frozen=True, slots=True)
class ShownRunShape:
    """``bomgate runs show --output json``; one of ``now`` and ``run`` is null."""

    now: Annotated[LiveRunShape | None, "The run, while it goes on."]
    run: Annotated[PastRunShape | None, "The run, when it has ended."]
    log: Annotated[tuple[RunLineShape, ...], "What it said; empty when that is not kept any more."]


@dataclass(frozen=True, slots=True)
class CancelledRunShape:
    """``bomgate runs cancel --output json``."""

    cancelled: Annotated[LiveRunShape, "The run that ends after the batch that is on its way."]
