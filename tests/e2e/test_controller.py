"""The controller on a real API server: who leads, certificates and their rotation, rights, unregistering."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest
import yaml

from tests.doubles.ossindex import OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e import catalogue
from tests.e2e.cluster import Cluster
from tests.e2e.controllers import ControllerProcess, Load, Registered, Served, secret_data
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import write_sbom
from tests.e2e.registration import INSTANCE_LABEL
from tests.fakes import FakeClock
from tests.ports.leader_lock import LeaderLockSuite, NewLock
from webhook.bootstrap.cluster import features
from webhook.bootstrap.parts import Parts, open_parts
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import connect
from webhook.clients.kube.leases import LeaseLock
from webhook.clients.kube.options import KubeOptions
from webhook.engines.controlling.rights import controller_needs
from webhook.model.rights import Right
from webhook.model.triage import AuditNote
from webhook.settings import load_settings

NewController = Callable[..., ControllerProcess]
_NUMBERS = itertools.count(1)
MANY = 400
"""Rows of the audit log: some seconds' work, as a pass tells a hundred of them."""


@pytest.fixture
def home(cluster: Cluster) -> str:
    """A fresh namespace for bomgate that no other webhook decides about."""
    name = f"controller-{next(_NUMBERS)}"
    return cluster.create_namespace(name, {INSTANCE_LABEL: name})


@pytest.fixture
def new_controller(cluster: Cluster, home: str, tmp_path: Path) -> Iterator[NewController]:
    """Starts controllers of the namespace; groups of the settings file can be given."""
    started: list[ControllerProcess] = []

    def make(kubeconfig: Path = cluster.kubeconfig, **settings: Any) -> ControllerProcess:
        given = {"kube": {"namespace": home}, "certificates": {"manage": True, "configurations": [home]}}
        for group, values in settings.items():
            given[group] = {**given.get(group, {}), **values}
        name = f"{home}-{len(started)}"
        started.append(ControllerProcess(name, tmp_path / name, kubeconfig, given))
        return started[-1]

    yield make
    for process in started:
        process.process.stop()


class TestLeaseLockOnARealServer(LeaderLockSuite):
    @pytest.fixture
    def new_lock(self, cluster: Cluster, home: str, clock: FakeClock) -> Iterator[NewLock]:
        options = KubeOptions(kubeconfig=cluster.kubeconfig)
        api = KubeApi(connect(options, {}, clock), options, clock)
        yield lambda: LeaseLock(api, (home, "bomgate-controller"), 15, clock)
        api.close()


# -- who leads ----------------------------------------------------------------------------------------------------


