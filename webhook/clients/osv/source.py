"""Advisories in the OSV format, by file or from a web server, as an ``AdvisorySource``.

A mirror has ``<location>/<ecosystem>/all.zip``, as OSV's bucket does. What is unchanged is not read again: a
server says so by ``ETag``, a file by its digest.
Source: https://google.github.io/osv.dev/data/.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from webhook.clients.feeds import Feed
from webhook.clients.http.exchange import Exchange
from webhook.clients.osv.archives import digest_of, read_archive, read_folder
from webhook.clients.osv.options import SourceRule
from webhook.clients.osv.records import SetBuilder, modified_at
from webhook.errors import Final, SourceError
from webhook.model.advisories import AdvisorySetInfo, FetchedSet
from webhook.model.downloads import SourceStatus
from webhook.ports import Clock

if TYPE_CHECKING:
    from webhook.clients.artifacts import ArtifactFeed

ARCHIVE = "all.zip"
_SHRUNK = 2
"""A set with less than one part in so many of the advisories that it had is not believed."""
_IN_MEMORY = 64 * 1024 * 1024
_ONE_DAY = dt.timedelta(days=1)


class OsvSource:
    """One source of advisories.

    Args:
        rule: which one.
        exchange: sends.
        clock: time.
        artifact: where the location names one.
    """

    def __init__(
        self, rule: SourceRule, exchange: Exchange, clock: Clock, artifact: ArtifactFeed | None = None
    ) -> None:
        self._rule, self._clock = rule, clock
        self._feed = artifact or Feed(rule, exchange, clock)

    @property
    def name(self) -> str:
        """As the settings have it."""
        return self._rule.name

    @property
    def ecosystems(self) -> Sequence[str]:
        """What is taken from it."""
        return self._rule.ecosystems

    def check(self) -> SourceStatus:
        """Look whether it has what is taken from it, without reading that, and say what is wrong, without raising."""
        missing, message, remedy = [], "", ""
        for ecosystem in self.ecosystems:
            try:
                self._look(ecosystem)
            except SourceError as problem:
                missing.append(ecosystem)
                message, remedy = message or problem.message, remedy or problem.remedy
        if not missing:
            message = f"Has advisories of {', '.join(self.ecosystems)}."
        return SourceStatus(not missing, self._rule.location, "none", message, remedy)

    def _look(self, ecosystem: str) -> None:
        if self._rule.is_remote:
            self._feed.check(self._feed.url(ecosystem, ARCHIVE), ecosystem)
            return
        folder = self._folder(ecosystem)
        if not (folder / ARCHIVE).is_file() and next(iter(folder.rglob("*.json")), None) is None:
            raise Final(f"There are no advisories in {folder}.", remedy=f"Put {ARCHIVE} or JSON files there.")

    def _folder(self, ecosystem: str) -> Path:
        return Path(self._rule.location).expanduser() / ecosystem

    def fetch(self, ecosystem: str, known: AdvisorySetInfo | None) -> FetchedSet:
        """The advisories of an ecosystem, unless they are what is known already.

        Args:
            ecosystem: one of the rule's.
            known: what the store has; None for nothing.

        Raises:
            Final: there are none, they are beyond the limits, or older than what is known.
            Retryable: the server did not answer, or the archive was cut off.
        """
        with ExitStack() as stack:
            if self._rule.is_remote:
                spool = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
                url = self._feed.url(ecosystem, ARCHIVE)
                tag = self._feed.download(url, ecosystem, "" if known is None else known.tag, cast("IO[bytes]", spool))
                if tag is None and known is not None:
                    return FetchedSet(self.name, ecosystem, known.digest, known.tag, None)
                spool.seek(0)
                return self._read(ecosystem, known, cast("IO[bytes]", spool), tag or "")
            folder = self._folder(ecosystem)
            archive = folder / ARCHIVE
            try:
                if archive.is_file():
                    return self._read(ecosystem, known, stack.enter_context(archive.open("rb")), "")
                return self._read_files(ecosystem, known, folder)
            except OSError as problem:
                raise Final(
                    f"The advisories of {ecosystem} cannot be read: {problem}",
                    remedy=f"Put {ARCHIVE} or JSON files into {folder}.",
                ) from problem

    def _read(self, ecosystem: str, known: AdvisorySetInfo | None, stream: IO[bytes], tag: str) -> FetchedSet:
        digest = digest_of(stream)
        if known is not None and known.digest == digest:
            return FetchedSet(self.name, ecosystem, digest, tag, None)
        builder = SetBuilder(ecosystem, self._until())
        return self._built(known, digest, tag, builder, read_archive(stream, self._rule.max_bytes, builder.skip))

    def _read_files(self, ecosystem: str, known: AdvisorySetInfo | None, folder: Path) -> FetchedSet:
        builder, whole = SetBuilder(ecosystem, self._until()), hashlib.sha256()
        records = list(read_folder(folder, builder.skip))
        for data in records:
            whole.update(hashlib.sha256(data).digest())
        digest = f"sha256:{whole.hexdigest()}"
        if known is not None and known.digest == digest:
            return FetchedSet(self.name, ecosystem, digest, "", None)
        return self._built(known, digest, "", builder, records)

    def _built(
        self, known: AdvisorySetInfo | None, digest: str, tag: str, builder: SetBuilder, records: Iterable[bytes]
    ) -> FetchedSet:
        ecosystem = builder.ecosystem
        for data in records:
            builder.add(data)
        content = builder.finish()
        count, before = len(content.advisories), 0 if known is None else known.advisories
        if count < max(1, before // _SHRUNK):
            # It would make everything clean that the others were about.
            raise Final(
                f"The source {self.name} has {count} usable advisories of {ecosystem}; it had {before}.",
                remedy="Check its location; the advisories there were stay. If it is right, take the ecosystem out of "
                "sources, run bomgate download, and add it again.",
            )
        former, latest = "" if known is None else known.newest, self._until()
        before_at, at = modified_at(former), modified_at(content.newest)
        # A time to come, which an earlier program may have kept, would refuse every set.
        if before_at is not None and before_at <= latest and (at is None or at < before_at):
            raise Final(
                f"The advisories of {ecosystem} of {self.name} are older than what is here: the newest was modified at "
                f"{content.newest or 'no time'}, and not at {former}.",
                remedy="Bring the mirror up to date; what is here stays. If it is right, take the ecosystem out of "
                "sources, run bomgate download, and add it again.",
            )
        return FetchedSet(self.name, ecosystem, digest, tag, content)

    def _until(self) -> dt.datetime:
        """Later than this nothing can have been modified; clocks may differ."""
        return self._clock.now() + _ONE_DAY
