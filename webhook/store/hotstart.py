"""The last read model on disk, so that a replica starts and decides with the database down.

One file: a word that names the format and its version, frames of msgpack with their lengths in front, and a checksum of
all of it. Frames keep memory low both ways: no more than a portion of the model exists twice.
"""

from __future__ import annotations

import logging
import os
import struct
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from sys import intern
from typing import BinaryIO, TypeVar

import msgspec
from msgspec import structs

from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import Changes, Position, StoredSbom
from webhook.model.components import SkipReason
from webhook.model.images import Digest
from webhook.model.looks import StoredLook
from webhook.model.platforms import WHOLE, Coverage
from webhook.model.purls import Purl
from webhook.model.vex import KeptVex
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.scopes import respelled
from webhook.store.values import pack, plain_text, unpack

log = logging.getLogger("bomgate.hotstart")

_MAGIC = b"bomgate read model 4\n"
_LENGTH = struct.Struct("<I")
_CHECKSUM_BYTES = 16
_PORTION = 1000
T = TypeVar("T")


class _Head(msgspec.Struct, array_like=True):
    """The first frame."""

    store: str
    revision: int
    component_ids: bytes
    states: bytes
    answered_at: bytes
    mark: str = ""  # at the end: programs before it leave it out, and do not look for it
    follows_removals: bool = False  # likewise
    ecosystems: bytes | None = None  # likewise
    checked_at: dict[int, int] = {}


class _Sbom(msgspec.Struct, array_like=True):
    """A :class:`StoredSbom` with its ids packed."""

    digest: str
    document_digest: str
    component_ids: bytes
    skipped: dict[SkipReason, int]
    place: str
    format: str
    coverage: Coverage | None
    not_in_image: int = 0  # at the end, as the mark of _Head


class _Frame(msgspec.Struct, array_like=True, omit_defaults=True):
    """Any further frame: portions of the lists and mappings of :class:`Changes`."""

    vulnerable: list[tuple[int, str, list[str]]] = []
    vulnerabilities: list[Vulnerability] = []
    assessments: list[Assessment] = []
    sboms: list[_Sbom] = []
    tags: dict[str, str] = {}
    types: list[StoredType] = []
    looks: list[tuple[str, str, str]] = []  # at the end, as the mark of _Head
    doubtful: dict[int, str] = {}
    told: list[str] = []
    fixed: dict[int, dict[str, str]] = {}
    vex: list[KeptVex] = []


@dataclass
class _Model:
    """What has been read so far."""

    purls: dict[int, Purl] = field(default_factory=dict)
    findings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    vulnerabilities: list[Vulnerability] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    sboms: list[StoredSbom] = field(default_factory=list)
    looks: list[StoredLook] = field(default_factory=list)
    tags: dict[str, Digest] = field(default_factory=dict)
    types: list[StoredType] = field(default_factory=list)
    doubtful: dict[int, Purl] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    fixed: dict[int, dict[str, str]] = field(default_factory=dict)
    vex: list[KeptVex] = field(default_factory=list)

    def add(self, frame: _Frame) -> None:
        for number, purl, keys in frame.vulnerable:
            self.purls[number] = Purl(purl)
            self.findings[number] = tuple(intern(key) for key in keys)
        self.vulnerabilities += frame.vulnerabilities
        self.assessments += [
            assessment
            if assessment.scope.image is None
            else structs.replace(assessment, scope=respelled(assessment.scope))
            for assessment in frame.assessments
        ]
        self.types += frame.types
        self.sboms += (_stored(sbom) for sbom in frame.sboms)
        self.looks += (StoredLook(Digest(digest), intern(name), trouble) for digest, name, trouble in frame.looks)
        self.tags.update({name: Digest(digest) for name, digest in frame.tags.items()})
        self.doubtful.update({number: Purl(purl) for number, purl in frame.doubtful.items()})
        self.told.update(frame.told)
        self.fixed.update(frame.fixed)
        self.vex += frame.vex


class HotStartFile:
    """A copy of the read model in one file, replaced as a whole.

    Args:
        path: the file; its folder is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Changes | None:
        """The saved model, complete; None when there is none that can be read and is whole and of this version."""
        try:
            with self._path.open("rb") as file:
                return _read(file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, msgspec.MsgspecError) as problem:
            log.warning("saved read model not used", extra={"path": str(self._path), "error": str(problem)})
            return None

    def save(self, changes: Changes) -> None:
        """Replace the saved model; after a crash the file holds the old model or the new one, whole.

        Raises:
            OSError: it could not be written; the old one is still there.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, changes)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise


