"""A read model that follows its store knows the same as a fresh one."""

from __future__ import annotations

from tests import osv
from tests.exports import exported
from tests.fakes import FakeClock
from tests.unit.store.test_store_advisories import DAY, Shelf, matcher
from webhook.engines.readmodel import ReadModel
from webhook.store.repositories import Store


def test_when_sets_of_advisories_were_checked_is_forgotten_with_the_last_of_them(
    real_store: Store, clock: FakeClock
) -> None:
    following = ReadModel()
    following.apply(real_store.feed.changes())
    found = osv.record("GHSA-1", osv.affected("npm", "lodash", {"introduced": "0"}))
    for shelf in (Shelf(npm=[found]), None):
        clock.advance(DAY.total_seconds())
        matcher(real_store, clock, shelf).update()
        following.apply(real_store.feed.changes(following.position))
        fresh = ReadModel()
        fresh.apply(real_store.feed.changes())
        assert following.newest_answer == fresh.newest_answer
        assert exported(following) == exported(fresh)
