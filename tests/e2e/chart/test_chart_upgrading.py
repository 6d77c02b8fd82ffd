"""``helm upgrade`` and ``helm rollback`` while the API server asks for decisions."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.e2e.catalogue import CLEAN, UNASSESSED
from tests.e2e.chart.installation import READY_SECONDS, RELEASE, WORKLOADS, Installation
from tests.e2e.chart.test_chart_certificates import bundles
from tests.e2e.deciding import pod_trier, under_load

NewNamespace = Callable[..., str]


def test_other_settings_take_effect_by_an_upgrade_and_go_by_a_rollback_and_no_call_fails(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    try_pod = pod_trier(installation.cluster.client, new_namespace("deny"))
    assert try_pod(UNASSESSED).allowed
    before, trusted = names(installation), bundles(installation)
    assert len(before) == 4
    with under_load(try_pod, pause=0.05):
        installation.values["config"]["policy"]["unassessed"] = "deny"
        installation.values["mutate"] = {"enabled": True}
        installation.upgrade()
        assert names(installation).isdisjoint(before)
        installation.kubelet.wait(lambda: try_pod(UNASSESSED).denied, 20, "the denial")
        installation.kubelet.wait(lambda: pinning(installation) == trusted[:1], 30, "the authority in what is new")
        assert try_pod(CLEAN).allowed
        between = names(installation)
        installation.helm("rollback", RELEASE, "1", "--wait", "--timeout", f"{READY_SECONDS:g}s")
        assert names(installation).isdisjoint(between)
        installation.kubelet.wait(lambda: try_pod(UNASSESSED).allowed, 20, "the permission")
        assert pinning(installation) == []
    assert bundles(installation) == trusted, "the authority that the controller put in stays"


def names(installation: Installation) -> set[str]:
    """The Pods of both Deployments that are to stay, as the API server has them."""
    return {
        pod["metadata"]["name"]
        for pod in installation.get("pods")
        if pod["metadata"]["labels"].get("app.kubernetes.io/component") in WORKLOADS
        and "deletionTimestamp" not in pod["metadata"]
    }


def pinning(installation: Installation) -> list[bytes]:
    """The bundles of the webhook that pins tags, where there is one."""
    found = installation.get("mutatingwebhookconfigurations")
    webhooks = [webhook for item in found for webhook in item["webhooks"]]
    return [base64.b64decode(webhook["clientConfig"].get("caBundle", "")) for webhook in webhooks]
