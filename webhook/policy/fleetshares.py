"""Shares of a fleet: whose components the hub asks for first, and how much of a budget each claimant gets.

A claimant is a member by its name, or the hub itself, whose name is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

HUB = ""
"""The hub itself among the claimants."""
_ID = (1 << 32) - 1
_CLASS = 62
_NOBODY: tuple[str, ...] = (HUB,)


def shared_order(order: Iterable[int], claims: Mapping[int, Collection[str]]) -> list[int]:
    """Positions of work in an order that is fair to all claimants.

    What runs stays before what does not, and what was never answered before what was. Within these, claimants take
    turns: each has a queue in the given order, and a component that several want is asked for at the earliest turn that
    one of them has for it.

    Args:
        order: positions, ascending; see :mod:`webhook.policy.workorder`.
        claims: who wants a component, by its id; the hub wants all others.
    """
    taken: dict[tuple[int, str], int] = {}
    turns = []
    for position in order:
        urgency = position >> _CLASS
        claimants = claims.get(position & _ID) or _NOBODY
        turn = min(taken.get((urgency, claimant), 0) for claimant in claimants)
        for claimant in claimants:
            taken[urgency, claimant] = taken.get((urgency, claimant), 0) + 1
        turns.append((urgency, turn, position))
    turns.sort()
    return [position for _, _, position in turns]


def allotted(budget: int, demands: Mapping[str, int]) -> dict[str, int]:
    """What each claimant gets of a budget: as much as it wants, or as much as anybody else who wants more.

    Args:
        budget: coordinates.
        demands: how many each wants.

    Returns:
        A share for each; what cannot be divided goes to those whose names sort first.
    """
    shares = dict.fromkeys(demands, 0)
    left, hungry = max(0, budget), sorted((wanted, name) for name, wanted in demands.items() if wanted > 0)
    while hungry:
        wanted, name = hungry[0]
        even = left // len(hungry)
        if wanted > even:
            break
        shares[name] = wanted
        left -= wanted
        hungry.pop(0)
    for number, name in enumerate(sorted(name for _, name in hungry)):
        shares[name] = left // len(hungry) + (number < left % len(hungry))
    return shares


def room_for_new(added: int, ceiling: int, wanted: int) -> int:
    """How many new coordinates of a member are queued, of those that it wants now.

    Args:
        added: new ones of this member that were queued on this day.
        ceiling: the most in a day.
        wanted: how many there are now.
    """
    return max(0, min(wanted, ceiling - added))
