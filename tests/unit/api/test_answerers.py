"""What the metrics say of an answer."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from tests.copies import replace
from webhook.api.answerers import account, area, subject
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation, Requester
from webhook.model.workloads import OwnerRef, Workload
from webhook.telemetry.metrics import Metrics, exposition

POD = Workload("", "Pod", "shop", "web")
OWNED = replace(POD, controller=OwnerRef("apps/v1", "ReplicaSet", "web", "1"))
DENIED = AdmissionResponse("u", allowed=False, decision="deny", reason="findings")
KEPT = AdmissionResponse("u", allowed=True, decision="warn", reason="admitted")
GLASS = AdmissionResponse("u", allowed=True, decision="warn", reason="break-glass", break_glass="used")


def counted(answer: AdmissionResponse, workload: Workload, namespace: str, *, dry_run: bool = False) -> str:
    metrics = Metrics(CollectorRegistry())
    asked = AdmissionRequest("u", Operation.CREATE, "pods", "", namespace, Requester("someone"), workload, kind="Pod")
    account(metrics, replace(asked, dry_run=dry_run), answer, 0.001)
    return exposition(metrics.registry)[0].decode()


@pytest.mark.parametrize(
    ("workload", "name"),
    [(POD, "pod"), (OWNED, "controller-pod"), (Workload("apps", "Deployment", "shop", "web"), "workload")],
)
def test_a_denial_is_counted_by_whose_it_is(workload: Workload, name: str) -> None:
    assert subject(workload) == name
    assert f'denials_total{{area="other",subject="{name}"}} 1.0' in counted(DENIED, workload, "shop")


@pytest.mark.parametrize("namespace", ["kube-system", "openshift-dns", "openshift"])
def test_the_namespaces_that_a_cluster_lives_from_are_told_apart(namespace: str) -> None:
    assert area(namespace) == "system"
    assert 'denials_total{area="system",subject="pod"} 1.0' in counted(DENIED, POD, namespace)


@pytest.mark.parametrize("namespace", ["default", "shop", "my-kube-system", "openshiftish", ""])
def test_all_others_are_others(namespace: str) -> None:
    assert area(namespace) == "other"


@pytest.mark.parametrize("reason", ["admitted", "admitted-unproven"])
def test_what_was_kept_is_counted(reason: str) -> None:
    assert "admitted_kept_total 1.0" in counted(replace(KEPT, reason=reason), OWNED, "shop")
    assert "admitted_kept_total 0.0" in counted(GLASS, OWNED, "shop")


@pytest.mark.parametrize("result", ["used", "refused", "expired"])
def test_what_became_of_break_glass_is_counted(result: str) -> None:
    text = counted(replace(GLASS, break_glass=result), POD, "shop")
    assert f'break_glass_total{{result="{result}"}} 1.0' in text


def test_a_dry_run_is_a_request_and_nothing_else() -> None:
    for answer in (DENIED, KEPT, GLASS):
        text = counted(answer, OWNED, "shop", dry_run=True)
        assert 'subject="controller-pod"} 0.0' in text
        assert "admitted_kept_total 0.0" in text
        assert 'break_glass_total{result="used"} 0.0' in text
        assert "requests_total{" in text
