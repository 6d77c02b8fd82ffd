"""A directory of SBOM files as an SBOM source; the file name says which image a document describes.

Names are ``<anything>@sha256-<64 hex>.<ext>`` or ``sha256-<64 hex>.<ext>``; the format is recognised by content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webhook.errors import Final, InvalidInput
from webhook.model.components import Sbom, document_digest
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.ports import PartlyRead

_NAME = re.compile(r"(?:.*@)?(sha256)-([0-9a-f]{64})\.[A-Za-z0-9.]+\Z")


def digest_in_name(name: str) -> Digest | None:
    """The digest that a file name states; None when it states none."""
    match = _NAME.match(name)
    return Digest(f"{match[1]}:{match[2]}") if match else None


def sbom_files(directory: Path) -> Iterator[tuple[Digest, Path]]:
    """Every file below a directory whose name states a digest, in order of the names.

    Raises:
        OSError: the directory cannot be read.
    """
    for path in sorted(directory.rglob("*")):
        digest = digest_in_name(path.name)
        if digest is not None and path.is_file():
            yield digest, path


@dataclass(frozen=True, slots=True)
class SbomOptions:
    """Where SBOMs come from."""

    sources: tuple[str, ...] = field(
        default=("referrers", "buildkit", "cosignAttestation", "cosignAttachment", "directory"),
        metadata={
            "help": (
                "Places to search for the SBOM of an unknown image. The documents of all places count"
                " together; generate creates an SBOM if no place has one."
            )
        },
    )
    directory: Path | None = field(
        default=None,
        metadata={
            "help": ("Directory with SBOM files named <anything>@sha256-<64 hex>.<ext>, searched for unknown images.")
        },
    )
    refresh_hours: float = field(
        default=24.0,
        metadata={
            "help": ("Hours after which the controller searches again for the SBOMs of a running image; 0 means never.")
        },
    )
    max_bytes: int = field(default=64 * 1024 * 1024, metadata={"help": "Maximum size of an SBOM in bytes."})


class DirectorySource:
    """SBOM files of one directory and the folders in it.

    Args:
        directory: where the files are; they may come and go while bomgate runs.
        parse: bytes → Sbom.
        max_bytes: a larger file is refused unread.
    """

    place = "directory"

    def __init__(self, directory: Path, parse: Callable[[bytes], Sbom], max_bytes: int = 64 * 1024 * 1024) -> None:
        self._directory, self._parse, self._max_bytes = directory, parse, max_bytes

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """Read the files named after ``digest``; none is no error.

        Raises:
            PartlyRead: one file can be read as an SBOM, and another cannot.
            InvalidInput: no file can.
            Final: the directory cannot be read at all, or a file, and no other is an SBOM.
        """
        sboms: list[Sbom] = []
        problems: list[InvalidInput] = []
        unread: set[str] = set()
        refused: list[Final] = []
        try:
            paths = self._paths(digest)
        except OSError as problem:
            raise _unreadable(problem) from problem
        for path in paths:
            try:
                sboms.append(self._read(path, unread))
            except OSError as problem:
                refused.append(_unreadable(problem))
            except InvalidInput as problem:
                problems.append(problem)
        for first in (*refused, *problems):
            if not sboms:
                raise first
            is_passing = first in refused
            raise PartlyRead(
                first.message,
                remedy=first.remedy,
                sboms=sboms,
                is_short=is_passing,
                is_passing=is_passing,
                unread=unread,
            )
        return sboms

    def _paths(self, digest: Digest) -> Sequence[Path]:
        """The files of an image, by the directory as it is now: another may have been laid beside one that is known."""
        return [path for found, path in sbom_files(self._directory) if found == digest]

    def _read(self, path: Path, unread: set[str]) -> Sbom:
        if path.stat().st_size > self._max_bytes:
            raise InvalidInput(f"{path.name} is larger than {self._max_bytes} bytes")
        data = path.read_bytes()
        try:
            return self._parse(data)
        except InvalidInput as problem:
            unread.add(document_digest(data))
            raise InvalidInput(f"{path.name}: {problem.message}", remedy=problem.remedy) from problem


def _unreadable(problem: OSError) -> Final:
    return Final(f"The SBOM directory cannot be read: {problem}", remedy="Check sbom.directory and its permissions.")


def read_bounded(path: Path, most: int) -> bytes:
    """Read an SBOM file of at most so many bytes.

    Raises:
        InvalidInput: it is larger.
        OSError: it cannot be read.
    """
    if path.stat().st_size > most:
        raise InvalidInput(f"{path.name} is larger than {most} bytes.", remedy="Raise sbom.maxBytes, or split it.")
    return path.read_bytes()
