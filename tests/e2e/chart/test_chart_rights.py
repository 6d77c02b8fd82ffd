"""What the chart's ServiceAccounts may do: exactly this, seen with the API server's own eyes."""

from __future__ import annotations

from typing import Any

import kubernetes.client
import pytest

from tests.e2e.chart.installation import NAMESPACE, Installation
from tests.e2e.chart.users import client_of

Rights = set[tuple[str, str, str, str]]
"""API group, resource, name (empty: all) and verb."""


def rights(installation: Installation, account: str, namespace: str) -> Rights:
    """All that an account may do in a namespace."""
    client = client_of(installation.cluster, f"system:serviceaccount:{NAMESPACE}:{account}")
    review = kubernetes.client.AuthorizationV1Api(client).create_self_subject_rules_review(
        {"spec": {"namespace": namespace}}
    )
    assert not review.status.incomplete
    return {
        (group, resource, name, verb)
        for rule in review.status.resource_rules
        for group in rule.api_groups
        for resource in rule.resources
        for name in rule.resource_names or [""]
        for verb in rule.verbs
    }


def each(group: str, resources: str, verbs: str, *names: str) -> Rights:
    return {
        (group, resource, name, verb)
        for resource in resources.split()
        for verb in verbs.split()
        for name in names or ("",)
    }


REGISTRATIONS = "validatingwebhookconfigurations mutatingwebhookconfigurations"
GUARD = each(
    "admissionregistration.k8s.io",
    "validatingadmissionpolicies validatingadmissionpolicybindings",
    "get",
    "bomgate-break-glass-guard",
)
AUTHOR_GUARDS = each(
    "admissionregistration.k8s.io",
    "validatingadmissionpolicies validatingadmissionpolicybindings",
    "get",
    "bomgate-request-guard",
    "bomgate-author-guard",
)
WEBHOOK = (
    each("", "namespaces", "get list watch")
    | each("", "pods", "get list")
    | each("", "replicationcontrollers podtemplates", "get")
    | each("apps", "deployments statefulsets daemonsets", "get")
    | each("apps", "replicasets", "get list")
    | each("apps", "controllerrevisions", "list")
    | each("batch", "jobs cronjobs", "get")
    | each("authorization.k8s.io", "subjectaccessreviews", "create")
    | each("bomgate.dev", "breakglassgrants", "list create delete")
    | each("bomgate.dev", "breakglassgrants/status", "patch")
    | GUARD
)
CONTROLLER = (
    each("", "namespaces", "get list")
    | each("", "pods replicationcontrollers", "get list")
    | each("", "podtemplates", "get")
    | each("apps", "deployments statefulsets daemonsets", "get list")
    | each("apps", "replicasets", "get list")
    | each("batch", "jobs cronjobs", "get list")
    | each("", "events", "create patch")
    | each("bomgate.dev", "assessmenttypes assessments assessmentrequests", "list")
    | each("bomgate.dev", "assessmenttypes/status assessments/status assessmentrequests/status", "patch")
    | AUTHOR_GUARDS
    | each("authentication.k8s.io", "tokenreviews", "create")
    | each("authorization.k8s.io", "subjectaccessreviews", "create")
    | each("bomgate.dev", "breakglassgrants", "list delete")
    | each("bomgate.dev", "breakglassgrants/status", "patch")
    | GUARD
    | each("wgpolicyk8s.io", "policyreports", "list create patch delete")
    | each("openreports.io", "reports", "list create patch delete")
    | each("admissionregistration.k8s.io", REGISTRATIONS, "get patch", "bomgate")
)
CONTROLLER_AT_HOME = (
    each("coordination.k8s.io", "leases", "create")
    | each("coordination.k8s.io", "leases", "get update", "bomgate-controller")
    | each("", "secrets", "create")
    | each("", "secrets", "get update", "bomgate-ca", "bomgate-webhook-tls", "bomgate-console-tls")
)
CONSOLE = (
    each("authentication.k8s.io", "tokenreviews", "create")
    | each("authorization.k8s.io", "subjectaccessreviews", "create")
    | each("", "events", "create patch")
)
CONSOLE_AT_HOME = each("batch", "cronjobs", "get", "bomgate-download") | each("batch", "jobs", "create")
UNREGISTER = each("admissionregistration.k8s.io", REGISTRATIONS, "delete", "bomgate")


@pytest.mark.parametrize(
    ("account", "everywhere", "at_home"),
    [
        ("bomgate-webhook", WEBHOOK, set()),
        ("bomgate-controller", CONTROLLER, CONTROLLER_AT_HOME),
        ("bomgate-console", CONSOLE, CONSOLE_AT_HOME),
        ("bomgate-download", set(), set()),
        ("bomgate-unregister", UNREGISTER, set()),
    ],
)
def test_an_account_may_do_what_it_needs_and_nothing_else(
    installation: Installation, account: str, everywhere: Rights, at_home: Rights
) -> None:
    assert rights(installation, account, "default") - rights(installation, "of-nobody", "default") == everywhere
    assert (
        rights(installation, account, NAMESPACE) - rights(installation, "of-nobody", NAMESPACE) == everywhere | at_home
    )


def test_the_controller_finds_no_gap_in_its_rights(installation: Installation) -> None:
    # A Pod may start a moment before its roles are in force.
    installation.kubelet.wait(lambda: installation.metric("controller", "bomgate_rbac_gaps") == 0, 30, "no gap")


def test_only_what_asks_the_api_server_gets_a_token(installation: Installation) -> None:
    def has_token(spec: dict[str, Any]) -> bool:
        sources = [source for volume in spec["volumes"] for source in volume.get("projected", {}).get("sources", [])]
        return any("serviceAccountToken" in source for source in sources)

    specs = {
        pod.pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod.pod["spec"]
        for pod in installation.kubelet.pods()
    }
    assert {component: has_token(spec) for component, spec in specs.items()} == {
        "webhook": True,
        "controller": True,
        "console": True,
        "download": False,
    }
