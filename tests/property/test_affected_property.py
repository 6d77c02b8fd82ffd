"""Which versions an advisory is about, against the evaluation that the OSV schema spells out."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.osv import record
from webhook.clients.osv.records import SetBuilder
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.affected import intervals_of


class Order(NamedTuple):
    """Versions of an ecosystem, from the oldest on, and a purl up to the version."""

    ecosystem: str
    purl: str
    versions: tuple[str, ...]

    def purl_of(self, version: str) -> Purl:
        """The component of a version."""
        name, _, context = self.purl.partition("?")
        return Purl(f"{name}@{version.replace('+', '%2B')}{f'?{context}' if context else ''}")


ORDERS = (
    Order("npm", "pkg:npm/a", ("0.0.0-a", "0.0.0", "0.9.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0")),
    Order("PyPI", "pkg:pypi/a", ("0.1", "1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1!0.1")),
    Order(
        "Debian:12",
        "pkg:deb/debian/a?distro=debian-12",
        ("0.1", "1~rc1-1", "1-1", "1-1+deb1", "1-2", "10-1", "1:0-1"),
    ),
    Order(
        "Alpine:v3.19",
        "pkg:apk/alpine/a?distro=alpine-3.19",
        ("0.1-r0", "1_rc1-r0", "1-r0", "1-r1", "1_p1-r0", "1.1-r0"),
    ),
    Order("AlmaLinux:9", "pkg:rpm/alma/a?distro=alma-9", ("0.1-1", "1~rc1-1", "1-1", "1-1.el9", "1-2", "10-1")),
)
_KINDS = st.sampled_from(["introduced", "introduced", "fixed", "fixed", "last_affected", "limit"])


def affected_by_the_schema(place: int, events: list[tuple[str, int]]) -> bool:
    """The schema's pseudo-code, on places in a list in place of versions; -1 is ``0``, 99 is ``*``."""
    limits = [bound for kind, bound in events if kind == "limit"]
    if limits and not any(place < bound for bound in limits):
        return False
    vulnerable = False
    for kind, bound in sorted(events, key=lambda event: event[1]):
        if kind == "introduced" and place >= bound:
            vulnerable = True
        elif (kind == "fixed" and place >= bound) or (kind == "last_affected" and place > bound):
            vulnerable = False
    return vulnerable


@st.composite
def _ranges(draw: st.DrawFn) -> tuple[Order, list[list[tuple[str, int]]], list[int], int]:
    order = draw(st.sampled_from(ORDERS))
    places = st.integers(0, len(order.versions) - 1)

    @st.composite
    def event(draw_event: st.DrawFn) -> tuple[str, int]:
        kind, bound = draw_event(_KINDS), draw_event(places)
        special = draw_event(st.integers(0, 3)) == 0
        return kind, {"introduced": -1, "limit": 99}.get(kind, bound) if special else bound

    ranges = draw(st.lists(st.lists(event(), min_size=1, max_size=7), max_size=3))
    return order, ranges, draw(st.lists(places, max_size=2)), draw(places)


def _text(order: Order, bound: int) -> str:
    return {-1: "0", 99: "*"}.get(bound) or order.versions[bound]


@given(_ranges())
@example((ORDERS[-1], [], [2], 3))
def test_events_in_any_order_and_number_mean_what_the_schema_says(
    drawn: tuple[Order, list[list[tuple[str, int]]], list[int], int],
) -> None:
    order, ranges, listed, place = drawn
    package = {
        "package": {"ecosystem": order.ecosystem, "name": "a"},
        "ranges": [
            {"type": "ECOSYSTEM", "events": [{kind: _text(order, bound)} for kind, bound in events]}
            for events in ranges
        ],
        "versions": [order.versions[listed_place] for listed_place in listed],
    }
    builder = SetBuilder(order.ecosystem.partition(":")[0])
    other = {"package": {"ecosystem": order.ecosystem, "name": "b"}, "versions": ["1"]}
    builder.add(json.dumps(record("X-1", package, other)).encode())
    index = AdvisoryIndex({("osv", builder.ecosystem): builder.finish()})
    named = {order.versions[listed_place] for listed_place in listed}
    version = order.versions[place]
    is_listed = not named.isdisjoint((version, version.removesuffix(".el9")))  # a build of what is listed is, too
    expected = is_listed or any(affected_by_the_schema(place, events) for events in ranges)
    begins_nowhere = any("introduced" not in {kind for kind, _ in events} for events in ranges)
    otherwise = ComponentState.UNKNOWN if begins_nowhere else ComponentState.CLEAN  # the schema wants a beginning
    state = index.match(order.purl_of(version)).state
    assert state is (ComponentState.VULNERABLE if expected else otherwise)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.ecosystem)
def test_a_range_that_never_ends_holds_every_later_version(order: Order) -> None:
    intervals, is_unreadable = intervals_of([{"introduced": order.versions[2]}], order.purl[4:].partition("/")[0])
    assert ([interval.fixed or interval.last for interval in intervals], is_unreadable) == ([""], False)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["introduced", "fixed", "last_affected", "limit", "x"]), st.text(max_size=8))
    )
)
def test_events_of_any_text_end_in_intervals_or_in_what_cannot_be_read(events: list[dict[str, str]]) -> None:
    for purl_type in ("npm", "deb", "rpm", "apk", "pypi", "maven"):
        intervals, is_unreadable = intervals_of(events, purl_type)
        assert len(intervals) <= len(events)
        assert not (intervals and is_unreadable)
