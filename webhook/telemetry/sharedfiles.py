"""Shared files: where the workers of a server keep their metrics, so that any of them can tell those of all.

The library maps such a file and writes to it as to memory. On a disk that is full, the kernel ends the process for
that, so a worker would never start again. Room is reserved before: 256 KiB a file, which is many times what one has.
"""

from __future__ import annotations

import logging
import os
import struct
from contextlib import suppress
from pathlib import Path

from prometheus_client import values

log = logging.getLogger("bomgate.metrics")

_KINDS = ("counter", "histogram", "gauge_livemostrecent")
"""How the names of the files begin, one for each kind of metric; the library's ``values`` has the rule."""
_ROOM = 256 * 1024
_USED = struct.Struct("i").unpack_from
"""How many bytes of a file are used, from its beginning; the library's ``mmap_dict`` has the format."""


def reserve_room(folder: Path, pid: int) -> bool:
    """Make the files of a process with all the room that they need; before its first metric is made.

    Where there is no room, what the process counts stays in its memory: nobody is told of it, and all else goes on.

    Returns:
        Whether there is room.
    """
    made = [folder / f"{kind}_{pid}.db" for kind in _KINDS]
    try:
        for path in made:
            with path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, _ROOM)
    except OSError as problem:
        for path in made:
            with suppress(OSError):
                path.unlink()
        values.ValueClass = values.MutexValue
        log.warning(
            "there is no room for the metrics of this worker, which are not exposed",
            extra={"error": str(problem), "remedy": f"Make room where {folder} is, and restart."},
        )
        return False
    return True


def release_room(folder: Path, pid: int) -> None:
    """Give back the room that a process has reserved and not used; what it counted stays in the sums."""
    for kind in _KINDS:
        path = folder / f"{kind}_{pid}.db"
        with suppress(OSError, struct.error):
            with path.open("rb") as file:
                (used,) = _USED(file.read(4))
            if 0 < used < path.stat().st_size:
                os.truncate(path, used)
