"""Build the registry that the tests run, and the tools that recorded their attachments, once per version.

``python tests/registries/build.py registry`` builds go-containerregistry's registry (with the referrers API) and crane;
``… attach`` builds cosign and oras, which only ``record.py`` needs. Each prints the folder that holds the programs. It
lies under ``~/.cache/bomgate-tools`` and is named after a digest of the pins beside this file, so that a second run
finds it at once and another version gets a separate folder. Standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent / "tools"
PROGRAMS = {
    "registry": {"registry": ".", "crane": "github.com/google/go-containerregistry/cmd/crane"},
    "attach": {"cosign": "github.com/sigstore/cosign/v3/cmd/cosign", "oras": "oras.land/oras/cmd/oras"},
}


class UnavailableError(Exception):
    """The programs cannot be built here; the text says why and what would help."""


def folder(module: str) -> Path:
    """Where the programs of a module are, or will be."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted((HERE / module).iterdir()):
        digest.update(file.read_bytes())
    return Path.home() / ".cache" / "bomgate-tools" / f"{module}-{digest.hexdigest()[:16]}"


def ensure(module: str, log=sys.stderr) -> Path:
    """Return the folder of the built programs, building them first when they are not there.

    Raises:
        UnavailableError: Go is missing or too old, or a build failed (with the end of its output).
    """
    target = folder(module)
    if (target / "complete").exists():
        return target
    if shutil.which("go") is None:
        raise UnavailableError("Go is not installed; install the version that the go.mod files name, or a newer one")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{module}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "complete").exists():
            _build(module, target, log)
    return target


def _build(module: str, target: Path, log) -> None:
    began = time.monotonic()
    print(f"Building {', '.join(PROGRAMS[module])} into {target} (once)", file=log, flush=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"{module}-", dir=target.parent))
    try:
        for name, package in PROGRAMS[module].items():
            _go(module, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(scratch / name), package)
        (scratch / "complete").write_text("")
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"Ready after {time.monotonic() - began:.0f} s", file=log, flush=True)


def _go(module: str, *arguments: str) -> None:
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    command = ["nice", "-n", "10", "go", *arguments]
    done = subprocess.run(command, cwd=HERE / module, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise UnavailableError(f"go {arguments[0]} of {module} failed:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    try:
        print(ensure(sys.argv[1] if len(sys.argv) > 1 else "registry"))
    except UnavailableError as reason:
        sys.exit(f"Cannot be built: {reason}")
