"""Namespaces of a node's own, and how to run something in them."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.processes import Process, wait_until
from tests.node import machine
from tests.node.first import OWN_FOLDERS

_GO = {"GOGC": "400"}
"""Memory for time: programs in Go look for garbage less often; see tests/run.py."""
_NETWORK = 0x40000000  # CLONE_NEWNET
FIRST = Path(__file__).with_name("first.py")


class Namespaces:
    """Network, mounts, processes, host name and IPC of a node's own; the file system's root is the machine's.

    Everything inside ends with one process, and that ends with this one.

    Args:
        folder: for what takes the place of the machine's folders, and for logs.
        hostname: of the node.
        address: of the node's interface.
    """

    def __init__(self, folder: Path, hostname: str, address: str) -> None:
        self._folder = folder
        self._settings = {"folder": str(folder), "hostname": hostname, "address": address}
        self._outer: Process | None = None
        self._first = 0

    def open(self) -> None:
        """Make them.

        Raises:
            RuntimeError: something that is needed inside lies in a folder that cannot be seen there.
            TimeoutError: it did not succeed; with the end of the log.
        """
        needed = [self._folder, Path(sys.prefix), Path(__file__), Path.home()]
        hidden = [str(path) for path in needed if any(path.resolve().is_relative_to(own) for own in OWN_FOLDERS)]
        if hidden:
            raise RuntimeError(f"{', '.join(hidden)} cannot be used: a node has its own {' '.join(OWN_FOLDERS)}")
        separate = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
        command = ["unshare", *separate, sys.executable, "-IS", FIRST, json.dumps(self._settings)]
        self._outer = Process("first", command, self._folder, environment())
        try:
            wait_until(lambda: not self._outer.running or "ready" in self._outer.log.read_text(), 20, "the namespaces")
        finally:
            if not self._outer.running:
                raise RuntimeError(f"the namespaces could not be made:\n{self._outer.tail()}")
        self._first = self.child(self._outer.pid)

    def close(self) -> None:
        """End everything that runs inside."""
        if self._outer is not None and self._outer.running:
            os.kill(self._first or self._outer.pid, signal.SIGKILL)
            self._outer.stop()

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """The command that runs another one inside."""
        own = self._folder / "own0"
        if not self._first or not Path(f"/proc/{self._first}/root/var/lib").samefile(own):
            raise RuntimeError("the node's namespaces are gone, and nothing may write into the machine's own folders")
        return ["nsenter", f"--target={self._first}", "--net", "--mount", "--pid", "--uts", "--ipc", "--", *command]

    def in_network(self, command: Sequence[str | Path]) -> list[str | Path]:
        """The command that runs another one in the network inside, and else on the machine."""
        return ["nsenter", f"--target={self._first}", "--net", "--", *command]

    def start(self, name: str, command: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> Process:
        """Start a program inside that runs until it is stopped with :meth:`stop`."""
        return Process(name, self.command(command), self._folder, environment(variables))

    def stop(self, process: Process, seconds: float = 10.0, how: signal.Signals = signal.SIGTERM) -> None:
        """End a program that :meth:`start` started, and wait until it has ended."""
        if process.running:
            os.kill(self.child(process.pid), how)  # nsenter waits for it
        wait_until(lambda: not process.running, seconds, f"the end of {process.name}")

    def connect(self, port: int, seconds: float = 20.0) -> socket.socket:
        """A connection to a port of the node's loopback, to be used from outside.

        Raises:
            OSError: nothing listens there, or the namespaces are gone.
        """

        def connected() -> socket.socket:
            with Path(f"/proc/{self._first}/ns/net").open("rb") as network:
                if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), _NETWORK):
                    raise OSError(ctypes.get_errno(), "setns")
            return socket.create_connection(("127.0.0.1", port), seconds)

        with ThreadPoolExecutor(1) as inside:  # only this thread goes in, and it ends
            return inside.submit(connected).result()

    @staticmethod
    def child(pid: int) -> int:
        """The only child of a process, by its id out here."""

        def found() -> list[str]:
            listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
            return listed.stdout.split()

        return int(wait_until(found, 30, f"a child of process {pid}")[0])


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nothing of the one who runs the tests: no settings, no proxies, no credentials."""
    return {"PATH": machine.search_path(), "HOME": str(Path.home()), "LC_ALL": "C.UTF-8", **_GO, **(more or {})}
