"""Private images, looked at with the pull secrets of the workload's own namespace."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import call
from tests.e2e.catalogue import HARMLESS, PARSER
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.product import Bomgate
from tests.parts import unavailable
from tests.registries import images
from tests.registries.build import UnavailableError
from tests.registries.layouts import Layout
from tests.registries.running import docker_registry
from tests.registries.tokens import PASSWORD, USER, TokenServer


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that shows its images to who has the password only; one of them has a blocked package."""
    folder = tmp_path_factory.mktemp("guarded")
    layout = Layout()
    image = images.image(layout, "1", name="private")
    attached = images.attached(layout, image, images.cyclonedx(*HARMLESS, PARSER))
    layout.manifest(images.listed(layout, attached), f"sha256-{image.removeprefix('sha256:')}")
    with ExitStack() as stack:
        tokens = stack.enter_context(TokenServer(folder))
        try:
            host = stack.enter_context(docker_registry(folder / "registry", auth=tokens.configuration))
        except UnavailableError as reason:
            unavailable(reason)
        header = {"Authorization": f"Bearer {tokens.token('team/private', 'pull,push')}"}
        layout.push(f"http://{host}/v2/team/private", header)
        yield host


@pytest.fixture(scope="module")
def installed(install: Any, cluster: Cluster, guarded: str) -> Bomgate:
    """An installation that may read pull secrets."""
    rules = [{"prefix": guarded, "plainHttp": True, "allowPrivate": True}]
    bomgate: Bomgate = install(
        "pulling",
        registries=rules,
        sbom={"sources": ["referrers"]},
        search={"refusedSeconds": 1},
        kube={"kubeconfig": str(cluster.kubeconfig), "pullSecrets": True, "pullSecretSeconds": 1},
    )
    return bomgate


def test_a_private_image_is_judged_with_the_secret_of_its_namespace_and_with_no_other(
    installed: Bomgate, guarded: str, core: kubernetes.client.CoreV1Api, new_namespace: Any
) -> None:
    shop, bank = new_namespace("pulling"), new_namespace("pulling")
    document = json.dumps({"auths": {guarded: {"username": USER, "password": PASSWORD}}}).encode()
    data = {".dockerconfigjson": base64.b64encode(document).decode()}
    secret = {"metadata": {"name": "registry"}, "type": "kubernetes.io/dockerconfigjson", "data": data}
    core.create_namespaced_secret(shop, secret)
    image, secrets = f"{guarded}/team/private:1", [{"name": "registry"}]

    without = call(core.create_namespaced_pod_with_http_info, bank, pod(bank, "a", image, imagePullSecrets=secrets))
    assert without.allowed
    assert "refused" in without.warnings[0]

    judged = call(core.create_namespaced_pod_with_http_info, shop, pod(shop, "a", image, imagePullSecrets=secrets))
    assert judged.denied, judged
    assert "CVE-2026-10001" in judged.text

    again = call(core.create_namespaced_pod_with_http_info, bank, pod(bank, "b", image, imagePullSecrets=secrets))
    assert again.allowed, "the digest that the tag has is not told to another namespace"
    assert "refused" in again.warnings[0]
