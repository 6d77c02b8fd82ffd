"""Tables of a mapped file: records that are found by key without being loaded.

A table has three sections: the records one behind the other, where each begins, and a 64-bit number of each one's key,
ascending. A look-up is a binary search among these numbers and decodes one record. Two keys may have the same number,
so that a record holds its key as well.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, ItemsView, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge
from typing import Any, Final, Generic, TypeVar

from webhook.model.overlays import Overlay

UINT64: Final = "Q"
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class RecordForm(Generic[K, V]):
    """How a table numbers its keys, and writes its records.

    Attributes:
        number: the 64-bit number of a key.
        encode: the record of a key and its value.
        decode: key and value of a record.
    """

    number: Callable[[K], int]
    encode: Callable[[K, V], bytes]
    decode: Callable[[memoryview], tuple[K, V]]


def number_of(text: str) -> int:
    """The 64-bit number of a key that is text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections of a table.

    Attributes:
        records: one behind the other.
        starts: where each begins, and where the last one ends; 64 bits each.
        numbers: of the keys, ascending, in the order of the records; 64 bits each.
    """

    records: memoryview
    starts: memoryview
    numbers: memoryview


class MappedTable(Mapping[K, V], Generic[K, V]):
    """A table, as a mapping that never changes.

    Args:
        sections: of the file.
        form: of its records.

    Attributes:
        form: see above.
    """

    __slots__ = ("_sections", "form")

    def __init__(self, sections: Sections, form: RecordForm[K, V]) -> None:
        self._sections, self.form = sections, form

    def get(self, key: K, /, default: Any = None) -> Any:
        """The value of a key; the default where there is none."""
        sections, number = self._sections, self.form.number(key)
        at, end = bisect_left(sections.numbers, number), len(sections.numbers)
        while at < end and sections.numbers[at] == number:
            found, value = self.form.decode(sections.records[sections.starts[at] : sections.starts[at + 1]])
            if found == key:
                return value
            at += 1
        return default

    def __getitem__(self, key: K) -> V:
        value: V | None = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __len__(self) -> int:
        return len(self._sections.numbers)

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self.items())

    def items(self) -> ItemsView[K, V]:
        """Keys and values, each record decoded once."""
        return _Items(self)

    def raw(self) -> Iterator[tuple[int, memoryview]]:
        """Numbers of keys and records as they are, in their order."""
        sections = self._sections
        start = 0
        for at, number in enumerate(sections.numbers):
            end = sections.starts[at + 1]
            yield number, sections.records[start:end]
            start = end


class _Items(ItemsView[K, V]):
    _mapping: MappedTable[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        decode = self._mapping.form.decode
        return (decode(record) for _, record in self._mapping.raw())


def records_of(mapping: Mapping[K, V], form: RecordForm[K, V]) -> Iterator[tuple[int, bytes | memoryview]]:
    """Numbers of keys and records of any mapping, in the order in which a table keeps them.

    Records of a table below an overlay are taken as they are.
    """
    if not isinstance(mapping, Overlay) or not isinstance(mapping.base, MappedTable):
        encoded = [(form.number(key), form.encode(key, value)) for key, value in mapping.items()]
        encoded.sort(key=_first)
        return iter(encoded)
    changed = mapping.changed
    numbers = {form.number(key) for key in changed}
    kept = (
        (number, record)
        for number, record in mapping.base.raw()
        if number not in numbers or form.decode(record)[0] not in changed
    )
    added = sorted(((form.number(key), form.encode(key, value)) for key, value in mapping.additions()), key=_first)
    return merge(kept, added, key=_first)


def _first(pair: tuple[int, bytes | memoryview]) -> int:
    return pair[0]
