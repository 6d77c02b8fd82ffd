"""Changes of a mirror: a set is brought up to date by the records that are others now, where these are few.

A mirror that is made as OSV's bucket has ``<ecosystem>/modified_id.csv`` beside the archive: a line for each record,
with the time at which it was modified (RFC 3339, up to nanoseconds) and its id, the newest first and without a heading;
the record itself is ``<ecosystem>/<id>.json``. Times are compared with those that records stated when they were read,
and not with a clock. Whatever does not add up, such as a record that is gone, goes back in time or cannot be read, is
left to the archive, which is also read once a week.
Source: https://google.github.io/osv.dev/data/; the exporter of google/osv.dev.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import logging
import re
from collections.abc import Callable, Mapping
from typing import IO, cast

from webhook.clients.feeds import Feed
from webhook.clients.osv.records import LONGEST_RECORD, SetBuilder, modified_at
from webhook.errors import SourceError
from webhook.model.advisories import AdvisorySetInfo, FetchedSet, FormerSet, ListedRecord, RecordList
from webhook.model.deadlines import Deadline
from webhook.policy.advisorychanges import with_records
from webhook.ports import Clock

log = logging.getLogger("bomgate.matching")

LIST = "modified_id.csv"
_TAGGED = f"{LIST} "
"""Before the tag of the list, to tell it from that of the archive."""
_LINE = re.compile(r"([0-9TZ:.+-]{20,40}),([A-Za-z0-9][A-Za-z0-9_.:+-]{0,199})")
_WHOLE_SECONDS = 7 * 86_400
_SECONDS = 600.0
_FEWEST, _MOST, _PART = 20, 1_000, 50
"""So many records are fetched one by one in any case, at most, and as one part in so many of all."""


class _NotAddingUpError(Exception):
    """The archive has to be read."""


class ChangedRecords:
    """Brings sets of one mirror up to date by single records.

    Args:
        source: its name.
        feed: its files.
        clock: time.
    """

    def __init__(self, source: str, feed: Feed, clock: Clock) -> None:
        self._source, self._feed, self._clock = source, feed, clock

    def fetch(
        self, ecosystem: str, known: AdvisorySetInfo, former: Callable[[], FormerSet | None], until: dt.datetime
    ) -> FetchedSet | None:
        """The set as it is now; None where the archive has to be read.

        Args:
            ecosystem: of the set.
            known: what is here.
            former: gives what is here, with its records.
            until: see :class:`SetBuilder`.
        """
        try:
            return self._fetch(ecosystem, known, former, until)
        except (SourceError, _NotAddingUpError) as problem:
            extra = {"source": self._source, "ecosystem": ecosystem, "why": str(problem)}
            log.info("the archive of advisories is read as a whole", extra=extra)
            return None

    def _fetch(
        self, ecosystem: str, known: AdvisorySetInfo, former: Callable[[], FormerSet | None], until: dt.datetime
    ) -> FetchedSet | None:
        read, here = io.BytesIO(), known.tag.removeprefix(_TAGGED) if known.tag.startswith(_TAGGED) else ""
        tag = self._feed.download(self._feed.url(ecosystem, LIST), ecosystem, here, cast("IO[bytes]", read))
        if tag is None:
            return FetchedSet(self._source, ecosystem, known.digest, known.tag, None)
        before = former() if known.digest else None
        if before is None or self._clock.now().timestamp() - before.listed.whole_at > _WHOLE_SECONDS:
            return None
        changed = _changed(_stated(read.getvalue()), before.listed.records)
        if not changed:
            return FetchedSet(self._source, ecosystem, known.digest, f"{_TAGGED}{tag}", None)
        builder, digest = SetBuilder(ecosystem, until, lists=True), hashlib.sha256(known.digest.encode())
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        for name, modified in sorted(changed.items()):
            data = self._feed.read(self._feed.url(ecosystem, f"{name}.json"), name, LONGEST_RECORD, deadline)
            builder.add(data, name)
            digest.update(hashlib.sha256(data).digest())
            _check(name, modified, builder.listed)
        new, listed = builder.finish(), builder.listed or {}
        content = with_records(before, listed, new)
        content.newest = max(before.content.newest, new.newest, key=_moment)
        records = RecordList(before.listed.whole_at, {**before.listed.records, **listed})
        extra = {"source": self._source, "ecosystem": ecosystem, "records": len(listed)}
        log.info("advisories were brought up to date record by record", extra=extra)
        name, unread = f"sha256:{digest.hexdigest()}", frozenset(builder.unread)
        return FetchedSet(self._source, ecosystem, name, f"{_TAGGED}{tag}", content, records, unread=unread)


def _stated(data: bytes) -> Mapping[str, str]:
    """When each record was modified, as a list says."""
    text = data.decode(errors="replace").replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    rows = [_LINE.fullmatch(line) for line in lines]
    stated = {row[2]: row[1] for row in rows if row is not None}
    if not text.endswith("\n") or len(stated) < len(lines):
        raise _NotAddingUpError(f"{LIST} was cut off, or has a line that cannot be read")
    return stated


def _changed(stated: Mapping[str, str], listed: Mapping[str, ListedRecord]) -> Mapping[str, str]:
    """The records that are others now, or new, with their time."""
    if gone := len(listed.keys() - stated.keys()):
        raise _NotAddingUpError(f"{LIST} does not name {gone} of the records that are here")
    changed = {}
    for name, modified in stated.items():
        there = listed.get(name)
        if there is not None and there.modified in ("", modified):  # what cannot be read is left to the archive
            continue
        if there is not None and (moment := _moment(modified)) <= (former := _moment(there.modified)):
            if moment < former:
                raise _NotAddingUpError(f"{LIST} has an older version of {name} than what is here")
            continue
        changed[name] = modified
    if len(changed) > max(_FEWEST, min(_MOST, len(listed) // _PART)):
        raise _NotAddingUpError(f"{len(changed)} records have changed")
    return changed


def _check(name: str, modified: str, listed: Mapping[str, ListedRecord] | None) -> None:
    """Refuse a record that is another than the list says, or an older version of it."""
    found = None if listed is None else listed.get(name)
    if found is None or not found.modified or _moment(found.modified) < _moment(modified):
        raise _NotAddingUpError(f"{name}.json is not what {LIST} says")


def _moment(text: str) -> dt.datetime:
    """The time that a record states; the earliest for none."""
    return modified_at(text) or dt.datetime.min.replace(tzinfo=dt.UTC)
