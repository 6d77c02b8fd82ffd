"""Urgent components: what was just seen and never asked, within a share of the day."""

from __future__ import annotations

import datetime as dt
import logging

import pytest

from tests.copies import replace
from tests.fakes import FakeClock, FakeVulnerabilitySource, MemoryStore
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, OPENSSL, YAML, digest_of, sbom_of
from webhook.clients.ossindex.errors import OutOfCredits, SlowDown
from webhook.engines.controlling.options import ControllerOptions
from webhook.engines.controlling.urgent import UrgentDuty
from webhook.engines.downloading.downloader import Downloader
from webhook.engines.downloading.options import DownloadOptions
from webhook.errors import Retryable
from webhook.model.assessments import Assessment
from webhook.model.purls import Purl, parse_purl
from webhook.model.records import AssessmentQuery, Sighting
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.typetable import default_types

LEASE = dt.timedelta(minutes=5)


class Desk:
    """A duty with its store and its source."""

    def __init__(self, clock: FakeClock, **options: int) -> None:
        self.clock, self.store = clock, MemoryStore(clock)
        self.source = FakeVulnerabilitySource(clock)
        self.source.known[parse_purl(LOG4J)] = (LOG4SHELL,)
        self.downloader = Downloader(
            source=self.source,
            components=self.store.components,
            runs=self.store.runs,
            clock=clock,
            assess=lambda: self.assess,
            holder="controller",
            options=DownloadOptions(),
        )
        self.duty = UrgentDuty(self.downloader, clock, ControllerOptions(**options))

    def assess(self, vulnerability: Vulnerability, package: str) -> Assessment | None:
        return auto_assessment(default_types(), vulnerability, package, self.clock.now())

    def image(self, name: str, *purls: str, seen: bool = True) -> None:
        self.store.sboms.add(digest_of(name), sbom_of(*purls), place="added")
        if seen:
            self.store.sightings.record([Sighting(digest_of(name), f"registry.example/{name}:1", self.clock.now())])

    @property
    def asked(self) -> list[Purl]:
        return [purl for batch in self.source.asked for purl in batch]


@pytest.fixture
def desk(clock: FakeClock) -> Desk:
    return Desk(clock)


def test_only_what_was_seen_and_never_asked_is_asked(desk: Desk) -> None:
    desk.image("old", YAML)
    desk.duty.run()
    assert desk.asked == [YAML]
    desk.image("seen", LOG4J, YAML, OPENSSL)
    desk.image("imported", LEFTPAD, seen=False)
    desk.duty.run()
    assert desk.asked == [YAML, LOG4J]
    desk.duty.run()
    desk.clock.advance(3 * 86400)
    desk.duty.run()
    assert desk.asked == [YAML, LOG4J], "what is stale is the download run's business"


def test_answers_are_kept_and_assessed_and_no_run_is_recorded(desk: Desk) -> None:
    desk.image("seen", LOG4J)
    desk.duty.run()
    (assessment,) = desk.store.assessments.find(AssessmentQuery())
    assert assessment.vulnerability == LOG4SHELL.id
    assert desk.store.runs.last() is None
    assert desk.store.runs.holder() is None


def test_a_pass_and_a_day_have_a_limit(clock: FakeClock) -> None:
    desk = Desk(clock, urgent_components=2, urgent_per_day=3)
    desk.image("seen", *(f"pkg:npm/n{number}@1.0.0" for number in range(6)))
    lengths = []
    for _ in range(3):
        desk.duty.run()
        lengths.append(len(desk.asked))
    assert lengths == [2, 3, 3]
    clock.advance(86400)
    desk.duty.run()
    assert len(desk.asked) == 5, "a new day"


def test_nothing_is_asked_while_a_download_runs_and_a_download_is_never_kept_from_beginning(desk: Desk) -> None:
    desk.image("seen", LOG4J)
    nightly = desk.store.runs.acquire("nightly", duration=LEASE)
    desk.duty.run()
    assert desk.asked == []
    desk.store.runs.release(nightly)
    began: list[str] = []

    class Watching(FakeVulnerabilitySource):
        def report(self, purls: object, *_: object) -> object:
            began.append(desk.store.runs.acquire("nightly", duration=LEASE).holder)
            return desk.source.report(purls)

    duty = UrgentDuty(replace(desk.downloader, source=Watching(desk.clock)), desk.clock, ControllerOptions())
    duty.run()
    assert began == ["nightly"], "the nightly run got its lock in the middle of it"
    assert desk.asked == [LOG4J]


@pytest.mark.parametrize(("problem", "hours"), [(OutOfCredits, 24), (SlowDown, 1)])
def test_a_no_is_believed_for_a_while(
    desk: Desk, caplog: pytest.LogCaptureFixture, problem: type[Exception], hours: int
) -> None:
    desk.image("seen", LOG4J)
    desk.source.errors = [problem("no")]
    desk.duty.run()
    desk.clock.advance(hours * 3600 - 1)
    desk.duty.run()
    assert len(desk.source.asked) == 1
    assert [record.levelno for record in caplog.records if record.name == "bomgate.urgent"][-1] == logging.WARNING
    desk.clock.advance(1)
    desk.duty.run()
    assert len(desk.source.asked) == 2


def test_other_trouble_is_a_failure_that_is_tried_again(desk: Desk) -> None:
    desk.image("seen", LOG4J)
    desk.source.errors = [Retryable("the network is down")]
    with pytest.raises(Retryable, match="the network is down"):
        desk.duty.run()
    desk.duty.run()
    assert desk.asked == [LOG4J, LOG4J]


def test_a_store_in_which_looking_takes_long_is_asked_less_often(clock: FakeClock) -> None:
    desk = Desk(clock)
    inner = desk.store.components.wanted

    class Slow:
        def wanted(self, **options: object) -> object:
            clock.advance(9)
            return inner(**options)

    duty = UrgentDuty(replace(desk.downloader, components=Slow()), clock, ControllerOptions())
    assert duty.interval_seconds == 60
    duty.run()
    assert duty.interval_seconds == 180
