"""The rights that ``bomgate serve`` needs in a cluster, as a ServiceAccount and a kubeconfig file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes.client
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
GRANTS = ROOT / "charts" / "bomgate" / "files" / "crds" / "breakglassgrants.yaml"
SERVE = [
    ("", ["namespaces"], ["get", "list", "watch"]),
    ("", ["pods"], ["get", "list"]),
    ("", ["replicationcontrollers", "podtemplates"], ["get"]),
    ("apps", ["deployments", "replicasets", "statefulsets", "daemonsets"], ["get"]),
    ("apps", ["replicasets", "controllerrevisions"], ["list"]),
    ("batch", ["jobs", "cronjobs"], ["get"]),
    ("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
    ("bomgate.dev", ["breakglassgrants"], ["list", "create", "delete"]),
    ("bomgate.dev", ["breakglassgrants/status"], ["patch"]),
    ("admissionregistration.k8s.io", ["validatingadmissionpolicies", "validatingadmissionpolicybindings"], ["get"]),
    # The tests decide with the same file at the command line, which asks who that is and what they may do.
    ("bomgate.dev", ["assessments"], ["create", "delete", "update"]),
]
"""API group, resources, verbs."""


def account(cluster: Cluster, name: str, rules: list[tuple[str, list[str], list[str]]], folder: Path) -> Path:
    """Make a ServiceAccount with these rights alone, and a kubeconfig file that uses its token; the file's path."""
    core, rights = kubernetes.client.CoreV1Api(cluster.client), kubernetes.client.RbacAuthorizationV1Api(cluster.client)
    core.create_namespaced_service_account("default", {"metadata": {"name": name}})
    written = [{"apiGroups": [group], "resources": resources, "verbs": verbs} for group, resources, verbs in rules]
    rights.create_cluster_role({"metadata": {"name": name}, "rules": written})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    rights.create_cluster_role_binding({"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]})
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token(name, "default", request).status.token
    config: dict[str, Any] = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    config["users"] = [{"name": "admin", "user": {"token": token}}]
    path = folder / f"{name}.kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def define(cluster: Cluster, path: Path) -> None:
    """Apply a custom resource definition and wait until its objects can be made."""
    applied = cluster.kubectl("apply", "-f", str(path))
    assert applied.code == 0, applied.err
    ready = cluster.kubectl("wait", "--for=condition=Established", "--timeout=20s", "-f", str(path))
    assert ready.code == 0, ready.err
    # The API server goes on to answer 429 until their storage is there.
    plural = yaml.safe_load(path.read_text(encoding="utf-8"))["metadata"]["name"]
    wait_until(lambda: cluster.kubectl("get", plural, "--all-namespaces").code == 0, 20, f"the storage of {plural}")
