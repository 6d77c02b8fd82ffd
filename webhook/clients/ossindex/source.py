"""Source: OSS Index as a :class:`webhook.ports.VulnerabilitySource`."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from webhook.clients.http.exchange import Exchange
from webhook.clients.ossindex.auth import Identity, sign_in, warnings
from webhook.clients.ossindex.convert import convert
from webhook.clients.ossindex.errors import BatchRefused, BatchTooLarge
from webhook.clients.ossindex.fetch import Effort, ReportEndpoint
from webhook.clients.ossindex.forms import Form
from webhook.clients.ossindex.matching import match
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.questions import NO_FORMS, NO_NAMES, Questions
from webhook.errors import Final, SourceError
from webhook.model.downloads import BatchAnswer, Names, SourceStatus
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer
from webhook.ports import Clock

log = logging.getLogger("bomgate.ossindex")

WELL_KNOWN = Purl("pkg:maven/junit/junit@4.12")
"""What ``check`` asks for."""
_MOST_KNOWN = 50_000
"""Components whose forms are remembered from ``coordinates`` to ``report``."""
_NONE_LISTED: list[object] = [[]]
"""What the one entry for a clean component lists."""
_MOST_REFUSALS = 64
_REFUSALS_WITHOUT_SUCCESS = 16
"""One bad component in 128 is found with 8 refusals in a row; twice that and the components are not to blame."""


@dataclass(slots=True)
class _Batch:
    """What one call of ``report`` has gathered so far."""

    pending: deque[list[Purl]]
    effort: Effort
    questions: Questions
    heard: Callable[[], None]
    refusals: int = 0


class OssIndexSource:
    """Looks components up in OSS Index; safe to use from several threads.

    Args:
        options: address, credentials and patience.
        clock: time and waiting.
        jitter: random number from 0 to 1.
        verbatim: ask for what is given as it stands: others have made the forms.

    Raises:
        ConfigError: an option cannot work.
    """

    def __init__(
        self,
        options: OssIndexOptions,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
        *,
        verbatim: bool = False,
    ) -> None:
        options.check()
        self._verbatim = verbatim
        self._options, self._clock = options, clock
        self._exchange = Exchange(options.limits, clock)
        self._endpoint = ReportEndpoint(self._exchange, options, clock, jitter)
        self._lock = threading.Lock()
        self._batch_size = options.batch_size
        self._warned = False
        self._known = dict[Purl, tuple[Form, ...]]()

    @property
    def batch_size(self) -> int:
        """The most coordinates of one request; it shrinks when the service refuses as many."""
        return self._batch_size

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about options that work now and should not stay, for the command line and the log."""
        return warnings(self._options)

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES, heard: Callable[[], None] = lambda: None
    ) -> BatchAnswer:
        """Look up components, in as many requests as their forms need; more when the service refuses some.

        A component of which nobody knows how the service calls it is asked for in several forms, no two of them in one
        request; see ``forms``.

        A refused batch is halved until the component to blame stands alone; it lands in ``rejected`` and the others
        are answered. When the service stops answering half-way, what is already there is returned with ``failure``.

        Args:
            purls: as many as one wants to have answered together.
            names: what SBOMs called some of them, and what was answered lately.
            heard: called when the last answer has arrived, before it is read.

        Raises:
            Final: asking again will not help (no credentials, 401, 402, 403, no report in the answer).
            Retryable: every try failed, and nothing was answered.
        """
        identity = sign_in(self._options)
        self._warn_once()
        questions = self._questions(purls, names, self._known)
        effort = Effort(until=self._clock.monotonic() + self._options.max_batch_seconds)
        batch = _Batch(deque(questions.requests(self._batch_size)), effort, questions, heard)
        sent = sum(map(len, batch.pending))
        failure = self._work_off(batch, identity)
        if failure is not None and questions.empty:
            raise failure
        answers, unanswered, rejected, settled = questions.results()
        return BatchAnswer(
            answers=tuple(answers),
            unanswered=tuple(unanswered),
            rejected=tuple(rejected),
            requests=effort.requests,
            credits_used=effort.credits_used,
            credits_remaining=effort.credits_remaining,
            settled=tuple(settled),
            forms=sent,
            failure=failure,
        )

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES) -> Sequence[int]:
        """How many coordinates ``report`` sends for each of these components: its forms.

        Args:
            purls: in any number.
            names: see ``report``.
        """
        questions = self._questions(purls, names)
        if len(self._known) > _MOST_KNOWN:
            self._known = {}
        self._known.update(questions.nameless)
        prices = questions.prices()
        return [prices.get(purl, 0) for purl in purls]

    def check(self) -> SourceStatus:
        """Ask for one well-known component, once; what is wrong is in the result, never raised."""
        effort = Effort(until=float("-inf"))
        label = "none"
        try:
            identity = sign_in(self._options)
            label = identity.label
            entries = self._endpoint.ask([WELL_KNOWN], identity, effort)
            ok, message, remedy = True, "OSS Index answers.", ""
            if not match([WELL_KNOWN], entries).found:
                message = f"OSS Index answers, but knows nothing of {WELL_KNOWN}."
        except SourceError as problem:
            ok, message, remedy = False, problem.message, problem.remedy
        return SourceStatus(
            ok=ok,
            url=self._options.url,
            identity=label,
            message=" ".join([message, *self.warnings]),
            remedy=remedy,
            credits_remaining=effort.credits_remaining,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._exchange.close()

    def _questions(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names], known: Mapping[Purl, tuple[Form, ...]] = NO_FORMS
    ) -> Questions:
        if self._verbatim:
            return Questions(plain=list(dict.fromkeys(purls)))
        return Questions.of(purls, names, known)

    def _work_off(self, batch: _Batch, identity: Identity) -> SourceError | None:
        """Ask for everything pending, halving what is refused; why it ended early, or None."""
        while batch.pending:
            group = batch.pending.popleft()
            try:
                self._answer(group, batch, identity)
            except BatchTooLarge as problem:
                if len(group) == 1:
                    return problem
                size = problem.limit if problem.limit and problem.limit < len(group) else len(group) // 2
                self._shrink(size)
                batch.pending.extendleft(reversed(_chunks(group, size)))
            except BatchRefused as problem:
                batch.refusals += 1
                if len(group) == 1:
                    batch.questions.refused[group[0]] = problem.message
                else:
                    batch.pending.extendleft(reversed(_chunks(group, (len(group) + 1) // 2)))
                if self._hopeless(batch):
                    return Final(
                        f"OSS Index refuses too much: {batch.refusals} requests for one batch; {problem.message}",
                        remedy="Check ossindex.url; if it is right, report the component named in the log.",
                    )
            except SourceError as problem:
                return problem
        return None

    def _hopeless(self, batch: _Batch) -> bool:
        answered = bool(batch.questions.answers or batch.questions.unanswered)
        return batch.refusals >= (_MOST_REFUSALS if answered else _REFUSALS_WITHOUT_SUCCESS)

    def _answer(self, group: list[Purl], batch: _Batch, identity: Identity) -> None:
        entries = self._endpoint.ask(group, identity, batch.effort)
        if not batch.pending:
            batch.heard()
        matched, now = match(group, entries), self._clock.now()
        if matched.foreign or matched.nameless:
            log.warning(
                "OSS Index answered for components that were not asked for; those entries are ignored",
                extra={
                    "foreign": len(matched.foreign),
                    "without_coordinates": matched.nameless,
                    "examples": matched.foreign[:5],
                },
            )
        answers = batch.questions.answers
        for purl, listed in matched.found.items():
            if listed == _NONE_LISTED:  # as most
                answers[purl] = ComponentAnswer(purl, (), now)
            elif (answer := convert(purl, listed, now)) is not None:
                answers[purl] = answer
        if len(matched.found) < len(group) or not all(map(answers.__contains__, group)):
            batch.questions.unanswered.update([purl for purl in group if purl not in answers])

    def _warn_once(self) -> None:
        with self._lock:
            due, self._warned = not self._warned, True
        for sentence in self.warnings if due else ():
            log.warning(sentence)

    def _shrink(self, size: int) -> None:
        with self._lock:
            if size < self._batch_size:
                log.warning("OSS Index takes fewer components at once", extra={"batch_size": size})
                self._batch_size = max(1, size)


def _chunks(purls: Sequence[Purl], size: int) -> list[list[Purl]]:
    return [list(purls[start : start + size]) for start in range(0, len(purls), size)]
