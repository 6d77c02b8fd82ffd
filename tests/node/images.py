"""bomgate's image, built from the Dockerfile with buildah, on a base image and from wheels, without network.

``python -m tests.node.images`` makes it and prints the folder: an OCI layout.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.e2e.controlplane.build import UnavailableError
from tests.node import cache, machine, oci, rootfs

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / "requirements" / name for name in ("run.txt", "build.txt")]
BASE = "node/base:1"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = 3
_BUILDS = 20
"""After so many, layers are no longer kept: each build leaves some that no other takes."""


def ensure() -> Path:
    """The folder of bomgate's image, made first when it is not there.

    Raises:
        UnavailableError: something for it is missing, or a step failed (with the end of its output).
    """
    if reason := machine.missing():
        raise UnavailableError(reason)
    roots, wheels = rootfs.ensure(), locked_wheels()
    names = ("webhook", "Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE")
    sources = [ROOT / name for name in names]
    key = cache.digest(roots.name, wheels.name, Path(__file__), Path(oci.__file__), *sources)
    image = cache.once("bomgate-image", key, lambda into: _layout(into, roots, wheels))
    for name in ("bomgate-image", "rootfs"):
        cache.prune(name, keep=_KEPT)
    return image


def locked_wheels() -> Path:
    """The folder of the locked wheels, for the Python and the C library of the base image; downloaded first.

    Raises:
        UnavailableError: they could not be downloaded.
    """
    return cache.once("wheels", cache.digest(rootfs.PYTHON, *LOCKS), _download)


def _download(into: Path) -> None:
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


def _layout(into: Path, roots: Path, wheels: Path) -> None:
    print("Building bomgate's image with buildah (once per change of it)", file=sys.stderr, flush=True)
    kept = _kept(roots, wheels)
    make = partial(build, f"oci:{into}:bomgate", roots=roots, wheels=wheels, push=["--disable-compression"])
    try:
        make(layers=kept / "store")
    except UnavailableError:  # perhaps for what a killed build left there
        shutil.rmtree(kept, ignore_errors=True)
        make()


def _kept(roots: Path, wheels: Path) -> Path:
    """The folder in which builds keep their layers in ``store``, for the next ones."""
    folder = cache.once("bomgate-layers", cache.digest(roots.name, wheels.name), lambda into: None)
    cache.prune("bomgate-layers", keep=1)
    count = folder / "builds"
    number = int(count.read_text()) if count.exists() else 0
    if number >= _BUILDS:
        shutil.rmtree(folder / "store", ignore_errors=True)
        number = 0
    count.write_text(str(number + 1))
    return folder


def build(
    target: str,
    *,
    roots: Path,
    wheels: Path,
    context: Path = ROOT,
    arguments: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    push: Sequence[str] = (),
    layers: Path | None = None,
) -> None:
    """Build the Dockerfile on the base image, as docker or buildah does for a user, only without network.

    Args:
        target: where the image goes, as buildah names it.
        roots: from :func:`tests.node.rootfs.ensure`.
        wheels: from :func:`locked_wheels`.
        context: the folder with the Dockerfile.
        arguments: of the build.
        options: further ones of ``buildah build``.
        push: further ones of ``buildah push``.
        layers: the folder for layers, of which the build takes those whose instructions and files have not changed;
            none: nothing of former builds is taken, and nothing is kept.

    Raises:
        UnavailableError: a step failed (with the end of its output).
    """
    # buildah makes a name of this path, in which no "_" may follow a "-" or end a part; what is random may do both.
    with tempfile.TemporaryDirectory(prefix="bomgate-image-x", suffix="x", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        layout = oci.Layout(folder / "base")
        layout.image(BASE, [roots / "base.tar"], {"Env": [_PATH], "Cmd": ["python3"]})
        layout.close()
        # In separate namespaces: no network, and what buildah mounts goes with it, also when it is killed.
        store = f"--root {layers or folder / 'store'} --runroot {folder}/run"
        given = shlex.join(f"--build-arg={name}={value}" for name, value in (arguments or {}).items())
        kept = "--layers" if layers else ""
        script = f"""
            set -e
            base=$(buildah {store} pull --quiet oci:{folder}/base:{BASE})
            buildah {store} build --quiet {kept} --isolation chroot --pull-never --build-arg BASE_IMAGE=$base \\
                {given} {shlex.join(options)} --volume {wheels}:/wheels:ro --tag bomgate {context}
            buildah {store} push --quiet {shlex.join(push)} bomgate {target}
        """
        cache.run("unshare", "--mount", "--net", "sh", "-c", script)


if __name__ == "__main__":
    try:
        print(ensure())
    except UnavailableError as reason:
        sys.exit(f"Cannot be made: {reason}")
