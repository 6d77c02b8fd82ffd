"""Affected: whether a version is among those that an advisory is about, by the order of its ecosystem.

A version is affected when it is listed, or lies in an interval. Where it cannot be compared with a bound, nobody can
say; that is neither affected nor unaffected, and what is not known is never clean.
Source: the OSV schema, "Evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cmp_to_key, partial
from typing import NamedTuple

from webhook.model.advisories import AffectedVersions, Interval
from webhook.policy.advisorykeys import ORDERS
from webhook.policy.versions import VersionKey, compare_versions, version_key

_ENDS = ("fixed", "limit", "last_affected")
_MOST_EVENTS = 10_000


class Match(NamedTuple):
    """What an advisory says of a version.

    Attributes:
        is_affected: None when the version cannot be compared.
        fixed: the next version that is not affected any more; empty when none is known.
    """

    is_affected: bool | None
    fixed: str = ""


_NO, _UNSURE = Match(False), Match(None)


class VersionOrder:
    """The order of one purl type, which remembers the versions that it was asked for.

    Args:
        purl_type: such as ``deb``.
    """

    def __init__(self, purl_type: str) -> None:
        self._type = ORDERS.get(purl_type, purl_type)
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
        mine = self.key(version)
        unsure = affected.is_unreadable
        for interval in affected.intervals:
            held = self._holds(interval, mine)
            if held:
                return Match(True, interval.fixed)
            unsure = unsure or held is None
        if affected.versions:
            if mine is None:
                unsure = unsure or not affected.intervals
            elif any((key := self.key(listed)) is not None and key == mine for listed in affected.versions):
                return Match(True)
        return _UNSURE if unsure else _NO

    def _holds(self, interval: Interval, mine: VersionKey | None) -> bool | None:
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
                return False
        if not end:
            return True
        bound = self.key(end)
        if bound is None:
            return None
        return bool(mine < bound if interval.fixed else mine <= bound)


def intervals_of(events: Sequence[Mapping[str, str]], purl_type: str) -> tuple[tuple[Interval, ...], bool]:
    """The intervals of one range, and whether something in it cannot be read.

    Args:
        events: of the range, such as ``{"introduced": "0"}``, in any order.
        purl_type: whose order counts.
    """
    if len(events) > _MOST_EVENTS:
        return (), True
    flat = [(kind, text) for event in events for kind, text in event.items() if kind in ("introduced", *_ENDS)]
    if not all(kind == "introduced" if place % 2 == 0 else kind in _ENDS for place, (kind, _) in enumerate(flat)):
        try:
            flat = sorted(flat, key=cmp_to_key(partial(_compared, purl_type)))
        except ValueError:
            return (), True
    return tuple(_intervals(flat)), False


def _compared(purl_type: str, one: tuple[str, str], other: tuple[str, str]) -> int:
    if "0" in (one[1], other[1]) and one[1] != other[1]:
        return -1 if one[1] == "0" else 1
    order = compare_versions(one[1], other[1], ORDERS.get(purl_type, purl_type))
    if order is None:
        raise ValueError
    # At one version the end of what was before comes first, and what is affected last ends after it has begun.
    return order or _rank(one[0]) - _rank(other[0])


def _rank(kind: str) -> int:
    return {"introduced": 1, "last_affected": 2}.get(kind, 0)


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
