"""Bringing a set up to date record by record: what is asked for then, and what is left to the archive."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.copies import replace
from tests.fakes import FakeClock
from tests.mirrors import Mirror, serving
from tests.osv import affected, record, zipped
from webhook.clients.feeds import LIMITS
from webhook.clients.http.exchange import Exchange
from webhook.clients.osv.options import SourceRule
from webhook.clients.osv.source import OsvSource
from webhook.errors import SourceError
from webhook.model.advisories import AdvisorySet, AdvisorySetInfo, FetchedSet, FormerSet

LATER = "2026-01-01T12:00:00.123456789Z"


@pytest.fixture(scope="module")
def web() -> Iterator[Mirror]:
    with serving() as mirror:
        yield mirror


def stated(number: int, fixed: str = "2", **extra: Any) -> dict[str, Any]:
    package = affected("Debian:12", f"p{number % 40}", {"introduced": "0"}, {"fixed": fixed})
    return record(f"DEBIAN-CVE-2026-{number}", package, **extra)


class Follower:
    """A source with what is here of it."""

    def __init__(self, mirror: Mirror, clock: FakeClock) -> None:
        self.mirror, self.clock = mirror, clock
        rule = SourceRule("osv", "osv", mirror.url, ("Debian",), plain_http=True)
        self.source = OsvSource(rule, Exchange(LIMITS, clock), clock)
        self.here: FetchedSet | None = None
        self.content = AdvisorySet()

    def follow(self, records: dict[str, dict[str, Any]] | None = None) -> FetchedSet:
        if records is not None:
            self.mirror.publish("Debian", records)
        self.mirror.asked.clear()
        known, here, now = None, self.here, self.clock.now()
        if here is not None:
            count, newest = len(self.content.advisories), self.content.newest
            known = AdvisorySetInfo("osv", "Debian", here.digest, here.tag, now, now, count, newest=newest)
        fetched = self.source.fetch("Debian", known, self.former)
        listed = fetched.listed if fetched.content is not None or here is None else here.listed
        self.here, self.content = replace(fetched, listed=listed), fetched.content or self.content
        return fetched

    def former(self) -> FormerSet | None:
        listed = None if self.here is None else self.here.listed
        return None if listed is None else FormerSet(self.content, listed)

    @property
    def asked(self) -> list[str]:
        return [path.removeprefix("GET Debian/") for path in self.mirror.asked if path.startswith("GET")]


def whole(follower: Follower) -> AdvisorySet:
    fetched = Follower(follower.mirror, follower.clock).follow()
    assert fetched.content is not None
    return fetched.content


def plain(content: AdvisorySet) -> object:
    """What a set says, in any order."""
    names = [advisory.id for advisory in content.advisories]
    assert len(set(names)) == len(names)
    packages = {
        package: sorted((names[said.advisory], said.intervals, said.versions, said.is_unreadable) for said in some)
        for package, some in content.packages.items()
    }
    return sorted(content.advisories, key=lambda one: one.id), packages, content.counts, content.newest


@pytest.fixture
def follower(web: Mirror, clock: FakeClock) -> Follower:
    web.down_after = None
    clock.advance((dt.datetime(2026, 1, 2, tzinfo=dt.UTC) - clock.now()).total_seconds())
    made = Follower(web, clock)
    made.follow(world())
    assert made.asked == ["all.zip"]
    return made


def world(**changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    records = {made["id"]: made for made in map(stated, range(1, 101))}
    records["DEBIAN-CVE-2026-9"] = stated(9, withdrawn="2026-01-01T00:00:00Z")
    return {**records, **{name.replace("_", "-"): one for name, one in changed.items()}}


def test_only_what_has_changed_is_asked_for(follower: Follower) -> None:
    records = world()
    records["DEBIAN-CVE-2026-2"] = stated(2, "3", modified=LATER)
    records["DEBIAN-CVE-2026-4"] = stated(4, modified=LATER, withdrawn=LATER)
    records["DEBIAN-CVE-2026-9"] = stated(9, modified=LATER)
    records["DEBIAN-CVE-2026-500"] = stated(500, modified=LATER)
    assert follower.follow(records).content is not None
    assert follower.asked == ["modified_id.csv", *(f"DEBIAN-CVE-2026-{number}.json" for number in (2, 4, 500, 9))]
    assert plain(follower.content) == plain(whole(follower))
    assert follower.content.counts == {"withdrawn": 1}
    assert follower.follow().content is None
    assert follower.asked == []
    follower.mirror.files["Debian/modified_id.csv"] += b""
    later = {**records, "DEBIAN-CVE-2026-4": stated(4, modified="2026-01-01T13:00:00Z")}
    follower.follow(later)
    assert follower.asked == ["modified_id.csv", "DEBIAN-CVE-2026-4.json"]
    assert plain(follower.content) == plain(whole(follower))


def test_a_list_of_the_same_records_leaves_the_set_as_it_is(follower: Follower) -> None:
    digest = follower.here.digest if follower.here else ""
    fetched = follower.follow()
    assert (fetched.content, fetched.digest, follower.asked) == (None, digest, ["modified_id.csv"])


def many(records: dict[str, dict[str, Any]]) -> None:
    records |= {made["id"]: made for made in (stated(number, "3", modified=LATER) for number in range(1, 30))}


def gone(records: dict[str, dict[str, Any]]) -> None:
    del records["DEBIAN-CVE-2026-3"]


def back(records: dict[str, dict[str, Any]]) -> None:
    records["DEBIAN-CVE-2026-3"] = stated(3, modified="2025-12-31T00:00:00Z")


@pytest.mark.parametrize("change", [many, gone, back])
def test_what_single_records_do_not_settle_is_left_to_the_archive(
    follower: Follower, change: Callable[[dict[str, dict[str, Any]]], None]
) -> None:
    records = world()
    change(records)
    follower.follow(records)
    assert follower.asked == ["modified_id.csv", "all.zip"]
    assert plain(follower.content) == plain(whole(follower))


def older(files: dict[str, bytes]) -> None:
    files["Debian/DEBIAN-CVE-2026-2.json"] = json.dumps(stated(2)).encode()


def another(files: dict[str, bytes]) -> None:
    files["Debian/DEBIAN-CVE-2026-2.json"] = files["Debian/DEBIAN-CVE-2026-3.json"]


def page(files: dict[str, bytes]) -> None:
    files["Debian/DEBIAN-CVE-2026-2.json"] = b"<html>"


def missing(files: dict[str, bytes]) -> None:
    del files["Debian/DEBIAN-CVE-2026-2.json"]


def cut(files: dict[str, bytes]) -> None:
    files["Debian/modified_id.csv"] = files["Debian/modified_id.csv"][:-3]


def odd(files: dict[str, bytes]) -> None:
    files["Debian/modified_id.csv"] = re.sub(
        rb"DEBIAN-CVE-2026-77\n", b"../../etc/passwd\n", files["Debian/modified_id.csv"]
    )


def twice(files: dict[str, bytes]) -> None:
    files["Debian/modified_id.csv"] += b"2026-01-01T00:00:00Z,DEBIAN-CVE-2026-7\n"


@pytest.mark.parametrize("spoil", [older, another, page, missing, cut, odd, twice])
def test_a_mirror_that_lies_is_not_believed_record_by_record(
    follower: Follower, spoil: Callable[[dict[str, bytes]], None]
) -> None:
    follower.mirror.publish("Debian", world(DEBIAN_CVE_2026_2=stated(2, "3", modified=LATER)))
    spoil(follower.mirror.files)
    follower.follow()
    assert follower.asked[-1] == "all.zip"
    assert not any("passwd" in path for path in follower.mirror.asked)
    assert plain(follower.content) == plain(whole(follower))


def test_times_ahead_are_compared_and_not_believed(follower: Follower) -> None:
    ahead = "2031-01-01T00:00:00Z"
    follower.follow(world(DEBIAN_CVE_2026_2=stated(2, "3", modified=ahead)))
    assert follower.asked == ["modified_id.csv", "DEBIAN-CVE-2026-2.json"]
    assert follower.content.newest == "2026-01-01T00:00:00Z"
    follower.follow(
        world(DEBIAN_CVE_2026_2=stated(2, "4", modified=ahead), DEBIAN_CVE_2026_5=stated(5, modified=LATER))
    )
    assert follower.asked == ["modified_id.csv", "DEBIAN-CVE-2026-5.json"], "a record that keeps its time is the same"
    follower.clock.advance(8 * 86_400)
    follower.follow(
        world(DEBIAN_CVE_2026_2=stated(2, "4", modified=ahead), DEBIAN_CVE_2026_6=stated(6, modified=LATER))
    )
    assert follower.asked == ["modified_id.csv", "all.zip"], "the archive is read once a week all the same"
    assert plain(follower.content) == plain(whole(follower))


@pytest.mark.parametrize("left", range(5))
def test_a_mirror_that_goes_down_in_between_changes_nothing(follower: Follower, left: int) -> None:
    before, here = plain(follower.content), follower.here
    changed = {f"DEBIAN_CVE_2026_{number}": stated(number, "3", modified=LATER) for number in (2, 3, 4)}
    follower.mirror.publish("Debian", world(**changed))
    follower.mirror.down_after = left
    with pytest.raises(SourceError, match="status 503"):
        follower.follow()
    assert (plain(follower.content), follower.here) == (before, here)
    follower.mirror.down_after = None
    follower.follow()
    assert plain(follower.content) == plain(whole(follower))


def test_a_record_that_cannot_be_read_is_asked_for_once_a_week(follower: Follower) -> None:
    def publish(records: dict[str, dict[str, Any]]) -> None:
        follower.mirror.publish("Debian", records)
        follower.mirror.files["Debian/modified_id.csv"] += b"2025-12-01T00:00:00Z,100\n"
        follower.mirror.files |= {"Debian/100.json": b"{", "Debian/all.zip": zipped([*records.values(), b"{"])}

    publish(world())
    follower.follow()
    assert follower.asked == ["modified_id.csv", "100.json", "all.zip"]
    publish(world(DEBIAN_CVE_2026_2=stated(2, "3", modified=LATER)))
    follower.follow()
    assert follower.asked == ["modified_id.csv", "DEBIAN-CVE-2026-2.json"]
    assert plain(follower.content) == plain(whole(follower))
    assert follower.content.counts == {"unreadable": 1, "withdrawn": 1}
