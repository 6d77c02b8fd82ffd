"""Processes that the end-to-end tests start, each with a separate log and ended by its own id."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PORTS = range(20000, 32000)
"""Below the range from which systems take the near end of outgoing connections, so that a free port stays free."""

LONGEST_WAIT = 150.0
"""Seconds that a busy machine may make a wait last; pytest ends a test after 300."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"none of 200 ports in {_PORTS.start}-{_PORTS.stop} is free")


def patience(seconds: float) -> float:
    """How long to wait for what takes ``seconds`` on a machine with time to spare.

    Where more programs want to run than there are cores, it is longer by that factor, so that no test fails because of
    what else the machine does; within the time that pytest leaves a test.
    """
    crowding = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    return max(seconds, min(seconds * crowding, LONGEST_WAIT))


def within(seconds: float) -> str:
    """The option of kubectl for how long to wait for what takes ``seconds`` on a machine with time to spare."""
    return f"--timeout={patience(seconds):.0f}s"


def wait_until(ready: Callable[[], object], seconds: float, what: str, pause: float = 0.05) -> object:
    """Ask until the answer is true, and return it.

    Args:
        ready: asks.
        seconds: within which it happens on a machine with time to spare; see :func:`patience`.
        what: is waited for.
        pause: seconds between two questions.

    Raises:
        TimeoutError: it did not happen; names ``what`` and the last answer.
    """
    began = time.monotonic()
    while True:
        answer = ready()
        if answer:
            return answer
        waited = time.monotonic() - began
        if waited > patience(seconds):
            raise TimeoutError(f"{what} did not happen within {waited:.0f} s; last seen: {answer!r}")
        time.sleep(pause)


def _dying_with_us(command: list[str]) -> list[str]:
    """A command whose process ends when this one does, even when this one is killed; as it is, where nothing can."""
    guard = shutil.which("setpriv")  # of util-linux
    return [guard, "--pdeathsig", "KILL", "--", *command] if guard and sys.platform == "linux" else command


@dataclass(frozen=True)
class Ran:
    """What a command did.

    Attributes:
        code: its exit code.
        out: its standard output.
        err: its standard error.
    """

    code: int
    out: str
    err: str


class Process:
    """A program that runs until it is stopped.

    Args:
        name: what to call it; its log is ``<name>.log``.
        command: program and arguments.
        folder: where its log goes, and its working directory.
        environment: the whole environment; this process's own when left out.
    """

    def __init__(
        self, name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        with self.log.open("ab") as log:
            # A separate session: the whole group can be killed, and Ctrl-C does not reach it before its fixture does.
            self._process = subprocess.Popen(
                _dying_with_us([str(part) for part in command]),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join(line[:400] for line in text)

    def stop(self, seconds: float = 30.0) -> int:
        """Ask it to end, and make it end when it has not by then; its exit code."""
        if self.running:
            self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait(30)

    def kill(self) -> None:
        """End it and its children at once, as a lost node would."""
        if self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
