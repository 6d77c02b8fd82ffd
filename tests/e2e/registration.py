"""Registering a webhook at the API server, as a user would with a manifest."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import partial
from typing import Any

import kubernetes.client
from kubernetes.client import ApiException
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.answers import call
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until

INSTANCE_LABEL = "e2e.bomgate.dev/instance"
"""Names the instance that decides about a namespace; without it the main one does."""

JUDGED = [
    ("", ["pods", "replicationcontrollers", "podtemplates"], ["CREATE", "UPDATE"]),
    ("", ["pods/ephemeralcontainers"], ["UPDATE"]),
    ("apps", ["deployments", "statefulsets", "daemonsets", "replicasets"], ["CREATE", "UPDATE"]),
    ("batch", ["jobs", "cronjobs"], ["CREATE", "UPDATE"]),
]
"""What bomgate is meant to be asked about: API group, resources, operations."""

EVERYTHING = [
    ("", ["pods", "pods/*"], ["*"]),
    ("apps", ["deployments", "deployments/*", "replicasets", "replicasets/*"], ["*"]),
]
"""More than it should be asked, as after a mistake in a manifest."""

_MISSING = 404


@dataclass(frozen=True)
class Registration:
    """How a webhook is registered.

    Attributes:
        instance: names the configuration and the webhook, and labels the namespaces that it is asked about; ``main``
            is asked about all others but kube-system.
        port: of loopback, where it listens.
        authority: PEM of the CA that signed its certificate.
        rules: see ``JUDGED``.
        path: where it is asked.
    """

    instance: str
    port: int
    authority: bytes
    rules: Any
    path: str = "/validate"

    @property
    def name(self) -> str:
        return f"{self.instance}.e2e.bomgate.dev"

    @property
    def probed(self) -> str:
        """The namespace in which it is seen whether it is asked."""
        return f"probe-{self.instance}"

    def manifest(self) -> dict[str, Any]:
        """The ValidatingWebhookConfiguration."""
        label, names = INSTANCE_LABEL, [self.instance]
        selector: Any = {"matchExpressions": [{"key": label, "operator": "In", "values": names}]}
        if self.instance == "main":
            selector["matchExpressions"] = [
                {"key": label, "operator": "DoesNotExist"},
                {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]},
            ]
        webhook = {
            "name": self.name,
            "clientConfig": {
                "url": f"https://127.0.0.1:{self.port}{self.path}",
                "caBundle": base64.b64encode(self.authority).decode(),
            },
            "rules": [
                {
                    "apiGroups": [group],
                    "apiVersions": ["v1"],
                    "resources": resources,
                    "operations": operations,
                    "scope": "Namespaced",
                }
                for group, resources, operations in self.rules
            ],
            "namespaceSelector": selector,
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "sideEffects": "NoneOnDryRun",
            "timeoutSeconds": 5,
            "admissionReviewVersions": ["v1"],
        }
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": f"bomgate-{self.instance}"},
            "webhooks": [webhook],
        }


def register(cluster: Cluster, registration: Registration) -> None:
    """Register a webhook and wait until the API server asks it."""
    admission = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
    admission.create_validating_webhook_configuration(registration.manifest())
    labels = {} if registration.instance == "main" else {INSTANCE_LABEL: registration.instance}
    cluster.create_namespace(registration.probed, labels)
    asked = partial(_calls_after_a_try, cluster, registration)
    wait_until(asked, 30, f"the first call of the webhook {registration.name}", pause=0.2)


def unregister(cluster: Cluster, registration: Registration) -> None:
    """Take a webhook back and wait until the API server asks it no longer."""
    admission = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
    try:
        admission.delete_validating_webhook_configuration(f"bomgate-{registration.instance}")
    except ApiException as problem:
        if problem.status != _MISSING:  # a test may have taken it back already
            raise
    counts = [calls(cluster, registration.name)]

    def is_left_alone() -> bool:
        counts.append(_calls_after_a_try(cluster, registration))
        return counts[-1] == counts[-2]

    wait_until(is_left_alone, 30, f"the last call of the webhook {registration.name}", pause=0.2)


def _calls_after_a_try(cluster: Cluster, registration: Registration) -> dict[str, int]:
    """How often a webhook has been called when a Pod that it would be asked about has been tried."""
    create = kubernetes.client.CoreV1Api(cluster.client).create_namespaced_pod_with_http_info
    probe = pod(registration.probed, "probe", "registry.example/probe:1")
    call(create, registration.probed, probe, dry_run="All")
    return calls(cluster, registration.name)


def calls(cluster: Cluster, name: str) -> dict[str, int]:
    """How often the API server has called a webhook, by its own metrics: 200 allowed, 403 denied, all others failed."""
    found: dict[str, int] = {}
    for sample in measured(cluster, "apiserver_admission_webhook_request_total"):
        if sample.labels["name"] == name:
            code = sample.labels["code"]
            found[code] = found.get(code, 0) + int(sample.value)
    return found


def measured(cluster: Cluster, name: str) -> list[Any]:
    """The samples of one of the API server's own metrics; it has so many that only these are parsed."""
    lines = [line for line in cluster.get("/metrics").text.splitlines() if line.startswith(name)]
    return [sample for family in text_string_to_metric_families("\n".join(lines) + "\n") for sample in family.samples]
