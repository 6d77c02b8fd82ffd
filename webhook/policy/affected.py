"""Affected: whether a version is among those that an advisory is about, by the order of its ecosystem.

A version is affected when it is listed, or lies in an interval, or is a build of one that does (``policy.builds``).
Where it cannot be compared with a bound, nobody can say; that is neither affected nor unaffected, and what is not known
is never clean.
Source: the OSV schema, "Evaluation".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cmp_to_key, partial
from typing import NamedTuple

from webhook.model.advisories import Advisory, AdvisorySet, AffectedVersions, Interval
from webhook.policy.advisorykeys import ORDERS, AdvisoryKey
from webhook.policy.builds import releases_of, snapshot_of
from webhook.policy.versions import VersionKey, compare_versions, version_key

_ENDS = ("fixed", "last_affected")
_MOST_EVENTS = 10_000
_LONGEST_TITLE = 300
_NUMBERED = re.compile(r"-([0-9]{4}):([0-9]{1,9})")
_STREAM = re.compile(r"\b[\w+-]{1,60}:([0-9][\w.]{0,20})(?=\s|\Z)")


class Match(NamedTuple):
    """What an advisory says of a version.

    Attributes:
        is_affected: None when the version cannot be compared.
        fixed: the next version that is not affected any more; empty when none is known.
        is_older: whether it is not affected only because it is of an older stream of the module, of which the advisory
            says nothing.
    """

    is_affected: bool | None
    fixed: str = ""
    is_older: bool = False


_NO = Match(False)
UNSURE = Match(None)
"""What is said of a version that nobody can place."""


class VersionOrder:
    """The order of one purl type, which remembers the versions that it was asked for.

    Args:
        purl_type: such as ``deb``.
        has_epochs: whether advisories state the epochs of packages; where they never do, those of packages that have
            one are left out, unless an advisory has one all the same.
    """

    def __init__(self, purl_type: str, *, has_epochs: bool = True) -> None:
        self._type, self._has_epochs = ORDERS.get(purl_type, purl_type), has_epochs
        self._keys: dict[str, VersionKey | None] = {}

    def key(self, version: str) -> VersionKey | None:
        """The sort key of a version; None when it cannot be ordered."""
        try:
            return self._keys[version]
        except KeyError:
            found = self._keys[version] = version_key(version, self._type)
            return found

    def match(self, version: str, affected: AffectedVersions) -> Match:
        """Whether a version is affected.

        Args:
            version: with its epoch, if it has one.
            affected: what an advisory says.
        """
        if version in affected.versions:
            return Match(True, next((interval.fixed for interval in affected.intervals if interval.fixed), ""))
        if not self._has_epochs and not any(":" in f"{stretch.fixed}{stretch.last}" for stretch in affected.intervals):
            version = version.rpartition(":")[2]
        mine = self.key(version)
        unsure, is_older = affected.is_unreadable, False
        for interval in affected.intervals:
            if self._is_of_another(interval, version):
                continue
            held = self._holds(interval, version, mine)
            if held:
                return Match(True, self._first_fixed(interval.fixed, affected.intervals))
            unsure = unsure or held is None
            is_older = is_older or bool(mine is not None and _is_narrowed(interval) and self._is_below(interval, mine))
        if affected.versions:
            listed = self._is_listed(version, mine, affected.versions)
            if listed:
                return Match(True)
            unsure = unsure or listed is None
        return UNSURE if unsure else Match(False, is_older=True) if is_older else _NO

    def _first_fixed(self, fixed: str, intervals: Collection[Interval]) -> str:
        """The fixed version, beyond all intervals that go on where another one ends; empty where one never ends."""
        for _ in intervals if len(intervals) > 1 else ():
            key = self.key(fixed)
            stretches = (stretch for stretch in intervals if not self._is_of_another(stretch, fixed))
            held = next((stretch for stretch in stretches if self._holds(stretch, fixed, key)), None)
            if held is None:
                return fixed
            fixed = held.fixed
        return fixed

    def _is_of_another(self, interval: Interval, version: str) -> bool:
        """Whether it is about another package, which has the same name: one of a module, or none of one."""
        return self._type == "rpm" and _differ(version, interval.fixed)

    def _is_listed(self, version: str, mine: VersionKey | None, versions: Iterable[str]) -> bool | None:
        if mine is None:
            return None
        keys = [key for listed in versions if (key := self.key(listed)) is not None]
        return mine in keys or self._is_build(version, keys)

    def _is_build(self, version: str, named: Collection[VersionKey]) -> bool | None:
        """Whether a version is a build of one that is named as affected."""
        found = set()
        for base, is_certain in releases_of(version, self._type):
            key = self.key(base)
            if key is not None and key in named:
                found.add(is_certain)
        return True if True in found else None if found else False

    def _is_snapshot(self, version: str, release: VersionKey) -> bool:
        """Whether it is a snapshot of a release; what that introduces or fixes may be in it already, or not."""
        of = snapshot_of(version, self._type)
        return bool(of) and self.key(of) == release

    def _is_below(self, interval: Interval, mine: VersionKey) -> bool:
        start = self.key(interval.introduced)
        return start is not None and mine < start

    def _holds(self, interval: Interval, version: str, mine: VersionKey | None) -> bool | None:
        first, end = interval.introduced, interval.fixed or interval.last
        if first == "0" and not end:
            return True
        if mine is None:
            return None
        if first != "0":
            start = self.key(first)
            if start is None:
                return None
            if mine < start:
                return None if self._is_snapshot(version, start) else False
        if not end:
            return True
        bound = self.key(end)
        if bound is None:
            return None
        if interval.fixed:
            return bool(mine < bound) or (None if self._is_snapshot(version, bound) else False)
        return bool(mine <= bound) or self._is_build(version, [bound])


def is_modular(version: str) -> bool:
    """Whether an rpm is of a module of Red Hat's family, whose build system writes so into each release."""
    return ".module" in version


