"""Certificates while the API server calls the webhook: renewed, replaced with their authority, and repaired."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from typing import Any

import kubernetes.client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests.e2e.chart.installation import NAMESPACE, Installation
from tests.e2e.deciding import pod_trier, under_load

NewNamespace = Callable[..., str]


def secret(installation: Installation, name: str) -> dict[str, bytes]:
    data = installation.get("secret", name)["data"]
    return {key: base64.b64decode(value) for key, value in data.items()}


def bundles(installation: Installation) -> list[bytes]:
    webhooks = installation.get("validatingwebhookconfiguration", "bomgate")["webhooks"]
    return [base64.b64decode(webhook["clientConfig"].get("caBundle", "")) for webhook in webhooks]


def serial(pem: bytes) -> int:
    return x509.load_pem_x509_certificate(pem).serial_number


def aged(authority: dict[str, bytes]) -> dict[str, str]:
    """The authority as it will be when less than a third of its life is left."""
    old = x509.load_pem_x509_certificate(authority["tls.crt"])
    key: Any = serialization.load_pem_private_key(authority["tls.key"], None)
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=old.issuer,
        subject_name=old.subject,
        public_key=key.public_key(),
        serial_number=old.serial_number + 1,
        not_valid_before=now - dt.timedelta(days=300),
        not_valid_after=now + dt.timedelta(days=65),
        extensions=list(old.extensions),
    )
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return {"tls.crt": base64.b64encode(pem).decode()}


def test_an_old_authority_is_replaced_and_no_call_fails(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    old = secret(installation, "bomgate-webhook-tls")
    core = kubernetes.client.CoreV1Api(installation.cluster.client)
    with under_load(pod_trier(installation.cluster.client, new_namespace("deny")), pause=0.02):
        core.patch_namespaced_secret("bomgate-ca", NAMESPACE, {"data": aged(secret(installation, "bomgate-ca"))})
        installation.kubelet.wait(lambda: "previous.crt" in secret(installation, "bomgate-ca"), 20, "a new authority")
        installation.kubelet.wait(
            lambda: serial(secret(installation, "bomgate-webhook-tls")["tls.crt"]) != serial(old["tls.crt"]),
            30,
            "a certificate of the new authority",
        )
        both = bundles(installation)
        assert all(bundle.count(b"BEGIN CERTIFICATE") >= 2 for bundle in both), "old and new overlap"
        installation.kubelet.wait(
            lambda: "previous.crt" not in secret(installation, "bomgate-ca"), 30, "the end of the old authority"
        )
        new = secret(installation, "bomgate-ca")["tls.crt"]
        installation.kubelet.wait(lambda: bundles(installation) == [new, new], 30, "the new authority alone")
    assert installation.metric("controller", "bomgate_certificate_authority_expiry_timestamp_seconds") > 0


def test_a_bundle_that_somebody_wiped_is_whole_again(installation: Installation) -> None:
    before = bundles(installation)
    admission = kubernetes.client.AdmissionregistrationV1Api(installation.cluster.client)
    patch = [{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]
    admission.patch_validating_webhook_configuration("bomgate", patch)
    installation.kubelet.wait(lambda: bundles(installation) == before, 20, "the bundle")


def test_a_certificate_that_is_lost_is_made_again_and_served_without_a_restart(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    old = secret(installation, "bomgate-webhook-tls")["tls.crt"]
    restarts = [container.restarts for pod in installation.kubelet.pods("webhook") for container in pod.containers]
    with under_load(pod_trier(installation.cluster.client, new_namespace("deny")), pause=0.02):
        core = kubernetes.client.CoreV1Api(installation.cluster.client)
        core.delete_namespaced_secret("bomgate-webhook-tls", NAMESPACE)
        new: Any = installation.kubelet.wait(lambda: remade(installation, old), 20, "a new certificate")
        installation.kubelet.wait(lambda: serve(installation, new), 20, "the new certificate at every Pod")
    assert [
        container.restarts for pod in installation.kubelet.pods("webhook") for container in pod.containers
    ] == restarts


def remade(installation: Installation, old: bytes) -> bytes | None:
    listed = kubernetes.client.CoreV1Api(installation.cluster.client).list_namespaced_secret(NAMESPACE).items
    found = next((v1_secret.data for v1_secret in listed if v1_secret.metadata.name == "bomgate-webhook-tls"), None)
    now = base64.b64decode(found["tls.crt"]) if found else old
    return None if now == old else now


def serve(installation: Installation, pem: bytes) -> bool:
    return all(serial(pod.served_certificate("https")) == serial(pem) for pod in installation.ready("webhook"))
