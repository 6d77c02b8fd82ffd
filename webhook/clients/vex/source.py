"""VEX documents of a source: a file, a folder, or an archive, on this machine or behind a web address.

A document that cannot be read is reported, and the others are read.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import retry_after
from webhook.clients.http.messages import Answer, Request
from webhook.clients.osv.archives import read_archive, read_folder
from webhook.clients.osv.options import SourceRule
from webhook.errors import Final, InvalidInput, Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.downloads import SourceStatus
from webhook.model.vex import FoundVex, VexReading
from webhook.ports import Clock
from webhook.sboms.vex import MOST_BYTES, parse_vex

LIMITS = Limits(connect_seconds=10.0, read_seconds=60.0, connections_per_host=2)
_SECONDS = 600.0
_MOST_REFUSAL = 64 * 1024
_LONGEST_PATH = 400
"""What is longer is told apart by its digest: databases do not index long texts."""
_ZIP = b"PK\x03\x04"
_UNREAD = "Repair these files, or delete them there. What they said before counts until then."
_LATER = (408, 425, 429)
_REMEDIES = Remedies(
    certificate="Name its certificate authority as caFile of the source.",
    tls="Check location of the source, and any proxy on the way.",
    unreachable="Check location of the source, the network policy and HTTPS_PROXY; the documents there are stay.",
    size="Raise maxMegabytes of the source.",
)


class VexFiles:
    """One source of VEX documents; implements ``VexSource``.

    Args:
        rule: which one.
        exchange: sends.
        clock: time.
    """

    def __init__(self, rule: SourceRule, exchange: Exchange, clock: Clock) -> None:
        self._rule, self._exchange, self._clock = rule, exchange, clock
        self._destination = Destination(
            _REMEDIES, Reach.PRIVATE, rule.plain_http, rule.ca_file, name=f"source {rule.name}"
        )

    @property
    def name(self) -> str:
        """As the settings have it."""
        return self._rule.name

    def check(self) -> SourceStatus:
        """Read it, and say what it has or what is wrong, without raising."""
        try:
            reading = self.fetch()
        except SourceError as problem:
            return SourceStatus(False, self._rule.location, "none", problem.message, problem.remedy)
        statements = sum(len(found.document.statements) for found in reading.found)
        message = f"Has {statements} statements in {len(reading.found)} VEX documents."
        said = "; ".join((message, *tuple(reading.unread.values())[:1]))
        remedy = _UNREAD if reading.unread else ""
        return SourceStatus(not reading.unread, self._rule.location, "none", said, remedy)

    def fetch(self) -> VexReading:
        """The documents that it has, and why others cannot be read.

        Raises:
            Final: there are none at the location, or they are beyond the limits.
            Retryable: the server did not answer.
        """
        found: list[FoundVex] = []
        unread: dict[str, str] = {}
        for data, path in self._texts(unread):
            try:
                found.append(FoundVex(parse_vex(data), data, _short(path)))
            except InvalidInput as problem:
                unread[_short(path)] = f"{path}: {problem.message}".removeprefix(": ")
        if not found:
            why = f": {next(iter(unread.values()))}" if unread else ""
            raise Final(
                f"The source {self.name} has no VEX document that can be read{why}",
                remedy="Check its location; the documents loaded before are kept.",
            )
        return VexReading(found, unread)

    def _texts(self, unread: dict[str, str]) -> Iterator[tuple[bytes, str]]:
        def skip(why: str, path: str) -> None:
            unread[_short(path)] = f"{path}: it was left out: {why}"

        if self._rule.is_remote:
            yield from self._unpacked(self._download(), skip)
            return
        path = Path(self._rule.location).expanduser()
        try:
            if path.is_dir():
                yield from read_folder(path, skip)
            else:
                with path.open("rb") as stream:
                    data = stream.read(self._rule.max_bytes + 1)
                yield from self._unpacked(data, skip)
        except OSError as problem:
            raise Final(
                f"The VEX documents of {self.name} cannot be read: {problem}", remedy="Check location of the source."
            ) from problem

    def _unpacked(self, data: bytes, skip: Callable[[str, str], None]) -> Iterator[tuple[bytes, str]]:
        if len(data) > self._rule.max_bytes:
            raise Final(f"{self._rule.location} is larger than {self._rule.max_bytes} bytes.", remedy=_REMEDIES.size)
        if data.startswith(_ZIP):
            yield from read_archive(io.BytesIO(data), self._rule.max_bytes, skip)
        else:
            yield data[: MOST_BYTES + 1], ""

    def _download(self) -> bytes:
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        request = Request(self._destination, "GET", self._rule.location, _MOST_REFUSAL)
        parts, size = [], 0
        for chunk in self._exchange.stream(request, deadline, self._refusal):
            size += len(chunk)
            if size > self._rule.max_bytes:
                raise Final(
                    f"{self._rule.location} is larger than {self._rule.max_bytes} bytes.", remedy=_REMEDIES.size
                )
            parts.append(chunk)
        return b"".join(parts)

    def _refusal(self, answer: Answer) -> SourceError:
        sentence = f"The source {self.name} answered with status {answer.status}."
        if answer.status in _LATER or answer.status >= 500:
            return Retryable(
                sentence, remedy="Look at the server.", retry_after=retry_after(answer.headers, self._clock.now())
            )
        return Final(sentence, remedy="Check location of the source.")


def _short(path: str) -> str:
    if len(path) <= _LONGEST_PATH:
        return path
    return f"sha256:{hashlib.sha256(path.encode('utf-8', 'replace')).hexdigest()}"
