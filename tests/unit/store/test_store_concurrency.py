"""Several writers and readers at once, each with separate connections, as several processes have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from tests.fakes import NOON
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.unit.store.consistency import check
from tests.unit.store.writer import write
from webhook.model.assessments import AssessmentSource
from webhook.model.changes import START, Changes
from webhook.model.images import Digest
from webhook.model.records import AssessmentQuery, Sighting
from webhook.store.repositories import Store

Open = Callable[..., Store]
WRITERS, ROUNDS = 3, 8


class Follower:
    """A reader that takes in changes as a read model does, without a read model's forgetting."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.position = START
        self.components: dict[int, tuple[int, int]] = {}
        self.findings: dict[int, tuple[str, ...]] = {}
        self.vulnerabilities: set[str] = set()
        self.assessments: list[int] = []
        self.sboms: set[tuple[str, str]] = set()
        self.tags: dict[str, Digest] = {}

    def follow(self, stop: Event) -> None:
        """Take in changes until stopped, and then whatever is left."""
        while True:
            stopped = stop.is_set()
            self._take(self._store.feed.changes(self.position))
            if stopped:
                return

    def _take(self, changes: Changes) -> None:
        self.position = changes.position
        for number, state, at in zip(changes.component_ids, changes.states, changes.answered_at, strict=True):
            self.components[number] = (state, at)
            self.findings.pop(number, None)
        self.findings.update(changes.findings)
        self.vulnerabilities |= {other.id for other in changes.vulnerabilities}
        named = {key for keys in changes.findings.values() for key in keys}
        assert named <= self.vulnerabilities, "a finding was told before its vulnerability"
        self.assessments += [other_assessment.sequence for other_assessment in changes.assessments]
        self.sboms |= {(sbom.digest, sbom.document_digest) for sbom in changes.sboms}
        self.tags.update(changes.tags)


def in_threads(work: Callable[[int], object], count: int = WRITERS) -> list[object]:
    """Run the same work in several threads that start together; their results."""
    barrier = Barrier(count)

    def start(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.fixture
def sqlite_url(new_sqlite_url: str) -> str:
    """A file that is not there, so that several make it at once, too."""
    return new_sqlite_url


@pytest.fixture
def stores(opened: Open, database_url: str) -> list[Store]:
    """Stores on one database, each with separate connections."""
    return [opened(database_url, busy_timeout_ms=30_000) for _ in range(WRITERS + 1)]


def test_a_reader_misses_no_change_of_concurrent_writers(stores: list[Store], database_url: str) -> None:
    stores[0].prepare()
    follower, stop = Follower(stores[-1]), Event()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follower.follow, stop)
        try:
            in_threads(lambda n: [write(stores[n], f"writer{n}", number) for number in range(ROUNDS)])
        finally:
            stop.set()
        following.result()
    complete = Follower(stores[0])
    stop.set()
    complete.follow(stop)
    assert vars(follower) | {"_store": None} == vars(complete) | {"_store": None}
    assert follower.position.revision == WRITERS * ROUNDS * 4
    check(database_url)


def test_components_that_several_writers_add_at_once_get_one_id_each(stores: list[Store]) -> None:
    purls = [f"pkg:npm/p{n}@1" for n in range(200)]

    def add(number: int) -> list[int]:
        mine = purls[number * 20 :] + purls[: number * 20]
        return list(stores[number].sboms.add(digest(number), make_sbom(*mine), place="added").component_ids)

    assert in_threads(add) == [list(range(200))] * WRITERS
    assert stores[0].feed.changes().component_ids.tolist() == list(range(200))


def test_one_document_that_several_writers_add_at_once_is_kept_once(stores: list[Store]) -> None:
    in_threads(lambda n: stores[n].sboms.add(digest(1), make_sbom("pkg:npm/a@1"), place="added"))
    assert len(stores[0].sboms.list()) == 1
    assert stores[0].feed.position().revision == 1


def test_a_pair_that_several_writers_record_at_once_is_assessed_once(stores: list[Store], database_url: str) -> None:
    batch = [answer("pkg:npm/a@1", vulnerability("V-1", "9.8"), vulnerability("V-2", "9.8"))]
    in_threads(lambda n: stores[n].components.record(batch, assess=AutoRule(), now=NOON))
    assert [other_assessment.sequence for other_assessment in stores[0].assessments.find(AssessmentQuery())] == [1, 2]
    check(database_url)


def test_replicas_that_provision_at_once_append_each_record_once(stores: list[Store]) -> None:
    wanted = [assessment(f"V-{n}", source=AssessmentSource.PROVISIONED) for n in range(20)]
    counts = in_threads(lambda n: stores[n].assessments.provision(wanted, author="configuration", now=NOON))
    assert sorted(counts, key=str) == [0, 0, 20]
    assert len(stores[0].assessments.find(AssessmentQuery())) == 20


def test_of_several_runs_that_start_at_once_one_gets_the_lease(stores: list[Store]) -> None:
    for duration in (dt.timedelta(0), dt.timedelta(hours=1)):  # the first lease has ended when the others are taken
        stores[0].runs.acquire("killed", duration=dt.timedelta(0))
        leases = in_threads(lambda n, duration=duration: stores[n].runs.acquire(f"run {n}", duration=duration))
    (winner,) = {lease.holder for lease in leases}
    assert [lease.holder == f"run {n}" for n, lease in enumerate(leases)].count(True) == 1, winner


def test_replicas_can_write_the_same_sightings_at_once(stores: list[Store]) -> None:
    seen = [Sighting(digest(n), f"docker.io/shop/web:{n}", NOON) for n in range(50)]

    def record(number: int) -> None:
        for _ in range(5):
            stores[number].sightings.record(seen if number % 2 else seen[::-1])

    assert in_threads(record) == [None] * WRITERS


def test_threads_can_share_one_store(stores: list[Store], database_url: str) -> None:
    shared = stores[0]

    def use(number: int) -> None:
        for turn in range(4):
            write(shared, f"thread{number}", turn)
            shared.feed.changes()
            shared.vulnerabilities.show(f"V-thread{number}-0-0")

    in_threads(use, 6)
    check(database_url)
