"""What ``helm install`` gives: everything is ready, and namespaces are judged as their labels say."""

from __future__ import annotations

import base64
from collections.abc import Callable

import kubernetes.client
import pytest
from cryptography import x509

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN
from tests.e2e.chart.installation import NAMESPACE, WORKLOADS, Installation
from tests.e2e.deciding import assert_decides, pod_trier
from tests.e2e.manifests import deployment
from tests.e2e.registration import calls

NewNamespace = Callable[..., str]


def test_every_deployment_is_available_and_every_declared_probe_succeeds(installation: Installation) -> None:
    for component, name in WORKLOADS.items():
        status = installation.get("deployment", name)["status"]
        assert status["availableReplicas"] == status["replicas"] == 2
        for pod in installation.kubelet.pods(component):
            for container in pod.containers:
                probes = [container.spec[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
                assert all(pod.answers(probe) for probe in probes), (pod.name, probes)
                assert container.restarts == 0, pod.log


def test_the_controller_made_the_certificate_and_the_api_server_trusts_it(installation: Installation) -> None:
    data = installation.get("secret", "bomgate-webhook-tls")["data"]
    leaf = x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert f"bomgate-webhook.{NAMESPACE}.svc" in names.get_values_for_type(x509.DNSName)
    authority = installation.get("secret", "bomgate-ca")["data"]["tls.crt"]
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(base64.b64decode(authority)))
    webhooks = installation.get("validatingwebhookconfiguration", "bomgate")["webhooks"]
    assert [webhook["clientConfig"]["caBundle"] for webhook in webhooks] == [authority, authority]


def test_a_namespace_that_enforces_gets_all_three_decisions(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    assert_decides(pod_trier(installation.cluster.client, new_namespace("deny")))


@pytest.mark.parametrize("mode", ["", "warn"])
def test_a_namespace_that_does_not_enforce_gets_warnings_for_denials(
    installation: Installation, new_namespace: NewNamespace, mode: str
) -> None:
    try_pod = pod_trier(installation.cluster.client, new_namespace(mode))
    assert_warns(try_pod(BLOCKED), "CVE-2026-10001")
    assert_warns(try_pod(CAUTION), "CVE-2026-10003")
    assert try_pod(CLEAN).warnings == ()


def assert_warns(answer: Answer, text: str) -> None:
    assert answer.allowed, answer.message
    assert any(text in warning for warning in answer.warnings), answer.warnings


def test_an_audited_namespace_gets_neither_denials_nor_warnings_but_is_counted(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    try_pod = pod_trier(installation.cluster.client, new_namespace("audit"))
    before = sum(calls(installation.cluster, "watched.bomgate.dev").values())
    answer = try_pod(BLOCKED)
    assert (answer.allowed, answer.warnings) == (True, ())
    assert sum(calls(installation.cluster, "watched.bomgate.dev").values()) == before + 1


def test_nobody_is_asked_about_a_namespace_that_is_off_nor_about_those_of_the_system(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    def asked() -> int:
        names = ("enforced.bomgate.dev", "watched.bomgate.dev")
        return sum(sum(calls(installation.cluster, name).values()) for name in names)

    before = asked()
    for namespace in (new_namespace("off"), "kube-system", "kube-public", "kube-node-lease", NAMESPACE):
        create = kubernetes.client.AppsV1Api(installation.cluster.client).create_namespaced_deployment_with_http_info
        answer = call(create, namespace, deployment(namespace, "web", BLOCKED, replicas=0), dry_run="All")
        assert (answer.allowed, answer.warnings) == (True, ()), answer.message
    assert asked() == before