def _write(file: BinaryIO, changes: Changes) -> None:
    checksum = blake2b(digest_size=_CHECKSUM_BYTES)
    encoder = msgspec.msgpack.Encoder(enc_hook=plain_text)

    def put(data: bytes) -> None:
        checksum.update(data)
        file.write(data)

    put(_MAGIC)
    for frame in _frames(changes):
        data = encoder.encode(frame)
        put(_LENGTH.pack(len(data)))
        put(data)
    put(_LENGTH.pack(0))
    file.write(checksum.digest())


def _frames(changes: Changes) -> Iterator[_Head | _Frame]:
    ids, answered_at = pack(changes.component_ids), pack(changes.answered_at)
    at = changes.position
    yield _Head(
        at.store,
        at.revision,
        ids,
        changes.states,
        answered_at,
        at.mark,
        follows_removals=True,
        ecosystems=changes.ecosystems,
        checked_at=dict(changes.checked_at or {}),
    )
    for numbers in _portions(list(changes.findings)):
        yield _Frame(
            vulnerable=[(number, str(changes.purls[number]), list(changes.findings[number])) for number in numbers]
        )
    for vulnerabilities in _portions(changes.vulnerabilities):
        yield _Frame(vulnerabilities=list(vulnerabilities))
    for assessments in _portions(changes.assessments):
        yield _Frame(assessments=list(assessments))
    for types in _portions(changes.types):
        yield _Frame(types=list(types))
    for sboms in _portions(changes.sboms):
        yield _Frame(sboms=[_saved(sbom) for sbom in sboms])
    for looks in _portions(changes.looks):
        yield _Frame(looks=[(str(look.digest), look.origin, look.trouble) for look in looks])
    for names in _portions(list(changes.tags)):
        yield _Frame(tags={name: str(changes.tags[name]) for name in names})
    for numbers in _portions(list(changes.doubtful)):
        yield _Frame(doubtful={number: str(changes.doubtful[number]) for number in numbers})
    for packages in _portions(sorted(changes.told)):
        yield _Frame(told=list(packages))
    for numbers in _portions(list(changes.fixed)):
        yield _Frame(fixed={number: dict(changes.fixed[number]) for number in numbers})
    for document in changes.vex:
        yield _Frame(vex=[document])


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PORTION):
        yield items[start : start + _PORTION]


def _read(file: BinaryIO) -> Changes:
    """Read and check a file.

    Raises:
        ValueError: it is not what :func:`_write` writes.
        msgspec.MsgspecError: a frame cannot be decoded.
    """
    checksum = blake2b(digest_size=_CHECKSUM_BYTES)

    def take(size: int) -> bytes:
        data = file.read(size)
        if len(data) != size:
            raise ValueError("it is cut short")
        checksum.update(data)
        return data

    if take(len(_MAGIC)) != _MAGIC:
        raise ValueError("it is of another version")
    head = msgspec.msgpack.decode(take(*_LENGTH.unpack(take(_LENGTH.size))), type=_Head)
    decoder, model = msgspec.msgpack.Decoder(_Frame), _Model()
    while (size := _LENGTH.unpack(take(_LENGTH.size))[0]) != 0:
        model.add(decoder.decode(take(size)))
    if file.read() != checksum.digest():
        raise ValueError("its checksum is wrong")
    ids, answered_at = unpack(head.component_ids), unpack(head.answered_at)
    # A program that knows of no removals may have missed some, and one that knows of no ecosystems has other times:
    # without a mark, the store gives a complete description.
    mark = head.mark if head.follows_removals and head.ecosystems is not None else ""
    return Changes(
        position=Position(head.store, head.revision, mark),
        complete=True,
        component_ids=ids,
        states=head.states,
        answered_at=answered_at,
        ecosystems=head.ecosystems or b"",
        checked_at=head.checked_at or None,
        purls=model.purls,
        findings=model.findings,
        vulnerabilities=tuple(model.vulnerabilities),
        assessments=tuple(model.assessments),
        types=tuple(model.types),
        sboms=tuple(model.sboms),
        looks=tuple(model.looks),
        tags=model.tags,
        doubtful=model.doubtful,
        told=frozenset(model.told),
        fixed=model.fixed,
        vex=tuple(model.vex),
    )


def _saved(one: StoredSbom) -> _Sbom:
    packed = pack(one.component_ids)
    return _Sbom(
        str(one.digest),
        one.document_digest,
        packed,
        dict(one.skipped),
        one.place,
        one.format,
        one.coverage,
        one.not_in_image,
    )


def _stored(one: _Sbom) -> StoredSbom:
    ids: array[int] = unpack(one.component_ids)
    place, form = intern(one.place), intern(one.format)
    coverage = WHOLE if one.coverage == WHOLE else one.coverage  # one object for nearly all
    return StoredSbom(
        Digest(one.digest), one.document_digest, ids, one.skipped, place, form, coverage, one.not_in_image
    )
