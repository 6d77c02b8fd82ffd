"""Sending: takes messages out of the outbox and hands them to whoever carries them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from webhook.engines.notifying.options import NotifyingOptions
from webhook.errors import Retryable, SourceError
from webhook.model.notifications import Message, Topic
from webhook.ports import Clock, Messenger, Outbox
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.notifications")
HOLD = dt.timedelta(minutes=3)
"""How long a message that is being sent is hidden from others: longer than any try may take."""
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 1800.0
_MOST_AT_ONCE = 20
_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A destination.

    Attributes:
        messenger: carries messages to it.
        topics: what it wants to be told of.
    """

    messenger: Messenger
    topics: Collection[Topic]


class Sender:
    """Sends what is due; several may work on one outbox.

    A message is hidden from others before it is sent, and noted as sent when the receiver has it. Whoever dies between
    the two leaves a message that is sent once more, with the same id.

    Args:
        outbox: what is to be told.
        recipients: by name.
        options: pace.
        clock: time.
        metrics: of this process.
        jitter: a number from 0 to 1, another one each time.
    """

    def __init__(
        self,
        outbox: Outbox,
        recipients: Mapping[str, Recipient],
        options: NotifyingOptions,
        clock: Clock,
        metrics: Metrics,
        jitter: Callable[[], float],
    ) -> None:
        self._outbox, self._recipients, self._options = outbox, recipients, options
        self._clock, self._metrics, self._jitter = clock, metrics, jitter

    def send(self) -> None:
        """Send what is due at every destination; what fails at one holds no other one up.

        Raises:
            StoreError: the store did not answer.
        """
        now = self._clock.now()
        given_up = self._outbox.give_up(now - self._options.patience, now)
        for _ in range(given_up):
            self._metrics.count("bomgate_notifications_total", "given-up")
        if given_up:
            log.error("notifications were given up", extra={"number": given_up})
        topics = {name: recipient.topics for name, recipient in self._recipients.items()}
        self._outbox.spread(topics, now, now - self._options.patience)
        for name, recipient in self._recipients.items():
            self._send_to(name, recipient.messenger)
        self._publish()

    def _send_to(self, name: str, messenger: Messenger) -> None:
        for _ in range(_MOST_AT_ONCE):
            now = self._clock.now()
            if self._outbox.sent_since(name, now - _HOUR) >= self._options.messages_per_hour:
                return
            message = self._outbox.take(name, now, now + HOLD, self._options.digest_above)
            if message is None or not self._is_sent(message, messenger):
                return

    def _is_sent(self, message: Message, messenger: Messenger) -> bool:
        try:
            messenger.send(message)
        except SourceError as problem:
            pause = min(_FIRST_PAUSE * 2.0 ** min(message.tries - 1, 16), _LONGEST_PAUSE) * (1 + self._jitter() / 5)
            if isinstance(problem, Retryable) and problem.retry_after:
                pause = max(pause, min(problem.retry_after, _LONGEST_PAUSE))
            self._metrics.count("bomgate_notifications_total", "failed")
            level = logging.WARNING if message.tries == 1 else logging.DEBUG
            extra = {"destination": message.destination, "error": problem.message, "remedy": problem.remedy}
            log.log(level, "a notification was not sent; it is tried again", extra=extra)
            until = self._clock.now() + dt.timedelta(seconds=pause)
            self._outbox.postpone(message.id, until, problem.message)
            return False
        self._outbox.settle(message.id, self._clock.now())
        self._metrics.count("bomgate_notifications_total", "sent")
        return True

    def _publish(self) -> None:
        waiting: dict[tuple[str, ...], float] = {}
        failing: dict[tuple[str, ...], float] = {}
        for name, backlog in self._outbox.backlog(self._recipients).items():
            since = backlog.failing_since
            waiting[(name,)] = backlog.waiting
            failing[(name,)] = 0.0 if since is None else since.timestamp()
        self._metrics.replace("bomgate_notifications_waiting", waiting)
        self._metrics.replace("bomgate_notifications_failing_since_timestamp_seconds", failing)
