"""The guard on the label that says what is done about a namespace: lowering it is a privilege."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.chart.installation import Installation
from tests.e2e.chart.users import client_of, create_role, grant
from tests.e2e.cluster import Cluster

NewNamespace = Callable[..., str]
LABEL = "bomgate.dev/enforce"


@pytest.fixture(scope="module")
def owner(installation: Installation) -> str:
    """Somebody who may do everything to namespaces, but not exempt them."""
    role = create_role(installation.cluster, "namespace-owner", "", ["namespaces"], ["*"])
    grant(installation.cluster, "olga", role)
    return "olga"


@pytest.fixture(scope="module")
def exempter(installation: Installation, owner: str) -> str:
    """Somebody who may do that, too."""
    grant(installation.cluster, "erik", "namespace-owner")
    grant(installation.cluster, "erik", "bomgate-exempter")
    return "erik"


def relabel(cluster: Cluster, user: str, namespace: str, mode: str | None) -> Answer:
    patch: dict[str, Any] = {"metadata": {"labels": {LABEL: mode}}}
    core = kubernetes.client.CoreV1Api(client_of(cluster, user))
    return call(core.patch_namespace_with_http_info, namespace, patch, dry_run="All")


LOWERED = [("deny", "warn"), ("deny", "audit"), ("deny", "off"), ("deny", None), ("deny", "nonsense")]
LOWERED += [("warn", "audit"), ("warn", "off"), ("audit", "off"), ("", "audit"), ("", "off")]
KEPT = [
    ("", "deny"),
    ("", "warn"),
    ("audit", "warn"),
    ("off", "audit"),
    ("off", None),
    ("warn", "deny"),
    ("warn", None),
]


@pytest.mark.parametrize(("before", "after"), LOWERED)
def test_the_mode_of_a_namespace_is_lowered_only_by_those_who_may_exempt(
    installation: Installation,
    new_namespace: NewNamespace,
    owner: str,
    exempter: str,
    before: str,
    after: str | None,
) -> None:
    namespace = new_namespace(before)
    refused = relabel(installation.cluster, owner, namespace, after)
    assert (refused.status, refused.allowed) == (422, False) or refused.status == 403, refused
    assert "exemptions" in refused.message
    allowed = relabel(installation.cluster, exempter, namespace, after)
    assert allowed.allowed, allowed.message


@pytest.mark.parametrize(("before", "after"), KEPT)
def test_everybody_who_may_change_the_namespace_may_raise_its_mode(
    installation: Installation, new_namespace: NewNamespace, owner: str, before: str, after: str | None
) -> None:
    answer = relabel(installation.cluster, owner, new_namespace(before), after)
    assert answer.allowed, answer.message


def test_a_namespace_is_not_created_below_the_default(installation: Installation, owner: str, exempter: str) -> None:
    def create(user: str, mode: str) -> Answer:
        core = kubernetes.client.CoreV1Api(client_of(installation.cluster, user))
        manifest = {"metadata": {"name": "fresh", "labels": {LABEL: mode}}}
        return call(core.create_namespace_with_http_info, manifest, dry_run="All")

    assert "exemptions" in create(owner, "off").message
    assert create(owner, "deny").allowed
    assert create(owner, "warn").allowed
    assert create(exempter, "off").allowed


def test_other_changes_of_an_exempt_namespace_are_left_alone(
    installation: Installation, new_namespace: NewNamespace, owner: str
) -> None:
    core = kubernetes.client.CoreV1Api(client_of(installation.cluster, owner))
    patch = {"metadata": {"annotations": {"team": "shop"}, "labels": {"tier": "web"}}}
    answer = call(core.patch_namespace_with_http_info, new_namespace("off"), patch)
    assert answer.allowed, answer.message
