"""The last read model on disk, so that a replica starts and decides with the database down.

One file, which all processes of a Pod map: what is large stays in the file, is found there without being loaded, and is
in memory once for all of them. What a process changes of the states of components becomes its own, page by page. The
file is replaced as a whole and never written again, and its checksum is looked at before it is used.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from sys import intern
from typing import BinaryIO, TypeVar

import msgspec

from webhook.model.bases import Base, KeptAssessments
from webhook.model.changes import Position
from webhook.model.purls import Purl
from webhook.store.hotstartwriter import CHECKSUM_BYTES, MAGIC, TAIL, Frame, Head, Writer
from webhook.store.mappedforms import FINDINGS, IMAGES, RECORDS, TAGS, VULNERABILITIES
from webhook.store.mappedtables import UINT64, MappedTable, RecordForm, Sections

log = logging.getLogger("bomgate.hotstart")
_PIECE = 1 << 20
K = TypeVar("K")
V = TypeVar("V")


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
                Writer(file).write(base)
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


def _checked(file: BinaryIO) -> Head:
    """The head of a file that is whole.

    It is read piece by piece and not through its mapping, whose pages would then count as this process's memory.

    Raises:
        ValueError: it is not what :class:`Writer` writes.
        msgspec.MsgspecError: the head cannot be decoded.
    """
    head = _head(file)
    left, checksum = file.seek(0, os.SEEK_END) - CHECKSUM_BYTES, blake2b(digest_size=CHECKSUM_BYTES)
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


def _head(file: BinaryIO) -> Head:
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("it is of another version")
    size = file.seek(0, os.SEEK_END)
    tail = size - CHECKSUM_BYTES - TAIL.size
    if tail < len(MAGIC):
        raise ValueError("it is cut short")
    file.seek(tail)
    begins, length = TAIL.unpack(file.read(TAIL.size))
    if begins + length != tail:
        raise ValueError("it is cut short, or goes on behind its end")
    file.seek(begins)
    return msgspec.msgpack.decode(file.read(length), type=Head)


def _position(head: Head) -> Position:
    return Position(head.store, head.revision, head.mark)


def _map(file: BinaryIO, head: Head) -> Base:
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


def _rest(section: memoryview) -> Iterator[Frame]:
    decoder, at = msgspec.msgpack.Decoder(Frame), 0
    while at < len(section):
        begins = at + 8
        at = begins + int.from_bytes(section[at:begins], "little")
        yield decoder.decode(section[begins:at])
