"""The chart with ``certificates.mode: certManager``, on a separate cluster where cert-manager itself runs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest
from cryptography import x509

from tests.certificates import Authority
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e.chart import certmanager
from tests.e2e.chart.installation import CLUSTER, NAMESPACE, WORKLOADS, Installation
from tests.e2e.cluster import Cluster, running_cluster
from tests.e2e.controlplane import build
from tests.e2e.deciding import TryPod, assert_decides, pod_trier, under_load
from tests.e2e.product import Bomgate
from tests.parts import unavailable
from tests.postgres import PostgresServer

LEAF, AUTHORITY = "bomgate-webhook-tls", "bomgate-ca"
CONFIGURATIONS = ("validatingwebhookconfiguration", "mutatingwebhookconfiguration")
SECONDS = 90.0


@pytest.fixture(scope="module")
def programs() -> Path:
    folder = build.folder("certmanager")
    if not (folder / "complete").exists():
        unavailable("cert-manager is not built; `python tests/e2e/controlplane/build.py certmanager` does it, with Go")
    return folder


@pytest.fixture(scope="module")
def managed(binaries: Path, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with cert-manager."""
    with running_cluster(binaries, CLUSTER) as cluster:
        if not cluster.controllers:
            unavailable("the control plane of KUBEBUILDER_ASSETS has no controller manager, scheduler and kwok")
        certmanager.define_kinds(cluster, programs)
        with certmanager.running(cluster, programs, tmp_path_factory.mktemp("certmanager")):
            yield cluster


