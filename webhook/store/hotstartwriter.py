"""The file of the last read model: its form, and how it is written.

Layout: a line that names the format and its version; sections, each from a multiple of their alignment on; the head, in
msgpack, which tells where they are; where the head begins, and its length; a checksum of all of it.
"""

from __future__ import annotations

import mmap
import struct
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import BinaryIO, TypeVar

import msgspec

from webhook.model.assessments import Assessment, StoredType
from webhook.model.bases import Base
from webhook.model.vex import KeptVex
from webhook.store.mappedforms import FINDINGS, IMAGES, RECORDS, TAGS, VULNERABILITIES
from webhook.store.mappedtables import UINT64, RecordForm, records_of
from webhook.store.values import plain_text

MAGIC = f"bomgate read model 5 {sys.byteorder}\n".encode()
TAIL = struct.Struct("<QQ")
CHECKSUM_BYTES = 16

_PAGE = max(mmap.ALLOCATIONGRANULARITY, 1 << 16)
"""Of what is mapped apart; a file may be read on a machine with larger pages."""

_PORTION = 1000

_LEAST_ROOM, _ROOM_SHARE = 4096, 16
"""Room for new components behind the states: at least so many, and one for so many that are there. Without it, the
first new image would make every process copy all states."""
K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Head(msgspec.Struct, array_like=True):
    """What a file is, and where its sections are."""

    store: str
    revision: int
    mark: str
    size: int
    newest_answer: int
    checked_at: dict[int, int]
    sections: dict[str, tuple[int, int]]


class Frame(msgspec.Struct, array_like=True, omit_defaults=True):
    """A portion of what is loaded as a whole."""

    withdrawals: list[Assessment] = []
    former: dict[str, list[str]] = {}
    namespaces: list[str] = []
    has_images: bool = False
    types: list[StoredType] = []
    doubtful: dict[int, str] = {}
    told: list[str] = []
    vex: list[KeptVex] = []


class Writer:
    """Writes a file from its beginning to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at, self._checksum = file, 0, blake2b(digest_size=CHECKSUM_BYTES)
        self._sections: dict[str, tuple[int, int]] = {}

    def write(self, base: Base) -> None:
        """Write a model."""
        self._put(MAGIC)
        room = base.size + max(_LEAST_ROOM, base.size // _ROOM_SHARE)
        for name, column, width in (
            ("states", base.states, 1),
            ("answered_at", base.answered_at, 4),
            ("ecosystems", base.ecosystems, 1),
        ):
            with self._section(name, _PAGE):
                self._put(memoryview(column)[: width * base.size])
                self._put(bytes(width * (room - base.size)))
        self._table("images", base.images, IMAGES)
        self._table("findings", base.findings, FINDINGS)
        self._table("vulnerabilities", base.vulnerabilities, VULNERABILITIES)
        self._table("tags", base.tags, TAGS)
        self._table("assessments", base.assessments.records, RECORDS)
        with self._section("rest"):
            encoder = msgspec.msgpack.Encoder(enc_hook=plain_text)
            for frame in _frames(base):
                data = encoder.encode(frame)
                self._put(len(data).to_bytes(8, "little"))
                self._put(data)
        at = base.position
        head = Head(
            at.store,
            at.revision,
            at.mark,
            base.size,
            base.newest_answer,
            dict(base.checked_at),
            self._sections,
        )
        begins, data = self._at, msgspec.msgpack.encode(head)
        self._put(data)
        self._put(TAIL.pack(begins, len(data)))
        self._file.write(self._checksum.digest())

    def _table(self, name: str, mapping: Mapping[K, V], form: RecordForm[K, V]) -> None:
        starts, numbers, size = array(UINT64, [0]), array(UINT64), 0
        with self._section(f"{name}.records"):
            for number, record in records_of(mapping, form):
                self._put(record)
                size += len(record)
                starts.append(size)
                numbers.append(number)
        for part, column in (("starts", starts), ("numbers", numbers)):
            with self._section(f"{name}.{part}"):
                self._put(column.tobytes())

    @contextmanager
    def _section(self, name: str, alignment: int = 8) -> Iterator[None]:
        self._put(bytes(-self._at % alignment))
        begins = self._at
        yield
        self._sections[name] = (begins, self._at - begins)

    def _put(self, data: bytes | memoryview) -> None:
        self._checksum.update(data)
        self._file.write(data)
        self._at += len(data)


def _frames(base: Base) -> Iterator[Frame]:
    kept = base.assessments
    yield Frame(namespaces=sorted(kept.namespaces), has_images=kept.has_images)
    for withdrawals in _portions(kept.withdrawals):
        yield Frame(withdrawals=list(withdrawals))
    for names in _portions(list(kept.former)):
        yield Frame(former={name: sorted(kept.former[name]) for name in names})
    for types in _portions(base.types):
        yield Frame(types=list(types))
    for numbers in _portions(list(base.doubtful)):
        yield Frame(doubtful={number: str(base.doubtful[number]) for number in numbers})
    for packages in _portions(sorted(base.told)):
        yield Frame(told=list(packages))
    for document in base.vex:
        yield Frame(vex=[document])


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PORTION):
        yield items[start : start + _PORTION]
