"""Kinds of workloads: every built-in kind whose objects carry a pod spec.

Source: Kubernetes API reference, core/v1, apps/v1, batch/v1.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class WorkloadKind(msgspec.Struct, frozen=True):
    """A kind, in version v1 of its group.

    Attributes:
        group: API group, empty for the core group.
        kind: such as ``Deployment``.
        plural: as addresses have it, such as ``deployments``.
        pod_spec: path to the pod spec.
        one_template: an object's pod spec makes all its Pods; that of other controllers may change while they run.
    """

    group: str
    kind: str
    plural: str
    pod_spec: str
    one_template: bool = False

    @property
    def is_controller(self) -> bool:
        """Whether its objects make Pods."""
        return self.pod_spec.startswith("spec.")

    @property
    def resource(self) -> str:
        """As RBAC and kubectl write it: ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "") -> str:
        """The path of its objects at the API server, in one namespace or in all."""
        root = f"/apis/{self.group}/v1" if self.group else "/api/v1"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"


_TEMPLATE, _CRON = "spec.template.spec", "spec.jobTemplate.spec.template.spec"
POD = WorkloadKind("", "Pod", "pods", "spec")
REPLICA_SET = WorkloadKind("apps", "ReplicaSet", "replicasets", _TEMPLATE, one_template=True)
JOB = WorkloadKind("batch", "Job", "jobs", _TEMPLATE, one_template=True)
WORKLOAD_KINDS: Mapping[tuple[str, str], WorkloadKind] = {
    (kind.group, kind.kind): kind
    for kind in (
        POD,
        WorkloadKind("", "PodTemplate", "podtemplates", "template.spec"),
        WorkloadKind("", "ReplicationController", "replicationcontrollers", _TEMPLATE, one_template=True),
        WorkloadKind("apps", "Deployment", "deployments", _TEMPLATE),
        REPLICA_SET,
        WorkloadKind("apps", "StatefulSet", "statefulsets", _TEMPLATE),
        WorkloadKind("apps", "DaemonSet", "daemonsets", _TEMPLATE),
        JOB,
        WorkloadKind("batch", "CronJob", "cronjobs", _CRON),
    )
}
"""By API group and kind; read without further configuration."""

CONTROLLERS = {key: kind for key, kind in WORKLOAD_KINDS.items() if kind.is_controller}
"""Those whose objects make Pods."""
