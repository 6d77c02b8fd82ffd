"""Feeds: files that a source publishes under a web address, downloaded whole, and only when they have changed."""

from __future__ import annotations

from typing import IO
from urllib.parse import quote

from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import retry_after
from webhook.clients.http.messages import Answer, Request
from webhook.clients.osv.options import SourceRule
from webhook.errors import Final, Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

LIMITS = Limits(connect_seconds=10.0, read_seconds=60.0, connections_per_host=2)
_SECONDS = 3600.0
_MOST_REFUSAL = 64 * 1024
_LATER = (408, 425, 429)
_MISSING = (404, 410)
_LONGEST_TAG = 200
_REMEDIES = Remedies(
    certificate="Name its certificate authority as caFile of the source.",
    tls="Check location of the source, and any proxy on the way.",
    unreachable="Check location of the source, the network policy and HTTPS_PROXY; the data there are stay.",
    size="Raise maxMegabytes of the source.",
)


class Feed:
    """The files of one source.

    Args:
        rule: which one; its location is a web address.
        exchange: sends.
        clock: time.
    """

    def __init__(self, rule: SourceRule, exchange: Exchange, clock: Clock) -> None:
        self._rule, self._exchange, self._clock = rule, exchange, clock
        self._destination = Destination(
            _REMEDIES, Reach.PRIVATE, rule.plain_http, rule.ca_file, name=f"source {rule.name}"
        )

    def url(self, *path: str) -> str:
        """The address of a file below the location."""
        return "/".join((self._rule.location.rstrip("/"), *map(quote, path)))

    def check(self, url: str, what: str) -> None:
        """Look whether a file is there, without reading it.

        Raises:
            SourceError: it is not.
        """
        answer = self._head(url, Deadline(self._clock.monotonic() + LIMITS.read_seconds))
        if answer.status != 200:
            raise self._refusal(answer, what)

    def download(self, url: str, what: str, known: str, into: IO[bytes]) -> str | None:
        """Write a file, unless it is the known version of it.

        Args:
            url: of the file; redirects are followed.
            what: it holds, for people.
            known: the tag of the version that is known; empty for none.
            into: where to.

        Returns:
            The tag of this version, possibly empty; None when it is the known one.

        Raises:
            SourceError: there is none, it is too large, or was cut off.
        """
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        head = self._head(url, deadline)
        if head.status in _MISSING:
            raise self._refusal(head, what)
        tag = _tag(head) if head.status == 200 else ""
        if tag and tag == known:
            return None
        size, most = 0, self._rule.max_bytes
        request = Request(self._destination, "GET", head.url if head.status == 200 else url, _MOST_REFUSAL)
        for chunk in self._exchange.stream(request, deadline, lambda answer: self._refusal(answer, what)):
            size += len(chunk)
            if size > most:
                raise Final(f"What {self._rule.name} has of {what} is larger than {most} bytes.", remedy=_REMEDIES.size)
            into.write(chunk)
        return tag

    def read(self, url: str, what: str, most: int, deadline: Deadline) -> bytes:
        """A small file.

        Args:
            url: of the file; redirects are followed.
            what: it holds, for people.
            most: bytes that are read.
            deadline: for all of it.

        Raises:
            SourceError: there is none, it is too large, or was cut off.
        """
        answer = self._exchange.send(Request(self._destination, "GET", url, most), deadline)
        if answer.status != 200:
            raise self._refusal(answer, what)
        return answer.body

    def read_if_there(self, url: str, what: str, most: int, deadline: Deadline) -> bytes | None:
        """The same; None where there is no such file.

        Raises:
            SourceError: it is too large, was cut off, or the server did not answer.
        """
        answer = self._exchange.send(Request(self._destination, "GET", url, most), deadline)
        if answer.status in _MISSING:
            return None
        if answer.status != 200:
            raise self._refusal(answer, what)
        return answer.body

    def _head(self, url: str, deadline: Deadline) -> Answer:
        return self._exchange.send(Request(self._destination, "HEAD", url, 0), deadline)

    def _refusal(self, answer: Answer, what: str) -> SourceError:
        sentence = f"The source {self._rule.name} answered with status {answer.status} for {what}."
        if answer.status in _LATER or answer.status >= 500:
            wait = retry_after(answer.headers, self._clock.now())
            return Retryable(sentence, remedy="Look at the mirror.", retry_after=wait)
        return Final(sentence, remedy=f"A mirror has {answer.url.rpartition('//')[2].partition('/')[2]} there.")


def _tag(head: Answer) -> str:
    """What tells two versions of a file apart: the ETag, or else when it was changed."""
    changed = head.headers.get("Last-Modified", "")
    return (head.headers.get("ETag") or (f"modified {changed}" if changed else ""))[:_LONGEST_TAG]
