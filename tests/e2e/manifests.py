"""Kubernetes objects for the tests: the smallest ones that the API server accepts."""

from __future__ import annotations

from typing import Any

import kubernetes.client

Manifest = dict[str, Any]

WORKLOADS = {
    "Deployment": ("apps/v1", "AppsV1Api", "create_namespaced_deployment"),
    "StatefulSet": ("apps/v1", "AppsV1Api", "create_namespaced_stateful_set"),
    "DaemonSet": ("apps/v1", "AppsV1Api", "create_namespaced_daemon_set"),
    "ReplicaSet": ("apps/v1", "AppsV1Api", "create_namespaced_replica_set"),
    "ReplicationController": ("v1", "CoreV1Api", "create_namespaced_replication_controller"),
    "Job": ("batch/v1", "BatchV1Api", "create_namespaced_job"),
    "CronJob": ("batch/v1", "BatchV1Api", "create_namespaced_cron_job"),
    "PodTemplate": ("v1", "CoreV1Api", "create_namespaced_pod_template"),
}
"""Kind → API version, class of the client library, and the method that creates one."""

SPEC_PATHS = {"CronJob": "spec.jobTemplate.spec.template.spec", "PodTemplate": "template.spec"}
"""Where the pod spec of a kind is, where that is not ``spec.template.spec``."""


def containers(*images: str) -> list[Manifest]:
    """Containers named c0, c1 …"""
    return [{"name": f"c{index}", "image": image} for index, image in enumerate(images)]


def pod(namespace: str, name: str, *images: str, **spec: Any) -> Manifest:
    """A Pod with one container an image, and further fields of its spec."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"containers": containers(*images), **spec},
    }


def workload(kind: str, namespace: str, name: str, *images: str, replicas: int = 1) -> Manifest:
    """A workload of any of the kinds in ``WORKLOADS``."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers(*images)}}
    manifest: Manifest = {
        "apiVersion": WORKLOADS[kind][0],
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
    }
    finite = {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}
    if kind == "PodTemplate":
        return {**manifest, "template": template}
    if kind == "Job":
        return {**manifest, "spec": {"template": finite}}
    if kind == "CronJob":
        job = {"spec": {"template": finite}}
        return {**manifest, "spec": {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": job}}
    selector: Any = labels if kind == "ReplicationController" else {"matchLabels": labels}
    spec = {"selector": selector, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    if kind != "DaemonSet":
        spec["replicas"] = replicas
    return {**manifest, "spec": spec}


def deployment(namespace: str, name: str, *images: str, replicas: int = 1) -> Manifest:
    """A Deployment."""
    return workload("Deployment", namespace, name, *images, replicas=replicas)


def creator(client: kubernetes.client.ApiClient, kind: str) -> Any:
    """The client library's method that creates an object of a kind and tells the response's headers."""
    _, api, method = WORKLOADS[kind]
    return getattr(getattr(kubernetes.client, api)(client), f"{method}_with_http_info")
