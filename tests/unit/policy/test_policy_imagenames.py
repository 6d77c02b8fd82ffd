from __future__ import annotations

import pytest

from tests.unit.policy.builders import DIGEST
from webhook.errors import InvalidInput
from webhook.model.images import parse_image
from webhook.policy.imagenames import parse_pattern


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        ("nginx", "nginx:1.27"),
        ("nginx", "docker.io/library/nginx:1.27"),
        ("nginx:1.27", "index.docker.io/library/nginx:1.27"),
        ("docker.io/library/nginx", "nginx"),
        ("team/app", "docker.io/team/app:2"),
        ("team/*", "docker.io/team/app:2"),
        ("registry.corp/shop/*", "registry.corp/shop/deep/web:1"),
        ("registry.corp:5000/*", "registry.corp:5000/a"),
        ("localhost/*", "localhost/a"),
        ("*/nginx", "docker.io/library/nginx"),
        ("*", "registry.corp/a:1"),
        ("registry.corp/shop/web:1.*", "registry.corp/shop/web:1.4"),
        ("registry.corp/*/w*b", "registry.corp/shop/web:1.4"),
        (str(DIGEST), f"registry.corp/shop/web@{DIGEST}"),
        (f"other.corp/name@{DIGEST}", f"registry.corp/shop/web@{DIGEST}"),
    ],
)
def test_a_pattern_matches_an_image(pattern: str, image: str) -> None:
    assert parse_pattern(pattern).matches(parse_image(image), None)


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        ("nginx", "registry.corp/library/nginx"),
        ("nginx:1.27", "nginx:1.26"),
        ("nginx:1.27", f"nginx@{DIGEST}"),
        ("registry.corp/shop", "registry.corp/shop/web"),
        ("registry.corp/shop/*", "registry.corp/shopping/web"),
        ("*nginx", "registry.corp/nginx-unprivileged"),
        ("registry.corp/*ab*ab", "registry.corp/xab"),
        ("registry.corp/shop/web:1.*", "registry.corp/shop/web:2.1"),
        (str(DIGEST), "registry.corp/shop/web:1.4"),
    ],
)
def test_a_pattern_does_not_match_another_image(pattern: str, image: str) -> None:
    assert not parse_pattern(pattern).matches(parse_image(image), None)


def test_a_digest_matches_what_a_tag_was_resolved_to() -> None:
    assert parse_pattern(str(DIGEST)).matches(parse_image("web:1"), DIGEST)


def test_a_name_matches_nothing_when_the_image_is_not_known() -> None:
    assert not parse_pattern("*").matches(None, DIGEST)


@pytest.mark.parametrize("text", ["", "UPPER", "a b*", "sha256:12", "a@b*", "x" * 600 + "*", "a\x00*", "web:*\n*"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_pattern(text)


def test_more_that_is_written_out_is_narrower() -> None:
    patterns = ["*", "registry.corp/*", "registry.corp/shop/*", "registry.corp/shop/web", str(DIGEST)]
    ranks = [parse_pattern(pattern).narrowness for pattern in patterns]
    assert ranks == sorted(ranks)


def test_many_wildcards_cost_little() -> None:
    pattern = parse_pattern("*a" * 200 + "b")
    assert not pattern.matches(parse_image("registry.corp/" + "a" * 200), None)


@pytest.mark.parametrize("text", ["nginx", "nginx:1", "team/*:v*", str(DIGEST), "*/x"])
def test_the_stored_form_reads_as_the_same_pattern(text: str) -> None:
    pattern = parse_pattern(text)
    assert parse_pattern(str(pattern)) == pattern