def test_a_killed_leader_is_followed_after_its_lease_and_a_stopped_one_at_once(
    new_controller: NewController, cluster: Cluster, home: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    quick = {"controller": {"leaseSeconds": 8, "resourceSeconds": 1}, "database": {"url": url}}
    parts = open_parts(load_settings(None, {"database.url": url}, {"HOME": str(tmp_path)}))
    parts.store.admin.upgrade()
    first = new_controller(**quick)
    first.wait_for("leads")
    second, third = new_controller(**quick), new_controller(**quick)
    second.wait_for("stands by")
    third.wait_for("stands by")
    writer = threading.Thread(target=decide, args=(parts, 0, MANY))
    writer.start()  # beside what is told, so that a leader is always in the middle, however fast the machine
    wait_until(lambda: len(decided(cluster, home)) >= 5, 20, "the first rows are told")
    first.process.kill()
    assert len(decided(cluster, home)) < MANY, "it was killed in the middle"
    writer.join()
    wait_until(lambda: second.leads or third.leads, 40, "another leader")
    leader, follower = (second, third) if second.leads else (third, second)
    assert not follower.leads
    wait_until(lambda: len(decided(cluster, home)) >= MANY, 40, "the rest is told")
    assert leader.process.stop() == 0
    lease = kubernetes.client.CoordinationV1Api(cluster.client).read_namespaced_lease("bomgate-controller", home)
    assert str(first.process.pid) not in (lease.spec.holder_identity or "")
    decide(parts, MANY, MANY + 1)
    wait_until(lambda: follower.leads, 7, "the last one to lead, before the lease has ended")
    wait_until(lambda: len(decided(cluster, home)) > MANY, 20, "what came while nobody led is told")
    parts.store.close()
    assert sorted(decided(cluster, home)) == sorted((f"note {number:02}", 1) for number in range(MANY + 1)), "each once"


def decide(parts: Parts, first: int, end: int) -> None:
    """Write rows of the audit log."""
    for number in range(first, end):
        parts.store.run_progress.note(AuditNote("ana", "test", "note", f"{number:02}", {}), parts.clock.now())


def decided(cluster: Cluster, namespace: str) -> list[tuple[str, int]]:
    """What was told about decisions, and how often."""
    told = kubernetes.client.CoreV1Api(cluster.client).list_namespaced_event(namespace).items
    return [(event.message.removeprefix("ana: "), event.count) for event in told if event.reason == "BomgateDecided"]


# -- certificates -------------------------------------------------------------------------------------------------


def test_certificates_are_made_without_a_database_and_a_wiped_bundle_comes_back(
    new_controller: NewController, cluster: Cluster, home: str
) -> None:
    registered = Registered(cluster, home)
    nowhere = {"database": {"url": "postgresql+psycopg://bomgate@127.0.0.1:1/bomgate?connect_timeout=1"}}
    controller = new_controller(**nowhere, certificates={"overlapSeconds": 4})
    wait_until(lambda: registered.authorities, 20, "the bundle")
    authority = secret_data(cluster, home, "bomgate-ca")
    leaf = wait_until(lambda: secret_data(cluster, home, "bomgate-webhook-tls"), 20, "the certificate")
    assert isinstance(leaf, dict)
    assert registered.bundle.encode() == authority["tls.crt"] == leaf["ca.crt"]
    registered.wipe()
    wait_until(lambda: registered.authorities, 20, "the bundle again")
    assert registered.bundle.encode() == authority["tls.crt"]
    # What needs the database says so, and takes neither the process down nor the lead away.
    controller.wait_for("leads", "the duty urgent fails", "the duty audit fails")
    assert controller.get("/readyz")[0] == controller.get("/healthz")[0] == 200
    assert controller.metric("bomgate_certificate_authority_expiry_timestamp_seconds")


def test_a_rotation_of_the_authority_costs_no_call(
    new_controller: NewController, cluster: Cluster, home: str, tmp_path: Path
) -> None:
    quick = {"overlapSeconds": 2, "authorityDays": 24 / 86400, "leafDays": 24 / 86400}
    new_controller(certificates=quick)
    served = Served(cluster, home, tmp_path / "served", delay=1.0)
    registered = Registered(cluster, home, served.port)
    served.start()
    try:
        wait_until(lambda: registered.authorities == 1, 20, "the first bundle")
        first = registered.bundle
        with Load(cluster, home) as load:
            wait_until(lambda: registered.authorities == 2, 40, "the new authority beside the old one")
            assert first in registered.bundle
            wait_until(lambda: first not in registered.bundle, 40, "the end of the old authority")
            made = load.made
            wait_until(lambda: load.made > made + 20, 20, "calls after the rotation")
        assert load.failures == []
        assert len(served.served) >= 2
    finally:
        served.stop()


def test_unregistering_takes_the_webhook_out_of_the_way_and_says_so(
    cluster: Cluster, home: str, tmp_path: Path
) -> None:
    registered = Registered(cluster, home)  # nothing listens there, so nothing can be created
    for expected in (f"deleted ValidatingWebhookConfiguration {home}\n", ""):
        done = subprocess.run(
            [sys.executable, "-m", "webhook", "unregister", "--yes", "--name", home],
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                "HOME": str(tmp_path),
                "BOMGATE_KUBE_KUBECONFIG": str(cluster.kubeconfig),
                "BOMGATE_KUBE_NAMESPACE": home,
                "BOMGATE_DATABASE_URL": "postgresql+psycopg://bomgate@127.0.0.1:1/bomgate",
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, expected), done.stderr
        assert not registered.exists
    assert "nothing was deleted" in done.stderr


# -- what runs ----------------------------------------------------------------------------------------------------


def test_what_ran_before_gets_its_sbom_and_its_answers_without_a_download(
    new_controller: NewController, cluster: Cluster, home: str, ossindex: OssIndexDouble, tmp_path: Path
) -> None:
    image = next(name for name, purls in catalogue.CONTENTS.items() if purls)
    write_sbom(tmp_path, catalogue.digest(image), catalogue.CONTENTS[image])
    reference = f"registry.example/running:1@{catalogue.digest(image)}"
    core = kubernetes.client.CoreV1Api(cluster.client)
    core.create_namespaced_pod(home, pod(home, "running", reference))
    wait_until(lambda: core.read_namespaced_pod("running", home).status.phase == "Running", 20, "the Pod")
    controller = new_controller(
        controller={"inventorySeconds": 1, "urgentSeconds": 1},
        sbom={"sources": ["directory"], "directory": str(tmp_path)},
        ossindex={"url": ossindex.url, "token": PAT},
        audit={"minSeconds": 1},
    )

    def answered() -> bool:
        return bool(
            controller.metric("bomgate_components", state="clean")
            or controller.metric("bomgate_components", state="vulnerable")
        )

    wait_until(answered, 120, "answers for its components")
    assert controller.metric("bomgate_data_last_complete_download_timestamp_seconds") == 0, "it is no run"


# -- rights -------------------------------------------------------------------------------------------------------


def grant(cluster: Cluster, namespace: str, rights: list[Right], folder: Path) -> Path:
    """A kubeconfig of an account that has these rights and no others."""
    core = kubernetes.client.CoreV1Api(cluster.client)
    api = kubernetes.client.RbacAuthorizationV1Api(cluster.client)
    core.create_namespaced_service_account(namespace, {"metadata": {"name": "controller"}})
    subjects = [{"kind": "ServiceAccount", "name": "controller", "namespace": namespace}]
    api_group = "rbac.authorization.k8s.io"
    for kind, of in (("ClusterRole", ""), ("Role", namespace)):
        rules = [
            {"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb]}
            | ({"resourceNames": [right.name]} if right.name else {})
            for right in rights
            if right.namespace == of
        ]
        role = {"metadata": {"name": f"{namespace}-controller"}, "rules": rules}
        binding = {
            "metadata": {"name": f"{namespace}-controller"},
            "roleRef": {"apiGroup": api_group, "kind": kind, "name": f"{namespace}-controller"},
            "subjects": subjects,
        }
        if of:
            api.create_namespaced_role(namespace, role)
            api.create_namespaced_role_binding(namespace, binding)
        else:
            api.create_cluster_role(role)
            api.create_cluster_role_binding(binding)
    token = core.create_namespaced_service_account_token("controller", namespace, {"spec": {}}).status.token
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    content["users"] = [{"name": "admin", "user": {"token": token}}]
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return path


def needed(namespace: str) -> list[Right]:
    """What the controller of these tests needs, by its own table."""
    settings = load_settings(
        environment={"BOMGATE_CERTIFICATES_MANAGE": "true", "BOMGATE_CERTIFICATES_CONFIGURATIONS": namespace}
    )
    return [right for rights in controller_needs(features(settings, namespace)).values() for right in rights]


def test_the_rights_of_the_table_are_enough(
    new_controller: NewController, cluster: Cluster, home: str, tmp_path: Path
) -> None:
    registered = Registered(cluster, home)
    controller = new_controller(kubeconfig=grant(cluster, home, needed(home), tmp_path))
    wait_until(lambda: registered.authorities, 20, "the bundle")
    names = ("certificates", "grants", "inventory", "urgent", "documents", "audit", "rights")
    done = "bomgate_controller_duty_timestamp_seconds"
    wait_until(lambda: all(controller.metric(done, duty=name) for name in names), 20, "a pass of each duty")
    assert controller.metric("bomgate_rbac_gaps") == 0
    assert controller.metric("bomgate_outdated_running_images") == 0
    assert controller.get("/readyz") == (200, "leads\n")


def test_a_missing_right_is_named_and_stops_only_what_needs_it(
    new_controller: NewController, cluster: Cluster, home: str, tmp_path: Path
) -> None:
    registered = Registered(cluster, home)
    gap = Right("list", "pods")
    rights = [right for right in needed(home) if right != gap]
    controller = new_controller(kubeconfig=grant(cluster, home, rights, tmp_path))
    text = controller.wait_for("leads", "bomgate may not list pods in the cluster", "the duty inventory fails")
    assert controller.get("/readyz")[0] == 200
    wait_until(lambda: controller.metric("bomgate_rbac_gaps") == 1, 20, f"the metric of what is missing\n{text}")
    wait_until(lambda: registered.authorities, 20, "the bundle all the same")


def test_without_the_rights_for_certificates_a_controller_is_not_ready(
    new_controller: NewController, cluster: Cluster, home: str, tmp_path: Path
) -> None:
    rights = [right for right in needed(home) if right.resource != "secrets"]
    controller = new_controller(kubeconfig=grant(cluster, home, rights, tmp_path))
    controller.wait_for(f"bomgate may not get secrets bomgate-ca in {home}")
    assert controller.get("/readyz")[0] == 503
    assert controller.get("/healthz")[0] == 200, "restarting it would not help"
