"""States by what all sources say, and vulnerabilities that several of them name."""

from __future__ import annotations

import pytest

from webhook.model.components import ComponentState
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.coverage import Matching, Said
from webhook.policy.sameness import with_shared_names

U, C, V, N = (state.value for state in list(ComponentState)[:4])


@pytest.mark.parametrize(
    ("asked", "matched", "together"),
    [
        (Said(N), Said(V, 5), Said(V, 5)),
        (Said(N), Said(C, 5), Said(C, 5)),
        (Said(N), None, Said(N)),
        (Said(N), Said(U), Said(U)),
        (Said(C, 9), Said(C, 5), Said(C, 5)),
        (Said(C, 9), Said(V, 5), Said(V, 5)),
        (Said(V, 9), Said(C, 5), Said(V, 5)),
        (Said(U), Said(C, 5), Said(U, 5)),
        (Said(U), Said(V, 5), Said(V, 5)),
        (Said(C, 9), None, Said(C, 9)),
        (Said(V, 9), None, Said(V, 9)),
    ],
)
def test_a_state_is_that_of_all_sources(asked: Said, matched: Said | None, together: Said) -> None:
    assert Matching(through=7, asks=True).union(7, asked, matched) == together


def test_what_was_not_matched_yet_is_unknown_and_never_clean() -> None:
    matching = Matching(through=7, asks=True)
    assert matching.union(8, Said(N), None).state == U
    assert matching.union(8, Said(C, 9), None).state == U
    assert matching.union(8, Said(V, 9), None).state == V


def test_a_source_that_is_not_asked_is_not_waited_for() -> None:
    matching = Matching(through=7, asks=False)
    assert matching.union(1, Said(U), Said(C, 5)) == Said(C, 5)
    assert matching.union(1, Said(U), None) == Said(N)
    assert matching.union(1, Said(V, 9), Said(C, 5)).state == V  # what it said once still counts


def test_names_are_shared_through_others_and_only_among_those_that_are_the_same() -> None:
    first = Vulnerability("CVE-2026-1", source="ossindex")
    second = Vulnerability("GHSA-a", aliases=("cve-2026-1", "PYSEC-1"), source="osv")
    third = Vulnerability("PYSEC-1", source="osv")
    other = Vulnerability("CVE-2026-2", source="ossindex")
    shared = with_shared_names((first, second, third, other))
    names = [{name.casefold() for name in vulnerability.identifiers} for vulnerability in shared]
    assert names[0] == names[1] == names[2] == {"cve-2026-1", "ghsa-a", "pysec-1"}
    assert shared[3] is other
    alone = (first, other)
    assert with_shared_names(alone) is alone


@pytest.mark.parametrize(("number", "is_shared"), [(300, True), (400, False)])
def test_a_group_that_is_too_large_keeps_its_own_names(number: int, is_shared: bool) -> None:
    many = tuple(Vulnerability(f"X-{place}", aliases=("CVE-2026-1",), source="osv") for place in range(number))
    shared = with_shared_names(many)
    assert [len(merged.aliases) for merged in shared] == [number if is_shared else 1] * number
