"""Matching again what has changed ends where matching everything ends, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests.fakes import FakeClock
from tests.osv import affected, record
from tests.ports.samples import AutoRule, digest
from webhook.clients.osv.records import SetBuilder
from webhook.engines.matching import matcher as matching
from webhook.engines.matching.matcher import Matcher
from webhook.errors import Retryable
from webhook.model.advisories import AdvisorySet, AdvisorySetInfo, FetchedSet
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.uncovered import Uncovered
from webhook.model.vulnerabilities import ASKED
from webhook.policy.advisorychanges import changed_names
from webhook.policy.advisoryindex import AdvisoryAnswer, AdvisoryIndex
from webhook.policy.advisorykeys import advisory_keys, may_be_under
from webhook.policy.advisorynames import folded
from webhook.sboms import parse
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store
from webhook.store.tables.advisories import advisory_sets, matches
from webhook.store.tables.components import components
from webhook.store.tables.vulnerabilities import findings, vulnerabilities

PURLS = (
    "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12&upstream=openssl",
    "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-13&upstream=openssl%403.0.9-1",
    "pkg:deb/debian/openssl@3.0.8-1?distro=debian-12",
    "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?distro=debian-12&upstream=gcc-12",
    "pkg:deb/debian/zlib@1.2.13-1?distro=debian-13",
    "pkg:rpm/opensuse/libopenssl3@3.0.8-1.1?distro=opensuse-15.5&upstream=openssl-3",
    "pkg:npm/openssl@3.0.8",
    "pkg:npm/openssl-extra@3.0.8",
    "pkg:npm/%40angular/core@3.0.7",
    "pkg:npm/OpenSSL@3.0.7",
    "pkg:golang/github.com/azure/sdk@v3.0.7",
    "pkg:golang/github.com/Azure/sdk@v3.0.7",
    "pkg:cargo/serde_json@3.0.7",
    "pkg:cargo/serde-json@3.0.7",
)
UNSTATED = (
    "pkg:deb/debian/openssl@3.0.7-1?distro=debian-12&upstream=-",
    "pkg:deb/debian/a@1-1?distro=debian-12&upstream=-",
)
PACKAGES = {
    "Debian": [("Debian:12", "openssl"), ("Debian:12", "gcc-12"), ("Debian:13", "openssl"), ("Debian:13", "zlib")],
    "openSUSE": [("openSUSE:Leap 15.5", "libopenssl3"), ("openSUSE:Leap 15.5", "openssl-3")],
    "npm": [("npm", "openssl"), ("npm", "@angular/core"), ("npm", "openssl-extra"), ("npm", "OpenSSL")],
    "Go": [("Go", "github.com/Azure/sdk"), ("Go", "github.com/azure/sdk")],
    "crates.io": [("crates.io", "serde_json"), ("crates.io", "serde-json")],
}
VECTORS = ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N")
Records = Mapping[str, dict[str, Any]]


@st.composite
def records(draw: st.DrawFn, ecosystem: str) -> Records:
    """Some records of an ecosystem, by id."""
    found: dict[str, dict[str, Any]] = {}
    for number in draw(st.sets(st.integers(1, 4), min_size=1)):
        names = draw(st.lists(st.sampled_from(PACKAGES[ecosystem]), min_size=1, max_size=3, unique=True))
        events = [{"introduced": "0"}, *draw(st.sampled_from(([], [{"fixed": "3.0.8"}], [{"fixed": "13"}])))]
        extra: dict[str, Any] = {"aliases": draw(st.lists(st.sampled_from(["CVE-2026-1", "CVE-2026-2"]), max_size=2))}
        if draw(st.booleans()):
            extra["severity"] = [{"type": "CVSS_V3", "score": draw(st.sampled_from(VECTORS))}]
        if draw(st.integers(0, 4)) == 0:
            extra["withdrawn"] = "2026-01-02T00:00:00Z"
        name = f"X-{ecosystem}-{number}"
        found[name] = record(name, *(affected(place, package, *events) for place, package in names), **extra)
    return found


worlds = st.fixed_dictionaries({ecosystem: records(ecosystem) for ecosystem in PACKAGES})
steps = st.lists(
    st.tuples(worlds, st.sampled_from(["whole", "whole", "fresh", "killed", "kept", "damaged"]), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


def content_of(ecosystem: str, world: Records) -> AdvisorySet:
    builder = SetBuilder(ecosystem)
    for stated in world.values():
        builder.add(json.dumps(stated).encode())
    return builder.finish()


class World:
    """A source whose records a test sets."""

    name, ecosystems = "osv", tuple(PACKAGES)

    def __init__(self) -> None:
        self.records: Mapping[str, Records] = {}
        self.is_away = False

    def fetch(self, ecosystem: str, known: AdvisorySetInfo | None, former: object = None) -> FetchedSet:
        if self.is_away:
            raise Retryable("The world is away.", remedy="Wait.")
        version = f"sha256:{json.dumps(self.records[ecosystem], sort_keys=True)}"
        if known is not None and known.digest == version:
            return FetchedSet(self.name, ecosystem, version, "", None)
        return FetchedSet(self.name, ecosystem, version, "", content_of(ecosystem, self.records[ecosystem]))


class Killed:
    """A store whose user is killed when it has written a few times."""

    def __init__(self, store: Store, kind: str, after: int) -> None:
        self._store, self._kind, self._left = store.advisories, kind, after

    def __getattr__(self, name: str) -> Any:
        if name == "progress" and self._kind == "kept":
            raise KeyboardInterrupt
        if name in ("record", "finish", "keep") and self._kind == "killed":
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
        return getattr(self._store, name)


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("incremental") / "bomgate.db"
    opened = open_store(StoreOptions(url=f"sqlite:///{path}"), clock)
    listed = [{"type": "library", "name": "x", "purl": purl} for purl in PURLS]
    document = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": listed}).encode()
    opened.sboms.add(digest(1), parse(document), place="added")
    yield opened
    opened.close()


def engine(store: Store, clock: FakeClock, world: World | None, kind: str = "", after: int = 0) -> Matcher:
    advisories: Any = Killed(store, kind, after) if kind in ("killed", "kept") else store.advisories
    return Matcher([] if world is None else [world], advisories, clock, lambda: AutoRule(), asks=False)


def said(store: Store) -> dict[str, Any]:
    """What the store says of each component."""
    with store.advisories._database.read() as connection:
        rows = select(components.c.purl, matches.c.state, matches.c.ecosystem).join(
            matches, matches.c.component_id == components.c.id
        )
        states = {
            row.purl: (row.state, row.ecosystem if row.state == ComponentState.NOT_COVERED else "")
            for row in connection.execute(rows)
        }
        found: dict[str, dict[str, Any]] = {}
        named = select(
            components.c.purl,
            findings.c.vulnerability_id,
            findings.c.fixed,
            vulnerabilities.c.cvss_score,
            vulnerabilities.c.aliases,
        )
        joined = named.join(findings, findings.c.component_id == components.c.id).join(
            vulnerabilities, vulnerabilities.c.id == findings.c.vulnerability_id
        )
        for purl, key, fixed, score, aliases in connection.execute(joined.where(vulnerabilities.c.source != ASKED)):
            found.setdefault(purl, {})[key] = (fixed, score, aliases)
    return {purl: (states.get(purl), found.get(purl, {})) for purl in PURLS}


def expected(world: World) -> dict[str, Any]:
    """What matching everything with the sets says."""
    index = AdvisoryIndex({("osv", name): content_of(name, some) for name, some in world.records.items()})
    answers = {purl: index.match(Purl(purl)) for purl in PURLS}
    return {
        purl: (
            _row_of(answer),
            {
                held.id: (answer.fixed.get(held.id), held.cvss_score, json.dumps(held.aliases, separators=(",", ":")))
                for held in answer.vulnerabilities
            },
        )
        for purl, answer in answers.items()
    }


def _row_of(answer: AdvisoryAnswer) -> tuple[int, str] | None:
    """State, and why nothing covers a component; None where no row says so."""
    if answer.state is not ComponentState.NOT_COVERED:
        return int(answer.state), ""
    return None if answer.uncovered is Uncovered.NO_SOURCE else (int(answer.state), answer.uncovered.value)


@settings(max_examples=12, deadline=None)
@given(steps)
def test_changes_end_where_matching_everything_ends(
    store: Store, clock: FakeClock, steps: Sequence[tuple[Mapping[str, Records], str, int]]
) -> None:
    engine(store, clock, None).update()  # begin without any
    world, page = World(), matching._PAGE
    matching._PAGE = 2
    try:
        follower = engine(store, clock, world)
        for records_of, kind, after in steps:
            world.records = records_of
            if kind == "damaged":
                with store.advisories._database.write() as connection:
                    connection.execute(update(advisory_sets).values(payload=b"x"))
            if kind != "whole":
                follower = engine(store, clock, world, kind, after)
            try:
                follower.update()
            except KeyboardInterrupt:
                follower = engine(store, clock, world)
            else:
                if kind not in ("killed", "kept"):
                    assert said(store) == expected(world)
        engine(store, clock, world).update()
        assert said(store) == expected(world)
    finally:
        matching._PAGE = page


@given(st.sampled_from(sorted(PACKAGES)), st.data())
def test_names_that_change_are_all_that_say_something_else(ecosystem: str, data: st.DataObject) -> None:
    before, after = (content_of(ecosystem, data.draw(records(ecosystem))) for _ in range(2))
    names = changed_names(ecosystem, before, after)
    indexes = [AdvisoryIndex({("osv", ecosystem): content}) for content in (before, after)]
    for text in (*PURLS, *UNSTATED):
        purl = Purl(text)
        was, now = (index.match(purl) for index in indexes)
        folds = {folded(name) for name in names or ()}
        named = names is None or any(folded(key.name) in folds for key in advisory_keys(purl))
        described = [
            {held.id: (held.aliases, answer.fixed.get(held.id)) for held in answer.vulnerabilities}
            for answer in (was, now)
        ]
        assert named or (was.state, described[0]) == (now.state, described[1])
        if names and named and text.startswith(("pkg:deb", "pkg:rpm")):
            assert may_be_under(names)(text)


def rank(row: tuple[int, str] | None) -> int:
    """The worse, the larger: clean, not covered, unknown, vulnerable."""
    order = {ComponentState.CLEAN: 0, ComponentState.NOT_COVERED: 1, ComponentState.UNKNOWN: 2}
    return order.get(ComponentState.NOT_COVERED if row is None else ComponentState(row[0]), 3)


@settings(max_examples=8, deadline=None)
@given(worlds, st.lists(worlds, min_size=2, max_size=4), worlds)
def test_each_of_two_sources_takes_back_its_own_while_the_other_cannot_be_read(
    store: Store, clock: FakeClock, mine: Mapping[str, Records], theirs: Sequence[Mapping[str, Records]], last: Any
) -> None:
    engine(store, clock, None).update()
    own, osv = World(), World()
    own.name, own.records, osv.records = "own", mine, theirs[0]

    def both() -> Matcher:
        return Matcher([osv, own], store.advisories, clock, lambda: AutoRule(), asks=False)

    def index() -> dict[str, Any]:
        worlds = [(name, world.name, some) for world in (osv, own) for name, some in world.records.items()]
        found = AdvisoryIndex({(source, name): content_of(name, some) for name, source, some in worlds})
        return {purl: found.match(Purl(purl)) for purl in PURLS}

    both().update()
    with store.advisories._database.write() as connection:
        connection.execute(update(advisory_sets).where(advisory_sets.c.source == "own").values(payload=b"x"))
    own.is_away, follower = True, both()
    for osv.records in theirs[1:]:
        before = said(store)
        follower.update()
        whole, there = index(), said(store)
        assert {purl: set(names) for purl, (_, names) in there.items()} == {
            purl: {held.id for held in answer.vulnerabilities} for purl, answer in whole.items()
        }, "what the own source said stays, though it cannot be read"
        for purl, answer in whole.items():
            is_kept = there[purl] == before[purl] == ((int(ComponentState.CLEAN), ""), {})
            # What was clean may be so by the own source alone, so it stays where no other one is about the release now.
            may_stay = is_kept and answer.state is ComponentState.NOT_COVERED
            assert rank(there[purl][0]) >= rank(_row_of(answer)) or may_stay, f"{purl} is milder"
    own.is_away, own.records = False, last
    follower.update()
    there = said(store)
    for purl, answer in index().items():
        assert (there[purl][0], set(there[purl][1])) == (_row_of(answer), {held.id for held in answer.vulnerabilities})
