"""Root file systems for the images of a node, as layers: Debian with Python, Debian with PostgreSQL, and a pause.

Debian's come from debootstrap, which takes root on Linux and Debian's mirrors.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.node import cache, layers

HERE = Path(__file__).resolve().parent
SUITE = "bookworm"
PYTHON = "3.11"
"""Of that suite."""
_BASE_PACKAGES = "python3,python3-venv,ca-certificates"
_POSTGRESQL_PACKAGES = "postgresql-15"
_NEEDLESS = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists", "var/log")


def ensure() -> Path:
    """The folder with ``base.tar``, ``postgresql.tar`` and ``pause.tar``, made first when it is not there.

    Raises:
        UnavailableError: a step failed (with the end of its output).
    """
    key = cache.digest(Path(__file__), HERE / "layers.py", HERE / "postgresql", HERE / "pause")
    return cache.once("rootfs", key, _make)


def _make(into: Path) -> None:
    print("Making the base and PostgreSQL images with debootstrap (once; about a minute)", file=sys.stderr, flush=True)
    with ThreadPoolExecutor(2) as together:
        base = together.submit(_bootstrap, into / "base", _BASE_PACKAGES)
        postgresql = together.submit(_bootstrap, into / "postgresql", _POSTGRESQL_PACKAGES)
        base.result()
        postgresql.result()
    root = into / "postgresql"
    # The official image's ids, and its answer to everybody instead of loopback only; no compiler for queries.
    _chroot(root, "sh", "-c", "groupmod -g 999 postgres && usermod -u 999 -g 999 postgres")
    for library in (*root.glob("usr/lib/*/libLLVM*"), *root.glob("usr/lib/postgresql/*/lib/llvmjit.so")):
        library.unlink()
    (sample,) = root.glob("usr/share/postgresql/*/postgresql.conf.sample")
    sample.write_text(f"{sample.read_text()}\nlisten_addresses = '*'\njit = off\n")
    shutil.copy(HERE / "postgresql" / "docker-entrypoint.sh", root / "usr" / "local" / "bin")
    _chroot(
        root, "install", "-d", "-o", "999", "-g", "999", "-m", "1777", "/var/lib/postgresql/data", "/var/run/postgresql"
    )
    for name in ("base", "postgresql"):
        layers.pack(into / name, into / f"{name}.tar")
        shutil.rmtree(into / name)
    pause = into / "pause"
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    cache.run("go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(pause), ".", cwd=HERE / "pause", env=environment)
    layers.pack_files({"pause": pause}, into / "pause.tar")


def _bootstrap(root: Path, packages: str) -> None:
    """A small Debian; its own scripts run in a namespace of their own and start nothing."""
    arguments = ["--variant=minbase", f"--include={packages}", SUITE, str(root)]
    cache.run("debootstrap", "--foreign", *arguments)
    _write(root / "usr" / "sbin" / "policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    _write(root / "etc" / "postgresql-common" / "createcluster.conf", "create_main_cluster = false\n", 0o644)
    _chroot(root, "/debootstrap/debootstrap", "--second-stage")
    for name in _NEEDLESS:
        shutil.rmtree(root / name, ignore_errors=True)
    (root / "usr" / "sbin" / "policy-rc.d").unlink(missing_ok=True)


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _chroot(root: Path, *command: str) -> None:
    cache.run("unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", str(root), *command)
