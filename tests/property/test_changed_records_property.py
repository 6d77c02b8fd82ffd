"""Bringing a set up to date record by record ends where reading the archive ends, whatever the mirror does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeClock
from tests.mirrors import Mirror, serving, stamp
from tests.osv import affected, record
from tests.unit.clients.test_osv_changes import Follower, plain, whole
from webhook.errors import SourceError

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NAMES = [f"X-{number}" for number in range(30)]
Records = dict[str, dict[str, Any]]

changes = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(
        st.sampled_from(["fixed", "withdrawn", "elsewhere", "gone", "two"]),
        st.integers(-3, 3000).map(lambda hours: START + dt.timedelta(hours=hours, microseconds=hours)),
        st.sampled_from(["1", "2", "3"]),
    ),
    max_size=8,
)
faults = st.sampled_from([None, None, None, "down", "cut", "old", "missing"])


@pytest.fixture(scope="module")
def web() -> Iterator[Mirror]:
    with serving() as mirror:
        yield mirror


def changed(records: Records, some: Mapping[str, tuple[str, dt.datetime, str]]) -> Records:
    after = dict(records)
    for name, (kind, at, fixed) in some.items():
        if name in records and records[name]["modified"] == stamp(at):
            continue  # who changes a record changes its time
        packages = [affected("Debian:12", f"p{len(name)}", {"introduced": "0"}, {"fixed": fixed})]
        if kind == "two":
            packages.append(affected("Debian:13", "q", {"introduced": "0"}))
        if kind == "elsewhere":
            packages = [affected("Alpine:v3.19", "q", {"introduced": "0"})]
        extra = {"withdrawn": stamp(at)} if kind == "withdrawn" else {}
        after[name] = record(name, *packages, modified=stamp(at), **extra)
        if kind == "gone" and len(after) > 20:
            del after[name]
    return after


def spoil(mirror: Mirror, fault: str | None, before: Mapping[str, bytes], draw: int) -> None:
    names = sorted(name for name in mirror.files if name.endswith(".json"))
    picked = names[draw % len(names)]
    if fault == "down":
        mirror.down_after = draw % 8
    elif fault == "cut":
        mirror.files["Debian/modified_id.csv"] = mirror.files["Debian/modified_id.csv"][: -1 - draw]
    elif fault == "old" and picked in before:
        mirror.files[picked] = before[picked]
    elif fault == "missing":
        del mirror.files[picked]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(changes, faults, st.integers(0, 200)), min_size=1, max_size=5))
def test_single_records_end_where_the_archive_ends(web: Mirror, steps: list[tuple[Any, str | None, int]]) -> None:
    clock = FakeClock()
    clock.advance((START + dt.timedelta(days=30) - clock.now()).total_seconds())
    records = changed({}, dict.fromkeys(NAMES, ("fixed", START, "2")))
    web.down_after = None
    follower = Follower(web, clock)
    follower.follow(records)
    for some, fault, draw in steps:
        former, before = dict(web.files), plain(follower.content)
        records = changed(records, some)
        web.publish("Debian", records)
        spoil(web, fault, former, draw)
        try:
            follower.follow()
        except SourceError:
            assert plain(follower.content) == before, "nothing is half applied"
        else:
            web.down_after = None
            assert plain(follower.content) == plain(whole(follower))
    web.down_after = None
    web.publish("Debian", records)
    try:
        follower.follow()
    except SourceError as problem:  # the newest record of all was dated back
        assert "older than what is here" in str(problem)
    else:
        assert plain(follower.content) == plain(whole(follower))
