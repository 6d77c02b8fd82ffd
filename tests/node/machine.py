"""What the machine must have for a real node, and the only things of it that a node touches: its control groups."""

from __future__ import annotations

import os
import platform
import shutil
import time
from contextlib import suppress
from pathlib import Path

PACKAGES = {
    "runc": "runc",
    "iptables": "iptables",
    "nft": "nftables",
    "conntrack": "conntrack",
    "ipset": "ipset",
    "debootstrap": "debootstrap",
    "buildah": "buildah",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
"""Command → the Debian package that has it."""
CNI_PLUGINS = Path("/usr/lib/cni")
_ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
_GROUPS = Path("/sys/fs/cgroup")
_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd")
_PREFIX = "bomgate-node-"


def search_path() -> str:
    """The PATH with the folders of administrators' commands, which an ordinary login lacks."""
    return f"{os.environ.get('PATH', '/usr/bin:/bin')}:{_ADMIN_PATH}"


def missing() -> str:
    """Why no node can run on this machine; empty when one can."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        return "a real node takes root on Linux"
    lacking = {package for tool, package in PACKAGES.items() if shutil.which(tool, path=search_path()) is None}
    if not (CNI_PLUGINS / "bridge").exists():
        lacking.add("containernetworking-plugins")
    if lacking:
        return f"a real node needs Debian's packages {' '.join(sorted(lacking))}"
    if not Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists():
        return "a real node needs the kernel module br_netfilter (modprobe br_netfilter)"
    return ""


class ControlGroups:
    """The control group that all containers of one node live under, in every hierarchy that the machine has.

    Its name holds the id of the process that made it, so that what a killed run left can be told from what is in use.
    """

    def __init__(self) -> None:
        self.name = f"{_PREFIX}{os.getpid()}"

    def make(self) -> None:
        """Make the group, after what ended runs left is gone."""
        _remove_left()
        if (_GROUPS / "cgroup.controllers").exists():  # one hierarchy (cgroup v2)
            group = _GROUPS / self.name
            group.mkdir()
            offered = (_GROUPS / "cgroup.controllers").read_text().split()
            for level in (_GROUPS, group):
                (level / "cgroup.subtree_control").write_text(" ".join(f"+{text}" for text in offered))
            return
        for controller in _CONTROLLERS:
            if not (_GROUPS / controller).is_dir():
                continue
            group = _GROUPS / controller / self.name
            group.mkdir()
            if controller == "cpuset":  # empty by default, and a group with an empty set takes no process
                for file in ("cpuset.cpus", "cpuset.mems"):
                    (group / file).write_text((group.parent / file).read_text())

    def remove(self, seconds: float = 5.0) -> None:
        """Remove it with all below it; its processes have been killed and may still be on their way out.

        Raises:
            OSError: something is in it still.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                _remove(self.name)
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _remove(name: str) -> None:
    for group in [_GROUPS / name, *_GROUPS.glob(f"*/{name}")]:
        if group.is_dir():
            for folder, _, _ in os.walk(group, topdown=False):
                Path(folder).rmdir()


def _remove_left() -> None:
    for group in [*_GROUPS.glob(f"{_PREFIX}*"), *_GROUPS.glob(f"*/{_PREFIX}*")]:
        if not Path("/proc", group.name.removeprefix(_PREFIX)).exists():
            with suppress(OSError):  # of somebody else's run that ends right now
                _remove(group.name)
