"""From a tag to a denial: the digest and the SBOM come from a real registry while the API server waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.catalogue import HARMLESS, PARSER
from tests.e2e.cluster import Cluster
from tests.e2e.conftest import unavailable
from tests.e2e.deciding import TryPod, pod_trier
from tests.e2e.product import Bomgate
from tests.registries import images
from tests.registries.build import UnavailableError
from tests.registries.layouts import Layout
from tests.registries.running import referrers_registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a registry with the referrers API."""
    try:
        with referrers_registry(tmp_path_factory.mktemp("registry")) as host:
            yield host
    except UnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture(scope="module")
def try_pod(
    cluster: Cluster, install: Callable[..., Bomgate], registry: str, new_namespace: Callable[..., str]
) -> TryPod:
    """Asks for decisions of an installation that may read this registry."""
    rule = {"prefix": registry, "plainHttp": True, "allowPrivate": True}
    install("fetching", registries=[rule], sbom={"sources": ["referrers"]})
    return pod_trier(cluster.client, new_namespace("fetching"))


def push(registry: str, name: str, *purls: str) -> str:
    """Push an image with the tag 1 and, when there are purls, an SBOM attached to it; the image's digest."""
    layout = Layout()
    digest = images.image(layout, "1", name=name)
    if purls:
        images.attached(layout, digest, images.cyclonedx(*purls))
    layout.push(f"http://{registry}/v2/team/{name}")
    return digest


def test_the_first_pod_of_a_tag_is_denied_for_what_the_registry_says_is_in_it(registry: str, try_pod: TryPod) -> None:
    digest = push(registry, "bad", *HARMLESS, PARSER)
    answer = try_pod(f"{registry}/team/bad:1")
    assert answer.denied, answer
    assert f"digest: {digest}" in answer.text
    assert "CVE-2026-10001 (CVSS 9.8, Critical)" in answer.text


def test_the_first_pod_of_a_clean_tag_is_allowed_without_a_warning(registry: str, try_pod: TryPod) -> None:
    push(registry, "good", *HARMLESS)
    answer = try_pod(f"{registry}/team/good:1")
    assert answer.allowed
    assert answer.warnings == ()


def test_an_image_without_an_attachment_and_a_tag_that_is_not_there_are_told_apart(
    registry: str, try_pod: TryPod
) -> None:
    push(registry, "bare")
    assert "No SBOM of this image was found" in try_pod(f"{registry}/team/bare:1").warnings[0]
    assert "could not be resolved to a digest" in try_pod(f"{registry}/team/bare:2").warnings[0]
