"""The client of the hub: sends requests with the member's token; implements ``HubClient``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from webhook import __version__
from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import http_date, retry_after
from webhook.clients.http.messages import Answer, Request
from webhook.clients.hub.options import HubClientOptions, is_loopback
from webhook.errors import Final, HistoryUnknown, Retryable, SourceError
from webhook.model.changes import Position
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

LIMITS = Limits(connect_seconds=10.0, read_seconds=60.0, redirects=0, connections_per_host=4)
_SECONDS = 60.0
_SNAPSHOT_SECONDS = 1800.0
_MOST_CHANGES = 64 * 1024 * 1024
_MOST_SNAPSHOT = 1024 * 1024 * 1024
_LATER = (408, 425, 429)
_REMEDIES = Remedies(
    certificate="Name the hub's certificate authority in fleet.caFile.",
    tls="Check fleet.hub, and any proxy on the way.",
    unreachable="Check fleet.hub, the network policy and HTTPS_PROXY; this member decides alone meanwhile.",
    size="Update bomgate, or ask who runs the hub.",
)


class HubHttpClient:
    """What a member asks of its hub.

    Args:
        options: where it is.
        exchange: sends, within ``LIMITS``.
        clock: time.

    Attributes:
        skew_seconds: by how much this clock was ahead of the hub's at its last answer, to a second.
    """

    def __init__(self, options: HubClientOptions, exchange: Exchange, clock: Clock) -> None:
        self._options, self._exchange, self._clock = options, exchange, clock
        self.skew_seconds = 0.0
        is_plain = urlsplit(options.hub).scheme == "http" and is_loopback(urlsplit(options.hub).hostname or "")
        self._destination = Destination(
            _REMEDIES, Reach.PRIVATE, plain_http=is_plain, ca_file=options.ca_file, name="the hub"
        )

    def changes(self, since: Position, seconds: int) -> bytes | None:
        """A document with everything after a position; None when nothing has changed.

        Args:
            since: what this member has applied.
            seconds: for which the hub may wait for changes, at most 25.

        Raises:
            HistoryUnknown: the hub knows no such position, or not any more; the snapshot leads on.
            SourceError: the hub did not answer, or refuses to.
        """
        query = {"after": str(since.revision), "store": since.store, "mark": since.mark, "wait": str(seconds)}
        answer = self.send("GET", f"/changes?{urlencode(query)}", limit=_MOST_CHANGES)
        return None if answer.status == 204 else answer.body

    def snapshot(self) -> bytes:
        """A document with everything.

        Raises:
            SourceError: the hub did not answer, or refuses to.
        """
        return self.send("GET", "/snapshot", limit=_MOST_SNAPSHOT, seconds=_SNAPSHOT_SECONDS).body

    def send(
        self,
        method: str,
        path: str,
        *,
        limit: int,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = _SECONDS,
    ) -> Answer:
        """Send a request with this member's token; an answer of status 2xx or 304.

        Args:
            method: GET or POST.
            path: below ``/fleet/v1``, with its query.
            limit: bytes of the answer, unpacked.
            body: what is sent.
            headers: further ones.
            seconds: for all of it.

        Raises:
            HistoryUnknown: the hub said 409 or 410.
            Retryable: the hub did not answer now.
            Final: the hub refuses to.
        """
        own = {"Bomgate-Time": self._clock.now().isoformat(), "Bomgate-Version": __version__}
        request = Request(
            self._destination,
            method,
            f"{self._options.hub.rstrip('/')}/fleet/v1{path}",
            limit,
            headers={**own, **(headers or {})},
            authorization=f"Bearer {self._options.token}",
            body=body,
            compressed=True,
        )
        answer = self._exchange.send(request, Deadline(self._clock.monotonic() + seconds))
        self.skew_seconds = _skew(answer, self._clock.now())
        if 200 <= answer.status <= 299 or answer.status == 304:
            return answer
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> SourceError:
        if answer.status in (409, 410):
            return HistoryUnknown("The hub does not know what this leads on from; all of it has to be sent.")
        if answer.status == 401:
            return Final(
                "The hub does not know this member's token.",
                remedy="Run `bomgate fleet add NAME` at the hub, and set fleet.token to what it prints.",
            )
        sentence = f"The hub answered with status {answer.status}."
        if answer.status in _LATER or answer.status >= 500:
            wait = retry_after(answer.headers, self._clock.now())
            return Retryable(sentence, remedy="Look at the log of the hub.", retry_after=wait)
        return Final(sentence, remedy="Check fleet.hub, and that hub and member are of the same version.")


def _skew(answer: Answer, now: dt.datetime) -> float:
    """By how much this clock is ahead of the server's, by the time that the answer states; 0 where it states none."""
    there = http_date(answer.headers.get("Date") or "")
    return 0.0 if there is None else (now - there).total_seconds()
