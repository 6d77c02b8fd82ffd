"""Pods of images never seen before, judged by the SBOM that hangs on the image in a real registry."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import HARMLESS, PARSER, TRIM
from tests.e2e.manifests import pod
from tests.e2e.product import Bomgate
from tests.parts import unavailable
from tests.registries import images
from tests.registries.build import UnavailableError
from tests.registries.layouts import Layout
from tests.registries.running import docker_registry, referrers_registry


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Two registries with the same images: one without the referrers API and one with it."""
    folder = tmp_path_factory.mktemp("registries")
    with ExitStack() as stack:
        try:
            hosts = {
                "fallback": stack.enter_context(docker_registry(folder / "fallback")),
                "referrers": stack.enter_context(referrers_registry(folder / "referrers")),
            }
        except UnavailableError as reason:
            unavailable(reason)
        for kind, host in hosts.items():
            push(host, "shop/bad", kind, (*HARMLESS, PARSER))
            push(host, "shop/risky", kind, (*HARMLESS, TRIM))
            push(host, "shop/fine", kind, HARMLESS)
            push(host, "shop/bare", kind, None)
            push(host, "shop/crowded", kind, (*HARMLESS, TRIM))
        yield hosts


def push(host: str, repository: str, kind: str, purls: tuple[str, ...] | None) -> None:
    """An image with the tag 1, and its SBOM as a referrer, by the API or by the tag of the older scheme."""
    layout = Layout()
    image = images.image(layout, "1", name=f"{host}/{repository}")
    if purls is not None:
        attached = images.attached(layout, image, images.cyclonedx(*purls))
        if kind == "fallback":
            layout.manifest(images.listed(layout, attached), f"sha256-{image.removeprefix('sha256:')}")
    layout.push(f"http://{host}/v2/{repository}")


def digest(host: str, repository: str) -> str:
    """The digest of the image that ``push`` made."""
    return images.image(Layout(), name=f"{host}/{repository}")


@pytest.fixture(scope="module")
def installed(install: Any, registries: dict[str, str]) -> Bomgate:
    """An installation that looks into both registries and nowhere else."""
    rules = [{"prefix": host, "plainHttp": True, "allowPrivate": True} for host in registries.values()]
    sources = ["referrers", "buildkit", "cosignAttestation", "cosignAttachment"]
    bomgate: Bomgate = install("registries", registries=rules, sbom={"sources": sources})
    return bomgate


@pytest.fixture
def space(installed: Bomgate, new_namespace: Any) -> str:
    """A namespace that this installation decides about."""
    return str(new_namespace("registries"))


def create(core: kubernetes.client.CoreV1Api, space: str, name: str, image: str) -> Any:
    return call(core.create_namespaced_pod_with_http_info, space, pod(space, name, image))


@pytest.mark.parametrize("kind", ["fallback", "referrers"])
def test_a_pod_by_tag_and_one_by_digest_are_judged_by_the_sbom_in_the_registry(
    kind: str, registries: dict[str, str], core: kubernetes.client.CoreV1Api, space: str
) -> None:
    host = registries[kind]
    by_tag = create(core, space, "by-tag", f"{host}/shop/bad:1")
    assert by_tag.denied, by_tag.text
    for part in ("CVE-2026-10001", PARSER, f"{host}/shop/bad:1", digest(host, "shop/bad")):
        assert part in by_tag.text
    by_digest = create(core, space, "by-digest", f"{host}/shop/risky@{digest(host, 'shop/risky')}")
    assert by_digest.allowed
    assert "CVE-2026-10003" in by_digest.warnings[0]
    fine = create(core, space, "fine", f"{host}/shop/fine:1")
    assert (fine.allowed, fine.warnings) == (True, ())


@pytest.mark.parametrize("kind", ["fallback", "referrers"])
def test_an_image_without_sbom_and_a_tag_that_is_not_there_are_told_apart(
    kind: str, registries: dict[str, str], core: kubernetes.client.CoreV1Api, space: str
) -> None:
    bare = create(core, space, "bare", f"{registries[kind]}/shop/bare:1")
    absent = create(core, space, "absent", f"{registries[kind]}/shop/bare:2")
    assert bare.allowed
    assert absent.allowed
    assert "No SBOM of this image was found" in bare.warnings[0]
    assert "could not be resolved to a digest" in absent.warnings[0]


def test_many_pods_of_a_new_image_at_once_ask_the_registry_once(
    registries: dict[str, str], core: kubernetes.client.CoreV1Api, space: str, installed: Bomgate
) -> None:
    image = f"{registries['fallback']}/shop/crowded@{digest(registries['fallback'], 'shop/crowded')}"
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: create(core, space, f"pod-{number}", image), range(30)))
    assert all(answer.allowed and "CVE-2026-10003" in answer.warnings[0] for answer in answers)
    stored = installed.json("sbom", "show", digest(registries["fallback"], "shop/crowded"))
    assert len(stored["sboms"]) == 1


def test_sbom_fetch_explains_every_place_looked_at(registries: dict[str, str], installed: Bomgate) -> None:
    host = registries["fallback"]
    told = installed.json("sbom", "fetch", f"{host}/shop/bad:1")
    assert (told["result"], told["digest"]) == ("found", digest(host, "shop/bad"))
    assert told["components"]["usable"] == 3
    used = [look for look in told["looked"] if look["used"]]
    assert [look["place"] for look in used] == ["fallback-tag"]
    places = {look["place"] for look in told["looked"]}
    assert "fallback-tag" in places
    shown = installed.run("sbom", "fetch", f"{host}/shop/bad:1", "--explain").out
    assert f"{host}/shop/bad" in shown
    assert "fallback-tag" in shown
