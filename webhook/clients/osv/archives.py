"""Archives: the records in a zip file or a folder, within bounds, and never written anywhere.

Names in an archive only say whether something is a record, so that a path that leads out of it leads nowhere.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from webhook.clients.osv.records import LONGEST_RECORD
from webhook.errors import Final, Retryable

MOST_RECORDS = 2_000_000
_RATIO = 8
"""How much more than the largest archive its records may be unpacked; those of real ones are five times as large."""
_CHUNK = 1024 * 1024


def digest_of(stream: IO[bytes]) -> str:
    """``sha256:<hex>`` of what a file holds; it is left at its beginning."""
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return f"sha256:{digest.hexdigest()}"


def record_name(path: str) -> str:
    """What a record is called by its path: its id, where the source names files so."""
    return path.rpartition("/")[2].removesuffix(".json")


def read_archive(stream: IO[bytes], max_bytes: int, skip: Callable[[str, str], None]) -> Iterator[tuple[bytes, str]]:
    """The records of a zip file, each with its path in it.

    Args:
        stream: can be sought in.
        max_bytes: of the largest archive; its records may be eight times as large together.
        skip: told of each record that is left out, with the reason and its path.

    Raises:
        Retryable: it is no zip file, or was cut off.
        Final: it holds too much.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            names = [info for info in archive.infolist() if info.filename.endswith(".json") and not info.is_dir()]
            if len(names) > MOST_RECORDS:
                raise _too_much(f"{len(names)} records")
            left = max_bytes * _RATIO
            for info in names:
                data = _record(archive, info)
                if data is None:
                    skip("unreadable", info.filename)
                    continue
                left -= len(data)
                if left < 0:
                    raise _too_much(f"more than {max_bytes * _RATIO} bytes of records")
                if len(data) > LONGEST_RECORD:
                    skip("too-large", info.filename)
                else:
                    yield data, info.filename
    except (zipfile.BadZipFile, EOFError, ValueError, OSError) as problem:
        raise Retryable(
            f"The archive cannot be read: {problem}",
            remedy="It may have been cut off on the way. The next run fetches it again.",
        ) from problem


def _record(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
    """One record, not much longer than one may be; None when it cannot be unpacked."""
    try:
        with archive.open(info) as entry:
            return entry.read(LONGEST_RECORD + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError):
        return None  # damaged, encrypted, or packed in a way that nobody knows


def read_folder(folder: Path, skip: Callable[[str, str], None]) -> Iterator[tuple[bytes, str]]:
    """The records in a folder and those below it, in the order of their names, each with its path from there.

    Folders that are hidden are left out: a volume of Kubernetes has its files in one, and links to them.

    Args:
        folder: where they are; links that lead out of it are left out.
        skip: told of each record that is left out, with the reason and its path.

    Raises:
        Final: there are too many.
        OSError: it cannot be listed.
    """
    inside = folder.resolve(strict=True)
    paths = sorted(path for path in folder.rglob("*.json") if not _is_hidden(path.relative_to(folder)))
    if len(paths) > MOST_RECORDS:
        raise _too_much(f"{len(paths)} records")
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            if not path.resolve().is_relative_to(inside) or not path.is_file():
                skip("outside", name)
                continue
            with path.open("rb") as stream:
                data = stream.read(LONGEST_RECORD + 1)
        except OSError:
            skip("unreadable", name)
            continue
        if len(data) > LONGEST_RECORD:
            skip("too-large", name)
        else:
            yield data, name


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _too_much(what: str) -> Final:
    return Final(
        f"The advisories hold {what}, which no ecosystem does.",
        remedy="Check where they come from, or raise maxMegabytes of the source.",
    )
