"""Records: one file in the OSV format becomes an advisory with the versions that it is about.

What is wrong with one record, or with what it says of one package, loses nothing else and is counted. Withdrawn records
do not count, and neither do ranges of commits, since SBOMs have versions.
Source: the OSV schema 1.7; where databases keep what the schema leaves to them, their records.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from webhook.clients.osv.severities import Rated, Severity, specific_of
from webhook.model.advisories import Advisory, AdvisorySet, AffectedVersions, Interval, ListedRecord
from webhook.policy.advisorykeys import key_of
from webhook.policy.affected import VersionOrder, in_stream, intervals_of, streams_of

LONGEST_RECORD = 16 * 1024 * 1024
"""Bytes of a record; the largest real ones, lists of every version of a package, have below 5 MB."""
_MOST_AFFECTED = 100_000
_MOST_IDS = 500
_SUMMARY, _DETAILS, _ID = 300, 600, 200
_CVE = re.compile(r"CVE-[0-9]+-[0-9]+\Z")
_OF_DISTRIBUTION = re.compile(r"(?:ALPINE|DEBIAN|UBUNTU)-(CVE-[0-9]{4}-[0-9]{4,19})\Z")
_NO_SECURITY = ("ALBA-", "ALEA-")
"""AlmaLinux's advisories of bug fixes and enhancements; a few name vulnerabilities all the same."""
_SPACE = re.compile(r"\s+")


_LONGEST_TIME = 40
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


class _Reference(msgspec.Struct, gc=False):
    type: str = ""
    url: str = ""


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


class _Record(msgspec.Struct, gc=False):
    id: str
    modified: str = ""
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[Severity] | None = None
    affected: list[msgspec.Raw] | None = None
    references: msgspec.Raw = msgspec.Raw()
    database_specific: msgspec.Raw = msgspec.Raw()


_RECORD = msgspec.json.Decoder(_Record)
_AFFECTED = msgspec.json.Decoder(_Affected)
_REFERENCES = msgspec.json.Decoder(list[_Reference])


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
    """

    def __init__(self, ecosystem: str, until: dt.datetime | None = None, *, lists: bool = False) -> None:
        self.ecosystem, self._until, self._newest = ecosystem, until, _EARLIEST
        self._set = AdvisorySet()
        self._counts = Counter[str]()
        self._ids = set[str]()
        self._orders: dict[str, VersionOrder] = {}
        self._streams: tuple[str, ...] = ()
        self._rated = Rated([], [])
        self.listed: dict[str, ListedRecord] | None = {} if lists else None
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
        self._take_in(record)
        self._list(record.id, record.modified[:_LONGEST_TIME])

    def _list(self, name: str, modified: str) -> None:
        if self.listed is not None:
            is_told_apart = name and name not in self.listed
            self.listed[name] = ListedRecord(modified, tuple(self._reasons))
            self.listed = self.listed if is_told_apart else None

    def _take_in(self, record: _Record) -> None:
        self._date(record.modified[:_LONGEST_TIME])
        if why := self._why_not(record):
            self.skip(why)
            return
        found: dict[str, list[AffectedVersions]] = {}
        self._rated = Rated(list(record.severity or ()), [specific_of(record.database_specific).severity or ""])
        number, reasons = len(self._set.advisories), set[str]()
        self._streams = streams_of(record.summary or "")
        for raw in (record.affected or ())[:_MOST_AFFECTED]:
            self._take(raw, number, found, reasons)
        if not found:
            self.skip(min(reasons, default="nothing-affected"))
            return
        for reason in reasons & {"unreadable-package", "unreadable-versions"}:
            self.skip(reason)
        self._ids.add(record.id)
        self._set.advisories.append(_advisory(record, self._rated))
        for key, parts in found.items():
            self._set.packages.setdefault(key, []).append(_joined(parts))

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
            self._reasons = [reason]
            self._list(name, "")

    def finish(self) -> AdvisorySet:
        """The set."""
        self._set.counts = dict(sorted(self._counts.items()))
        return self._set

    def _why_not(self, record: _Record) -> str:
        if not record.id or len(record.id) > _ID or not record.id.isprintable():
            return "unreadable"
        if record.withdrawn:
            return "withdrawn"
        if record.id in self._ids:
            return "repeated"
        if record.id.startswith(_NO_SECURITY) and not _cves([*(record.related or ()), *(record.upstream or ())]):
            return "no-security"
        return ""

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
        if one is None:
            reasons.add("commits-only")
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


def _joined(parts: list[AffectedVersions]) -> AffectedVersions:
    """What one advisory says of one package, in however many places."""
    if len(parts) == 1:
        return parts[0]
    return AffectedVersions(
        parts[0].advisory,
        tuple(dict.fromkeys(interval for part in parts for interval in part.intervals)),
        tuple(dict.fromkeys(version for part in parts for version in part.versions)),
        any(part.is_unreadable for part in parts),
    )


def _advisory(record: _Record, rated: Rated) -> Advisory:
    upstream, related = record.upstream or [], record.related or []
    parts = _cves(upstream) or _cves(related)
    aliases = set(record.aliases or ())
    if len(_cves(upstream)) <= 1:  # one vulnerability; several would be one and the same otherwise
        aliases |= set(upstream)
        parts = _cves(related) if not _cves(upstream) else []
    if found := _OF_DISTRIBUTION.match(record.id):
        aliases.add(found[1])
    named = sorted(alias for alias in aliases - {record.id} if 0 < len(alias) <= _ID and alias.isprintable())
    return Advisory(
        record.id,
        tuple(named[:_MOST_IDS]),
        tuple(parts[:_MOST_IDS]),
        _line(record.summary or "", _SUMMARY),
        rated.vector(),
        _reference(record.references),
        _line(record.details or "", _DETAILS),
        rated.word(record.summary or ""),
        tuple(sorted(rated.ended)),
    )


def _cves(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if _CVE.match(name)})


def _reference(raw: msgspec.Raw) -> str:
    try:
        listed = _REFERENCES.decode(raw) if bytes(raw) else []
    except ValueError:
        return ""
    urls = [(page.type != "ADVISORY", page.url) for page in listed if page.url.startswith(("https://", "http://"))]
    return min(urls, key=lambda pair: pair[0], default=(False, ""))[1][:500]


def _line(text: str, most: int) -> str:
    return _SPACE.sub(" ", text[: 2 * most]).strip()[:most]
