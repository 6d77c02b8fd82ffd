"""Asks blocking questions on a native thread, for no longer than the request has time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from webhook.engines.admission.questions import LANE
from webhook.errors import DeadlineExceeded
from webhook.model.deadlines import Deadline
from webhook.ports import Background, Clock

T = TypeVar("T")


def ask(background: Background, clock: Clock, question: Callable[[], T], deadline: Deadline) -> T:
    """The answer to a question that is asked on a native thread.

    Raises:
        DeadlineExceeded: it did not come in time.
        BomgateError: what the question raised.
    """
    task = background.start(question, host=LANE)
    if not background.wait(task, deadline.remaining(clock.monotonic())):
        raise DeadlineExceeded("The answer did not come in the time that was left.")
    return task.result()
