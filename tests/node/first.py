"""Process 1 of a node's namespaces: makes them its own machine, says ``ready``, and then only buries the dead.

Started by :mod:`tests.node.namespaces` inside fresh network, mount, process, host-name and IPC namespaces, never by
hand. When it is killed, the kernel kills every process in them and takes back every mount and interface.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

OWN_FOLDERS = ("/var/lib", "/var/log", "/run")
"""Folders in which the node's parts write by fixed names; the machine's are out of sight."""
SYSCTLS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
}
"""What the kubelet insists on and no namespace holds: it is shown files with these values."""


def main(settings: dict[str, str]) -> None:
    """Set everything up; ``settings``: folder, hostname, address."""
    folder = Path(settings["folder"])
    run("mount", "--make-rprivate", "/")
    for number, own in enumerate(OWN_FOLDERS):
        (folder / f"own{number}").mkdir()
        run("mount", "--bind", str(folder / f"own{number}"), own)
    for name, value in SYSCTLS.items():
        shown = folder / name.replace("/", "-")
        shown.write_text(f"{value}\n")
        run("mount", "--bind", str(shown), f"/proc/sys/{name}")
    run("mount", "--make-rshared", "/")  # the kubelet's mounts have to reach containers
    run("hostname", settings["hostname"])
    set_up_network(settings["address"])
    print("ready", flush=True)
    bury()


def set_up_network(address: str) -> None:
    """A pair of linked interfaces stands in for a network card; nothing leads out."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "node0", "type", "veth", "peer", "name", "node1")
    run("ip", "link", "set", "node0", "up")
    run("ip", "link", "set", "node1", "up")
    run("ip", "address", "add", f"{address}/24", "dev", "node0")
    # Without a route there is no way to a Service's address, not even to the rule that rewrites it.
    run("ip", "route", "add", "default", "dev", "node0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    bridged = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if bridged.read_text().strip() != "1":  # of this network namespace
        bridged.write_text("1")


def bury() -> None:
    """Wait for children, which as process 1 are also all orphans, until killed."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            signal.sigtimedwait([signal.SIGCHLD], 1.0)


def run(*command: str) -> None:
    """Run a command that has to succeed."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
