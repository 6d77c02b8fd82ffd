"""Processes of the product that begin in one which has loaded all of it: a start costs a fork and no imports.

A run of all tests starts bomgate hundreds of times, and most of what that costs is imports. Here one process for each
process of pytest loads the package once. A test that starts ``python -m webhook …``, or a program of the tests that
uses the package, gets a child of that process: with the arguments, environment, folder and descriptors that it gives,
an id and an exit code, and as the test's own child. What a start loads is tested by tests/unit/cli/test_cli_start.py;
on the real node all starts from nothing.

``python -m tests.preloaded DESCRIPTOR`` is that process; tests/conftest.py calls :func:`install`.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import prometheus_client.values

from tests import migrated

ROOT = Path(__file__).resolve().parent.parent
_DYING_WITH_US = ["--pdeathsig", "KILL", "--"]
"""What tests/e2e/processes.py puts before a command, after the program that does it."""
_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36
_MOST_BYTES = 1 << 17


def install() -> None:
    """From now on, take every start of the product in this process from one that has loaded it; Linux only."""
    if sys.platform == "linux":
        subprocess.Popen = _Popen  # subprocess.run takes it from there, too


def end() -> None:
    """End what has loaded the product, when no more of it will be started."""
    if _preloaded is not None:
        _preloaded.end()


class _Popen(subprocess.Popen):
    """``subprocess.Popen``, which forks where it can what others execute."""

    def _execute_child(self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any,
                       cwd: Any, env: Any, *rest: Any) -> None:  # fmt: skip
        startup, flags, shell, *pipes_and_more = rest
        pipes, (_, gid, gids, uid, umask, session, *_) = pipes_and_more[:6], pipes_and_more[6:]
        changed = (executable, preexec_fn, startup, gid, gids, uid)
        plain = not any(value is not None for value in changed) and not (pass_fds or flags or shell) and umask < 0
        request = _request(args, cwd, env, bool(session)) if plain else None
        if request is None:
            super()._execute_child(args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest)
            return
        stdin, _, _, stdout, _, stderr = pipes
        given = [own if own != -1 else number for number, own in enumerate((stdin, stdout, stderr))]
        try:
            self.pid = _of_this_process().start(request, given)
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)


def _request(args: Any, cwd: Any, env: Any, session: bool) -> dict[str, Any] | None:
    """What to ask for; None for another program, and for what only the start of an interpreter can take up."""
    if not isinstance(args, list | tuple):
        return None
    command = [os.fspath(part) for part in args]
    dying = command[1:4] == _DYING_WITH_US
    command = command[4:] if dying else command
    environment = dict(os.environ if env is None else env)
    of_python = {name for name in environment if name.startswith("PYTHON")} - {"PYTHONPATH"}
    elsewhere = environment.get("PYTHONPATH", str(ROOT)) != str(ROOT)
    if command[:2] != [sys.executable, "-m"] or not _is_ours(command[2]) or of_python or elsewhere:
        return None
    return {
        "module": command[2],
        "arguments": command[3:],
        "folder": str(Path(cwd or ".").absolute()),
        "environment": environment,
        "session": session,
        "dying": dying,
        "parent": os.getpid(),
        "nice": os.nice(0),
    }


def _is_ours(module: str) -> bool:
    return module == "webhook" or module.startswith("tests.")


class _Preloaded:
    """The process that has loaded the product."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-m", "tests.preloaded", str(number)]
            environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(Path.home()), "PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[number])

    def start(self, request: dict[str, Any], descriptors: list[int]) -> int:
        """Start a process, as a child of this one; its id."""
        with self._lock:
            _control(_SET_SUBREAPER, 1)  # whose parent ends becomes a child of the next such process above
            try:
                socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)
                answer = self._socket.recv(64)
            finally:
                _control(_SET_SUBREAPER, 0)
        if not answer:
            raise RuntimeError(f"what has loaded the product has ended: {self._process.wait()}")
        return int(answer)

    def end(self) -> None:
        """End it; what it has started goes on."""
        self._socket.close()
        self._process.wait()


_preloaded: _Preloaded | None = None
_making = threading.Lock()


def _of_this_process() -> _Preloaded:
    global _preloaded
    with _making:
        if _preloaded is None or _preloaded.owner != os.getpid():
            _preloaded = _Preloaded()
        return _preloaded


def _control(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


# -- in the process that has loaded it ------------------------------------------------------------------------------


def _load() -> None:
    """Load all of the package but what runs it, or is run by a migration."""
    package = importlib.import_module("webhook")
    for module in pkgutil.walk_packages(package.__path__, "webhook."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    migrated.install()
    migrated.outcome()
    gc.collect()
    gc.freeze()  # a child that looks for garbage writes to no page of these


def _serve(asked: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Answer with the ids of children; in a child: what it is to be. None at the end."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(asked, _MOST_BYTES, 3)
        if not data:
            return None
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            child = os.fork()
            if child == 0:
                return json.loads(data), descriptors
            os.write(writing, str(child).encode())
            os._exit(0)  # so that the child becomes one of who asked
        os.waitpid(between, 0)
        asked.send(os.read(reading, 64))
        for number in (*descriptors, reading, writing):
            os.close(number)


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be what a new interpreter would be that was started so."""
    while os.getppid() != request["parent"]:
        time.sleep(0.001)
    if request["dying"]:
        _control(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if request["session"]:
        os.setsid()
    os.nice(max(0, request["nice"] - os.nice(0)))
    for target, number in enumerate(descriptors):
        os.dup2(number, target)
    os.closerange(3, 256)
    os.chdir(request["folder"])
    time.tzset()
    tempfile.tempdir = None
    streams = [os.fdopen(number, mode, closefd=False) for number, mode in enumerate("rww")]
    sys.stdin, sys.stdout, sys.stderr = streams
    sys.stderr.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.argv = [request["module"], *request["arguments"]]  # runpy makes a path of the first
    sys.orig_argv = [sys.executable, "-m", *sys.argv]
    sys.path[0] = request["folder"]


class _Restarted(BaseException):
    """The program replaces itself by itself, in another environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment


def _run(module: str, environment: dict[str, str]) -> None:
    """Run a module as ``python -m`` does, and again where it executes itself again."""
    execute = os.execve

    def restart(path: str, argv: list[str], environment: dict[str, str]) -> None:
        if argv == sys.orig_argv:
            raise _Restarted(environment)
        execute(path, argv, environment)

    os.execve = restart
    given = sys.argv[1:]
    while True:
        os.environ.clear()
        os.environ.update(environment)
        prometheus_client.values.ValueClass = prometheus_client.values.get_value_class()  # chosen by the environment
        sys.argv[:] = [module, *given]
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except _Restarted as restarted:
            environment = restarted.environment
        else:
            return


if __name__ == "__main__":
    _load()
    begun = _serve(socket.socket(fileno=int(sys.argv[1])))
    if begun is not None:
        _become(*begun)
        _run(begun[0]["module"], begun[0]["environment"])
