from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from tests.fakes import NOON, FakeClock, MemoryStore
from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.fetching import Fetched, Fetching, responsive
from webhook.engines.downloading.options import DownloadOptions
from webhook.errors import Final, Retryable
from webhook.model.downloads import BatchAnswer, Names, SourceStatus
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer

PATIENCE = 10.0
"""Seconds after which a test that waits in vain fails."""


def purls(count: int) -> list[Purl]:
    return [Purl(f"pkg:maven/g/a{number:04}@1") for number in range(count)]


class Source:
    """A source that does something before it answers, and counts how many calls are open."""

    def __init__(
        self,
        batch_size: int = 1,
        before: Callable[[], None] = lambda: None,
        heard: Callable[[Callable[[], None]], None] = lambda told: told(),
    ) -> None:
        self.batch_size, self._before, self._heard = batch_size, before, heard
        self.asked: list[tuple[Purl, ...]] = []
        self.open = self.peak = 0
        self._lock = threading.Lock()

    def report(self, batch: Sequence[Purl], names: object, heard: Callable[[], None]) -> BatchAnswer:
        del names
        with self._lock:
            self.asked.append(tuple(batch))
            self.open += 1
            self.peak = max(self.peak, self.open)
        self._before()
        with self._lock:
            self.open -= 1
        self._heard(heard)
        return BatchAnswer(tuple(ComponentAnswer(purl, (), NOON) for purl in batch))

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names]) -> Sequence[int]:
        del names
        return [1] * len(purls)

    def check(self) -> SourceStatus:
        return SourceStatus(True, "https://source.test", "nobody", "It works.")


def results(fetching: Fetching) -> list[Fetched]:
    return [fetched for arrived in fetching.results(heartbeat=PATIENCE) for fetched in arrived]


def test_requests_run_at_once_up_to_the_concurrency() -> None:
    together = threading.Barrier(4)
    source = Source(before=lambda: together.wait(PATIENCE) and None)
    fetching = Fetching(source, purls(8), 4)
    fetching.start()
    assert len(results(fetching)) == 8
    assert source.peak == 4


@pytest.mark.parametrize("concurrency", [1, 3])
def test_while_answers_are_read_as_many_requests_are_on_their_way(concurrency: int) -> None:
    asked, read = threading.Barrier(2 * concurrency + 1), threading.Event()

    def heard(told: Callable[[], None]) -> None:
        told()
        asked.wait(PATIENCE)
        read.wait(PATIENCE)

    source = Source(heard=heard)
    fetching = Fetching(source, purls(2 * concurrency), concurrency)
    fetching.start()
    asked.wait(PATIENCE)
    read.set()
    assert len(results(fetching)) == 2 * concurrency
    assert source.peak <= concurrency


def test_every_component_is_asked_once() -> None:
    source = Source(batch_size=3)
    fetching = Fetching(source, purls(100), 4)
    fetching.start()
    assert sorted(purl for result in results(fetching) for purl in result.purls) == purls(100)
    assert sorted(purl for batch in source.asked for purl in batch) == purls(100)


def test_the_next_request_is_on_its_way_while_a_batch_is_recorded() -> None:
    second = threading.Event()
    source = Source()
    source._before = lambda: second.set() if len(source.asked) == 2 else None
    fetching = Fetching(source, purls(2), 1)
    fetching.start()
    stream = fetching.results(heartbeat=PATIENCE)
    next(stream)
    assert second.wait(PATIENCE)
    fetching.stop()
    results(fetching)


def test_nothing_is_fetched_far_ahead_of_what_was_recorded() -> None:
    source = Source()
    fetching = Fetching(source, purls(50), 2)
    fetching.start()
    recorded = 0
    for arrived in fetching.results(heartbeat=PATIENCE):
        recorded += len(arrived)
        assert len(source.asked) <= recorded + 18  # sixteen that are ready, two on their way


@pytest.mark.parametrize(("concurrency", "together"), [(1, 16), (3, 16), (20, 21)])
def test_what_arrives_within_a_second_is_taken_together_up_to_a_number(concurrency: int, together: int) -> None:
    fetching = Fetching(Source(), purls(60), concurrency)
    fetching.start()
    sizes = [len(arrived) for arrived in fetching.results(heartbeat=PATIENCE)]
    assert sum(sizes) == 60
    assert max(sizes) < together + 2 * concurrency  # two threads for each request: one asks while the other reads
    assert max(sizes) > 1  # a machine that is very busy may need more than a second for a full group


def test_a_batch_that_failed_is_told_at_once() -> None:
    def fail() -> None:
        if len(source.asked) == 2:
            raise Retryable("Later.")
        assert len(source.asked) == 1 or told.wait(PATIENCE)

    told = threading.Event()
    source = Source(before=fail)
    fetching = Fetching(source, purls(10), 1)
    fetching.start()
    stream = fetching.results(heartbeat=PATIENCE)
    assert [bool(fetched.answer.failure) for fetched in next(stream)] == [False, True]
    told.set()
    assert sum(map(len, stream)) == 8


