"""Which vulnerabilities of a component are one, against reachability in a graph; aliases may go round in circles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.copies import replace
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.sameness import with_shared_names

_IDS = ("CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1", "DEBIAN-CVE-2026-1", "osv:CVE-2026-2", "CVE-2026-2")
_ALIASES = st.lists(st.sampled_from([*_IDS, "ghsa-AAAA-bbbb-cccc", "X-1", "X-2"]), max_size=3, unique=True)


@given(st.dictionaries(st.sampled_from(_IDS), _ALIASES))
def test_what_is_connected_by_aliases_is_one_with_every_name(stated: dict[str, list[str]]) -> None:
    given_ones = tuple(
        Vulnerability(
            id=name, title="", cvss_score=None, cvss_vector=None, reference="", source="osv", aliases=tuple(some)
        )
        for name, some in stated.items()
    )
    names = {stated_one.id: {text.casefold() for text in stated_one.identifiers} for stated_one in given_ones}
    for merged in with_shared_names(given_ones):
        reached = names[merged.id]
        while more := {text for some in names.values() if some & reached for text in some} - reached:
            reached = reached | more
        assert {text.casefold() for text in merged.identifiers} == reached
    assert [merged.id for merged in with_shared_names(given_ones)] == list(stated)
    assert with_shared_names(given_ones) == merged_one_by_one(given_ones)


def merged_one_by_one(given_ones: tuple[Vulnerability, ...]) -> tuple[Vulnerability, ...]:
    """The same, each compared with all groups so far; slow, and plain enough to be believed."""
    groups: list[tuple[set[str], list[int]]] = []
    for place, one in enumerate(given_ones):
        names, places = {name.casefold() for name in one.identifiers}, [place]
        for other in [group for group in groups if group[0] & names]:
            groups.remove(other)
            names, places = names | other[0], other[1] + places
        groups.append((names, places))
    shared = list(given_ones)
    for _, places in groups:
        every = {name for place in places for name in given_ones[place].identifiers}
        for place in places if len(places) > 1 else ():
            shared[place] = replace(given_ones[place], aliases=tuple(sorted(every - {given_ones[place].id})))
    return tuple(shared)
