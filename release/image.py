"""Image of a release: one archive for each platform that this machine can build, as an OCI layout in a tar file."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from release.sources import ReleaseError, Sources, run
from tests.e2e.controlplane.build import UnavailableError
from tests.node import images, machine, rootfs

DEBIAN = "debian"
"""Names the base that the tests make with debootstrap, for machines that reach Debian and no registry."""
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
"""Platform → the machine that runs it."""
_EMULATORS = Path("/proc/sys/fs/binfmt_misc")


@dataclass(frozen=True, slots=True)
class Base:
    """The image that bomgate's image is built on.

    Attributes:
        name: its reference, or ``debian``.
        fallback: whether ``debian`` may take its place when it cannot be pulled.
    """

    name: str
    fallback: bool

    @classmethod
    def chosen(cls, sources: Sources, name: str) -> Base:
        """The base by the option; empty means the base that the Dockerfile names, or else ``debian``."""
        text = (sources.folder / "Dockerfile").read_text(encoding="utf-8")
        match = re.search(r"^ARG BASE_IMAGE=(\S+)$", text, re.MULTILINE)
        assert match is not None
        return cls(name or match[1], not name)


def image(sources: Sources, into: Path, wanted: str, base: Base, address: str) -> tuple[Path, str]:
    """Build the image for one platform.

    Args:
        sources: of the release.
        into: the folder for the archive.
        wanted: the platform, such as ``linux/arm64``.
        base: what it is built on.
        address: of the repository, for its label; possibly empty.

    Returns:
        The archive, and a remark; empty when everything is as the Dockerfile has it.

    Raises:
        ReleaseError: this machine cannot build it.
    """
    if shutil.which("buildah", path=machine.search_path()) is None:
        raise ReleaseError("buildah is not installed; Debian has it in the package buildah.")
    native = platform.machine() == MACHINES[wanted]
    if not native and not (_EMULATORS / f"qemu-{MACHINES[wanted]}").exists():
        raise ReleaseError(
            f"this machine ({platform.machine()}) cannot run programs of {wanted}; with Debian's package "
            "qemu-user-static and binfmt_misc it can, or run `make release` on such a machine."
        )
    target = into / f"bomgate-{sources.version}-{wanted.replace('/', '-')}.oci.tar"
    labels = {"VERSION": sources.version, "REVISION": sources.revision, "SOURCE": address}
    if base.name != DEBIAN:
        try:
            _on_registry_image(sources, target, wanted, base.name, labels)
            return target, ""
        except _UnreachableBase as problem:
            if not base.fallback or not native:
                raise
            reason = f"{base.name} cannot be pulled ({problem})"
    else:
        reason = "as asked"
    if not native:
        raise ReleaseError(f"the Debian base is made for this machine only, not for {wanted}.")
    _on_debian(sources, target, labels)
    return target, f"built on Debian {rootfs.SUITE} from debootstrap, in place of the Dockerfile's base: {reason}"


class _UnreachableBase(ReleaseError):
    """The base image cannot be pulled."""


def _on_registry_image(sources: Sources, target: Path, wanted: str, base: str, labels: Mapping[str, str]) -> None:
    environment = {**sources.environment, "PATH": machine.search_path()}
    with tempfile.TemporaryDirectory(prefix="bomgate-image-", ignore_cleanup_errors=True) as scratch:
        store = ["--root", f"{scratch}/store", "--runroot", f"{scratch}/run"]
        try:
            run("buildah", *store, "pull", "--quiet", "--platform", wanted, base, environment=environment)
        except ReleaseError as problem:
            raise _UnreachableBase(str(problem).rpartition(": ")[2]) from problem
        given = {**labels, "BASE_IMAGE": base, "BASE_NAME": base}
        arguments = [part for name, value in given.items() for part in ("--build-arg", f"{name}={value}")]
        build = ["build", "--quiet", "--isolation", "chroot", "--platform", wanted, "--timestamp", str(sources.seconds)]
        run(
            *("buildah", *store, *build, *arguments, "--tag", "bomgate", str(sources.folder)),
            environment=environment,
        )
        archive = f"oci-archive:{target}:bomgate:{sources.version}"
        run("buildah", *store, "push", "--quiet", "bomgate", archive, environment=environment)


def _on_debian(sources: Sources, target: Path, labels: Mapping[str, str]) -> None:
    """Build as the tests on a node do: on Debian from debootstrap, with the locked wheels, without network."""
    if os.geteuid() != 0 or shutil.which("debootstrap", path=machine.search_path()) is None:
        raise ReleaseError("an image on Debian takes root and Debian's package debootstrap.")
    try:
        images.build(
            f"oci-archive:{target}:bomgate:{sources.version}",
            roots=rootfs.ensure(),
            wheels=images.locked_wheels(),
            context=sources.folder,
            arguments={**labels, "BASE_NAME": f"debian:{rootfs.SUITE}"},
            options=["--timestamp", str(sources.seconds)],
        )
    except UnavailableError as problem:
        raise ReleaseError(str(problem)) from problem
