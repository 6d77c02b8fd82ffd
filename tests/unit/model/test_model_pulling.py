"""With whose credentials a workload's images are pulled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.model.fieldpaths import parse_field_path
from webhook.model.objects import decode_workload, workload_of
from webhook.model.policies import ExtraKind
from webhook.model.pulling import PullAccess

SECRETS = {"imagePullSecrets": [{"name": "one"}, {"name": "two"}, {}]}


def access(kind: str, group: str, spec: dict[str, Any]) -> PullAccess:
    content = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    found = decode_workload(
        json.dumps(content).encode(), group, kind, [ExtraKind("odd.test", "Odd", (parse_field_path("spec.pod"),))]
    )
    assert found is not None
    return found.pull_access


def test_a_pod_brings_the_secrets_that_it_names() -> None:
    spec = {**SECRETS, "serviceAccountName": "robot"}
    assert access("Pod", "", spec) == PullAccess("shop", ("one", "two"))


def test_a_pod_without_secrets_brings_none_for_those_of_its_service_account_would_be_in_it_already() -> None:
    assert access("Pod", "", {"serviceAccountName": "robot"}).is_empty


@pytest.mark.parametrize(("spec", "account"), [({}, "default"), ({"serviceAccountName": "robot"}, "robot")])
def test_a_template_without_secrets_brings_those_of_its_service_account(spec: dict[str, Any], account: str) -> None:
    assert access("Deployment", "apps", {"template": {"spec": spec}}) == PullAccess("shop", (), account)
    assert access("Odd", "odd.test", {"pod": spec}) == PullAccess("shop", (), account)


def test_a_template_with_secrets_brings_those_alone() -> None:
    assert access("Deployment", "apps", {"template": {"spec": SECRETS}}) == PullAccess("shop", ("one", "two"))


def test_a_manifest_of_no_namespace_brings_nothing() -> None:
    found = workload_of({"apiVersion": "v1", "kind": "Pod", "spec": SECRETS})
    assert found is not None
    assert found.pull_access.is_empty
