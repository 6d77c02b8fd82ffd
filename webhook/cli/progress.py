"""Progress: a bar on a terminal, lines in the log elsewhere; never on standard output."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from webhook.engines.downloading.progress import DownloadListener, DownloadPlan, DownloadProgress
from webhook.policy.phrases import count

T = TypeVar("T")
log = logging.getLogger("bomgate.download")


def counted(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, with a bar on a terminal while they are walked.

    Args:
        items: what to walk.
        total: how many there are.
        what: what is being done, such as ``Importing``.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(file=sys.stderr)
    yield from track(items, total=total, description=what, console=console, transient=True)


class LogListener:
    """Says in the log how a download goes."""

    def planned(self, plan: DownloadPlan) -> None:
        """The run knows what it is going to ask for."""
        log.info("download begins", extra={"components": len(plan.purls), "skipped": plan.skipped})

    def advanced(self, progress: DownloadProgress) -> None:
        """A batch has ended."""
        log.info(
            "batch committed",
            extra={
                "done": progress.done,
                "total": progress.total,
                "answered": progress.answered,
                "vulnerable": progress.vulnerable,
                "unknown": progress.unknown,
                "failed": progress.failed,
                "credits_remaining": progress.credits_remaining,
            },
        )


@contextmanager
def download_listener() -> Iterator[DownloadListener]:
    """A listener for where standard error goes: a bar with lines above it on a terminal, else the log."""
    if not sys.stderr.isatty():
        yield LogListener()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr, highlight=False)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:

        class BarListener:
            """Moves the bar, and writes a line for each batch."""

            task = bar.add_task("Asking OSS Index", total=None)

            def planned(self, plan: DownloadPlan) -> None:
                """The run knows what it is going to ask for."""
                console.print(f"{count(len(plan.purls), 'component')} to query.", markup=False)
                bar.update(self.task, total=len(plan.purls))

            def advanced(self, progress: DownloadProgress) -> None:
                """A batch has ended."""
                console.print(_line(progress), markup=False)
                bar.update(self.task, completed=progress.done)

        yield BarListener()


def _line(progress: DownloadProgress) -> str:
    parts = [f"batch {progress.batches}: {progress.answered} answered, {progress.vulnerable} vulnerable so far"]
    if progress.unknown:
        parts.append(f"{progress.unknown} unknown to it")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.credits_remaining is not None:
        parts.append(f"{progress.credits_remaining:g} credits left")
    return ", ".join(parts) + (f" ({progress.problem})" if progress.problem else "")
