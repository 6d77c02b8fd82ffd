"""Programs that are run within limits: memory, time, output and disk, in a process group that ends as a whole."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webhook.ports import Clock

_CHUNK = 64 * 1024
_KEPT_ERRORS = 8 * 1024
_LOOK_SECONDS = 0.2
_MORE_CPU = 5
NO_LIMIT = -1
_MAX_GIVEN = 4096
"""What a pipe takes before anybody reads from it (``PIPE_BUF``)."""

# Run by a separate Python that imports nothing else, and then becomes the program: limits that are set in a forked
# child of a process with threads may hang it. RLIMIT_DATA counts what is written to; RLIMIT_AS would count the address
# space, of which Go programs reserve far more than they use. The program also gives way to whatever else wants to run.
_LAUNCH = """
import os, resource, sys
memory, cpu, file = map(int, sys.argv[1:4])
wanted = {resource.RLIMIT_DATA: memory, resource.RLIMIT_CPU: cpu, resource.RLIMIT_FSIZE: file, resource.RLIMIT_CORE: 0}
for kind, limit in wanted.items():
    if limit < 0:
        continue
    hard = resource.getrlimit(kind)[1]
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (limit, limit))
os.nice(10)
os.execv(sys.argv[4], sys.argv[4:])
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; ``NO_LIMIT`` of memory or disk is as much as there is.

    Attributes:
        memory_bytes: of its data; Linux counts heap and stacks, not the program's file.
        seconds: from start to end; it gets hardly more processor time than that either.
        output_bytes: of its standard output.
        disk_bytes: of all files in its folder together, and of each file that it writes.
    """

    memory_bytes: int
    seconds: float
    output_bytes: int
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program did.

    Attributes:
        code: its exit code; negative for the signal that ended it.
        output: its standard output.
        errors: beginning and end of its standard error; a Go program names its trouble first, others last.
        stopped: ``time``, ``output`` or ``disk`` when it was ended because of that limit; empty when it ended itself.
    """

    code: int
    output: bytes
    errors: str
    stopped: str = ""


def run_confined(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None,
    limits: Limits,
    clock: Clock,
    given: bytes = b"",
) -> Ran:
    """Run a program within limits; nothing of it and of what it started is left when this returns.

    Args:
        command: an absolute path, and arguments.
        environment: all of it.
        folder: its working directory, which is also where it should put temporary files. None: that of this process.
        limits: what it may use.
        clock: measures ``seconds``.
        given: its standard input, at most 4 KiB.

    Raises:
        OSError: it cannot be started.
    """
    until = clock.monotonic() + limits.seconds
    process = _start(command, environment, folder, limits, given)
    try:
        output, errors, stopped = _listen(process, folder, limits, until, clock)
        if not stopped and not _has_ended(process, until, clock):
            stopped = "time"
    finally:
        _end(process)
        code = process.wait()
    return Ran(code, output, errors.decode(errors="replace"), stopped)


def _start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None, limits: Limits, given: bytes
) -> subprocess.Popen[bytes]:
    assert len(given) <= _MAX_GIVEN, "more than a pipe takes at once"
    numbers = (limits.memory_bytes, int(limits.seconds) + _MORE_CPU, limits.disk_bytes)
    source, sink = os.pipe()
    try:
        os.write(sink, given)
        os.close(sink)
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCH, *map(str, numbers), *command],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
    finally:
        os.close(source)


def _has_ended(process: subprocess.Popen[bytes], until: float, clock: Clock) -> bool:
    """Wait for a program that has closed its outputs, and leave its number taken."""
    wait = 0.001
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if clock.monotonic() >= until:
            return False
        time.sleep(wait)
        wait = min(2 * wait, _LOOK_SECONDS)
    return True


def _listen(
    process: subprocess.Popen[bytes], folder: Path | None, limits: Limits, until: float, clock: Clock
) -> tuple[bytes, bytes, str]:
    """Read both outputs to their ends, or until a limit is reached."""
    output, errors, stopped = bytearray(), bytearray(), ""
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        look = clock.monotonic() + _LOOK_SECONDS
        while selector.get_map() and not stopped:
            for key, _ in selector.select(_LOOK_SECONDS):
                chunk = os.read(key.fd, _CHUNK)
                key.data.extend(chunk)
                if not chunk:
                    selector.unregister(key.fd)
            if len(errors) > 2 * _KEPT_ERRORS:
                del errors[_KEPT_ERRORS:-_KEPT_ERRORS]
            if len(output) > limits.output_bytes:
                stopped = "output"
            elif clock.monotonic() >= until:
                stopped = "time"
            elif clock.monotonic() >= look:
                look = clock.monotonic() + _LOOK_SECONDS
                stopped = "disk" if _fills(folder, limits.disk_bytes) else ""
    return bytes(output), bytes(errors), stopped


def _fills(folder: Path | None, limit: int) -> bool:
    """Whether the files of a folder have more bytes than they may."""
    if folder is None or limit == NO_LIMIT:
        return False
    total = 0
    for inner, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it may be gone again
                total += (Path(inner) / name).lstat().st_size
    return total > limit


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group; the number cannot be another's yet, because nobody has waited for the process."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
