"""The order in which components are asked for: seen images first, then never answered, then the most images.

A component's position is one number of 64 bits, the smallest first, so that a million of them fit into 8 MB and are
sorted without a Python object each.
"""

from __future__ import annotations

from typing import NamedTuple

_UNSEEN, _ANSWERED = 1 << 63, 1 << 62
_MOST_IMAGES = (1 << 30) - 1
_ID_BITS = 32
_ID = (1 << _ID_BITS) - 1


class Work(NamedTuple):
    """What a position says of a component.

    Attributes:
        component_id: of the component, below 2**32.
        never_asked: no source has ever answered for it.
        seen: an image that contains it was seen running or was refused.
        images: how many images contain it.
    """

    component_id: int
    never_asked: bool
    seen: bool
    images: int


def position(component_id: int, *, answered_at: int, seen: int, images: int) -> int:
    """The position of a component in the order of work.

    Args:
        component_id: of the component, below 2**32; components that are alike are asked for by it.
        answered_at: seconds since the epoch; 0 without an answer.
        seen: whether an image that contains it was seen running or was refused.
        images: how many images contain it.
    """
    # More images than fit into 30 bits are alike; a negative number would change the flags.
    order = (_MOST_IMAGES - min(images, _MOST_IMAGES)) << _ID_BITS | component_id
    if answered_at:
        order |= _ANSWERED
    return order if seen else order | _UNSEEN


def read_position(order: int) -> Work:
    """What a position was made from."""
    return Work(
        component_id=order & _ID,
        never_asked=not order & _ANSWERED,
        seen=not order & _UNSEEN,
        images=_MOST_IMAGES - (order >> _ID_BITS & _MOST_IMAGES),
    )
