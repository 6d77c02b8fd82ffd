"""Runs last: what the counters of both sides say about everything that the tests before did."""

from __future__ import annotations

import kubernetes.client
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.answers import call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.product import Bomgate


def test_metrics_count_every_answer_by_its_decision(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    def counted() -> dict[str, float]:
        labels = {"operation": "CREATE", "kind": "Pod"}
        name = "bomgate_admission_requests_total"
        return {word: main.metric(name, **labels, decision=word) for word in ("allow", "warn", "deny")}

    before = counted()
    for name, image in (("a", CLEAN), ("b", CAUTION), ("c", CAUTION), ("d", BLOCKED), ("e", BLOCKED), ("f", BLOCKED)):
        call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, name, image), dry_run="All")
    after = counted()
    assert {word: after[word] - before[word] for word in after} == {"allow": 1, "warn": 2, "deny": 3}
    assert main.metric("bomgate_admission_errors_total") == 0


def test_the_api_server_saw_no_call_fail(main: Bomgate, cluster: Cluster) -> None:
    metrics = cluster.get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    ours = [sample for sample in samples if sample.labels.get("name", "").endswith(".e2e.bomgate.dev")]
    codes = {webhook.labels["code"] for webhook in ours if webhook.name == "apiserver_admission_webhook_request_total"}
    # The parser of the library gives every counter the ending that OpenMetrics asks for.
    errors = {
        webhook.labels["error_type"]
        for webhook in ours
        if webhook.name == "apiserver_admission_webhook_rejection_count_total"
    }
    assert codes == {"200", "403"}, "allowed and denied, and nothing else"
    assert errors == {"no_error"}
