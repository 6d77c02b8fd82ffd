from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook.policy.workorder import Work, positions, read_position

_works = st.builds(
    Work,
    component_id=st.integers(0, 2**32 - 1),
    never_asked=st.booleans(),
    seen=st.booleans(),
    images=st.integers(0, 2**30 - 1),
)


def _position(work: Work) -> int:
    answered_at = 0 if work.never_asked else 7
    number = work.component_id
    (order,) = positions([(number, answered_at)], {number: work.images}, {number: work.seen})
    return order


@given(_works)
def test_a_position_tells_what_it_was_made_from_and_fits_into_64_bits(work: Work) -> None:
    assert read_position(_position(work)) == work
    assert 0 <= _position(work) < 2**64


@given(st.lists(_works))
def test_seen_comes_before_never_answered_before_many_images_before_the_id(works: list[Work]) -> None:
    by_rule = sorted(works, key=lambda work: (not work.seen, not work.never_asked, -work.images, work.component_id))
    assert sorted(works, key=_position) == by_rule


def test_more_images_than_are_counted_change_nothing_else() -> None:
    (order,) = positions([(3, 7)], {3: 2**32 - 1}, {3: 1})
    assert read_position(order) == Work(3, never_asked=False, seen=True, images=2**30 - 1)