def _differ(version: str, fixed: str) -> bool:
    """Whether one is of a module and the other is not; a version without a release does not say so."""
    return "-" in version and "-" in fixed and is_modular(version) != is_modular(fixed)


def _is_narrowed(interval: Interval) -> bool:
    """Whether it begins with its stream; see :func:`in_stream`."""
    return is_modular(interval.fixed) and interval.fixed.startswith(f"{interval.introduced}.")


def names_stream(affected: AffectedVersions, version: str) -> bool:
    """Whether an advisory is about the stream that the version of a modular rpm is of.

    Args:
        affected: what it says.
        version: with its epoch, if it has one.
    """
    return any(
        _is_narrowed(interval) and version.removeprefix("0:").startswith(f"{interval.introduced.removeprefix('0:')}.")
        for interval in affected.intervals
    )


def streams_of(summary: str) -> tuple[str, ...]:
    """Streams of modules that an advisory is about, such as ``16`` of ``Important: nodejs:16 security update``."""
    return tuple(dict.fromkeys(_STREAM.findall(summary[:_LONGEST_TITLE])))


def in_stream(interval: Interval, streams: Iterable[str]) -> Interval:
    """An interval that begins with its stream, where the versions of the package show which stream that is.

    Each stream has its own advisories, so the fix of ``nodejs:16`` says nothing about an older ``nodejs:14``, neither
    that it is affected nor that it is not.

    Args:
        interval: of rpm versions.
        streams: of the advisory.
    """
    epoch, colon, version = interval.fixed.rpartition(":")
    if interval.introduced == "0" and is_modular(version):
        for stream in streams:
            if version.startswith(f"{stream}."):
                return Interval(f"{epoch}{colon}{stream}", interval.fixed)
    return interval


def intervals_of(events: Sequence[Mapping[str, str]], purl_type: str) -> tuple[tuple[Interval, ...], bool]:
    """The intervals of one range, and whether something in it cannot be read.

    Args:
        events: of the range, such as ``{"introduced": "0"}``, in any order; of several at one version the order counts.
        purl_type: whose order counts.
    """
    if len(events) > _MOST_EVENTS:
        return (), True
    stated = [(kind, text) for event in events for kind, text in event.items()]
    flat = [(kind, text) for kind, text in stated if kind in ("introduced", *_ENDS)]
    if stated and not any(kind == "introduced" for kind, _ in stated):
        return (), True  # it says where the affected versions end, and not where they begin
    compare = partial(_compare, purl_type)
    try:
        if flat[:1] != [("introduced", "0")] or len(flat) > 2:
            key = cmp_to_key(compare)
            flat = sorted(flat, key=lambda event: key(event[1]))
    except ValueError:
        if not all((kind == "introduced") == (place % 2 == 0) for place, (kind, _) in enumerate(flat)):
            return (), True
    intervals, limits = tuple(_intervals(flat)), [text for kind, text in stated if kind == "limit"]
    if not limits or "*" in limits:
        return intervals, False
    try:  # before one of the limits is enough
        last = max(limits, key=cmp_to_key(compare))
        return tuple(_limited(intervals, last, compare)), False
    except ValueError:
        return (), True


def _compare(purl_type: str, one: str, other: str) -> int:
    if "0" in (one, other):  # stands for what is before every version
        return (one != "0") - (other != "0")
    order = compare_versions(one, other, ORDERS.get(purl_type, purl_type))
    if order is None:
        raise ValueError
    return order


def _intervals(events: Iterable[tuple[str, str]]) -> Iterable[Interval]:
    first: str | None = None
    for kind, text in events:
        if kind == "introduced":
            first = text if first is None else first
        elif first is not None:
            yield Interval(first, last=text) if kind == "last_affected" else Interval(first, fixed=text)
            first = None
    if first is not None:
        yield Interval(first)


def _limited(intervals: Iterable[Interval], limit: str, compare: Callable[[str, str], int]) -> Iterable[Interval]:
    for interval in intervals:
        if compare(interval.introduced, limit) >= 0:
            continue
        end = interval.fixed or interval.last
        yield interval if end and compare(end, limit) < 0 else Interval(interval.introduced, fixed=limit)


def is_abandoned(content: AdvisorySet, key: AdvisoryKey, older: Iterable[AffectedVersions]) -> bool:
    """Whether an advisory about a newer stream of a module leaves open what is with the stream of a version.

    It does not when advisories about that stream name the same vulnerabilities, or when one of them is newer: the
    stream was looked after then.
    """
    own = [
        content.advisories[affected.advisory]
        for affected in content.packages[key.name]
        if names_stream(affected, key.version)
    ]
    known = {name for advisory in own for name in (*advisory.aliases, *advisory.parts)}
    newest = max(map(_number, own), default=(0, 0))
    for affected in older:
        advisory = content.advisories[affected.advisory]
        named = {*advisory.aliases, *advisory.parts}
        if newest <= _number(advisory) and not (named and named <= known):
            return True
    return False


def _number(advisory: Advisory) -> tuple[int, int]:
    """Year and number of an advisory of Red Hat's family, in the order in which they were published."""
    numbers = _NUMBERED.search(advisory.id)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
