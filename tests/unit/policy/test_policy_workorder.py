from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook.policy.workorder import Urgency, components_of, positions, urgencies

Work = tuple[int, Urgency]
_urgencies = st.tuples(st.booleans(), st.booleans(), st.integers(0, 2**30 - 1))
_works = st.tuples(st.integers(0, 2**32 - 1), _urgencies)


def _position(work: Work) -> int:
    number, (never_asked, seen, images) = work
    (order,) = positions([(number, 0 if never_asked else 7)], {number: images}, {number: seen})
    return order


@given(_works)
def test_a_position_tells_what_it_was_made_from_and_fits_into_64_bits(work: Work) -> None:
    order = _position(work)
    assert (components_of([order]), urgencies([order])) == ([work[0]], [work[1]])
    assert 0 <= order < 2**64


@given(st.lists(_works))
def test_seen_comes_before_never_answered_before_many_images_before_the_id(works: list[Work]) -> None:
    def rule(work: Work) -> tuple[bool, bool, int, int]:
        number, (never_asked, seen, images) = work
        return not seen, not never_asked, -images, number

    assert sorted(works, key=_position) == sorted(works, key=rule)


def test_more_images_than_are_counted_change_nothing_else() -> None:
    (order,) = positions([(3, 7)], {3: 2**32 - 1}, {3: 1})
    assert (components_of([order]), urgencies([order])) == ([3], [(False, True, 2**30 - 1)])
