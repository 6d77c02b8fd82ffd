"""A real PostgreSQL server for tests: in a temporary folder, on a Unix socket, gone at the end of the session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

START_SECONDS = 30
_SETTINGS = {
    "listen_addresses": "",  # the socket only: no port to fight over
    "fsync": "off",  # what was committed survives a crash of the server, though not one of the machine
    "full_page_writes": "off",
    "autovacuum": "off",  # it would visit each of the hundreds of databases in turn, as long as the server runs
    "max_connections": "120",
    "shared_buffers": "64MB",
}


class PostgresServer:
    """A server with one user and no password.

    Attributes:
        folder: the temporary folder with data, socket and log.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # Short, because the path of a Unix socket has to fit into 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._contents: dict[str, tuple[dict[str, list[Any]], list[str]]] = {}

    def url(self, database: str) -> str:
        """The address of a database as bomgate takes it."""
        return f"postgresql://tester@/{database}?host={self.folder}"

    def standby(self) -> PostgresServer:
        """A second server that follows this one; not started yet."""
        other = PostgresServer(self._programs)
        account = _unprivileged()
        if account is not None:
            os.chown(other.folder, account.pw_uid, account.pw_gid)
        options = ["-h", str(self.folder), "-U", "tester", "-D", str(other.folder / "data"), "-R", "-c", "fast"]
        subprocess.run([*as_user(), str(self._programs / "pg_basebackup"), *options], check=True, capture_output=True)
        return other

    def follow(self, primary: PostgresServer) -> None:
        """Become a standby of another server with the next start."""
        data = self.folder / "data"
        (data / "standby.signal").touch()
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host={primary.folder} user=tester'\n")

    def promote(self) -> None:
        """Make a standby the primary, and wait until it takes changes."""
        self.run("SELECT pg_promote(true, 30)")

    def set(self, **settings: str) -> None:
        """Change settings of the running server, for sessions that run already, too."""
        for name, value in settings.items():
            self.run(f"ALTER SYSTEM SET {name} = '{value}'")
        self.run("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Make the data folder if there is none, start, and wait until the server answers."""
        data = self.folder / "data"
        if not data.exists():
            account = _unprivileged()
            if account is not None:
                os.chown(self.folder, account.pw_uid, account.pw_gid)
            options = ["-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
            subprocess.run([*as_user(), str(self._programs / "initdb"), *options], check=True, capture_output=True)
        settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(data), "-k", str(self.folder), *settings]
        with (self.folder / "log").open("ab") as log:
            guarded = [*_ending_with_us(), *command]
            self._process = subprocess.Popen(guarded, stdout=log, stderr=log, start_new_session=True)
        self._wait()

    def stop(self, *, cleanly: bool = False) -> None:
        """Stop the server at once, as a crash would, or after its standbys have everything; the data stays."""
        pid_file = self.folder / "data" / "postmaster.pid"
        with suppress(FileNotFoundError, ProcessLookupError, ValueError, IndexError):
            os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGINT if cleanly else signal.SIGQUIT)
        if self._process is not None:
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """Stop the server and delete all its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """A new database, a copy of another; its name."""
        self._databases += 1
        name = f"test{self._databases}"
        # Files are copied as they are; by default each page would go through the log and the buffers.
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def restore(self, database: str, template: str) -> None:
        """Give the tables of a database the rows of the template that it was made from, whatever protects its rows.

        It takes a tenth of the time of a new database, of which each session has to learn the catalogue again.
        """
        if template not in self._contents:
            self._contents[template] = self._content(template)
        rows, sequences = self._contents[template]
        filled = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name)) for name in rows
        )
        with psycopg.connect(self.url(database)) as target:
            target.execute("SET session_replication_role = replica")  # neither triggers nor references
            for (name,) in target.execute(filled).fetchall():
                target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            for name, row in ((name, row) for name, of_table in rows.items() for row in of_table):
                values = sql.SQL(", ").join(sql.Placeholder() * len(row))
                target.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier(name), values), row)
            for name in sequences:
                target.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))

    def _content(self, database: str) -> tuple[dict[str, list[Any]], list[str]]:
        """The rows of each table, and the names of the sequences."""
        with psycopg.connect(self.url(database)) as source:
            names = [name for (name,) in source.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            rows = {name: source.execute(_select(name)).fetchall() for name in names}
            return rows, [name for (name,) in source.execute("SELECT sequencename FROM pg_sequences")]

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def ask(self, question: str) -> object:
        """The one value that a query gives."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                log = (self.folder / "log").read_text(errors="replace")
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"PostgreSQL did not start:\n{log[-2000:]}") from None
                time.sleep(0.05)


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: of the newest version installed; None when there is none."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _version(path.parent.name), reverse=True
    )
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def _version(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _unprivileged() -> pwd.struct_passwd | None:
    """The account that runs the server when the tests run as root, which PostgreSQL refuses to; None otherwise."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("the tests run as root, and there is no account postgres or nobody to run PostgreSQL")


def as_user() -> list[str]:
    """What to put in front of a command of the server."""
    account = _unprivileged()
    return [] if account is None else ["runuser", "-u", account.pw_name, "--"]


def _ending_with_us() -> list[str]:
    """As :func:`as_user`, for a server that ends when this process does, however that ends; where the system can do it.

    Servers that killed runs had left went on for hours.
    """
    guard, account = shutil.which("setpriv"), _unprivileged()  # of util-linux
    if guard is None or sys.platform != "linux":
        return as_user()
    user = () if account is None else (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    return [guard, *user, "--pdeathsig", "QUIT", "--"]


def _select(table: str) -> sql.Composed:
    return sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
