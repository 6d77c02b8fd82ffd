"""Two PostgreSQL servers, of which one takes over: nothing that was acknowledged is lost, nothing lost is believed."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.cli.installation import deployment, review
from tests.doubles.clock import RealClock
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.fakes import NOON, FakeClock
from tests.parts import unavailable
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.postgres import PostgresServer, find_programs
from tests.security.downloading import Run, Signalling
from webhook.engines.readmodel import ReadModel
from webhook.engines.refreshing import Refresher, RefreshOptions
from webhook.errors import StoreUnreachable
from webhook.model.changes import Changes
from webhook.model.records import AssessmentQuery
from webhook.store.hotstart import HotStartFile
from webhook.store.opening import Store, open_store
from webhook.store.options import StoreOptions

BAD = "pkg:npm/bad@1"
IMAGE = f"registry.example/shop/web:1@{digest(1)}"


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


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two servers with an empty database of bomgate's."""
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


@pytest.fixture
def store(pair: Pair) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=pair.url), RealClock())
    opened.admin.upgrade()
    pair.catch_up()
    yield opened
    opened.close()


@dataclass
class Writer:
    """Writes as fast as it can until it is told to end; a context manager.

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
    return [one.vulnerability for one in store.assessments.find(AssessmentQuery())]


def take_over_as_planned(pair: Pair) -> None:
    pair.primary.stop(cleanly=True)
    pair.standby.promote()
    pair.primary.follow(pair.standby)
    pair.primary.start()  # and comes back as a standby


def take_over_after_a_crash(pair: Pair) -> None:
    pair.primary.stop()
    pair.standby.promote()


@pytest.mark.parametrize("take_over", [take_over_as_planned, take_over_after_a_crash])
def test_every_acknowledged_write_is_kept_once_and_writing_goes_on_by_itself(
    pair: Pair, store: Store, take_over: Callable[[Pair], None]
) -> None:
    pair.synchronous()
    with Writer(store) as writer:
        writer.wait_for_more(20)
        if take_over is take_over_as_planned:  # whose end would wait for a standby that is told to lead
            pair.primary.set(synchronous_standby_names="")
        pair.catch_up()
        pair.standby.set(synchronous_standby_names="")
        take_over(pair)
        writer.wait_for_more(20)
    assert writer.troubles == []
    assert kept(store) == writer.acknowledged


def follow(store: Store, disk: HotStartFile) -> tuple[ReadModel, Refresher]:
    model = ReadModel()
    return model, Refresher(model, store.feed, disk, FakeClock(), RefreshOptions())


def exactly(changes: Changes) -> Changes:
    model = ReadModel()
    model.apply(changes)
    return model.export()


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_a_history_that_lost_changes_is_noticed_at_a_lower_the_same_and_a_higher_revision(
    pair: Pair, store: Store, tmp_path: Path, ahead: int
) -> None:
    store.sboms.add(digest(1), make_sbom(BAD), place="added")
    pair.detach()
    for number in range(3):
        store.sboms.add(digest(10 + number), make_sbom(f"pkg:npm/lost{number}@1"), place="added")
    store.components.record([answer(BAD)], assess=AutoRule(), now=NOON)
    disk = HotStartFile(tmp_path / "model")
    model, refresher = follow(store, disk)
    refresher.tick()
    refresher.save()
    had = model.position
    take_over_after_a_crash(pair)
    store.components.record([answer(BAD, vulnerability("V-1", "9.8"))], assess=AutoRule(), now=NOON)
    while store.feed.position().revision < had.revision + ahead:
        store.sboms.add(digest(100 + store.feed.position().revision), make_sbom("pkg:npm/other@1"), place="added")
    assert store.feed.position().revision == had.revision + ahead or ahead < 0

    started_from_disk, its_refresher = follow(store, disk)
    assert its_refresher.warm_up()
    for one, its in ((model, refresher), (started_from_disk, its_refresher)):
        assert its.refresh()
        assert one.position == store.feed.position()
        assert one.export() == exactly(store.feed.changes())
        facts = one.facts(digest(1))
        assert facts is not None
        assert [str(part.purl) for part in facts.vulnerable] == [BAD]
        assert not one.knows(digest(10))


def test_a_standby_is_not_read_from_unless_the_address_asks_for_one(pair: Pair, store: Store) -> None:
    url = pair.standby.url("bomgate")
    only = open_store(StoreOptions(url=url), RealClock())
    with pytest.raises(StoreUnreachable, match="is a standby"):
        only.feed.position()
    only.close()
    asked_for = open_store(StoreOptions(url=f"{url}&target_session_attrs=prefer-standby"), RealClock())
    assert asked_for.feed.position() == store.feed.position()
    with pytest.raises(StoreUnreachable, match="does not take changes"):
        asked_for.assessments.append([assessment("V-1")])
    asked_for.close()


def test_a_connection_whose_server_became_a_standby_is_dropped(pair: Pair) -> None:
    """The address of one server, which a proxy or a name leads to another one: the server comes back as a standby."""
    url = pair.primary.url("bomgate")
    store = open_store(StoreOptions(url=url, busy_timeout_ms=500), RealClock())
    store.admin.upgrade()
    take_over_as_planned(pair)
    for use in (store.feed.position, lambda: store.assessments.append([assessment("V-1")])):
        with pytest.raises(StoreUnreachable, match="is a standby"):
            use()
    pair.standby.stop(cleanly=True)
    pair.primary.promote()
    store.assessments.append([assessment("V-1")])
    assert kept(store) == ["V-1"]
    store.close()


def test_connections_that_were_opened_while_the_database_was_read_only_are_replaced(pair: Pair, store: Store) -> None:
    pair.primary.run("ALTER DATABASE bomgate SET default_transaction_read_only = on")
    late = open_store(StoreOptions(url=pair.primary.url("bomgate"), busy_timeout_ms=500), RealClock())
    late.feed.position()
    with pytest.raises(StoreUnreachable, match="read-only"):
        late.assessments.append([assessment("V-1")])
    pair.primary.run("ALTER DATABASE bomgate SET default_transaction_read_only = off")
    late.assessments.append([assessment("V-1")])
    late.close()
    assert kept(store) == ["V-1"]


def test_a_commit_whose_answer_was_lost_is_not_done_again(pair: Pair, store: Store) -> None:
    pair.synchronous()
    store.prepare()
    pair.standby.run("SELECT pg_wal_replay_pause()")  # so that the commit waits, with everything written
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    writing = threading.Thread(target=lambda: store.assessments.append([assessment("V-1")]))
    writing.start()
    try:
        wait_until(lambda: pair.primary.ask(waiting) == 1, 30, "the commit")
        pair.primary.set(synchronous_standby_names="")
        pair.primary.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    finally:
        writing.join()
    assert kept(store) == ["V-1"]


def decide(server: Bomgate) -> str:
    """What the webhook says about an image with a blocked component: ``denied``, ``allowed`` or ``no answer``."""
    context = ssl.create_default_context(cadata=server.authority.pem.decode())
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=context)
    with closing(connection):
        body = json.dumps(review(deployment(IMAGE)))
        connection.request("POST", "/validate/deny?timeout=5s", body, {"Content-Type": "application/json"})
        answered = connection.getresponse()
        if answered.status != 200:
            return "no answer"
        response = json.loads(answered.read())["response"]
        return f"allowed: {response}" if response["allowed"] else "denied"


def test_webhook_and_download_go_on_through_a_takeover(pair: Pair, store: Store, tmp_path: Path) -> None:
    pair.synchronous()
    store.sboms.add(digest(1), make_sbom(BAD), place="added")
    now = RealClock().now()  # an answer of today, so that the run does not ask again
    store.components.record([answer(BAD, vulnerability("V-1", "9.8"), at=now)], assess=AutoRule(), now=now)
    store.sboms.add(digest(2), make_sbom(*(f"pkg:maven/g/a{n:03}@1" for n in range(200))), place="added")
    settings = {"database": {"url": pair.url}, "sbom": {"sources": ["directory"], "directory": str(tmp_path)}}
    server = Bomgate("failover", tmp_path / "server", Authority(), settings)
    verdicts: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.05):
            verdicts.append(decide(server))

    asking = threading.Thread(target=ask)
    with OssIndexDouble(Behaviour(latency_ms=100)) as double:
        double.service.journal = journal = Signalling(5)
        server.start()
        wait_until(lambda: {decide(server) for _ in range(20)} == {"denied"}, 60, "all workers")
        asking.start()
        try:
            with Run(pair.url, double.url, "through", seconds=25) as run, Writer(store) as writer:
                assert journal.reached.wait(60)
                take_over_after_a_crash(pair)
                pair.standby.set(synchronous_standby_names="")
                writer.wait_for_more(5)
                said = run.go_on()
            ended.set()
            asking.join()
            assert set(verdicts) == {"denied"}, [(n, one) for n, one in enumerate(verdicts) if one != "denied"]
            store.assessments.append([assessment("V-1", "Ignore")])
            wait_until(lambda: decide(server).startswith("allowed"), 30, "the change")
        finally:
            ended.set()
            server.stop()
    assert said.startswith("True"), said
    assert writer.troubles == []
    assert sorted(kept(store)) == sorted([*writer.acknowledged, "V-1", "V-1"])
