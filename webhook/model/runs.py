"""Runs of the downloader while they go on: how far each is, what it says, and who wants it to end."""

from __future__ import annotations

import datetime as dt

import msgspec


class RunProgress(msgspec.Struct, frozen=True):
    """Where a run stands.

    Attributes:
        total: components that it is to ask for; None while that is being found out.
        done: components that were asked for, however that ended.
        answered, vulnerable, unknown, failed: of those.
        credits_used, credits_remaining: as the source states them.
    """

    total: int | None = None
    done: int = 0
    answered: int = 0
    vulnerable: int = 0
    unknown: int = 0
    failed: int = 0
    credits_used: float | None = None
    credits_remaining: float | None = None


class LiveRun(msgspec.Struct, frozen=True):
    """A run that goes on.

    Attributes:
        fence: the fencing number of its lease, by which its log is known, also when it has ended.
        holder: the process that runs it.
        started: when; None for a run of an older program, which tells nothing more.
        seen_at: when it last told how far it is.
        progress: how far that was.
        cancelled_by: who wants it to end; empty when nobody does.
    """

    fence: int
    holder: str
    started: dt.datetime | None = None
    seen_at: dt.datetime | None = None
    progress: RunProgress = RunProgress()
    cancelled_by: str = ""


class RunLine(msgspec.Struct, frozen=True):
    """A line of the log of a run.

    Attributes:
        number: rises.
        at: when it was written, UTC.
        text: for people.
    """

    number: int
    at: dt.datetime
    text: str


class RunEstimate(msgspec.Struct, frozen=True):
    """What a run would ask for now.

    Attributes:
        components: how many.
        coordinates: how many coordinates are sent for them; each can cost a credit.
        is_whole: whether these were all counted; else there are more.
        over_budget: components that the budget leaves for another run.
        credits_remaining: as the source stated it last; None when it did not.
        credits_at: when that was.
    """

    components: int
    coordinates: int
    is_whole: bool
    over_budget: int
    credits_remaining: float | None = None
    credits_at: dt.datetime | None = None
