"""Processes: the clock, work in the background, and what is noted of requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from webhook.model.records import AdmittedImage
    from webhook.model.workloads import WorkloadPlace


_Result = TypeVar("_Result")


class Clock(Protocol):
    """Time; the only source of it below the faces."""

    def now(self) -> dt.datetime:
        """The current time, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class AdmittedImages(Protocol):
    """What tags stood for when objects were admitted."""

    def note(self, image: AdmittedImage, of: WorkloadPlace | None = None) -> None:
        """Take a note; it may be dropped under pressure. Never blocks and never fails.

        Args:
            image: what to note.
            of: the object that was admitted, where the note has to wait until the API server has it.
        """

    def admitted(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """The notes about some tagged names of objects with these UIDs, those that are not yet written included.

        Raises:
            StoreError: the database does not answer.
        """


class RunStarter(Protocol):
    """Begins runs of the downloader."""

    @property
    def way(self) -> str:
        """How it does so, for people: a sentence."""

    def start(self) -> str:
        """Begin a run soon; what was started, for people.

        Raises:
            BomgateError: none was.
        """


class Background(Protocol):
    """Threads for work that may outlive the request that asked for it."""

    def start(self, work: Callable[[], _Result], *, host: str = "", tenant: str = "") -> Future[_Result]:
        """Start the work soon; never blocks the caller.

        Args:
            work: what to do.
            host: the outside host that the work waits for, so that one host cannot occupy all threads.
            tenant: the namespace on whose behalf it is done, likewise.

        Raises:
            DeadlineExceeded: so much work is waiting that its turn would come too late.
        """

    def wait(self, task: Future[Any], seconds: float) -> bool:
        """Wait for the end of a work; False when ``seconds`` pass first (it goes on). Raises what the work raised."""


class Duty(Protocol):
    """Something that the leading controller does again and again."""

    @property
    def name(self) -> str:
        """A bounded word for logs and metrics, such as ``audit``."""

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""

    def run(self) -> None:
        """One pass; it ends by itself and may be repeated at any time, also by another process.

        Raises:
            BomgateError: it could not be done; it is tried again after the interval, or sooner.
        """
