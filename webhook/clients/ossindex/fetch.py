"""Fetch: one request for component reports, retried where that may help; statuses become errors here.

Source: OSS Index REST v3 as served by Sonatype Guide (``POST /api/v3/component-report``). What errors carry in their
body is not specified, so a body is only ever a hint for people; the status decides.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import retry_after
from webhook.clients.http.messages import Answer, Request
from webhook.clients.http.retries import Patience, backoff, retry
from webhook.clients.ossindex.auth import Identity
from webhook.clients.ossindex.errors import (
    BatchRefused,
    BatchTooLarge,
    CredentialsRefused,
    Forbidden,
    OutOfCredits,
    SlowDown,
)
from webhook.clients.ossindex.options import OLD_HOST, OssIndexOptions
from webhook.clients.ossindex.reading import decode_reports, message_of, number_of
from webhook.errors import DeadlineExceeded, Final, Retryable
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

log = logging.getLogger("bomgate.ossindex")

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json, application/vnd.ossindex.*;q=0.9"}
_MORE_THAN = re.compile(r"more than (\d{1,6}) ")
_LONGEST_BACKOFF = 60.0


@dataclass(slots=True)
class Effort:
    """What one batch has cost so far, over all of its requests.

    Attributes:
        until: monotonic moment after which no further try is made.
    """

    until: float
    requests: int = 0
    credits_used: float | None = None
    credits_remaining: float | None = None


class ReportEndpoint:
    """The service's address for component reports.

    Args:
        exchange: sends.
        options: address and patience.
        clock: waits.
        jitter: random number from 0 to 1; it spreads the tries of several clients.
    """

    def __init__(
        self, exchange: Exchange, options: OssIndexOptions, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self._exchange, self._options, self._clock, self._jitter = exchange, options, clock, jitter

    def ask(self, coordinates: Sequence[str], identity: Identity, effort: Effort) -> Sequence[object]:
        """The entries of the answer for these coordinates, unread.

        Raises:
            BatchRefused: 400; at least one of the coordinates is to blame.
            BatchTooLarge: there are too many of them.
            Final: no further try will help.
            Retryable: every try failed.
        """
        before = effort.requests
        try:
            return retry(
                lambda: self._once(coordinates, identity, effort),
                Patience(self._options.max_tries, self._wait, _note),
                Deadline(effort.until),
                self._clock,
            )
        except Retryable as problem:
            raise type(problem)(
                f"{problem.message.rstrip('.')} (tried {effort.requests - before} times).",
                remedy=problem.remedy,
                retry_after=problem.retry_after,
            ) from problem

    def _wait(self, problem: Retryable, tried: int) -> float:
        """Seconds before the next try: what the service asked for, else twice as long each time."""
        options, jitter = self._options, self._jitter()
        if problem.retry_after:
            # Never earlier than asked, within the cap; the spread keeps several clients from coming back at once.
            return min(problem.retry_after, options.max_wait_seconds) + jitter
        seconds = backoff(options.backoff_seconds, tried, _LONGEST_BACKOFF)
        return min(seconds * (1 + jitter), options.max_wait_seconds)

    def _once(self, coordinates: Sequence[str], identity: Identity, effort: Effort) -> Sequence[object]:
        options = self._options
        effort.requests += 1
        request = Request(
            options.destination,
            "POST",
            options.endpoint,
            options.max_body_bytes,
            _HEADERS,
            identity.header,
            msgspec.json.encode({"coordinates": [str(coordinate) for coordinate in coordinates]}),
            compressed=True,
        )
        try:
            answer = self._exchange.send(request, Deadline(self._clock.monotonic() + options.max_batch_seconds))
        except DeadlineExceeded:
            raise Retryable(f"OSS Index did not finish its answer within {options.max_batch_seconds:g} s.") from None
        if answer.status != 200:
            raise self._refusal(answer, identity)
        self._note_headers(answer.headers, effort)
        return decode_reports(answer.body)

    def _note_headers(self, headers: Mapping[str, str], effort: Effort) -> None:
        used, remaining = number_of(headers.get("X-Credits-Used")), number_of(headers.get("X-Credits-Remaining"))
        if used is not None:  # stated per request
            effort.credits_used = (effort.credits_used or 0.0) + used
        if remaining is not None:
            effort.credits_remaining = remaining
        if warning := headers.get("X-Credits-Warning"):
            log.warning("OSS Index warns about credits", extra={"says": warning[:200], "remaining": remaining})
        log.debug(
            "OSS Index answered",
            extra={"batch_size": headers.get("X-Batch-Size"), "batch_found": headers.get("X-Batch-Found")},
        )

    def _refusal(self, answer: Answer, identity: Identity) -> Final | Retryable:
        status, said = answer.status, message_of(answer.body)
        said = identity.redact(said)
        quote = f": {said}" if said else ""
        if status in (400, 413):
            more_than = _MORE_THAN.search(said)
            if status == 413 or more_than:
                limit = int(more_than[1]) if more_than else None
                return BatchTooLarge(f"OSS Index refuses the batch as too large ({status}){quote}", limit=limit)
            return BatchRefused(f"OSS Index refuses the request ({status}){quote}")
        if status == 401:
            return CredentialsRefused(
                f"OSS Index does not accept the credentials (401){quote}", remedy=self._sign_in_remedy(identity)
            )
        if status == 402:
            return OutOfCredits(f"OSS Index says the account is out of credits (402){quote}")
        if status == 403:
            return Forbidden(f"The request to OSS Index is forbidden (403){quote}")
        if status in (408, 425, 429) or status >= 500:
            wait = retry_after(answer.headers, self._clock.now())
            if status == 429:
                return SlowDown(f"OSS Index asks to slow down ({status}){quote}", retry_after=wait)
            return Retryable(f"OSS Index has a problem ({status}){quote}", retry_after=wait)
        return Final(
            f"OSS Index answered with status {status}{quote}",
            remedy="Check ossindex.url and any proxy on the way; the service has its API below /api/v3.",
        )

    def _sign_in_remedy(self, identity: Identity) -> str:
        if identity.is_pat and self._options.host == OLD_HOST:
            return "Personal access tokens belong to https://api.guide.sonatype.com: set ossindex.url to it."
        if identity.is_pat:
            return "The token is wrong, expired or withdrawn: create a new one in Sonatype Guide, set ossindex.token."
        return (
            "Check ossindex.username and ossindex.token, or replace them by a personal access token of Sonatype Guide "
            "(sonatype_pat_…); older tokens stop working after 2026-12-31."
        )


def _note(problem: Retryable, tried: int, seconds: float) -> None:
    extra = {"error": problem.message, "wait_seconds": round(seconds, 1), "tries": tried}
    log.warning("OSS Index did not answer; trying again", extra=extra)
