"""Changed answers: a member asks again at once, keeps what it has until then, and loses nothing in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.clients.ossindex.forms import forms
from webhook.engines.controlling.changedanswers import ChangedAnswersDuty
from webhook.engines.downloading.downloader import Downloader
from webhook.errors import Retryable
from webhook.model.downloads import BatchAnswer, Names, SourceStatus
from webhook.model.purls import Purl
from webhook.store.database import Database
from webhook.store.fleet.pending import note_everything, note_pending
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

GO = Purl("pkg:golang/github.com/Masterminds/goutils@v1.1.0")
NPM, OTHER, DEB = Purl("pkg:npm/lodash@4.17.20"), Purl("pkg:npm/lodash@4.17.21"), Purl("pkg:deb/debian/x@1")


class Hub:
    """A source that answers with a vulnerability, from ``at`` on, or fails."""

    batch_size = 100

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: Retryable | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = {}, heard: Callable[[], None] = lambda: None
    ) -> BatchAnswer:
        if self.failure is not None:
            raise self.failure
        self.asked += purls
        self.meanwhile()
        return BatchAnswer(tuple(answer(purl, vulnerability("V-1"), at=NOON + dt.timedelta(hours=1)) for purl in purls))

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = {}) -> Sequence[int]:
        return [1] * len(purls)

    def check(self) -> SourceStatus:
        return SourceStatus(True, "", "", "")


class Member:
    """A member with some components, all answered as clean."""

    def __init__(self, url: str, clock: FakeClock) -> None:
        self.store: Store = open_store(StoreOptions(url=url), clock)
        self.store.sboms.add(digest(1), make_sbom(GO, NPM, OTHER, DEB), place="added")
        self.store.components.record([answer(GO), answer(NPM), answer(OTHER)], assess=AutoRule(), now=NOON)
        self.database, self.hub = Database(StoreOptions(url=url), clock), Hub()
        downloader = Downloader(
            source=self.hub,
            components=self.store.components,
            runs=self.store.runs,
            clock=clock,
            assess=lambda: AutoRule(),
            holder="here/1",
        )
        self.duty = ChangedAnswersDuty(downloader, self.store.fleet_pending, self._forms, clock)

    def _forms(self, purl: Purl, spellings: Sequence[Purl]) -> list[Purl]:
        return [form.coordinates for form in forms(purl, spellings)]

    def hear(self, *coordinates: str, revision: int = 5) -> None:
        with self.database.write() as connection:
            note_pending(connection, coordinates, revision)

    @property
    def pending(self) -> list[str]:
        return list(self.store.fleet_pending.take(100)[0])


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def member(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Member]:
    """A member on each database."""
    made = Member(request.getfixturevalue(request.param), clock)
    yield made
    made.store.close()
    made.database.close()


def test_what_changed_is_asked_for_at_once_whatever_form_the_hub_names(member: Member) -> None:
    member.hear("pkg:golang/github.com/masterminds/goutils@v1.1.0", "pkg:npm/lodash@4.17.20", "pkg:npm/elsewhere@1.0.0")
    member.duty.run()
    assert sorted(member.hub.asked) == [GO, NPM]
    assert member.pending == []


def test_while_the_hub_is_away_nothing_is_lost_and_the_former_answer_stays(member: Member) -> None:
    member.hub.failure = Retryable("The hub is away.")
    member.hear(NPM)
    with pytest.raises(Retryable, match="Not all answers"):
        member.duty.run()
    assert member.pending == [NPM]
    member.hub.failure = None
    member.duty.run()
    assert (member.hub.asked, member.pending) == ([NPM], [])


def test_what_changes_again_while_it_is_asked_for_is_asked_for_again(member: Member) -> None:
    def once() -> None:
        member.hub.meanwhile = lambda: None
        member.hear(NPM, revision=6)

    member.hub.meanwhile = once
    member.hear(NPM)
    member.duty.run()
    assert (member.hub.asked, member.pending) == ([NPM, NPM], [])


def test_after_a_snapshot_everything_that_is_covered_is_asked_for(member: Member) -> None:
    with member.database.write() as connection:
        note_everything(connection, 7)
    member.duty.run()
    assert sorted(member.hub.asked) == sorted([GO, NPM, OTHER])
