"""The last read model on disk, so that a replica starts and decides with the database down.

One file, which all processes of a Pod map: what is large stays in the file, is found there without being loaded, and is
in memory once for all of them. What a process changes of the states of components becomes its own, page by page. The
file is replaced as a whole and never written again, and its checksum is looked at before it is used.

Layout: a line that names the format and its version; sections, each from a multiple of their alignment on; the head, in
msgpack, which tells where they are; where the head begins, and its length; a checksum of all of it.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import struct
import sys
import tempfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from sys import intern
from typing import BinaryIO, TypeVar

import msgspec

from webhook.model.assessments import Assessment, StoredType
from webhook.model.bases import Base, KeptAssessments
from webhook.model.changes import Position
from webhook.model.purls import Purl
from webhook.model.vex import KeptVex
from webhook.store.mappedforms import FINDINGS, IMAGES, RECORDS, TAGS, VULNERABILITIES
from webhook.store.mappedtables import UINT64, MappedTable, RecordForm, Sections, records_of
from webhook.store.values import plain_text

log = logging.getLogger("bomgate.hotstart")

_MAGIC = f"bomgate read model 5 {sys.byteorder}\n".encode()
_TAIL = struct.Struct("<QQ")
_CHECKSUM_BYTES = 16
_PIECE = 1 << 20
_PAGE = max(mmap.ALLOCATIONGRANULARITY, 1 << 16)
"""Of what is mapped apart; a file may be read on a machine with larger pages."""
_PORTION = 1000
_LEAST_ROOM, _ROOM_SHARE = 4096, 16
"""Room for new components behind the states: at least so many, and one for so many that are there. Without it, the
first new image would make every process copy all states."""
K = TypeVar("K")
V = TypeVar("V")


class _Head(msgspec.Struct, array_like=True):
    """What a file is, and where its sections are."""

    store: str
    revision: int
    mark: str
    size: int
    newest_answer: int
    checked_at: dict[int, int]
    sections: dict[str, tuple[int, int]]


class _Frame(msgspec.Struct, array_like=True, omit_defaults=True):
    """A portion of what is loaded as a whole."""

    withdrawals: list[Assessment] = []
    former: dict[str, list[str]] = {}
    namespaces: list[str] = []
    has_images: bool = False
    types: list[StoredType] = []
    doubtful: dict[int, str] = {}
    told: list[str] = []
    vex: list[KeptVex] = []


class HotStartFile:
    """A copy of the read model in one file, replaced as a whole.

    Args:
        path: the file; its folder is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Base | None:
        """The saved model, mapped; None when there is none that can be read and is whole and of this version."""
        try:
            with self._path.open("rb") as file:
                return _map(file, _checked(file))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, msgspec.MsgspecError) as problem:
            log.warning("saved read model not used", extra={"path": str(self._path), "error": str(problem)})
            return None

    def position(self) -> Position | None:
        """The position of the saved model; None when there is none of this version. Its checksum is not looked at."""
        try:
            with self._path.open("rb") as file:
                return _position(_head(file))
        except (OSError, ValueError, msgspec.MsgspecError):
            return None

    def save(self, base: Base) -> bool:
        """Replace the saved model; after a crash the file holds the old model or the new one, whole.

        Returns:
            False when another process is saving now.

        Raises:
            OSError: it could not be written; the old one is still there.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self._path.with_name(f".{self._path.name}.lock")) as is_alone:
            if is_alone:
                self._replace(base)
            return is_alone

    def _replace(self, base: Base) -> None:
        prefix = f".{self._path.name}.new-"
        for left in self._path.parent.glob(f"{prefix}*"):  # of a process that was killed
            left.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=prefix)
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _Writer(file).write(base)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether no other process is here."""
    with path.open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


