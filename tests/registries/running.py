"""Real registries on loopback: Debian's docker-registry and go-containerregistry's, as child processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.registries.build import UnavailableError, ensure

START_SECONDS = 20


def docker_registry_program() -> str:
    """Path of Debian's docker-registry, installed first when that is possible.

    Raises:
        UnavailableError: it is not there and cannot be installed.
    """
    if shutil.which("docker-registry") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", "docker-registry"]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True, check=False)
    program = shutil.which("docker-registry")
    if program is None:
        raise UnavailableError("docker-registry is not installed; on Debian: apt-get install docker-registry")
    return program


@contextmanager
def docker_registry(folder: Path, **sections):
    """Run docker-registry 2.8 on a free port of loopback; gives ``host:port``.

    Args:
        folder: for its configuration, storage and log.
        sections: of its configuration, such as ``auth`` or ``proxy``.
    """
    program = docker_registry_program()
    configuration = {
        "version": 0.1,
        "log": {"level": "info"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": "127.0.0.1:0"},
        **sections,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(yaml.safe_dump(configuration))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        yield _address(process, folder / "log", r"listening on (127\.0\.0\.1:[0-9]+)")
    finally:
        process.kill()
        process.wait()


@contextmanager
def referrers_registry(folder: Path):
    """Run go-containerregistry's registry, with the referrers API, on a free port of loopback; gives ``host:port``."""
    program = ensure("registry") / "registry"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=log, stderr=log)
    try:
        yield _address(process, folder / "log", r"^(127\.0\.0\.1:[0-9]+)$")
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


def _address(process: subprocess.Popen, log: Path, pattern: str) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = re.search(pattern, log.read_text(), re.MULTILINE)
        if found:
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"{process.args} did not start:\n{log.read_text()[-2000:]}")
