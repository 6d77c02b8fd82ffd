"""Updates in a real cluster: what an object had before is never denied, and a tag that was moved brings nothing in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CONTENTS, digest
from tests.e2e.cluster import Cluster
from tests.e2e.deciding import turn_bad
from tests.e2e.manifests import creator, deployment, pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import SERVE, account

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE = "updates"
GOOD_ONCE, MOVED = "turning-5", "turning-6"
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api
UNKNOWN = ("The tag of this image is not known", "No SBOM")
"""What is warned of as long as a server has not learned of a tag and its image."""
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation that asks the API server.

    It has one worker: another one would learn of each step a moment later than this one.
    """
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    return install(INSTANCE, kube={"cluster": True, "kubeconfig": str(kubeconfig)}, serve={"workers": 1})


@pytest.fixture
def namespace(cluster: Cluster, bomgate: Bomgate) -> str:
    return cluster.create_namespace(f"{INSTANCE}-{next(_numbers)}", {INSTANCE_LABEL: INSTANCE})


def point(bomgate: Bomgate, tag: str, name: str) -> None:
    """Let a tag point at an image, as a registry would have it."""
    file = write_sbom(bomgate.folder, digest(name), CONTENTS[name])
    bomgate.run("sbom", "add", file, "--image", f"{tag}@{digest(name)}")


def admitted(bomgate: Bomgate, cluster: Cluster, namespace: str, tag: str) -> None:
    """Create a Deployment that names a tag, and let what it stands for be written down."""
    make = creator(cluster.client, "Deployment")

    def is_known() -> bool:
        answer = call(make, namespace, deployment(namespace, "try", tag), dry_run="All")
        return answer.allowed and not any(unknown in warning for unknown in UNKNOWN for warning in answer.warnings)

    wait_until(is_known, 20, "the tag")
    assert call(make, namespace, deployment(namespace, "web", tag)).allowed


def change(cluster: Cluster, namespace: str, image: str, **options: Any) -> Answer:
    """Change a label of a Deployment while another webhook names its image in another way."""
    patch = Apps(cluster.client).patch_namespaced_deployment_with_http_info
    manifest = deployment(namespace, "web", image)
    manifest["metadata"]["labels"] = {"changed": str(next(_numbers))}
    return call(patch, "web", namespace, manifest, **options)


def test_a_deployment_is_changed_scaled_and_pinned_after_its_image_turned_bad_and_a_moved_tag_is_denied(
    bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str
) -> None:
    tag = "registry.example/shop/tagged:1"
    point(bomgate, tag, GOOD_ONCE)
    admitted(bomgate, cluster, namespace, tag)
    turn_bad(bomgate, core, namespace, 5)
    turn_bad(bomgate, core, namespace, 6)
    point(bomgate, tag, MOVED)

    def pins(name: str, **options: Any) -> Answer:
        return change(cluster, namespace, f"registry.example:443/shop/tagged:1@{digest(name)}", **options)

    wait_until(lambda: pins(GOOD_ONCE, dry_run="All").allowed, 20, "the note of the admission")
    for _ in range(8):
        answer = pins(MOVED)
        assert answer.denied
        assert "CVE-2026-20006" in answer.text
    assert change(cluster, namespace, tag).allowed, "a label, by the tag"
    assert cluster.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=0").code == 0
    assert pins(GOOD_ONCE).allowed
    assert change(cluster, namespace, tag).denied, "a digest that becomes a tag is new"
    assert pins(MOVED).denied
    assert cluster.kubectl("-n", namespace, "annotate", "deployment/web", "note=1").code == 0


def test_a_deployment_of_the_same_name_starts_anew(
    bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str
) -> None:
    tag = "registry.example/shop/again:1"
    point(bomgate, tag, "turning-7")
    admitted(bomgate, cluster, namespace, tag)
    turn_bad(bomgate, core, namespace, 7)
    assert cluster.kubectl("-n", namespace, "delete", "deployment/web", "--wait").code == 0
    point(bomgate, tag, "clean")
    admitted(bomgate, cluster, namespace, tag)
    pinned = f"{tag}@{digest('turning-7')}"
    assert change(cluster, namespace, pinned).denied, "the former object of this name had it, this one had not"


def test_a_pod_is_changed_after_its_image_turned_bad_and_has_what_its_kubelet_says(
    bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str
) -> None:
    tag = "registry.example/shop/tagged:2"
    point(bomgate, tag, "clean")
    create = core.create_namespaced_pod_with_http_info
    dry = pod(namespace, "try", tag)
    wait_until(lambda: call(create, namespace, dry, dry_run="All").allowed, 20, "the tag")
    assert call(create, namespace, pod(namespace, "web", tag)).allowed
    bad = digest("blocked")
    point(bomgate, tag, "blocked")
    status = {"containerStatuses": [{"name": "c0", "imageID": f"registry.example/shop/tagged@{bad}"}]}

    def pins(name: str, **labels: str) -> Answer:
        spec = {"containers": [{"name": "c0", "image": f"{tag}@{digest(name)}"}]}
        patch = {"metadata": {"labels": labels}, "spec": spec}
        return call(core.patch_namespaced_pod_with_http_info, "web", namespace, patch, dry_run="All")

    assert cluster.kubectl("-n", namespace, "label", "pod/web", "a=1").code == 0
    assert pins("blocked", a="2").denied, "the tag points at it, and the Pod does not run it"
    core.patch_namespaced_pod_status("web", namespace, {"status": status})
    assert pins("blocked", a="3").allowed, "this is what the kubelet says that it runs"
    assert pins("caution", a="4").allowed
    spelled = {"spec": {"containers": [{"name": "c0", "image": f"REGISTRY.example:0443/shop/tagged@{bad}"}]}}
    answer = call(core.patch_namespaced_pod_with_http_info, "web", namespace, spelled, dry_run="All")
    assert answer.allowed, "the same in another spelling"
    other = {"spec": {"containers": [{"name": "c0", "image": BLOCKED}]}}
    answer = call(core.patch_namespaced_pod_with_http_info, "web", namespace, other, dry_run="All")
    assert answer.denied, "another name is another image where the Pod names a tag"
