"""Two PostgreSQL servers, of which the second one follows the first and can take over; and a writer meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.processes import wait_until
from tests.parts import unavailable
from tests.ports.samples import assessment
from tests.postgres import PostgresServer, find_programs
from webhook.errors import StoreUnreachable
from webhook.model.records import AssessmentQuery
from webhook.store.repositories import Store


@dataclass
class Pair:
    """A primary, and a standby that follows it."""

    primary: PostgresServer
    standby: PostgresServer

    @property
    def url(self) -> str:
        """The address of the database, with both servers."""
        return f"postgresql://tester@/bomgate?host={self.primary.folder}&host={self.standby.folder}"

    def synchronous(self) -> None:
        """Acknowledge only what the standby has applied."""
        self.primary.set(synchronous_standby_names="*", synchronous_commit="remote_apply")

    def catch_up(self) -> None:
        """Wait until the standby has everything."""
        lag = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()"
        wait_until(lambda: self.primary.ask(lag) == 1, 30, "replication")

    def detach(self) -> None:
        """Let the standby fall behind from here on."""
        self.catch_up()
        self.standby.set(primary_conninfo="")
        wait_until(
            lambda: self.primary.ask("SELECT count(*) FROM pg_stat_replication") == 0, 30, "the standby to leave"
        )


@contextmanager
def replicated() -> Iterator[Pair]:
    """Two servers with an empty database of bomgate's; both are gone afterwards."""
    programs = find_programs()
    if programs is None or not (programs / "pg_basebackup").exists():
        unavailable("PostgreSQL with pg_basebackup is not installed: no failover")
    primary = PostgresServer(programs)
    standby: PostgresServer | None = None
    try:
        primary.start()
        primary.run("CREATE DATABASE bomgate")
        standby = primary.standby()
        standby.start()
        yield Pair(primary, standby)
    finally:
        primary.remove()
        if standby is not None:
            standby.remove()


@dataclass
class Writer:
    """Writes as fast as it can until it is stopped; a context manager.

    Attributes:
        acknowledged: what the store took.
        troubles: what it said instead.
    """

    store: Store
    acknowledged: list[str] = field(default_factory=list)
    troubles: list[StoreUnreachable] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def wait_for_more(self, count: int) -> None:
        """Until so many more were acknowledged."""
        target = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= target, 60, "writes")

    def _write(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            try:
                self.store.assessments.append([assessment(f"CVE-2026-{number:05}")])
                self.acknowledged.append(f"CVE-2026-{number:05}")
            except StoreUnreachable as problem:
                self.troubles.append(problem)


def kept(store: Store) -> list[str]:
    return [other_assessment.vulnerability for other_assessment in store.assessments.find(AssessmentQuery())]


def take_over_as_planned(pair: Pair) -> None:
    pair.primary.stop(cleanly=True)
    pair.standby.promote()
    pair.primary.follow(pair.standby)
    pair.primary.start()  # and comes back as a standby


def take_over_after_a_crash(pair: Pair) -> None:
    pair.primary.stop()
    pair.standby.promote()
