"""The table of kinds that carry a pod spec."""

from __future__ import annotations

from webhook.model.kinds import CONTROLLERS, JOB, POD, WORKLOAD_KINDS


def test_controllers_are_all_kinds_but_those_that_are_or_only_describe_a_pod() -> None:
    assert WORKLOAD_KINDS.keys() - CONTROLLERS.keys() == {("", "Pod"), ("", "PodTemplate")}
    assert {kind.kind for kind in CONTROLLERS.values() if kind.one_template} == {
        "ReplicaSet",
        "ReplicationController",
        "Job",
    }


def test_addresses_and_resources_are_spelt_as_the_api_server_spells_them() -> None:
    assert (POD.path(), POD.path("shop"), POD.resource) == ("/api/v1/pods", "/api/v1/namespaces/shop/pods", "pods")
    assert (JOB.path(), JOB.path("shop"), JOB.resource) == (
        "/apis/batch/v1/jobs",
        "/apis/batch/v1/namespaces/shop/jobs",
        "jobs.batch",
    )
