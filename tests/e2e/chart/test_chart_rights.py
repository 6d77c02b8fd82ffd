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


OWNERS = (
    ("apps", "deployments replicasets statefulsets daemonsets"),
    ("batch", "jobs cronjobs"),
    ("", "replicationcontrollers"),
)
WEBHOOK = (
    each("", "namespaces", "get list watch")
    | each("", "pods", "list")
    | {right for group, kinds in OWNERS for right in each(group, kinds, "get")}
    | each("authorization.k8s.io", "subjectaccessreviews", "create")
    | each("bomgate.dev", "breakglassgrants", "get create")
)
CONTROLLER = (
    each("", "namespaces pods", "get list watch")
    | {right for group, kinds in OWNERS for right in each(group, kinds, "get list watch")}
    | each("", "events", "create patch")
    | each("events.k8s.io", "events", "create patch")
    | each("bomgate.dev", "assessmenttypes assessments", "get list watch")
    | each("bomgate.dev", "assessmenttypes/status assessments/status", "update patch")
    | each("bomgate.dev", "breakglassgrants", "get list watch delete")
    | each("wgpolicyk8s.io", "policyreports", "get list create update patch delete")
    | each("openreports.io", "reports", "get list create update patch delete")
    | {
        right
        for kind in ("validating", "mutating")
        for right in each("admissionregistration.k8s.io", f"{kind}webhookconfigurations", "get update patch", "bomgate")
    }
)
CONTROLLER_AT_HOME = (
    each("coordination.k8s.io", "leases", "create")
    | each("coordination.k8s.io", "leases", "get update patch", "bomgate-controller")
    | each("", "secrets", "create")
    | each("", "secrets", "get update patch", "bomgate-ca", "bomgate-webhook-tls")
)
UNREGISTER = {
    right
    for kind in ("validating", "mutating")
    for right in each("admissionregistration.k8s.io", f"{kind}webhookconfigurations", "get delete", "bomgate")
}


@pytest.mark.parametrize(
    ("account", "everywhere", "at_home"),
    [
        ("bomgate-webhook", WEBHOOK, set()),
        ("bomgate-controller", CONTROLLER, CONTROLLER_AT_HOME),
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
    assert installation.metric("controller", "bomgate_rbac_gaps") == 0
    assert "rights" not in installation.leader().log


def test_only_what_asks_the_api_server_gets_a_token(installation: Installation) -> None:
    def has_token(spec: dict[str, Any]) -> bool:
        sources = [source for volume in spec["volumes"] for source in volume.get("projected", {}).get("sources", [])]
        return any("serviceAccountToken" in source for source in sources)

    specs = {
        one.pod["metadata"]["labels"]["app.kubernetes.io/component"]: one.pod["spec"]
        for one in installation.kubelet.pods()
    }
    assert {component: has_token(spec) for component, spec in specs.items()} == {
        "webhook": True,
        "controller": True,
        "download": False,
    }
