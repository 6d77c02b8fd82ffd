"""Moments: names in the order of a moment, in little memory."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
Pair = tuple[dt.datetime, str]
"""A moment and a name."""


class Moments:
    """Names in the order of a moment; it never changes.

    Args:
        pairs: in any order; the same one may be there several times.
    """

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        ordered = sorted((_number(moment), name) for moment, name in pairs)
        self._moments, self._names = array("q", (moment for moment, _ in ordered)), [name for _, name in ordered]

    def within(self, after: dt.datetime | None, until: dt.datetime) -> Sequence[str]:
        """Those after a moment, and not after another."""
        start = 0 if after is None else bisect_right(self._moments, _number(after))
        return self._names[start : bisect_right(self._moments, _number(until))]

    def following(self, gone: Iterable[Pair], come: Iterable[Pair]) -> Moments:
        """The same without some pairs, each of which is there, and with others; itself where there are none."""
        taken, added = list(gone), list(come)
        if not taken and not added:
            return self
        made = Moments()
        made._moments, made._names = self._moments[:], self._names[:]
        for moment, name in taken:
            place = made._names.index(name, bisect_left(made._moments, _number(moment)))
            del made._moments[place], made._names[place]
        for moment, name in added:
            place = bisect_right(made._moments, _number(moment))
            made._moments.insert(place, _number(moment))
            made._names.insert(place, name)
        return made


def _number(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
