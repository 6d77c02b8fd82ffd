"""The order in which components are asked for: seen images first, then never answered, then the most images.

A component's position is one number of 64 bits, the smallest first, so that a million of them fit into 8 MB and are
sorted without a Python object each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_UNSEEN, _ANSWERED = 1 << 63, 1 << 62
_MOST_IMAGES = (1 << 30) - 1
_ID_BITS = 32
_ID = (1 << _ID_BITS) - 1


Numbers = Sequence[int] | Mapping[int, int]
"""A number for each component, by its id."""


Urgency = tuple[bool, bool, int]
"""What a position says of a component, beside which one it is: whether no source has ever answered for it, whether an
image that contains it was seen running or was refused, and how many images contain it.
"""


def positions(components: Iterable[tuple[int, int]], images: Numbers, seen: Numbers) -> list[int]:
    """The positions of components in the order of work; those that are alike in all else are asked for by id.

    Args:
        components: the id of each, below 2**32, and the seconds since the epoch of its answer; 0 without one.
        images: how many images contain a component, by id.
        seen: whether an image that contains it was seen running or was refused, by id.
    """
    return [
        # More images than fit into 30 bits are alike; a negative number would change the flags.
        (_MOST_IMAGES - count if (count := images[component_id]) < _MOST_IMAGES else 0) << _ID_BITS
        | component_id
        | (_ANSWERED if answered_at else 0)
        | (0 if seen[component_id] else _UNSEEN)
        for component_id, answered_at in components
    ]


def components_of(order: Iterable[int]) -> list[int]:
    """Whose positions they are."""
    return [position & _ID for position in order]


def urgencies(order: Iterable[int]) -> list[Urgency]:
    """What positions were made from."""
    return [
        (not position & _ANSWERED, not position & _UNSEEN, _MOST_IMAGES - (position >> _ID_BITS & _MOST_IMAGES))
        for position in order
    ]
