"""Records: one file in the OSV format becomes an advisory with the versions that it is about.

What is wrong with one record, or with what it says of one package, loses nothing else and is counted. Withdrawn records
do not count, and neither do ranges of commits, since SBOMs have versions. Several records of one id count together: a
version that one of them calls affected is no less so because another one, such as an older copy, does not.
Source: the OSV schema 1.7; where databases keep what the schema leaves to them, their records.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

import msgspec

from webhook.clients.osv.descriptions import LONGEST_ID, Record, advisory_of, cves, joined
from webhook.clients.osv.severities import Rated, Severity, specific_of
from webhook.model.advisories import Advisory, AdvisorySet, AffectedVersions, Interval, ListedRecord
from webhook.policy.advisorykeys import key_of
from webhook.policy.affected import VersionOrder, in_stream, intervals_of, streams_of

LONGEST_RECORD = 16 * 1024 * 1024
"""Bytes of a record; the largest real ones, lists of every version of a package, have below 5 MB."""
_MOST_AFFECTED = 100_000
_NO_SECURITY = ("ALBA-", "ALEA-")
"""AlmaLinux's advisories of bug fixes and enhancements; a few name vulnerabilities all the same."""
_LONGEST_TIME = 40
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


class _Package(msgspec.Struct, gc=False):
    ecosystem: str
    name: str


class _Range(msgspec.Struct, gc=False):
    type: str
    events: list[dict[str, str]] = []


class _Affected(msgspec.Struct, gc=False):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[Severity] | None = None
    ecosystem_specific: msgspec.Raw = msgspec.Raw()


_RECORD = msgspec.json.Decoder(Record)
_AFFECTED = msgspec.json.Decoder(_Affected)


