"""Image references and digests, against the rules and the examples of distribution/reference."""

from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.model.images import ImageRef, parse_digest, parse_image

F64 = "f" * 64
SHA256 = f"sha256:{F64}"
SHA512 = f"sha512:{'f' * 128}"


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest"),
    [
        ("nginx", "docker.io", "library/nginx", "latest", None),
        ("nginx:1.27", "docker.io", "library/nginx", "1.27", None),
        ("test_com", "docker.io", "library/test_com", "latest", None),
        ("test.com:5000", "docker.io", "library/test.com", "5000", None),
        ("localhost", "docker.io", "library/localhost", "latest", None),
        ("localhost/repo", "localhost", "repo", "latest", None),
        ("docker.io/nginx", "docker.io", "library/nginx", "latest", None),
        ("index.docker.io/nginx:1", "docker.io", "library/nginx", "1", None),
        ("team/app", "docker.io", "team/app", "latest", None),
        ("foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080", None),
        ("test:5000/repo", "test:5000", "repo", "latest", None),
        (f"test:5000/repo@{SHA256}", "test:5000", "repo", None, SHA256),
        (f"test:5000/repo:tag@{SHA256}", "test:5000", "repo", "tag", SHA256),
        (f"repo@{SHA512}", "docker.io", "library/repo", None, SHA512),
        ("lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase", None),
        ("b.gcr.io/a.example/my-app:a.example", "b.gcr.io", "a.example/my-app", "a.example", None),
        ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", None),
        ("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", None),
        ("[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest", None),
        ("[::1]:5000/repo:tag", "[::1]:5000", "repo", "tag", None),
        ("host.example/a--b/c__d/e.f:t", "host.example", "a--b/c__d/e.f", "t", None),
        ("host.example:65536123/a", "host.example:65536123", "a", "latest", None),
    ],
)
def test_a_reference_is_split_as_distribution_splits_it(
    text: str, host: str, repository: str, tag: str | None, digest: str | None
) -> None:
    assert parse_image(text) == ImageRef(host, repository, tag, parse_digest(digest) if digest else None, text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (":justtag", "'' is not a valid part"),
        ("Uppercase:tag", "must be in lower case"),
        ("test:5000/Uppercase/lowercase:tag", "must be in lower case"),
        ("aa/asdf$$^/aa", "not a valid part of a repository name"),
        ("team/", "'' is not a valid part"),
        ("a//b", "'' is not a valid part"),
        ("a/b_-c", "not a valid part of a repository name"),
        ("a/b___c", "not a valid part of a repository name"),
        ("a/.b", "not a valid part of a repository name"),
        ("a/b..c", "not a valid part of a repository name"),
        ("repo:", "is not a tag"),
        ("repo:-x", "is not a tag"),
        (f"repo:{'t' * 129}", "is not a tag"),
        ("repo:a:b", "is not a tag"),
        ("[2001:db8::1]", "is not a tag"),
        ("[fe80::1%eth0]:5000/repo", "not a registry host"),
        ("[::1.2.3.4]/repo", "not a registry host"),
        ("a..example/repo", "not a registry host"),
        ("-a.example/repo", "not a registry host"),
        ("a-.example/repo", "not a registry host"),
        ("a.example:/repo", "not a registry host"),
        ("a_b.example/repo", "not a registry host"),
        ("https://ghcr.io/team/app", "not a registry host"),
        ("\N{KELVIN SIGN}.example/repo", "not a registry host"),
        (" nginx", "not a valid part of a repository name"),
        ("nginx\n", "not a valid part of a repository name"),
        (F64, "not a name"),
        (f"{'a/' * 127}ab", "longer than 255"),
        (f"{'a' * 1025}", "longer than 1024"),
    ],
)
def test_a_bad_reference_is_refused_and_the_message_names_the_part(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match="is not an image reference") as caught:
        parse_image(text)
    assert why in caught.value.message
    assert "host/repository:tag" in caught.value.remedy


def test_the_longest_repository_is_accepted_with_the_longest_tag_and_a_digest() -> None:
    image = parse_image(f"registry.example/{'a/' * 127}a:{'t' * 128}@{SHA512}")
    assert len(image.repository) == 255
    assert image.tag == "t" * 128


def test_a_host_is_the_same_in_any_case_and_by_any_name_of_docker_hub() -> None:
    assert parse_image("GHCR.io/team/app").host == "ghcr.io"
    assert parse_image("Registry-1.Docker.IO/library/nginx").name == parse_image("nginx").name


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", F64, SHA256[:-1], SHA256.upper(), f"sha512:{F64}", f"md5:{F64}", f"{SHA256}\n", f" {SHA256}"],
)
def test_a_bad_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not an image digest"):
        parse_digest(text)


def test_a_bad_digest_in_a_reference_is_refused_as_a_digest() -> None:
    with pytest.raises(InvalidInput, match="is not an image digest"):
        parse_image("validname@invaliddigest:ffff")


def test_a_digest_gives_its_hex_part_and_a_short_form() -> None:
    digest = parse_digest(SHA256)
    assert digest.hex == F64
    assert digest.short == f"sha256:{'f' * 12}"


def test_a_reference_prints_as_written_and_has_a_name_and_a_tagged_name() -> None:
    image = parse_image("nginx:1.27")
    assert (str(image), image.name, image.tagged) == (
        "nginx:1.27",
        "docker.io/library/nginx",
        "docker.io/library/nginx:1.27",
    )
    assert parse_image(f"app@{SHA256}").tagged == "docker.io/library/app"