class _Writer:
    """Writes a file from its beginning to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at, self._checksum = file, 0, blake2b(digest_size=_CHECKSUM_BYTES)
        self._sections: dict[str, tuple[int, int]] = {}

    def write(self, base: Base) -> None:
        """Write a model."""
        self._put(_MAGIC)
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
        head = _Head(
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
        self._put(_TAIL.pack(begins, len(data)))
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


def _frames(base: Base) -> Iterator[_Frame]:
    kept = base.assessments
    yield _Frame(namespaces=sorted(kept.namespaces), has_images=kept.has_images)
    for withdrawals in _portions(kept.withdrawals):
        yield _Frame(withdrawals=list(withdrawals))
    for names in _portions(list(kept.former)):
        yield _Frame(former={name: sorted(kept.former[name]) for name in names})
    for types in _portions(base.types):
        yield _Frame(types=list(types))
    for numbers in _portions(list(base.doubtful)):
        yield _Frame(doubtful={number: str(base.doubtful[number]) for number in numbers})
    for packages in _portions(sorted(base.told)):
        yield _Frame(told=list(packages))
    for document in base.vex:
        yield _Frame(vex=[document])


T = TypeVar("T")


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PORTION):
        yield items[start : start + _PORTION]


def _checked(file: BinaryIO) -> _Head:
    """The head of a file that is whole.

    It is read piece by piece and not through its mapping, whose pages would then count as this process's memory.

    Raises:
        ValueError: it is not what :class:`_Writer` writes.
        msgspec.MsgspecError: the head cannot be decoded.
    """
    head = _head(file)
    left, checksum = file.seek(0, os.SEEK_END) - _CHECKSUM_BYTES, blake2b(digest_size=_CHECKSUM_BYTES)
    file.seek(0)
    while left > 0:
        piece = file.read(min(_PIECE, left))
        if not piece:
            raise ValueError("it is cut short")
        checksum.update(piece)
        left -= len(piece)
    if file.read() != checksum.digest():
        raise ValueError("its checksum is wrong")
    return head


def _head(file: BinaryIO) -> _Head:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("it is of another version")
    size = file.seek(0, os.SEEK_END)
    tail = size - _CHECKSUM_BYTES - _TAIL.size
    if tail < len(_MAGIC):
        raise ValueError("it is cut short")
    file.seek(tail)
    begins, length = _TAIL.unpack(file.read(_TAIL.size))
    if begins + length != tail:
        raise ValueError("it is cut short, or goes on behind its end")
    file.seek(begins)
    return msgspec.msgpack.decode(file.read(length), type=_Head)


def _position(head: _Head) -> Position:
    return Position(head.store, head.revision, head.mark)


def _map(file: BinaryIO, head: _Head) -> Base:
    whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def section(name: str) -> memoryview:
        begins, length = head.sections[name]
        return whole[begins : begins + length]

    def table(name: str, form: RecordForm[K, V]) -> MappedTable[K, V]:
        starts, numbers = (section(f"{name}.{part}").cast(UINT64) for part in ("starts", "numbers"))
        return MappedTable(Sections(section(f"{name}.records"), starts, numbers), form)

    def private(name: str) -> mmap.mmap:
        begins, length = head.sections[name]
        return mmap.mmap(file.fileno(), length, access=mmap.ACCESS_COPY, offset=begins)

    frames = list(_rest(section("rest")))
    return Base(
        position=_position(head),
        size=head.size,
        states=private("states"),
        answered_at=private("answered_at"),
        newest_answer=head.newest_answer,
        ecosystems=private("ecosystems"),
        checked_at=head.checked_at,
        images=table("images", IMAGES),
        findings=table("findings", FINDINGS),
        vulnerabilities=table("vulnerabilities", VULNERABILITIES),
        tags=table("tags", TAGS),
        assessments=KeptAssessments(
            records=table("assessments", RECORDS),
            withdrawals=tuple(assessment for frame in frames for assessment in frame.withdrawals),
            former={name: frozenset(others) for frame in frames for name, others in frame.former.items()},
            namespaces=frozenset(name for frame in frames for name in frame.namespaces),
            has_images=any(frame.has_images for frame in frames),
        ),
        types=tuple(kind for frame in frames for kind in frame.types),
        doubtful={number: Purl(purl) for frame in frames for number, purl in frame.doubtful.items()},
        told=frozenset(intern(package) for frame in frames for package in frame.told),
        vex=tuple(document for frame in frames for document in frame.vex),
    )


def _rest(section: memoryview) -> Iterator[_Frame]:
    decoder, at = msgspec.msgpack.Decoder(_Frame), 0
    while at < len(section):
        begins = at + 8
        at = begins + int.from_bytes(section[at:begins], "little")
        yield decoder.decode(section[begins:at])
