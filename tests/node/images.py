"""bomgate's image, built from the Dockerfile with buildah, on a base image and from wheels, without network.

``python -m tests.node.images`` makes it and prints the folder: an OCI layout.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.e2e.controlplane.build import UnavailableError
from tests.node import cache, machine, oci, rootfs

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / "requirements" / name for name in ("run.txt", "build.txt")]
BASE = "node/base:1"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = 3


def ensure() -> Path:
    """The folder of bomgate's image, made first when it is not there.

    Raises:
        UnavailableError: something for it is missing, or a step failed (with the end of its output).
    """
    if reason := machine.missing():
        raise UnavailableError(reason)
    roots, wheels = rootfs.ensure(), cache.once("wheels", cache.digest(rootfs.PYTHON, *LOCKS), _download)
    names = ("webhook", "Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE")
    sources = [ROOT / name for name in names]
    key = cache.digest(roots.name, wheels.name, Path(__file__), *sources)
    image = cache.once("bomgate-image", key, lambda into: _build(into, roots, wheels))
    for name in ("bomgate-image", "rootfs"):
        cache.prune(name, keep=_KEPT)
    return image


def _download(into: Path) -> None:
    """The locked wheels, for the Python and the C library of the base image."""
    kinds = (
        f"manylinux_2_28_{os.uname().machine}",
        f"manylinux_2_17_{os.uname().machine}",
        f"manylinux2014_{os.uname().machine}",
    )
    platforms = [f"--platform={kind}" for kind in kinds]
    wanted = ["--only-binary=:all:", "--no-deps", "--require-hashes", f"--python-version={rootfs.PYTHON}", *platforms]
    for lock in LOCKS:
        command = [sys.executable, "-m", "pip", "download", "--quiet", *wanted, "--dest", str(into)]
        cache.run(*command, "--requirement", str(lock))


def _build(into: Path, roots: Path, wheels: Path) -> None:
    """Build the Dockerfile on the base image, as docker or buildah does for a user, only without network."""
    print("Building bomgate's image with buildah (once per change of it)", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="bomgate-image-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        layout = oci.Layout(folder / "base")
        layout.image(BASE, [roots / "base.tar"], {"Env": [_PATH], "Cmd": ["python3"]})
        layout.close()
        # In namespaces of its own: no network, and what buildah mounts goes with it, also when it is killed.
        store = f"--root {folder}/store --runroot {folder}/run"
        script = f"""
            set -e
            base=$(buildah {store} pull --quiet oci:{folder}/base:{BASE})
            buildah {store} build --quiet --isolation chroot --pull-never --build-arg BASE_IMAGE=$base \\
                --volume {wheels}:/wheels:ro --tag bomgate {ROOT}
            buildah {store} push --quiet --disable-compression bomgate oci:{into}:bomgate
        """
        cache.run("unshare", "--mount", "--net", "sh", "-c", script)


if __name__ == "__main__":
    try:
        print(ensure())
    except UnavailableError as reason:
        sys.exit(f"Cannot be made: {reason}")
