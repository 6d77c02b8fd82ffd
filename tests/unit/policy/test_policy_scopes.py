from __future__ import annotations

import pytest

from tests.unit.policy.builders import DIGEST
from webhook.errors import InvalidInput
from webhook.model.assessments import Scope
from webhook.model.purls import Purl
from webhook.policy.scopes import ParsedScope, canonical_identifier, canonical_scope, described


def test_a_scope_is_stored_in_one_form() -> None:
    written = Scope("pkg:npm/@angular/core?foo=bar", " >= 1,  < 2", "nginx", "shop")
    assert canonical_scope(written) == Scope("pkg:npm/%40angular/core", ">=1,<2", "docker.io/library/nginx", "shop")
    assert canonical_scope(canonical_scope(written)) == canonical_scope(written)


def test_the_version_of_a_package_narrows_to_that_version() -> None:
    assert canonical_scope(Scope("pkg:npm/a@1.2.3")) == Scope("pkg:npm/a", "=1.2.3")
    with pytest.raises(InvalidInput, match="has a version, and a range"):
        canonical_scope(Scope("pkg:npm/a@1.2.3", "<2"))


def test_what_narrows_nothing_is_left_out() -> None:
    assert canonical_scope(Scope("", "*", "", "")) == Scope()


@pytest.mark.parametrize(
    "scope",
    [
        Scope("log4j"),
        Scope(version_range="^1"),
        Scope(image="NOT:an:image"),
        Scope(namespace="Shop"),
        Scope(namespace="*"),
    ],
)
def test_a_scope_that_cannot_be_read_is_refused(scope: Scope) -> None:
    with pytest.raises(InvalidInput):
        canonical_scope(scope)


def test_a_scope_can_be_said_in_words() -> None:
    assert described(Scope()) == "everything"
    scope = Scope("pkg:npm/a", "<2", str(DIGEST), "shop")
    assert described(scope) == f"pkg:npm/a, versions <2, image {DIGEST}, namespace shop"


@pytest.mark.parametrize("text", ["", " ", "CVE 1", "a\nb", "x" * 201, "CVE\u202e1"])
def test_an_identifier_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not the identifier"):
        canonical_identifier(text)


def test_blanks_around_an_identifier_do_not_matter() -> None:
    assert canonical_identifier(" CVE-2021-44228\n") == "CVE-2021-44228"


def test_a_parsed_scope_holds_what_may_be_in_it() -> None:
    scope = ParsedScope.of(Scope("pkg:npm/a", "<2"))
    assert scope.holds(Purl("pkg:npm/a@1.9"))
    assert not scope.holds(Purl("pkg:npm/a@2.0.0"))
    assert not scope.holds(Purl("pkg:npm/b@1.9"))
    assert scope.holds(Purl("pkg:npm/a@not-a-version")), "what cannot be compared may count"
    assert ParsedScope.of(Scope()).holds(Purl("pkg:npm/b@3"))


def test_a_parsed_scope_holds_an_image_by_any_of_its_names_or_its_digest() -> None:
    named = ParsedScope.of(canonical_scope(Scope(image="nginx")))
    assert named.holds_in(DIGEST, ["docker.io/shop/web:1", "docker.io/library/nginx:1.27"])
    assert not named.holds_in(DIGEST, ["docker.io/shop/web:1"])
    assert not named.holds_in(DIGEST, [])
    assert ParsedScope.of(canonical_scope(Scope(image=str(DIGEST)))).holds_in(DIGEST, [])