def test_requests_are_filled_up_with_the_forms_of_as_many_components() -> None:
    class Priced(Source):
        def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names]) -> Sequence[int]:
            return [prices[purl] for purl in purls]

    prices = {purl: 1 + number % 3 % 2 + number % 5 // 4 for number, purl in enumerate(purls(1000))}
    source = Priced(batch_size=10)
    fetching = Fetching(source, prices, 1)
    fetching.start()
    results(fetching)
    *most, _ = [[prices[purl] for purl in batch] for batch in source.asked]
    assert all(10 * max(batch) - max(batch) < sum(batch) <= 10 * max(batch) for batch in most)
    assert sorted(purl for batch in source.asked for purl in batch) == sorted(prices)


def test_what_has_arrived_does_not_wait_for_a_slow_source() -> None:
    go_on = threading.Event()
    source = Source()
    source._before = lambda: (len(source.asked) < 2 or go_on.wait(PATIENCE)) and None
    fetching = Fetching(source, purls(2), 1)
    fetching.start()
    stream = fetching.results(heartbeat=PATIENCE)
    assert len(next(stream)) == 1
    go_on.set()
    assert [len(arrived) for arrived in stream] == [1]


def test_after_stop_only_what_is_on_its_way_arrives() -> None:
    go_on, started = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        assert go_on.wait(PATIENCE)

    source = Source(before=wait)
    fetching = Fetching(source, purls(50), 1)
    fetching.start()
    assert started.wait(PATIENCE)
    fetching.stop()
    go_on.set()
    assert [result.purls for result in results(fetching)] == [tuple(purls(1))]


def test_a_source_that_learns_to_take_fewer_gets_fewer() -> None:
    source = Source(batch_size=4)
    source._before = lambda: setattr(source, "batch_size", 2)
    fetching = Fetching(source, purls(8), 1)
    fetching.start()
    results(fetching)
    assert [len(batch) for batch in source.asked] == [4, 2, 2]


def test_silence_is_told_as_a_heartbeat() -> None:
    go_on = threading.Event()
    fetching = Fetching(Source(before=lambda: go_on.wait(PATIENCE) and None), purls(1), 1)
    fetching.start()
    stream = fetching.results(heartbeat=0.01)
    assert next(stream) == ()
    go_on.set()
    assert [fetched.purls for arrived in stream for fetched in arrived] == [tuple(purls(1))]


def test_an_error_of_the_source_is_an_answer() -> None:
    def fail() -> None:
        raise Retryable("Later.")

    fetching = Fetching(Source(before=fail), purls(1), 1)
    fetching.start()
    (only,) = results(fetching)
    assert isinstance(only.answer.failure, Retryable)
    assert only.answer.answers == ()


def test_after_a_no_for_good_nothing_more_is_asked() -> None:
    def refuse() -> None:
        raise Final("Never.")

    source = Source(before=refuse)
    fetching = Fetching(source, purls(50), 1)
    fetching.start()
    assert len(results(fetching)) == len(source.asked) == 1


@pytest.mark.parametrize("concurrency", [1, 4])
def test_any_other_error_reaches_the_caller_and_ends_the_run(concurrency: int) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a mistake in the program")

    clock = FakeClock()
    store = MemoryStore(clock)
    downloader = Downloader(
        source=Source(before=fail),
        components=store.components,
        runs=store.runs,
        clock=clock,
        assess=lambda: lambda vulnerability, package: None,
        holder="this",
        options=DownloadOptions(concurrency=concurrency),
    )
    with pytest.raises(ZeroDivisionError):
        downloader.run(purls(20))
    assert store.runs._facts.lease is None


def test_components_are_walked_shortly_before_they_are_needed() -> None:
    walked = 0

    def walk() -> Iterator[Purl]:
        nonlocal walked
        for purl in purls(5000):
            walked += 1
            yield purl

    fetching = Fetching(Source(batch_size=100), walk(), 1)
    fetching.start()
    assert walked == 1800  # as many as can be asked before the next look
    assert len(results(fetching)) == 50
    assert walked == 5000


def test_a_last_page_that_is_not_full_is_asked_too() -> None:
    source = Source(batch_size=300)
    fetching = Fetching(source, purls(1100), 1)
    fetching.start()
    results(fetching)
    assert [len(batch) for batch in source.asked] == [300, 300, 300, 200]


@pytest.mark.parametrize("was_frozen", [True, False])
def test_what_was_frozen_before_a_download_is_so_after_it(was_frozen: bool) -> None:
    gc.unfreeze()
    if was_frozen:
        gc.freeze()
    try:
        with responsive():
            assert gc.get_freeze_count() > 0
        assert (gc.get_freeze_count() > 0) is was_frozen
    finally:
        gc.freeze()  # as the collection of the tests left it
