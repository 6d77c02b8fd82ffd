"""Calls: a request with all that it needs to succeed: authorization, further tries, pauses, and a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from webhook.clients.http.exchange import Exchange
from webhook.clients.http.messages import Answer, Request
from webhook.clients.http.problems import NoAnswer, origin
from webhook.clients.http.retries import Patience, backoff, retry
from webhook.clients.registry.credentials import Keychain
from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.options import RegistryOptions
from webhook.clients.registry.problems import Denied, status_trouble
from webhook.clients.registry.tokens import Authorizer
from webhook.errors import Retryable, SourceError, TooMuchAttached
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

CAP_REMEDY = "If this is meant, raise the limit in the settings of the registry client."
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 60.0
_ABSENT = frozenset([404])


@dataclass(slots=True)
class Budget:
    """What one search may still cost.

    Attributes:
        deadline: by when it must be done.
        requests: how many requests are left.
        bytes: how many bytes are left.
    """

    deadline: Deadline
    requests: int
    bytes: int
    _limits: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._limits = self.requests, self.bytes

    def spend(self, requests: int = 0, read: int = 0) -> None:
        """Take off what was spent.

        Args:
            requests: how many were sent.
            read: how many bytes.

        Raises:
            TooMuchAttached: more than there was.
        """
        self.requests -= requests
        self.bytes -= read
        most_requests, most_bytes = self._limits
        if self.requests < 0:
            raise TooMuchAttached(
                f"The search needs more than {most_requests} requests to registries.", remedy=CAP_REMEDY
            )
        if self.bytes < 0:
            raise TooMuchAttached(f"The search reads more than {most_bytes} bytes from registries.", remedy=CAP_REMEDY)


class Calls:
    """Gets things from registries; safe to use from several threads.

    Args:
        options: limits.
        keychains: where credentials come from, in order; all are tried.
        clock: time.
        exchange: of another client, to share its connections and what is known of hosts; None makes one.
    """

    def __init__(
        self, options: RegistryOptions, keychains: Sequence[Keychain], clock: Clock, exchange: Exchange | None = None
    ) -> None:
        self._options, self._clock = options, clock
        self._exchange = exchange or Exchange(options.limits, clock)
        self._authorizer = Authorizer(self._exchange, keychains, clock)

    def opened_by(self, keychains: Sequence[Keychain]) -> Calls:
        """The same with other credentials, and separate tokens."""
        return Calls(self._options, keychains, self._clock, self._exchange)

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def credential(self, repository: Repository, deadline: Deadline) -> Credential | None:
        """The credential that was accepted last, or the first that there is; None when there is none.

        Raises:
            SourceError: the credentials cannot be read.
        """
        return next(self._authorizer.credentials(repository, deadline))

    def get(self, repository: Repository, request: Request, budget: Budget, absent: frozenset[int] = _ABSENT) -> Answer:
        """Send a request as often as it is worth it.

        Args:
            repository: whose credentials count.
            request: what to ask.
            budget: what it may cost.
            absent: statuses that say "not here", which are answers too.

        Raises:
            SourceError: the registry did not answer, or refused to.
            TooMuchAttached: the budget is used up.
        """

        def attempt() -> Answer:
            reply = self._authorized(repository, request, budget)
            if reply.status == 200 or reply.status in absent:
                return reply
            raise self._refusal(repository, reply, budget.deadline)

        try:
            return retry(attempt, Patience(self._options.tries, _wait), budget.deadline, self._clock)
        except NoAnswer as trouble:
            self._exchange.hosts.leave_alone(urlsplit(request.url).netloc, trouble, self._options.down_seconds)
            raise

    def _authorized(self, repository: Repository, request: Request, budget: Budget) -> Answer:
        """The answer to the first credential that the registry accepts; else its first refusal.

        Some registries answer 404 for what they do not show. So as long as no credential has been accepted, the others
        are tried after a 404, too; it is the answer when they get no other.
        """
        absent, refused, troubles = list[Answer](), list[Answer](), list[SourceError]()
        for credential in _readable(self._authorizer.credentials(repository, budget.deadline), troubles):
            try:
                reply = self._as(credential, repository, request, budget)
            except Denied as problem:
                troubles.append(problem)
                continue
            if reply.status in (401, 403) and origin(reply.url) == repository.registry.url:
                refused.append(reply)
            elif reply.status == 404 and not self._authorizer.is_accepted(repository, credential):
                absent.append(reply)
            else:
                self._authorizer.accept(repository, credential)
                return reply
        if absent:
            return absent[0]
        passing = [problem for problem in troubles if not isinstance(problem, Denied)]
        if refused and not passing:
            return refused[0]
        raise (passing or troubles)[0]

    def _as(self, credential: Credential | None, repository: Repository, request: Request, budget: Budget) -> Answer:
        """The answer to one credential.

        Raises:
            Denied: the registry's challenge cannot be met with it.
            SourceError: the registry did not answer.
        """
        header = self._authorizer.header(repository, credential, budget.deadline)
        reply = self._send(replace(request, authorization=header), budget)
        if reply.status == 401 and origin(reply.url) == repository.registry.url:
            header = self._authorizer.answer(repository, credential, reply, header, budget.deadline)
            reply = self._send(replace(request, authorization=header), budget)
        return reply

    def _send(self, request: Request, budget: Budget) -> Answer:
        budget.spend(requests=1)
        reply = self._exchange.send(request, budget.deadline)
        budget.spend(read=len(reply.body))
        return reply

    def _refusal(self, repository: Repository, reply: Answer, deadline: Deadline) -> SourceError:
        """The error for an answer of no use; a host that asks for a pause gets it."""
        own = origin(reply.url) == repository.registry.url
        if reply.status in (401, 403) and own:
            return self._authorizer.denied(repository, self.credential(repository, deadline), reply)
        what = repository.name if own else f"{origin(reply.url)}, to which {repository.registry.host} redirects,"
        trouble = status_trouble(reply.status, reply.headers, reply.body, what, self._clock.now())
        if isinstance(trouble, Retryable) and trouble.retry_after is not None:
            self._exchange.hosts.leave_alone(urlsplit(reply.url).netloc, trouble)
        return trouble


def _readable(offers: Iterator[Credential | None], troubles: list[SourceError]) -> Iterator[Credential | None]:
    """The credentials that can be read; why others cannot goes to the troubles."""
    try:
        yield from offers
    except SourceError as problem:
        troubles.append(problem)


def _wait(trouble: Retryable, tried: int) -> float:
    """Seconds before the next try; a pause that a host asked for is kept by the exchange."""
    return 0.0 if trouble.retry_after is not None else backoff(_FIRST_PAUSE, tried, _LONGEST_PAUSE)
