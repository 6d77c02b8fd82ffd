"""Shares of a fleet: nobody waits for another's queue, and nobody gets more than is fair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from webhook.policy.fleetshares import HUB, allotted, room_for_new, shared_order
from webhook.policy.workorder import components_of, positions, urgencies

_NAMES = ("", "eu", "us", "asia")
_CLAIMS = st.dictionaries(st.integers(0, 60), st.frozensets(st.sampled_from(_NAMES), min_size=1), max_size=40)
_FLAGS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), max_size=60)


def _order(flags: list[tuple[bool, bool, int]]) -> list[int]:
    answered = [(number, 1 if flag else 0) for number, (flag, _, _) in enumerate(flags)]
    return sorted(positions(answered, [count for _, _, count in flags], [int(seen) for _, seen, _ in flags]))


@given(_FLAGS, _CLAIMS)
def test_everything_is_asked_once_and_what_runs_comes_first(
    flags: list[tuple[bool, bool, int]], claims: Mapping[int, frozenset[str]]
) -> None:
    order = _order(flags)
    shared = shared_order(order, claims)
    assert sorted(shared) == order
    classes = [(not seen, not never) for never, seen, _ in urgencies(shared)]
    assert all(one <= other for one, other in pairwise(classes))


@given(_FLAGS, _CLAIMS)
def test_after_so_many_turns_each_claimant_has_had_as_many(
    flags: list[tuple[bool, bool, int]], claims: Mapping[int, frozenset[str]]
) -> None:
    running = [(False, True, count) for _, _, count in flags]  # one class
    asked = components_of(shared_order(_order(running), claims))
    wants = {number: claims.get(number, frozenset([HUB])) for number in asked}
    totals = Counter(name for names in wants.values() for name in names)
    for turns in range(1, len(asked) + 1):
        served = Counter(name for number in asked[: turns * len(totals)] for name in wants[number])
        assert all(served[name] >= min(turns, total) for name, total in totals.items())


@given(_FLAGS)
def test_without_members_the_order_stays_as_it_is(flags: list[tuple[bool, bool, int]]) -> None:
    assert shared_order(_order(flags), {}) == _order(flags)


@given(st.integers(-5, 200), st.dictionaries(st.sampled_from(_NAMES), st.integers(0, 100)))
def test_a_budget_is_spent_and_nobody_gets_more_than_is_fair(budget: int, demands: dict[str, int]) -> None:
    shares = allotted(budget, demands)
    assert shares.keys() == demands.keys()
    assert sum(shares.values()) == min(max(0, budget), sum(demands.values()))
    assert all(0 <= shares[name] <= demands[name] for name in demands)
    for name, share in shares.items():
        if share < demands[name]:
            assert all(other <= share + 1 for other in shares.values())


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_new_ones_stay_below_the_ceiling_of_the_day(added: int, ceiling: int, wanted: int) -> None:
    room = room_for_new(added, ceiling, wanted)
    assert 0 <= room <= wanted
    assert room == 0 or added + room <= ceiling
