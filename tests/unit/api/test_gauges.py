from __future__ import annotations

import datetime as dt

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes import FakeClock, MemoryStore
from webhook.api.gauges import Gauges
from webhook.engines.readmodel import ReadModel
from webhook.model.downloads import DownloadReport
from webhook.model.uncovered import Uncovered
from webhook.telemetry.metrics import Metrics, exposition


class Board:
    """Gauges over a store in memory."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.store, self.metrics = clock, MemoryStore(clock), Metrics()
        self._gauges = Gauges(self.metrics, ReadModel(), self.store.runs, clock)

    def ran(self, report: DownloadReport) -> None:
        """A run of the downloader ends now."""
        lease = self.store.runs.acquire("run", duration=dt.timedelta(hours=1))
        now = self.clock.now()
        self.store.runs.finish(report, started=now, finished=now, lease=lease)

    def values(self, name: str) -> dict[str, float]:
        """What is exposed of a gauge a while later, by the value of its label."""
        self.clock.advance(20)
        self._gauges.publish(equal_to_store=True, dropped_sightings=0)
        families = text_string_to_metric_families(exposition(self.metrics.registry)[0].decode())
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return {next(iter(sample.labels.values()), ""): sample.value for sample in samples}


def test_a_downloader_that_never_ran_is_told_from_one_that_did(clock: FakeClock) -> None:
    board = Board(clock)
    assert board.values("bomgate_download_last_run_timestamp_seconds") == {"": 0.0}
    assert board.values("bomgate_download_last_run_complete") == {}
    ended = clock.now().timestamp()
    board.ran(DownloadReport())
    assert board.values("bomgate_download_last_run_timestamp_seconds") == {"": ended}
    assert board.values("bomgate_download_last_run_complete") == {"": 1.0}


def test_each_reason_why_components_are_not_covered_is_told(clock: FakeClock) -> None:
    assert set(Board(clock).values("bomgate_uncovered_components")) == set(Uncovered)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ossindex-out-of-credits", "credits"),
        ("ossindex-no-credentials", "credentials"),
        ("ossindex-credentials-refused", "credentials"),
        ("ossindex-slow-down", "rate"),
        ("budget", "budget"),
        ("cancelled", "cancelled"),
        ("store-unreachable", "other"),
        ("", "other"),
    ],
)
def test_what_ended_the_last_run_early_is_one_of_a_few_words(clock: FakeClock, code: str, reason: str) -> None:
    board = Board(clock)
    board.ran(DownloadReport(complete=False, stopped_by="It stopped.", stopped_code=code))
    stopped = board.values("bomgate_download_last_run_stopped")
    assert {word for word, value in stopped.items() if value} == {reason}
    assert board.values("bomgate_download_last_run_complete") == {"": 0.0}


def test_a_complete_run_takes_the_reason_of_the_one_before_away(clock: FakeClock) -> None:
    board = Board(clock)
    board.ran(DownloadReport(complete=False, stopped_by="It stopped.", stopped_code="budget"))
    assert board.values("bomgate_download_last_run_stopped")["budget"] == 1.0
    assert board.values("bomgate_data_last_complete_download_timestamp_seconds") == {"": 0.0}
    board.ran(DownloadReport())
    assert set(board.values("bomgate_download_last_run_stopped").values()) == {0.0}
