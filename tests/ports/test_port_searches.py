"""What every SearchStore does: let one process make a search, and tell the others how it ended."""

from __future__ import annotations

import threading

from tests.fakes import MemoryStore
from tests.worlds import digest_of
from webhook.model.searches import SearchClaim, SearchOutcome, SearchState
from webhook.model.verdicts import SbomStatus
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
IMAGE = digest_of("image")
NONE = SearchOutcome(SbomStatus.NONE, "looked everywhere")


def begin(store: AnyStore, holder: str, seconds: float = 3600) -> SearchClaim | None:
    return store.searches.begin(IMAGE, holder, lease_seconds=seconds)


def end(store: AnyStore, holder: str, outcome: SearchOutcome, seconds: float) -> None:
    store.searches.end(IMAGE, holder, outcome, seconds=seconds)


def test_one_process_searches_and_the_others_see_who(store: AnyStore) -> None:
    assert begin(store, "first") is None
    claim = begin(store, "second")
    assert claim is not None
    assert (claim.holder, claim.state) == ("first", SearchState.RUNNING)
    assert store.searches.begin(digest_of("other"), "second", lease_seconds=60) is None


def test_a_failure_is_told_until_it_is_old(store: AnyStore) -> None:
    begin(store, "first")
    end(store, "first", NONE, 3600)
    assert begin(store, "second") == SearchClaim("first", SearchState.FAILED, NONE)


def test_after_success_or_a_failure_that_nobody_is_to_believe_anybody_may_search_again_at_once(
    store: AnyStore,
) -> None:
    begin(store, "first")
    end(store, "first", SearchOutcome(SbomStatus.FOUND), 3600)
    assert begin(store, "second") is None
    end(store, "second", NONE, 0)
    assert begin(store, "third") is None


def test_a_claim_whose_holder_died_ends_with_its_lease(store: AnyStore) -> None:
    begin(store, "first", 0)
    assert begin(store, "second") is None
    end(store, "first", NONE, 1_000)
    claim = begin(store, "third")
    assert claim is not None
    assert (claim.holder, claim.state) == ("second", SearchState.RUNNING), "a lost claim cannot be ended"


def test_a_claim_is_renewed_as_long_as_it_is_in_force(store: AnyStore) -> None:
    begin(store, "ended", 0)
    store.searches.renew([IMAGE], "ended", lease_seconds=3600)
    assert begin(store, "next", 3600) is None, "what has ended stays ended"
    store.searches.renew([IMAGE], "another", lease_seconds=0)
    assert begin(store, "third") is not None
    store.searches.renew([IMAGE, digest_of("other")], "next", lease_seconds=0)
    assert begin(store, "third") is None, "the lease is that of the renewal"


def test_of_many_that_begin_at_once_one_searches(store: AnyStore) -> None:
    won: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: won.append(n) if begin(store, f"holder-{n}") is None else None)
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_searches_raise_no_revision(store: AnyStore) -> None:
    begin(store, "first")
    end(store, "first", NONE, 30)
    assert store.feed.position().revision == 0
