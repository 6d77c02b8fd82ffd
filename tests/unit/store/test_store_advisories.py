"""Advisories in the database: whole sets, states beside those of asked sources, and what read models learn."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.copies import replace
from tests.exports import exported
from tests.fakes import FakeClock
from tests.osv import OPENSSL, affected, openssl, record
from tests.ports.samples import AutoRule, answer, digest, vulnerability
from webhook.clients.osv.records import SetBuilder
from webhook.engines.controlling.matching import MatchDuty, MatchParts
from webhook.engines.matching import matcher as matching
from webhook.engines.matching.exploits import ExploitUpdater
from webhook.engines.matching.matcher import Matcher
from webhook.engines.matching.sources import SetState, SourceSchedule
from webhook.engines.readmodel import ReadModel
from webhook.errors import Retryable
from webhook.model.advisories import AdvisorySetInfo, FetchedSet
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.policy.severitywords import severity_words
from webhook.policy.typetable import default_types
from webhook.sboms import parse
from webhook.store.repositories import Store
from webhook.store.tables.advisories import advisory_ecosystems, advisory_sets, advisory_state, matches

LIBSSL = "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12&upstream=openssl"
LODASH = "pkg:npm/lodash@4.17.20"
DAY = dt.timedelta(days=1)


class Shelf:
    """A source of advisories in memory."""

    def __init__(self, name: str = "osv", **records: list[dict[str, Any]]) -> None:
        self.name = name
        self.records, self.version, self.down = records, 1, False
        self.ecosystems = sorted(records)
        self.away, self.told = set[str](), dict[str, AdvisorySetInfo | None]()

    def fetch(self, ecosystem: str, known: AdvisorySetInfo | None, former: object = None) -> FetchedSet:
        self.told[ecosystem] = known
        if self.down or ecosystem in self.away:
            raise Retryable("The shelf is away.", remedy="Wait.")
        name = f"sha256:{ecosystem}-{self.version}"
        if known is not None and known.digest == name:
            return FetchedSet(self.name, ecosystem, name, "", None)
        builder = SetBuilder(ecosystem)
        for content in self.records[ecosystem]:
            builder.add(json.dumps(content).encode(), OPENSSL)
        content = builder.finish()
        return FetchedSet(self.name, ecosystem, name, "", content, unread=frozenset(builder.unread))


def matcher(store: Store, clock: FakeClock, shelf: Shelf | None, *, asks: bool = True) -> Matcher:
    return Matcher([] if shelf is None else [shelf], store.advisories, clock, lambda: AutoRule(), asks=asks)


def duty_parts(store: Store, clock: FakeClock, engine: Matcher, hours: float | None = None) -> MatchParts:
    """What a duty works with; the source ``osv`` with its set of Debian is asked after so many hours."""
    exploits = ExploitUpdater((), store.exploits, default_types, clock)
    every = {} if hours is None else {"osv": hours}
    schedule = SourceSchedule([("osv", "Debian")], every, store.advisories, store.exploits, clock)
    return MatchParts(engine, exploits, schedule)


def add(store: Store, purls: Iterable[str], number: int = 1) -> None:
    components = [{"type": "library", "name": "x", "purl": purl} for purl in purls]
    metadata = {"tools": [{"name": "syft", "version": "1.18.0"}]}  # which leaves out source packages of the same name
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": metadata, "components": components}
    store.sboms.add(digest(number), parse(json.dumps(content).encode()), place="added")


def lodash() -> dict[str, Any]:
    events = ({"introduced": "0"}, {"fixed": "4.17.21"})
    return record("GHSA-35jh", affected("npm", "lodash", *events, kind="SEMVER"), aliases=["CVE-2021-23337"])


class Reader:
    """A read model that follows the store by its changes."""

    def __init__(self, store: Store) -> None:
        self.store, self.model = store, ReadModel()

    def follow(self) -> dict[str, int]:
        """How many components of the first image are in each state; by changes and as a whole it is the same."""
        self.model.apply(self.store.feed.changes(self.model.position))
        whole = ReadModel()
        whole.apply(self.store.feed.changes())
        facts = self.model.facts(digest(1))
        assert facts == whole.facts(digest(1))
        assert facts is not None
        self.vulnerable = facts.vulnerable
        states = (facts.clean, facts.unknown, facts.not_covered)
        return dict(zip(("clean", "unknown", "not_covered"), states, strict=True), vulnerable=len(facts.vulnerable))

    def age_of(self, purl: str) -> int:
        """When was said what is said of a component, in seconds since 1970."""
        number = self.store.feed.component_ids([Purl(purl)])[Purl(purl)]
        return self.model._components.said_at(number)


def test_what_advisories_say_reaches_read_models_with_the_fix(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL, "pkg:deb/debian/tzdata@2024a-0?distro=debian-12", "pkg:generic/x@1", LODASH])
    reader = Reader(real_store)
    assert reader.follow() == {"clean": 0, "unknown": 1, "not_covered": 3, "vulnerable": 0}
    shelf = Shelf(Debian=[openssl()])
    report = matcher(real_store, clock, shelf).update()
    assert (report.matched, report.vulnerable, report.complete) == (4, 1, True)
    assert reader.follow() == {"clean": 1, "unknown": 1, "not_covered": 1, "vulnerable": 1}
    (found,) = reader.vulnerable[0].vulnerabilities
    assert (found.id, found.fixed, found.source) == ("DEBIAN-CVE-2023-0286", "3.0.8-1", "osv")
    assert real_store.admin.status().counts["vulnerable"] == 1
    (shown,) = real_store.sboms.show(digest(1))
    states = {str(purl): state for purl, state in shown.contents}
    assert states[LIBSSL] is ComponentState.VULNERABLE


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ("no record", "unreadable"),
        (openssl(id=""), "unreadable"),
        (openssl(affected=[{"package": {"ecosystem": "Debian:12", "name": 5}}]), "unreadable-package"),
        (openssl(affected="none"), "unreadable"),
        (openssl(summary="x" * 17_000_000), "too-large"),
    ],
    ids=["no record", "no id", "no package", "no list", "too large"],
)
def test_a_record_that_cannot_be_read_any_more_says_what_it_said(
    real_store: Store, clock: FakeClock, spoilt: Any, why: str
) -> None:
    """Whoever could spoil one record would otherwise make clean what it is about."""
    add(real_store, [LIBSSL])
    other = record("A", affected("Debian:12", "zlib", {"introduced": "0"}))
    reader, shelf = Reader(real_store), Shelf(Debian=[openssl()])
    engine = matcher(real_store, clock, shelf)
    engine.update()
    shelf.records, shelf.version = {"Debian": [spoilt, other]}, 2
    engine.update()
    assert reader.follow() == {"clean": 0, "unknown": 0, "not_covered": 0, "vulnerable": 1}
    assert real_store.advisories.sets()[0].counts.items() >= {"kept": 1, why: 1}.items()
    shelf.records, shelf.version = {"Debian": [openssl(withdrawn="2026-01-02T00:00:00Z"), *shelf.records["Debian"]]}, 3
    engine.update()
    assert reader.follow()["vulnerable"] == 1, "what can be read of it is not all"
    shelf.records, shelf.version = {"Debian": [openssl(withdrawn="2026-01-02T00:00:00Z"), other]}, 4
    engine.update()
    assert reader.follow()["clean"] == 1


def test_a_record_of_which_a_part_cannot_be_read_says_of_it_what_it_said(real_store: Store, clock: FakeClock) -> None:
    zlib1g = "pkg:deb/debian/zlib1g@1.2.13-1?distro=debian-12&upstream=zlib"
    add(real_store, [LIBSSL, zlib1g])
    reader, shelf = Reader(real_store), Shelf(Debian=[openssl()])
    engine = matcher(real_store, clock, shelf)
    engine.update()
    broken = {"package": {"ecosystem": "Debian:12", "name": "openssl"}, "ranges": 5}
    more = affected("Debian:12", "zlib", {"introduced": "0"})
    shelf.records, shelf.version = {"Debian": [openssl(affected=[broken, more])]}, 2
    engine.update()
    assert reader.follow()["vulnerable"] == 2


def test_a_second_pass_changes_nothing_and_new_components_alone_are_matched(
    real_store: Store, clock: FakeClock
) -> None:
    add(real_store, [LIBSSL])
    engine = matcher(real_store, clock, Shelf(Debian=[openssl()]))
    engine.update()
    before = real_store.feed.position()
    assert engine.match().matched == 0
    assert real_store.feed.position() == before
    add(real_store, [LIBSSL, "pkg:deb/debian/openssl@3.0.9-1?distro=debian-12"], 2)
    reader = Reader(real_store)
    reader.model.apply(real_store.feed.changes())
    facts = reader.model.facts(digest(2))
    assert facts is not None
    assert facts.unknown == 1, "until it was matched"
    published: list[int] = []
    parts = duty_parts(real_store, clock, engine)
    MatchDuty(parts, lambda sets: published.append(len(sets)), 5).run()
    reader.model.apply(real_store.feed.changes(reader.model.position))
    facts = reader.model.facts(digest(2))
    assert facts is not None
    assert (facts.unknown, facts.clean) == (0, 1)
    assert published == [1]


def test_sources_take_back_their_own_alone(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LODASH])
    shelf, reader = Shelf(npm=[lodash()]), Reader(real_store)
    engine = matcher(real_store, clock, shelf)
    asked = real_store.components
    asked.record([answer(LODASH, vulnerability("CVE-2021-23337"))], assess=AutoRule(), now=clock.now())
    engine.update()
    reader.follow()
    assert {found.id for found in reader.vulnerable[0].vulnerabilities} == {"CVE-2021-23337", "GHSA-35jh"}
    clock.advance(DAY.total_seconds())
    asked.record([answer(LODASH, at=clock.now())], assess=AutoRule(), now=clock.now())
    assert reader.follow()["vulnerable"] == 1
    assert [found.id for found in reader.vulnerable[0].vulnerabilities] == ["GHSA-35jh"]
    shelf.records["npm"], shelf.version = [record("GHSA-other", affected("npm", "a", {"introduced": "0"}))], 2
    engine.update()
    assert reader.follow() == {"clean": 1, "unknown": 0, "not_covered": 0, "vulnerable": 0}


def test_without_a_source_that_is_asked_advisories_are_all_there_is(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LODASH, "pkg:gem/rails@7.0.0"])
    matcher(real_store, clock, Shelf(npm=[lodash()]), asks=False).update()
    assert Reader(real_store).follow() == {"clean": 0, "unknown": 0, "not_covered": 1, "vulnerable": 1}


def test_scores_are_assessed_by_range_once(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    report = matcher(real_store, clock, Shelf(Debian=[openssl()])).update()
    assert (report.new_vulnerabilities, report.auto_assessed) == (1, 1)
    found = real_store.vulnerabilities.get("CVE-2023-0286") if hasattr(real_store.vulnerabilities, "get") else None
    assert found is None or found.cvss_score == Decimal("9.8")


def test_an_update_that_fails_leaves_set_state_and_age(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    shelf, reader = Shelf(Debian=[openssl()]), Reader(real_store)
    engine = matcher(real_store, clock, shelf)
    engine.update()
    (before,) = real_store.advisories.sets()
    clock.advance(DAY.total_seconds())
    shelf.down = True
    report = engine.update()
    assert not report.complete
    assert report.updates[0].problem == "The shelf is away."
    assert real_store.advisories.sets() == [before]
    assert reader.follow()["vulnerable"] == 1
    shelf.down = False
    engine.update()
    (after,) = real_store.advisories.sets()
    assert (after.checked_at - before.checked_at, after.changed_at) == (DAY, before.changed_at)


def test_a_clean_answer_is_as_old_as_the_last_look_at_its_advisories(real_store: Store, clock: FakeClock) -> None:
    add(real_store, ["pkg:deb/debian/tzdata@2024a-0?distro=debian-12"])
    engine, reader = matcher(real_store, clock, Shelf(Debian=[openssl()])), Reader(real_store)
    engine.update()
    reader.follow()
    now = int(clock.now().timestamp())
    stale = reader.model.facts(digest(1), stale_before=now + 60)
    assert stale is not None
    assert stale.unknown == 1
    clock.advance(120)
    engine.update()
    reader.follow()
    fresh = reader.model.facts(digest(1), stale_before=now + 60)
    assert fresh is not None
    assert fresh.clean == 1


def test_a_set_that_is_unchanged_costs_nothing_for_each_component(real_store: Store, clock: FakeClock) -> None:
    tzdata = "pkg:deb/debian/tzdata@2024a-0?distro=debian-12"
    add(real_store, [LIBSSL, tzdata, LODASH])
    engine, reader = matcher(real_store, clock, Shelf(Debian=[openssl()], npm=[lodash()])), Reader(real_store)
    asked = real_store.components
    asked.record([answer(LODASH, at=clock.now())], assess=AutoRule(), now=clock.now())
    engine.update()
    reader.follow()
    clock.advance(3600)
    engine.update()
    changes = real_store.feed.changes(reader.model.position)
    assert (list(changes.component_ids), changes.position.revision - reader.model.revision) == ([], 2)
    reader.follow()
    now = int(clock.now().timestamp())
    assert [reader.age_of(purl) for purl in (LIBSSL, tzdata, LODASH)] == [now, now, now - 3600]
    before = real_store.feed.position()
    engine.match()
    assert real_store.feed.position() == before
    copy = ReadModel()
    copy.stand_on(reader.model.base())
    assert exported(copy) == exported(reader.model)
    assert copy.newest_answer == clock.now()


def test_components_of_packages_that_changed_are_matched_again_and_no_others(
    real_store: Store, clock: FakeClock
) -> None:
    tzdata, es = "pkg:deb/debian/tzdata@2024a-0?distro=debian-12", "pkg:npm/lodash-es@4.17.20"
    add(real_store, [LIBSSL, tzdata, LODASH, LODASH.replace("20", "22"), es])
    other = record("GHSA-es", affected("npm", "lodash-es", {"introduced": "0"}))
    shelf = Shelf(Debian=[openssl()], npm=[lodash(), other])
    engine, reader = matcher(real_store, clock, shelf, asks=False), Reader(real_store)
    assert engine.update().matched == 5
    assert reader.follow()["vulnerable"] == 3
    events = ({"introduced": "0"}, {"fixed": "4.17.23"})
    shelf.records["npm"], shelf.version = [other, record("GHSA-35jh", affected("npm", "lodash", *events))], 2
    assert engine.update().matched == 2
    assert reader.follow()["vulnerable"] == 4
    shelf.records["Debian"], shelf.version = [openssl(withdrawn="2026-02-01T00:00:00Z"), openssl() | {"id": "X"}], 3
    engine._update(shelf, "Debian", real_store.advisories.sets()[0])  # and is killed
    assert matcher(real_store, clock, shelf, asks=False).match().matched == 1
    reader.follow()
    assert {found.id for held in reader.vulnerable for found in held.vulnerabilities} == {"GHSA-35jh", "GHSA-es", "X"}


def test_a_component_that_was_deleted_since_it_was_read_is_left_out(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    engine = matcher(real_store, clock, Shelf(Debian=[openssl()]))
    engine.update()
    sets, (one,) = real_store.advisories.sets(), engine.say([Purl(LIBSSL)])
    there, gone = (replace(one, number=number) for number in (0, 99))
    fingerprint = real_store.advisories.progress().fingerprint
    found = real_store.advisories.record(fingerprint, [there, gone], assess=AutoRule(), now=clock.now(), reassess=False)
    assert found is not None
    assert (len(sets), found.vulnerable) == (1, 1)


def test_sets_that_changed_meanwhile_are_not_written_over(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    engine = matcher(real_store, clock, Shelf(Debian=[openssl()]))
    engine.update()
    other = matcher(real_store, clock, None)
    old = real_store.advisories.progress()
    assert real_store.advisories.record("other", [], assess=AutoRule(), now=clock.now(), reassess=False) is None
    assert real_store.advisories.finish("other", 9, [], asks=True, is_settled=True) is False
    assert real_store.advisories.progress() == old
    assert other.match().matched == 0


def test_a_source_that_is_gone_is_forgotten(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    matcher(real_store, clock, Shelf(Debian=[openssl()])).update()
    reader = Reader(real_store)
    reader.follow()
    matcher(real_store, clock, None).update()
    assert reader.follow() == {"clean": 0, "unknown": 0, "not_covered": 1, "vulnerable": 0}
    assert real_store.advisories.sets() == []
    assert real_store.advisories.progress().fingerprint == ""


def test_a_set_that_cannot_be_read_is_fetched_again(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    shelf = Shelf(Debian=[openssl()])
    matcher(real_store, clock, shelf).update()
    with real_store.advisories._database.write() as connection:
        connection.execute(update(advisory_sets).values(payload=b"damaged"))
    assert real_store.advisories.load("osv", "Debian") is None
    report = matcher(real_store, clock, shelf).update()
    assert report.updates[0].changed
    assert real_store.advisories.load("osv", "Debian") is not None


def damage(store: Store, ecosystem: str, *, source: str = "osv", as_another_program: bool = False) -> None:
    """Leave a set as it cannot be read."""
    with store.advisories._database.write() as connection:
        mine = (advisory_sets.c.ecosystem == ecosystem) & (advisory_sets.c.source == source)
        those = update(advisory_sets).where(mine)
        connection.execute(those.values(payload=b"x"))
        if as_another_program:
            connection.execute(update(advisory_state).values(fingerprint="another program's"))
            connection.execute(update(advisory_ecosystems).values(mark="another program's"))


def test_a_set_that_cannot_be_read_holds_up_its_own_ecosystem_alone(real_store: Store, clock: FakeClock) -> None:
    tzdata = "pkg:deb/debian/tzdata@2024a-0?distro=debian-12"
    add(real_store, [LIBSSL, tzdata, LODASH])
    shelf = Shelf(Debian=[openssl()], npm=[lodash()])
    matcher(real_store, clock, shelf, asks=False).update()
    first = clock.now()
    damage(real_store, "Debian")
    reader, follower = Reader(real_store), matcher(real_store, clock, shelf, asks=False)
    shelf.away.add("Debian")
    shelf.records["npm"], shelf.version = [record("GHSA-other", affected("npm", "a", {"introduced": "0"}))], 2
    clock.advance(3600)
    report = follower.update()
    assert [update.problem for update in report.updates] == ["The shelf is away.", ""]
    assert reader.follow() == {"clean": 2, "unknown": 0, "not_covered": 0, "vulnerable": 1}
    assert reader.vulnerable[0].purl == LIBSSL
    assert [info.is_unreadable for info in real_store.advisories.sets()] == [True, False]
    ages = {reader.age_of(purl) for purl in (LIBSSL, tzdata)}
    assert ages == {int(first.timestamp())}, "what is said is as old as the set that it is from"
    assert reader.age_of(LODASH) == int(clock.now().timestamp())
    assert follower.match().matched == 0, "nothing is done again and again"
    newcomers = [LIBSSL.replace("3.0.7", "3.0.6"), LODASH, "pkg:deb/debian/x@1"]
    add(real_store, newcomers, 2)
    assert follower.match().matched == 2
    assert {str(match.purl): match.state.name for match in follower.say([Purl(purl) for purl in newcomers])} == dict(
        zip(newcomers, ("UNKNOWN", "CLEAN", "NOT_COVERED"), strict=True)
    )
    assert real_store.admin.status().counts["unknown"] == 1, "nobody can say, so it is not clean"
    shelf.away.clear()
    follower.update()
    assert real_store.admin.status().counts["vulnerable"] == 2
    assert not any(info.is_unreadable for info in real_store.advisories.sets())
    assert reader.follow()["vulnerable"] == 1
    clock.advance(3600)
    follower.update()
    reader.follow()
    assert reader.age_of(tzdata) == int(clock.now().timestamp())


def test_of_two_sources_of_an_ecosystem_the_healthy_one_goes_on(real_store: Store, clock: FakeClock) -> None:
    zlib = "pkg:deb/debian/zlib@1.2.13-1?distro=debian-12"
    add(real_store, [LIBSSL, zlib, "pkg:deb/debian/tzdata@2024a-0?distro=debian-12"])
    both = record("SHARED-1", affected("Debian:12", "openssl", {"introduced": "0"}))
    own = Shelf("own", Debian=[record("OWN-1", affected("Debian:12", "openssl", {"introduced": "0"})), both])
    osv = Shelf(Debian=[openssl(), both])

    def follow(engine: Matcher) -> tuple[dict[str, set[str]], dict[str, int]]:
        engine.update()
        states = reader.follow()
        found = {each.purl.package: {held.id for held in each.vulnerabilities} for each in reader.vulnerable}
        return found, {name: states[name] for name in ("clean", "unknown")}

    def engine(*shelves: Shelf) -> Matcher:
        return Matcher(shelves, real_store.advisories, clock, lambda: AutoRule(), asks=False)

    reader, libssl = Reader(real_store), Purl(LIBSSL).package
    assert follow(engine(osv, own)) == ({libssl: {openssl()["id"], "OWN-1", "SHARED-1"}}, {"clean": 2, "unknown": 0})
    first = clock.now()
    damage(real_store, "Debian", source="own")
    own.away.add("Debian")
    clock.advance(3600)
    osv.records["Debian"], osv.version = [record("NEW-1", affected("Debian:12", "zlib", {"introduced": "0"}))], 2
    follower = engine(osv, own)
    said = {libssl: {"OWN-1", "SHARED-1"}, Purl(zlib).package: {"NEW-1"}}
    assert follow(follower) == (said, {"clean": 1, "unknown": 0}), "osv takes back its own alone, and finds more"
    assert reader.age_of(LIBSSL) == int(first.timestamp()), "what is said is as old as the older of both sets"
    assert follower.match().matched == 0, "nothing is done again and again"
    osv.records["Debian"], osv.version = [openssl()], 3
    said = {libssl: {openssl()["id"], "OWN-1", "SHARED-1"}}
    assert follow(follower) == (said, {"clean": 1, "unknown": 1}), "nobody knows what own would say of zlib"
    own.away.clear()
    own.records["Debian"] = [both]
    assert follow(follower) == ({libssl: {openssl()["id"], "SHARED-1"}}, {"clean": 2, "unknown": 0})
    damage(real_store, "Debian", source="osv")
    osv.away.add("Debian")
    own.records["Debian"], own.version = [record("OWN-1", affected("Debian:12", "x", {"introduced": "0"}))], 2
    assert follow(engine(osv, own))[0] == {libssl: {openssl()["id"]}}, "each takes back what it said"


def test_a_score_does_not_fall_because_the_set_cannot_be_read_that_it_is_from(
    real_store: Store, clock: FakeClock
) -> None:
    add(real_store, [LIBSSL, LODASH])
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    shelf = Shelf(Debian=[openssl(severity=[])], npm=[lodash() | {"aliases": ["CVE-2023-0286"], "severity": [vector]}])
    reader = Reader(real_store)
    engine = matcher(real_store, clock, shelf)
    engine.update()
    damage(real_store, "npm")
    shelf.away.add("npm")
    other = affected("Debian:12", "openssl", {"introduced": "0"}, {"fixed": "3.0.9-1"})
    shelf.records["Debian"], shelf.version = [openssl(severity=[]) | {"affected": [other]}], 2
    follower = matcher(real_store, clock, shelf)
    assert follower.update().matched == 1
    reader.follow()
    (found,) = [held for held in reader.vulnerable if held.purl == LIBSSL]
    assert [(held.fixed, str(held.cvss_score)) for held in found.vulnerabilities] == [("3.0.9-1", "9.8")]
    shelf.away.clear()
    shelf.records["npm"], shelf.version = [lodash() | {"aliases": ["CVE-2023-0286"]}], 3
    follower.update()
    reader.follow()
    assert {found.cvss_score for held in reader.vulnerable for found in held.vulnerabilities} == {None}


def test_a_set_that_cannot_be_read_is_not_replaced_by_an_older_one(real_store: Store, clock: FakeClock) -> None:
    shelf = Shelf(Debian=[openssl()])
    matcher(real_store, clock, shelf).update()
    damage(real_store, "Debian")
    matcher(real_store, clock, shelf).update()
    told = shelf.told["Debian"]
    assert told is not None
    assert (told.digest, told.newest) == ("", "2026-01-01T00:00:00Z")


def answered_at(store: Store) -> dt.datetime:
    """As of when advisories say something of the only component."""
    query = select(advisory_ecosystems.c.checked_at).join(
        matches, matches.c.ecosystem == advisory_ecosystems.c.ecosystem
    )
    with store.advisories._database.read() as connection:
        return dt.datetime.fromtimestamp(connection.execute(query).scalar_one(), dt.UTC)


def test_what_was_not_matched_with_a_set_is_not_confirmed_by_it(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LODASH.replace("4.17.20", "4.17.22")])
    shelf = Shelf(PyPI=[record("GHSA-1", affected("PyPI", "x", {"introduced": "0"}, kind="ECOSYSTEM"))], npm=[lodash()])
    matcher(real_store, clock, shelf, asks=False).update()
    assert Reader(real_store).follow()["clean"] == 1
    first = clock.now()
    for ecosystem in ("PyPI", "npm"):
        damage(real_store, ecosystem, as_another_program=True)
    later = matcher(real_store, clock, shelf, asks=False)
    said = later.say([Purl("pkg:npm/lodash@4.17.22"), Purl("pkg:pypi/x@1"), Purl("pkg:gem/x@1")])
    assert [match.state for match in said] == [
        ComponentState.UNKNOWN,
        ComponentState.UNKNOWN,
        ComponentState.NOT_COVERED,
    ]
    shelf.away |= {"PyPI", "npm"}
    for _ in range(2):
        clock.advance(3600)
        assert later.update().matched == 0
    told = shelf.told["PyPI"]
    assert told is not None
    assert (told.digest, told.tag, told.advisories) == ("", "", 1)
    assert answered_at(real_store) == first
    shelf.away.clear()
    later.update()
    clock.advance(3600)
    later.update()
    assert answered_at(real_store) == clock.now()
    npm = shelf.told["npm"]
    assert npm is not None
    assert npm.newest == "2026-01-01T00:00:00Z"


def test_a_name_that_an_asked_source_uses_stays_its_own(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LODASH])
    real_store.components.record([answer(LODASH, vulnerability("GHSA-35jh"))], assess=AutoRule(), now=clock.now())
    matcher(real_store, clock, Shelf(npm=[lodash()])).update()
    reader = Reader(real_store)
    reader.follow()
    assert {found.id for found in reader.vulnerable[0].vulnerabilities} == {"GHSA-35jh", "osv:GHSA-35jh"}


_ = Purl


def test_a_source_is_asked_when_it_is_due_and_not_again_at_once_when_it_fails(
    real_store: Store, clock: FakeClock
) -> None:
    add(real_store, [LIBSSL])
    shelf = Shelf(Debian=[openssl()])
    shelf.down = True
    parts = duty_parts(real_store, clock, matcher(real_store, clock, shelf), hours=2)
    told: list[SetState] = []
    duty = MatchDuty(parts, told.extend, 5)
    duty.run()
    assert told == [SetState("osv", "Debian")]
    shelf.down = False
    clock.advance(600)
    duty.run()
    assert real_store.advisories.sets() == []
    clock.advance(600)
    duty.run()
    assert Reader(real_store).follow()["vulnerable"] == 1
    shelf.records["Debian"], shelf.version = [openssl(fixed="3.0.6-1")], 2
    clock.advance(3600)
    duty.run()
    assert Reader(real_store).follow()["vulnerable"] == 1
    clock.advance(3700)
    duty.run()
    assert Reader(real_store).follow()["clean"] == 1
    assert (told[-1].records, told[-1].checked_at) == (1, clock.now())


def test_a_check_that_lies_ahead_was_made_by_a_wrong_clock(real_store: Store, clock: FakeClock) -> None:
    engine = matcher(real_store, clock, Shelf(Debian=[openssl()]))
    clock.advance(10 * DAY.total_seconds())
    engine.update()
    clock.advance(-9 * DAY.total_seconds())
    assert duty_parts(real_store, clock, engine, hours=2).schedule.due() == {"osv"}


def test_of_two_updates_at_once_the_second_changes_nothing(real_store: Store, clock: FakeClock) -> None:
    add(real_store, [LIBSSL])
    old, new = Shelf(Debian=[openssl(fixed="3.0.6-1")]), Shelf(Debian=[openssl()])
    new.version = 2
    slow = old.fetch("Debian", None)
    matcher(real_store, clock, new).update()
    assert not real_store.advisories.keep(slow, clock.now(), "")
    assert not real_store.advisories.keep(FetchedSet("osv", "Debian", slow.digest, "", None), clock.now(), slow.digest)
    assert Reader(real_store).follow()["vulnerable"] == 1


def test_a_score_is_that_of_an_asked_source_before_that_of_a_word_which_the_settings_change(
    real_store: Store, clock: FakeClock
) -> None:
    add(real_store, [LIBSSL, LODASH])
    asked = real_store.components
    asked.record([answer(LODASH, vulnerability("CVE-2023-0001", "5.3"))], assess=AutoRule(), now=clock.now())
    package = affected("Debian:12", "openssl", {"introduced": "0"}, ecosystem_specific={"urgency": "high"})
    shelf = Shelf(Debian=[record(f"DEBIAN-CVE-2023-000{number}", package) for number in (1, 2)])
    engine, reader = matcher(real_store, clock, shelf), Reader(real_store)
    engine.update()
    reader.follow()
    (found,) = [held for held in reader.vulnerable if str(held.purl) == LIBSSL]
    scores = {held.id[-4:]: (str(held.cvss_score), held.score_origin) for held in found.vulnerabilities}
    assert scores == {"0001": ("5.3", "ossindex:CVE-2023-0001"), "0002": ("8.9", "word:high")}
    assert engine.match().matched == 0
    changed = matcher(real_store, clock, shelf)
    changed.words = {"osv": severity_words({"high": 8.0})}
    assert (changed.match().matched, changed.match().matched) == (1, 0)
    reader.follow()
    (found,) = [held for held in reader.vulnerable if str(held.purl) == LIBSSL]
    assert [str(held.cvss_score) for held in found.vulnerabilities] == ["5.3", "8.0"]


def test_a_pass_that_was_killed_goes_on_where_nothing_is_half_said(
    real_store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(real_store, [LIBSSL, "pkg:deb/debian/openssl@3.0.7-1?distro=debian-12", LODASH])
    monkeypatch.setattr(matching, "_PAGE", 1)
    shelf = Shelf(Debian=[openssl()])
    engine, recorded = matcher(real_store, clock, shelf), real_store.advisories.record
    calls = []

    def killed(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return recorded(*arguments, **named)

    monkeypatch.setattr(real_store.advisories, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        engine.update()
    assert Reader(real_store).follow()["clean"] == 0, "what was not matched yet is not clean"
    report = matcher(real_store, clock, shelf).update()
    assert not report.updates[0].changed, "the set was kept before"
    assert Reader(real_store).follow() == {"clean": 0, "unknown": 1, "not_covered": 0, "vulnerable": 2}
