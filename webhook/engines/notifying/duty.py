"""The duty ``notifications``: looks for what is worth telling, and sends what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.notifying.options import NotifyingOptions
from webhook.engines.notifying.sending import Sender
from webhook.engines.notifying.watching import Running, endings, news, unanswered
from webhook.engines.readmodel import ReadModel
from webhook.model.notifications import Announcement
from webhook.policy.announcements import run_vanished
from webhook.ports import Clock, Outbox, RunStore
from webhook.ports.requesting import RequestStore

_INTERVAL = 5.0
_WATCH_SECONDS = 120.0
_REMIND_SECONDS = 12 * 3600.0
"""How often the store is told that something is still so; far more often than it forgets."""


class NotifyingDuty:
    """Tells people; implements ``Duty``. A pass may be repeated at any time, also by another process.

    Args:
        outbox: what is to be told.
        requests: those for exceptions.
        runs: those of the downloader.
        sender: sends it; None where no destination is set, so that only old rows are removed.
        running: what runs, with its verdicts; None while that is not known.
        model: what is known.
        rules: gives the rules in force.
        clock: time.
        options: what is told when.
    """

    name = "notifications"
    interval_seconds = _INTERVAL

    def __init__(
        self,
        outbox: Outbox,
        requests: RequestStore,
        runs: RunStore,
        sender: Sender | None,
        running: Callable[[], Running | None],
        model: ReadModel,
        rules: RuleSource,
        clock: Clock,
        options: NotifyingOptions,
    ) -> None:
        self._outbox, self._requests, self._runs = outbox, requests, runs
        self._sender, self._running = sender, running
        self._model, self._rules, self._clock, self._options = model, rules, clock, options
        self._watched = float("-inf")
        self._pruned = float("-inf")
        self._announced: dict[str, float] = {}

    def run(self) -> None:
        """Look, once something is known, and send.

        Raises:
            StoreError: the store did not answer.
        """
        now = self._clock.monotonic()
        if self._sender is not None:
            if now - self._watched >= _WATCH_SECONDS and self._model.loaded:
                self._announce(self._found(), now)
                self._watched = now
            self._sender.send()
        if now - self._pruned >= _REMIND_SECONDS:
            self._outbox.prune(self._clock.now() - self._options.memory)
            self._pruned = now

    def _found(self) -> Sequence[Announcement]:
        at: dt.datetime = self._clock.now()
        running = self._running()
        found = [] if running is None else list(news(running))
        ends = endings(self._model, self._rules(), at, self._options.block_ends)
        vanished = self._runs.abandoned()
        if vanished is not None and at - vanished.until > self._options.patience:
            vanished = None  # nobody has run since, and it was told of then
        return [
            *found,
            *ends,
            *unanswered(self._requests, at, self._options.request_waits),
            *([] if vanished is None else [run_vanished(vanished)]),
        ]

    def _announce(self, found: Sequence[Announcement], now: float) -> None:
        due = [item for item in found if now - self._announced.get(item.key, float("-inf")) >= _REMIND_SECONDS]
        if due:
            self._outbox.announce(due, self._clock.now())
        # What is no longer so is forgotten here, and in the store when nobody has said it for a long time.
        before = self._announced
        fresh = {item.key for item in due}
        self._announced = {item.key: now if item.key in fresh else before[item.key] for item in found}
