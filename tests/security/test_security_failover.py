"""Two PostgreSQL servers, of which one takes over: nothing that was acknowledged is lost, nothing lost is believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doubles.clock import RealClock
from tests.e2e.processes import wait_until
from tests.exports import exported, told
from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.security.replication import Pair, Writer, kept, replicated, take_over_after_a_crash, take_over_as_planned
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.errors import StoreUnreachable
from webhook.store.hotstart import HotStartFile
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

BAD = "pkg:npm/bad@1"


@pytest.fixture
def pair() -> Iterator[Pair]:
    with replicated() as made:
        yield made


@pytest.fixture
def store(pair: Pair) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=pair.url), RealClock())
    opened.admin.upgrade()
    pair.catch_up()
    yield opened
    opened.close()


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
    for read_model, its in ((model, refresher), (started_from_disk, its_refresher)):
        assert its.refresh()
        assert read_model.position == store.feed.position()
        assert exported(read_model) == told(store.feed.changes())
        facts = read_model.facts(digest(1))
        assert facts is not None
        assert [str(part.purl) for part in facts.vulnerable] == [BAD]
        assert not read_model.knows(digest(10))


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
