"""Advisories in the OSV format, by file or from a web server, as an ``AdvisorySource``.

A mirror has ``<location>/<ecosystem>/all.zip``, as OSV's bucket does. What is unchanged is not read again: a
server says so by ``ETag``, a file by its digest.
Source: https://google.github.io/osv.dev/data/.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from msgspec.structs import replace

from webhook.clients.feeds import Feed
from webhook.clients.http.exchange import Exchange
from webhook.clients.osv.archives import digest_of, read_archive, read_folder, record_name
from webhook.clients.osv.changes import ChangedRecords
from webhook.clients.osv.options import SourceRule
from webhook.clients.osv.records import SetBuilder, modified_at
from webhook.clients.osv.signing import MOST_BYTES, check_signed, unsigned
from webhook.clients.registry.signatures import read_public_key
from webhook.errors import Final, SourceError
from webhook.model.advisories import AdvisorySetInfo, FetchedSet, FormerSet, RecordList
from webhook.model.deadlines import Deadline
from webhook.model.downloads import SourceStatus
from webhook.ports import Clock

if TYPE_CHECKING:
    from webhook.clients.artifacts import ArtifactFeed

ARCHIVE = "all.zip"
_SHRUNK = 2
"""A set with less than one part in so many of the advisories that it had is not believed."""
_IN_MEMORY = 64 * 1024 * 1024
_SIGNATURE_SECONDS = 60.0
_ONE_DAY = dt.timedelta(days=1)


def _beside(archive: Path, suffix: str) -> bytes | None:
    """The file of a signature beside an archive; None where there is none."""
    path = archive.with_name(f"{archive.name}{suffix}")
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES)


def _skipping(builder: SetBuilder) -> Callable[[str, str], None]:
    return lambda why, path: builder.skip(why, record_name(path))


def _nothing() -> FormerSet | None:
    """Nothing is here."""
    return None


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
        self._web = Feed(rule, exchange, clock)
        self._artifact, self._feed = artifact, artifact or self._web
        self._key = None if rule.public_key_file is None else read_public_key(rule.public_key_file.expanduser())
        # Single records are not signed.
        is_split = rule.is_remote and artifact is None and self._key is None
        self._changes = ChangedRecords(rule.name, self._web, clock) if is_split else None

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
            signed = f", signed with {self._key.name}" if self._key and self._artifact else ""
            message = f"Has advisories of {', '.join(self.ecosystems)}{signed}."
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

    def fetch(
        self,
        ecosystem: str,
        known: AdvisorySetInfo | None,
        former: Callable[[], FormerSet | None] = _nothing,
    ) -> FetchedSet:
        """The advisories of an ecosystem, unless they are what is known already.

        Args:
            ecosystem: one of the rule's.
            known: what the store has; None for nothing.
            former: gives what the store has; a mirror is then asked for the records alone that have changed.

        Raises:
            Final: there are none, they are beyond the limits, or older than what is known.
            Retryable: the server did not answer, or the archive was cut off.
        """
        if self._key is not None and known is not None and not known.signature.endswith(self._key.fingerprint):
            known = replace(known, digest="", tag="")
        if self._changes is not None and known is not None:
            fetched = self._changes.fetch(ecosystem, known, former, self._until())
            if fetched is not None:
                return fetched
        with ExitStack() as stack:
            if self._rule.is_remote:
                spool = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
                url = self._feed.url(ecosystem, ARCHIVE)
                tag = self._feed.download(url, ecosystem, "" if known is None else known.tag, cast("IO[bytes]", spool))
                if tag is None and known is not None:
                    return FetchedSet(self.name, ecosystem, known.digest, known.tag, None)
                spool.seek(0)
                stream = cast("IO[bytes]", spool)
                self._check_signature(ecosystem, stream, self._beside(ecosystem))
                return self._read(ecosystem, known, stream, tag or "")
            folder = self._folder(ecosystem)
            archive = folder / ARCHIVE
            try:
                if archive.is_file():
                    stream = stack.enter_context(archive.open("rb"))
                    self._check_signature(ecosystem, stream, partial(_beside, archive))
                    return self._read(ecosystem, known, stream, "")
                if self._key is not None:
                    raise unsigned(f"The folder {folder}", "has files, and only an archive can be signed", self._key)
                return self._read_files(ecosystem, known, folder)
            except OSError as problem:
                raise Final(
                    f"The advisories of {ecosystem} cannot be read: {problem}",
                    remedy=f"Put {ARCHIVE} or JSON files into {folder}.",
                ) from problem

    def _check_signature(self, ecosystem: str, stream: IO[bytes], read: Callable[[str], bytes | None]) -> None:
        """Refuse an archive that has to be signed, and is not; an artefact was checked as a whole."""
        if self._key is not None and self._artifact is None:
            check_signed(self._key, stream, f"The archive of {ecosystem} of {self.name}", read)

    def _beside(self, ecosystem: str) -> Callable[[str], bytes | None]:
        deadline = Deadline(self._clock.monotonic() + _SIGNATURE_SECONDS)

        def read(suffix: str) -> bytes | None:
            url = self._web.url(ecosystem, f"{ARCHIVE}{suffix}")
            return self._web.read_if_there(url, ecosystem, MOST_BYTES, deadline)

        return read

    def _signed(self, digest: str) -> str:
        """What is kept of a signature."""
        if self._key is None:
            return ""
        return f"{digest if self._artifact is None else self._artifact.signed} by {self._key.fingerprint}"

    def _read(self, ecosystem: str, known: AdvisorySetInfo | None, stream: IO[bytes], tag: str) -> FetchedSet:
        digest = digest_of(stream)
        if known is not None and known.digest == digest:
            return FetchedSet(self.name, ecosystem, digest, tag, None)
        builder = SetBuilder(ecosystem, self._until(), lists=self._changes is not None)
        return self._built(known, digest, tag, builder, read_archive(stream, self._rule.max_bytes, _skipping(builder)))

    def _read_files(self, ecosystem: str, known: AdvisorySetInfo | None, folder: Path) -> FetchedSet:
        builder, whole = SetBuilder(ecosystem, self._until()), hashlib.sha256()
        records = list(read_folder(folder, _skipping(builder)))
        for data, _ in records:
            whole.update(hashlib.sha256(data).digest())
        digest = f"sha256:{whole.hexdigest()}"
        if known is not None and known.digest == digest:
            return FetchedSet(self.name, ecosystem, digest, "", None)
        return self._built(known, digest, "", builder, records)

    def _built(
        self,
        known: AdvisorySetInfo | None,
        digest: str,
        tag: str,
        builder: SetBuilder,
        records: Iterable[tuple[bytes, str]],
    ) -> FetchedSet:
        ecosystem = builder.ecosystem
        for data, path in records:
            builder.add(data, record_name(path))
        content = builder.finish()
        count, before = len(content.advisories), 0 if known is None else known.advisories
        if count < max(1, before // _SHRUNK):
            # It would make everything clean that the others were about.
            raise Final(
                f"The source {self.name} has {count} usable advisories of {ecosystem}; it had {before}.",
                remedy="Check its location; the advisories loaded before are kept. If it is right, take the "
                "ecosystem out of sources, run bomgate download, and add it again.",
            )
        former, latest = "" if known is None else known.newest, self._until()
        before_at, at = modified_at(former), modified_at(content.newest)
        # A time to come, which an earlier program may have kept, would refuse every set.
        if before_at is not None and before_at <= latest and (at is None or at < before_at):
            raise Final(
                f"The advisories of {ecosystem} of {self.name} are older than what is here: the newest was modified at "
                f"{content.newest or 'no time'}, and not at {former}.",
                remedy="Bring the mirror up to date; what was loaded before is kept. If it is right, take the "
                "ecosystem out of sources, run bomgate download, and add it again.",
            )
        now = int(self._clock.now().timestamp())
        listed = None if builder.listed is None else RecordList(now, builder.listed)
        signed, unread = self._signed(digest), frozenset(builder.unread)
        return FetchedSet(self.name, ecosystem, digest, tag, content, listed, signed, unread=unread)

    def _until(self) -> dt.datetime:
        """Later than this nothing can have been modified; clocks may differ."""
        return self._clock.now() + _ONE_DAY
