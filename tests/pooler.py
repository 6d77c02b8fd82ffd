"""A real PgBouncer for tests, in transaction mode, so that sessions of the server go round."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.postgres import START_SECONDS, PostgresServer, as_user

_SETTINGS = """
[databases]
* = host={server}

[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
server_idle_timeout = 1
logfile = {folder}/pooler.log
pidfile = {folder}/pooler.pid
"""


class Pooler:
    """PgBouncer in front of a server, on a socket in the server's folder.

    Args:
        server: which.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = server.folder

    def url(self, database: str) -> str:
        """The address of a database through the pooler."""
        return f"postgresql://tester@/{database}?host={self.folder}&port=6432"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = find_program()
        assert program is not None
        (self.folder / "users.txt").write_text('"tester" ""\n')
        settings = self.folder / "pooler.ini"
        settings.write_text(_SETTINGS.format(server=self._server.folder, folder=self.folder))
        self._process = process = subprocess.Popen(
            [*as_user(), program, str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), prepare_threshold=None).close()
                return
            except psycopg.OperationalError as problem:
                if process.poll() is not None or time.monotonic() > deadline:
                    log = self.folder / "pooler.log"
                    said = log.read_text() if log.exists() else ""
                    raise AssertionError(f"PgBouncer did not start: {problem}\n{said[-1000:]}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """End it at once."""
        pid_file = self.folder / "pooler.pid"
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid_file.read_text()), signal.SIGKILL)  # the others may be ignored, or wait for clients
        if self._process is not None:
            self._process.wait(START_SECONDS)


def find_program() -> str | None:
    """PgBouncer; None when there is none."""
    return shutil.which("pgbouncer") or next(
        (str(path) for path in [Path("/usr/sbin/pgbouncer")] if path.exists()), None
    )