def modified_at(text: str) -> dt.datetime | None:
    """When a record says that it was modified; None when that is no time."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


class SetBuilder:
    """Makes the advisories of one ecosystem from its records.

    Args:
        ecosystem: without release, such as ``Debian``; what records say of others does not count.
        until: a record that says it was modified later does not make the set newer; None for no bound.
        lists: whether ``listed`` is wanted.

    Attributes:
        listed: the records that were taken in, by id; None when they are not wanted, or cannot be told apart.
        unread: ids of records of which not all could be read; of those that have none, the names of their files.
    """

    def __init__(self, ecosystem: str, until: dt.datetime | None = None, *, lists: bool = False) -> None:
        self.ecosystem, self._until, self._newest = ecosystem, until, _EARLIEST
        self._set = AdvisorySet()
        self._counts = Counter[str]()
        self._numbers = dict[str, int]()
        self._repeated: dict[int, list[Advisory]] = {}
        self._repeated_keys = set[str]()
        self._orders: dict[str, VersionOrder] = {}
        self._streams: tuple[str, ...] = ()
        self._rated = Rated([], [])
        self.listed: dict[str, ListedRecord] | None = {} if lists else None
        self.unread = set[str]()
        self._reasons: list[str] = []

    def add(self, data: bytes, name: str = "") -> None:
        """Take a record in; one that cannot be read is counted.

        Args:
            data: the record.
            name: of its file, without the suffix; its id, where it can be read.
        """
        if len(data) > LONGEST_RECORD:
            self.skip("too-large", name)
            return
        try:
            record = _RECORD.decode(data)
        except (ValueError, RecursionError):
            self.skip("unreadable", name)
            return
        self._reasons = []
        self._take_in(record, name)
        self._list(record.id, record.modified[:_LONGEST_TIME])

    def _list(self, name: str, modified: str) -> None:
        if self.listed is not None:
            is_told_apart = name and name not in self.listed
            self.listed[name] = ListedRecord(modified, tuple(self._reasons))
            self.listed = self.listed if is_told_apart else None

    def _take_in(self, record: Record, name: str) -> None:
        self._date(record.modified[:_LONGEST_TIME])
        if why := self._why_not(record):
            self.unread |= {name} if why == "unreadable" else set()
            self.skip(why)
            return
        found: dict[str, list[AffectedVersions]] = {}
        self._rated = Rated(list(record.severity or ()), [specific_of(record.database_specific).severity or ""])
        number, reasons = self._numbers.get(record.id, len(self._set.advisories)), set[str]()
        self._streams = streams_of(record.summary or "")
        for raw in (record.affected or ())[:_MOST_AFFECTED]:
            self._take(raw, number, found, reasons)
        if "unreadable-package" in reasons:
            self.unread.add(record.id)
        if not found:
            self.skip(min(reasons, default="nothing-affected"))
            return
        for reason in reasons & {"unreadable-package", "unreadable-versions"}:
            self.skip(reason)
        self._keep(number, advisory_of(record, self._rated), found)

    def _keep(self, number: int, advisory: Advisory, found: Mapping[str, list[AffectedVersions]]) -> None:
        if number < len(self._set.advisories):
            self.skip("repeated")
            self._repeated.setdefault(number, [self._set.advisories[number]]).append(advisory)
            self._repeated_keys.update(found)
        else:
            self._numbers[advisory.id] = number
            self._set.advisories.append(advisory)
        for key, parts in found.items():
            self._set.packages.setdefault(key, []).append(_together(parts))

    def _date(self, text: str) -> None:
        moment = modified_at(text)
        if moment is not None and moment > self._newest and (self._until is None or moment <= self._until):
            self._newest, self._set.newest = moment, text

    def skip(self, reason: str, name: str | None = None) -> None:
        """Count something that was left out.

        Args:
            reason: why.
            name: of the file, where that is a whole record of which nothing could be read.
        """
        self._counts[reason] += 1
        self._reasons.append(reason)
        if name is not None:
            self.unread.add(name)
            self._reasons = [reason]
            self._list(name, "")

    def finish(self) -> AdvisorySet:
        """The set."""
        for number, said in self._repeated.items():
            self._set.advisories[number] = joined(said)
        for key in self._repeated_keys:
            parts: dict[int, list[AffectedVersions]] = {}
            for part in self._set.packages[key]:
                parts.setdefault(part.advisory, []).append(part)
            self._set.packages[key] = [_together(some) for some in parts.values()]
        self._set.counts = dict(sorted(self._counts.items()))
        return self._set

    def _why_not(self, record: Record) -> str:
        if not record.id or len(record.id) > LONGEST_ID or not record.id.isprintable():
            return "unreadable"
        if record.withdrawn and self._has_come(record.withdrawn[:_LONGEST_TIME]):
            return "withdrawn"
        if record.id.startswith(_NO_SECURITY) and not cves([*(record.related or ()), *(record.upstream or ())]):
            return "no-security"
        return ""

    def _has_come(self, text: str) -> bool:
        """Whether it is a time, and none of days to come: until then a record counts."""
        moment = modified_at(text)
        return moment is not None and (self._until is None or moment <= self._until)

    def _take(
        self,
        raw: msgspec.Raw,
        number: int,
        found: dict[str, list[AffectedVersions]],
        reasons: set[str],
    ) -> None:
        """Take in what a record says of one package."""
        try:
            affected = _AFFECTED.decode(raw)
        except (ValueError, RecursionError):
            reasons.add("unreadable-package")
            return
        if affected.package is None or affected.package.ecosystem.partition(":")[0] != self.ecosystem:
            reasons.add("other-ecosystem" if affected.package is not None else "no-package")
            return
        said = specific_of(affected.ecosystem_specific)
        if said.urgency == "unimportant":
            reasons.add("unimportant")
            return
        named = key_of(affected.package.ecosystem, affected.package.name)
        if named is None:
            reasons.add("no-release")
            return
        kind, key = named
        one = self._versions(affected, number, kind)
        if one is None:  # by the schema's evaluation no version is affected then
            reasons.add("commits-only" if affected.ranges else "no-versions")
            return
        if one.is_unreadable:
            reasons.add("unreadable-versions")
        self._rated.add(affected.package.ecosystem, said, affected.severity)
        found.setdefault(key, []).append(one)

    def _versions(self, affected: _Affected, number: int, kind: str) -> AffectedVersions | None:
        """The versions that are affected; None when only commits are named."""
        intervals: list[Interval] = []
        unreadable = is_said = False
        for stated in affected.ranges or ():
            if stated.type not in ("ECOSYSTEM", "SEMVER"):
                continue
            is_said = True
            some, is_unreadable = intervals_of(stated.events, kind)
            unreadable = unreadable or is_unreadable
            intervals += [in_stream(interval, self._streams) for interval in some] if kind == "rpm" else some
        listed = list(dict.fromkeys(affected.versions or ()))
        if not is_said and not listed:
            return None
        if listed and intervals:  # mostly the list repeats what the intervals say
            order, known = self._orders.setdefault(kind, VersionOrder(kind)), AffectedVersions(number, tuple(intervals))
            listed = [version for version in listed if not order.match(version, known).is_affected]
        return AffectedVersions(number, tuple(dict.fromkeys(intervals)), tuple(listed), unreadable)


def _together(parts: list[AffectedVersions]) -> AffectedVersions:
    """What one advisory says of one package, in however many places."""
    if len(parts) == 1:
        return parts[0]
    return AffectedVersions(
        parts[0].advisory,
        tuple(dict.fromkeys(interval for part in parts for interval in part.intervals)),
        tuple(dict.fromkeys(version for part in parts for version in part.versions)),
        any(part.is_unreadable for part in parts),
    )