@pytest.fixture(scope="module")
def release(
    managed: Cluster,
    helm: Path,
    postgres: PostgresServer,
    authority: Authority,
    values: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """The chart, installed with cert-manager."""
    folder, url = tmp_path_factory.mktemp("certmanager"), postgres.url(postgres.new_database())
    wanted = {**values, "certificates": {"mode": "certManager"}, "mutate": {"enabled": True}}
    made = Installation(managed, helm, folder, wanted)
    made.prepare({"database": {"url": url}, "ossindex": {"token": PAT}})
    made.kubelet.start()
    try:
        made.install()
        made.fill(Bomgate("operator", folder / "operator", authority, {"database": {"url": url}}))
        yield made
    finally:
        made.kubelet.stop()


@pytest.fixture(scope="module")
def try_pod(release: Installation) -> TryPod:
    labels = {"bomgate.dev/enforce": "deny"}
    return pod_trier(release.cluster.client, release.cluster.create_namespace("shop", labels))


def secret(release: Installation, name: str) -> dict[str, bytes]:
    """The entries of a Secret; none while there is no such Secret."""
    found = (item for item in release.get("secrets") if item["metadata"]["name"] == name)
    return {key: base64.b64decode(value) for item in found for key, value in item["data"].items()}


def trusted(release: Installation) -> list[list[x509.Certificate]]:
    """What the API server trusts, by the entry that calls the webhook."""
    entries = [item["clientConfig"] for kind in CONFIGURATIONS for item in release.get(kind, "bomgate")["webhooks"]]
    return [x509.load_pem_x509_certificates(base64.b64decode(entry.get("caBundle", ""))) for entry in entries]


def is_served(release: Installation, pem: bytes) -> bool:
    wanted = x509.load_pem_x509_certificate(pem)
    pods = release.ready("webhook")
    served = [x509.load_pem_x509_certificate(pod.served_certificate("https")) for pod in pods]
    return served == [wanted] * len(pods) != []


def restarts(release: Installation) -> list[int]:
    return [container.restarts for pod in release.kubelet.pods("webhook") for container in pod.containers]


def replaced(release: Installation, name: str, old: bytes) -> bytes:
    """Wait for another certificate in a Secret."""

    def other() -> bytes | None:
        now = secret(release, name).get("tls.crt", old)
        return None if now == old else now

    found: bytes = release.kubelet.wait(other, SECONDS, f"another certificate in {name}")
    return found


def test_everything_becomes_ready_with_a_certificate_of_cert_manager(release: Installation) -> None:
    for name in WORKLOADS.values():
        status = release.get("deployment", name)["status"]
        assert status["availableReplicas"] == status["replicas"] == 2
    leaf = x509.load_pem_x509_certificate(secret(release, LEAF)["tls.crt"])
    issuer = x509.load_pem_x509_certificate(secret(release, AUTHORITY)["tls.crt"])
    leaf.verify_directly_issued_by(issuer)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert f"bomgate-webhook.{NAMESPACE}.svc" in names.get_values_for_type(x509.DNSName)
    assert is_served(release, secret(release, LEAF)["tls.crt"])
    assert trusted(release) == [[issuer]] * 3, "two validating entries and one mutating"


def test_the_api_server_gets_decisions(try_pod: TryPod) -> None:
    assert_decides(try_pod)


def test_a_certificate_that_is_lost_is_made_again_and_served_without_a_restart(
    release: Installation, try_pod: TryPod
) -> None:
    old, before = secret(release, LEAF)["tls.crt"], restarts(release)
    with under_load(try_pod, pause=0.02):
        kubernetes.client.CoreV1Api(release.cluster.client).delete_namespaced_secret(LEAF, NAMESPACE)
        new = replaced(release, LEAF, old)
        release.kubelet.wait(lambda: is_served(release, new), SECONDS, "the new certificate at every Pod")
    assert restarts(release) == before


def test_the_authority_and_then_the_certificate_are_renewed_and_no_call_fails(
    release: Installation, try_pod: TryPod
) -> None:
    leaf, authority, before = secret(release, LEAF)["tls.crt"], secret(release, AUTHORITY)["tls.crt"], restarts(release)
    with under_load(try_pod, pause=0.02):
        certmanager.renew(release.cluster, "bomgate-ca")
        issuer = x509.load_pem_x509_certificate(replaced(release, AUTHORITY, authority))
        certmanager.renew(release.cluster, "bomgate-webhook")
        new = replaced(release, LEAF, leaf)
        release.kubelet.wait(lambda: is_served(release, new), SECONDS, "the new certificate at every Pod")
        release.kubelet.wait(lambda: all(issuer in item for item in trusted(release)), SECONDS, "the new authority")
    former = x509.load_pem_x509_certificate(authority)
    # So each vouches for what the other signed, whichever of them an API server or a Pod knows.
    assert (former.public_key(), former.subject) == (issuer.public_key(), issuer.subject)
    assert restarts(release) == before


def test_an_authority_that_is_lost_is_made_again_with_another_key_and_trusted_beside_the_former(
    release: Installation, try_pod: TryPod
) -> None:
    leaf, authority = secret(release, LEAF)["tls.crt"], secret(release, AUTHORITY)["tls.crt"]
    kubernetes.client.CoreV1Api(release.cluster.client).delete_namespaced_secret(AUTHORITY, NAMESPACE)
    issuer = x509.load_pem_x509_certificate(replaced(release, AUTHORITY, authority))
    former = x509.load_pem_x509_certificate(authority)
    assert issuer.public_key() != former.public_key()
    assert_decides(try_pod)
    certmanager.renew(release.cluster, "bomgate-webhook")
    new = replaced(release, LEAF, leaf)
    x509.load_pem_x509_certificate(new).verify_directly_issued_by(issuer)
    release.kubelet.wait(lambda: all({issuer, former} <= set(item) for item in trusted(release)), SECONDS, "both")
    release.kubelet.wait(lambda: is_served(release, new), SECONDS, "the new certificate at every Pod")
    assert_decides(try_pod)


def test_the_controller_leaves_the_certificates_alone(release: Installation) -> None:
    for name in (LEAF, AUTHORITY):
        assert certmanager.writers(release.cluster, "secret", name) == {"cert-manager-certificates-issuing"}
    for kind in CONFIGURATIONS:
        assert certmanager.writers(release.cluster, kind, "bomgate") == {"helm", "cert-manager-cainjector"}
    account = f"system:serviceaccount:{NAMESPACE}:bomgate-controller"
    asked = {
        (request.verb, request.path.partition("?")[0]) for request in release.requests() if request.user == account
    }
    assert {verb for verb, path in asked if "webhookconfigurations" in path} == {"get"}
    assert {path for _, path in asked if "/secrets" in path} == set()


def test_the_controller_takes_over_and_cert_manager_again_and_no_call_fails(
    release: Installation, try_pod: TryPod
) -> None:
    leaf, authority = secret(release, LEAF)["tls.crt"], secret(release, AUTHORITY)["tls.crt"]
    with under_load(try_pod, pause=0.05):
        use(release, "self")
        kubernetes.client.CoreV1Api(release.cluster.client).delete_namespaced_secret(AUTHORITY, NAMESPACE)
        own = replaced(release, AUTHORITY, authority)
        of_own = replaced(release, LEAF, leaf)
        release.kubelet.wait(lambda: is_served(release, of_own), SECONDS, "the controller's certificate at every Pod")
        use(release, "certManager")
        issuer = x509.load_pem_x509_certificate(replaced(release, AUTHORITY, own))
        assert secret(release, LEAF)["tls.crt"] == of_own, "kept until it is due, or until somebody asks"
        certmanager.renew(release.cluster, "bomgate-webhook")
        new = replaced(release, LEAF, of_own)
        release.kubelet.wait(lambda: is_served(release, new), SECONDS, "the new certificate at every Pod")
        release.kubelet.wait(lambda: all(issuer in item for item in trusted(release)), SECONDS, "the new authority")
    x509.load_pem_x509_certificate(of_own).verify_directly_issued_by(x509.load_pem_x509_certificate(own))
    x509.load_pem_x509_certificate(new).verify_directly_issued_by(issuer)


def use(release: Installation, mode: str) -> None:
    release.values["certificates"] = {"mode": mode}
    release.upgrade()
