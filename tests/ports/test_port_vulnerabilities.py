"""What every VulnerabilityStore does: say what is affected, and by what."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.model.images import parse_image
from webhook.model.purls import Purl
from webhook.model.records import VulnerabilityQuery, VulnerabilityRecord
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
A1, A2, B1 = Purl("pkg:npm/a@1"), Purl("pkg:npm/a@2"), Purl("pkg:npm/b@1")
LOW = vulnerability("V-LOW", "3.0")
HIGH = vulnerability(
    "V-HIGH", "9.8", aliases=("CVE-2020-1", "GHSA-x"), cwe="CWE-79", external_references=("https://a",)
)
NONE = vulnerability("V-NONE", None)


@pytest.fixture
def filled(store: AnyStore) -> AnyStore:
    """Two images: the first has A1 and A2, the second A2 and B1."""
    store.sboms.add(digest(1), make_sbom(A1, A2), place="added", image=parse_image("shop/one:1"))
    store.sboms.add(digest(2), make_sbom(A2, B1), place="added", image=parse_image("shop/two:1"))
    store.sboms.add(digest(2), make_sbom(A2), place="added", image=parse_image("shop/two:latest"))
    store.components.record([answer(A1, LOW), answer(A2, HIGH, LOW), answer(B1, NONE)], assess=AutoRule(), now=NOON)
    return store


def found(store: AnyStore, **query: object) -> list[str]:
    return [record.vulnerability.id for record in store.vulnerabilities.find(VulnerabilityQuery(**query))]


ONE, TWO = (digest(1), ("docker.io/shop/one:1",)), (digest(2), ("docker.io/shop/two:1", "docker.io/shop/two:latest"))


def test_the_worst_score_comes_first_and_no_score_last(filled: AnyStore) -> None:
    assert found(filled) == ["V-HIGH", "V-LOW", "V-NONE"]


def test_a_record_names_components_and_images(filled: AnyStore) -> None:
    high, low, none = filled.vulnerabilities.find(VulnerabilityQuery())
    assert high == VulnerabilityRecord(HIGH, (A2,), (ONE, TWO), NOON)
    assert low == VulnerabilityRecord(LOW, (A1, A2), (ONE, TWO), NOON)
    assert none == VulnerabilityRecord(NONE, (B1,), (TWO,), NOON)


@pytest.mark.parametrize("identifier", ["V-HIGH", "v-high", "CVE-2020-1", "ghsa-X"])
def test_one_is_found_by_id_or_alias_in_any_case(filled: AnyStore, identifier: str) -> None:
    shown = filled.vulnerabilities.show(identifier)
    assert shown == VulnerabilityRecord(HIGH, (A2,), (ONE, TWO), NOON)
    assert found(filled, identifier=identifier) == ["V-HIGH"]


def test_an_id_comes_before_an_alias_of_the_same_name(filled: AnyStore) -> None:
    other = vulnerability("V-OTHER", aliases=("V-LOW",))
    filled.components.record([answer(B1, other, at=NOON + dt.timedelta(1))], assess=AutoRule(), now=NOON)
    shown = filled.vulnerabilities.show("V-LOW")
    assert shown is not None
    assert shown.vulnerability.id == "V-LOW"
    assert found(filled, identifier="v-low") == ["V-OTHER", "V-LOW"]


def test_an_alias_that_was_dropped_finds_nothing(filled: AnyStore) -> None:
    later = NOON + dt.timedelta(1)
    renamed = vulnerability("V-HIGH", "9.8", aliases=("CVE-2020-2",))
    filled.components.record([answer(A2, renamed, at=later)], assess=AutoRule(), now=later)
    assert filled.vulnerabilities.show("CVE-2020-1") is None
    shown = filled.vulnerabilities.show("CVE-2020-2")
    assert shown is not None
    assert shown.first_seen == NOON


def test_an_unknown_identifier_finds_nothing(filled: AnyStore) -> None:
    assert filled.vulnerabilities.show("V-UNKNOWN") is None
    assert found(filled, identifier="V-UNKNOWN") == []


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("9.8", "9.8", ["V-HIGH"]),
        ("3.0", "9.8", ["V-HIGH", "V-LOW"]),
        ("3.1", None, ["V-HIGH"]),
        (None, "9.7", ["V-LOW"]),
        ("0.0", "10.0", ["V-HIGH", "V-LOW"]),
    ],
)
def test_a_range_of_scores_is_closed_and_holds_no_missing_score(
    filled: AnyStore, low: str | None, high: str | None, expected: list[str]
) -> None:
    bounds = [None if text is None else Decimal(text) for text in (low, high)]
    assert found(filled, score_low=bounds[0], score_high=bounds[1]) == expected


def test_a_score_is_rounded_before_it_is_compared(filled: AnyStore) -> None:
    later = NOON + dt.timedelta(1)
    filled.components.record([answer(A2, vulnerability("V-ODD", "8.95"), at=later)], assess=AutoRule(), now=later)
    assert found(filled, score_low=Decimal("9.0")) == ["V-ODD"]


def test_a_package_narrows_to_its_components(filled: AnyStore) -> None:
    assert found(filled, package="pkg:npm/a") == ["V-HIGH", "V-LOW"]
    assert found(filled, package="pkg:npm") == []
    (low,) = filled.vulnerabilities.find(VulnerabilityQuery(package="pkg:npm/a@1"))
    assert low == VulnerabilityRecord(LOW, (A1,), (ONE,), NOON)


def test_an_image_narrows_to_its_components(filled: AnyStore) -> None:
    assert found(filled, image=digest(1)) == ["V-HIGH", "V-LOW"]
    by_tag = filled.vulnerabilities.find(VulnerabilityQuery(image="docker.io/shop/two:1"))
    assert [(record.vulnerability.id, record.components) for record in by_tag] == [
        ("V-HIGH", (A2,)),
        ("V-LOW", (A2,)),
        ("V-NONE", (B1,)),
    ]
    assert found(filled, image="docker.io/shop/three:1") == []


def test_a_vulnerability_that_affects_nothing_any_more_is_shown_but_not_listed(filled: AnyStore) -> None:
    later = NOON + dt.timedelta(1)
    filled.components.record([answer(B1, at=later)], assess=AutoRule(), now=later)
    assert found(filled) == ["V-HIGH", "V-LOW"]
    shown = filled.vulnerabilities.show("V-NONE")
    assert shown == VulnerabilityRecord(NONE, (), (), NOON)


@pytest.mark.parametrize(
    ("image", "known"),
    [(digest(1), True), ("docker.io/shop/two:latest", True), (digest(9), False), ("docker.io/shop/one:2", False)],
)
def test_an_image_is_known_by_its_digest_and_its_tags(filled: AnyStore, image: str, known: bool) -> None:
    assert filled.vulnerabilities.knows_image(image) is known


@pytest.mark.parametrize(
    ("package", "known"), [("pkg:npm/a", True), ("pkg:npm/a@2", True), ("pkg:npm/a@3", False), ("pkg:npm/aa", False)]
)
def test_a_package_is_known_when_a_component_is_of_it(filled: AnyStore, package: str, known: bool) -> None:
    assert filled.vulnerabilities.knows_package(package) is known
