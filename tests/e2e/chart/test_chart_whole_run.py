"""Runs last: what the API server saw of the product in all tests of the chart, and what an uninstall leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import kubernetes.client

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED
from tests.e2e.chart.installation import NAMESPACE, READY_SECONDS, RELEASE, Installation
from tests.e2e.manifests import pod
from tests.e2e.registration import measured

NewNamespace = Callable[..., str]
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:"


def test_every_use_of_break_glass_was_told_as_an_event(installation: Installation) -> None:
    listed = installation.cluster.kubectl("get", "breakglassgrants", "-A", "-o", "json")
    grants = [load["spec"] for load in json.loads(listed.out)["items"]]
    assert len(grants) >= 2

    def told() -> bool:
        events = json.loads(installation.cluster.kubectl("get", "events", "-A", "-o", "json").out)["items"]
        about = {event["involvedObject"].get("uid") for event in events if "INC-4711" in event.get("message", "")}
        return {grant["workload"]["uid"] for grant in grants} <= about

    installation.kubelet.wait(told, 60, "an event on each workload")


def test_no_request_was_refused_for_want_of_a_right(installation: Installation) -> None:
    refused = {
        (request.user, request.verb, request.path.partition("?")[0])
        for request in installation.requests()
        if request.user.startswith(ACCOUNT) and request.code in (401, 403)
    }
    assert refused == set()


def test_the_product_asked_as_its_accounts_and_as_nobody_else(installation: Installation) -> None:
    ours = {request.user for request in installation.requests() if request.agent.startswith("bomgate/")}
    assert ours >= {f"{ACCOUNT}bomgate-webhook", f"{ACCOUNT}bomgate-controller"}
    assert {user for user in ours if not user.startswith("system:serviceaccount:")} == set()


def test_the_api_server_saw_no_call_of_the_webhook_fail(installation: Installation) -> None:
    def ours(name: str) -> list[Any]:
        samples = measured(installation.cluster, f"apiserver_admission_webhook_{name}")
        # Not pinned.bomgate.dev: the upgrade made it, and until the controller has put its authority in it fails open.
        names = ("enforced.bomgate.dev", "watched.bomgate.dev")
        return [sample for sample in samples if sample.labels["name"] in names]

    assert {other_our.labels["code"] for other_our in ours("request_total")} == {"200", "403"}
    assert {other_our.labels["error_type"] for other_our in ours("rejection_count")} == {"no_error"}
    assert sum(other_our.value for other_our in ours("fail_open_count")) == 0


def test_no_process_restarted_or_failed_by_itself(installation: Installation) -> None:
    for pod_processes in installation.kubelet.pods():
        assert "Traceback" not in pod_processes.log, pod_processes.log


def test_an_uninstall_leaves_nothing_that_blocks_and_keeps_the_decisions_of_people(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    namespace = new_namespace("deny")
    core = kubernetes.client.CoreV1Api(installation.cluster.client)
    create = core.create_namespaced_pod_with_http_info
    assert call(create, namespace, pod(namespace, "web", BLOCKED)).denied
    installation.helm("uninstall", RELEASE, "--wait", "--timeout", f"{READY_SECONDS:g}s")
    for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies"):
        assert [item for item in installation.get(kind) if "bomgate" in item["metadata"]["name"]] == []
    for kind in ("clusterroles", "clusterrolebindings", "priorityclasses"):
        left = [item["metadata"]["name"] for item in installation.get(kind)]
        assert [name for name in left if name.startswith("bomgate")] == []
    installation.kubelet.wait(lambda: installation.get("pods") == [], 30, "the end of all Pods")
    assert call(create, namespace, pod(namespace, "web", BLOCKED)).allowed
    answer = call(
        core.patch_namespace_with_http_info, namespace, {"metadata": {"labels": {"bomgate.dev/enforce": "off"}}}
    )
    assert answer.allowed, answer.message
    kept = {item["metadata"]["name"] for item in installation.get("customresourcedefinitions")}
    assert {"assessments.bomgate.dev", "assessmenttypes.bomgate.dev"} <= kept
