"""Packing files as a layer of an image: the same bytes for the same files, on every machine and at any time."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path


def pack(folder: Path, into: Path) -> None:
    """Pack a root file system as a layer, the same bytes for the same files."""
    left_out = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev", "tmp", "run")]
    order = ["--numeric-owner", "--sort=name", "--mtime=@0"]
    subprocess.run(["tar", f"--directory={folder}", *order, *left_out, "-cf", into, "."], check=True)


def pack_files(files: Mapping[str, bytes | Path], into: Path) -> None:
    """Pack single files, and all below single folders, as a layer."""
    with tarfile.open(into, "w") as archive:
        for name, content in files.items():
            if isinstance(content, bytes):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
                continue
            for path in sorted(content.rglob("*")) if content.is_dir() else [content]:
                if path.is_file() and path.suffix != ".pyc":
                    inner = name if path == content else f"{name}/{path.relative_to(content)}"
                    archive.addfile(_plain(archive.gettarinfo(path, inner)), io.BytesIO(path.read_bytes()))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
