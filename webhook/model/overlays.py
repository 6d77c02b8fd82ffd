"""Overlays: a mapping that never changes, with what changed since on top of it."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, MutableMapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")
W = TypeVar("W")


class _Gone(Enum):
    """Stands where a key of the base was deleted, and for what a mapping does not have."""

    GONE = auto()


_GONE = _Gone.GONE
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Overlay(MutableMapping[K, V]):
    """A mutable mapping on top of one that is shared and never changes, such as a table of a mapped file.

    One thread may change it while others read.

    Args:
        base: below.

    Attributes:
        base: see above.
        changed: what is on top, with a mark where a key of the base was deleted.
    """

    __slots__ = ("_size", "base", "changed")

    def __init__(self, base: Mapping[K, V] = _NOTHING) -> None:
        self.base = base
        self.changed: dict[K, V | _Gone] = {}
        self._size = len(base)

    def copy(self) -> Overlay[K, V]:
        """Another one on the same base, with the same changes."""
        twin = Overlay(self.base)
        twin.changed, twin._size = dict(self.changed), self._size
        return twin

    def take_in(self) -> None:
        """Take the base into the changes, so that nothing is below any more."""
        self.changed, self.base = dict(self.items()), _NOTHING

    def converted(self, base: Mapping[K, W], convert: Callable[[V], W]) -> Overlay[K, W]:
        """One with the same keys.

        Args:
            base: the values of the base, converted.
            convert: converts what is on top.
        """
        twin: Overlay[K, W] = Overlay(base)
        twin.changed = {key: value if value is _GONE else convert(value) for key, value in self.changed.items()}
        twin._size = self._size
        return twin

    @overload
    def get(self, key: K, /) -> V | None: ...

    @overload
    def get(self, key: K, /, default: V | D) -> V | D: ...

    def get(self, key: K, /, default: Any = None) -> Any:
        """The value of a key; the default where there is none."""
        value = self.changed.get(key)
        if value is None:
            return self.base.get(key, default)
        return default if value is _GONE else value

    def __getitem__(self, key: K) -> V:
        value = self.changed.get(key)
        if value is None:
            return self.base[key]
        if value is _GONE:
            raise KeyError(key)
        return value

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self:
            self._size += 1
        self.changed[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._size -= 1
        if key in self.base:
            self.changed[key] = _GONE
        else:
            del self.changed[key]

    def __contains__(self, key: object) -> bool:
        value = self.changed.get(key)  # type: ignore[arg-type]  # a key of another type is not there
        return key in self.base if value is None else value is not _GONE

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        changed = self.changed
        yield from (key for key in self.base if key not in changed) if changed else self.base
        yield from (key for key, value in changed.items() if value is not _GONE)

    def items(self) -> ItemsView[K, V]:
        """Keys and values; the base gives both at once."""
        return _Items(self)

    def additions(self) -> Iterator[tuple[K, V]]:
        """What is on top and was not deleted."""
        return ((key, value) for key, value in self.changed.items() if value is not _GONE)


class _Items(ItemsView[K, V]):
    _mapping: Overlay[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        changed = self._mapping.changed
        yield from ((key, value) for key, value in self._mapping.base.items() if key not in changed)
        yield from self._mapping.additions()
