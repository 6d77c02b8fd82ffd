"""Break-glass in a real cluster: who admits what is denied, for how long, and what is left behind."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.chart.users import client_of, create_role, grant
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import Manifest, deployment, pod, workload
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import GRANTS, SERVE, account, define

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE = "glass"
HOURS = 2
TICKET = "bomgate.dev/break-glass"
ACCOUNTS = tuple(f"system:serviceaccount:argocd:{name}" for name in ("listed", "other"))
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation; ben has the right, dora has not, both may edit, and one deploying account is listed."""
    define(cluster, GRANTS)
    create_role(cluster, "glass-breaker", "bomgate.dev", ["breakglass"], ["use"])
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    policy = {"breakGlassHours": HOURS, "breakGlass": {"accounts": ["argocd/listed"]}}
    return install(INSTANCE, kube={"cluster": True, "kubeconfig": str(kubeconfig)}, policy=policy)


@pytest.fixture
def namespace(bomgate: Bomgate, cluster: Cluster) -> str:
    """A namespace in which ben may break the glass."""
    made = cluster.create_namespace(f"{INSTANCE}-{next(_numbers)}", {INSTANCE_LABEL: INSTANCE})
    for user in ("dora", "ben"):
        grant(cluster, user, "edit", made)
    grant(cluster, "ben", "glass-breaker", made)
    return made


def under(ticket: str, manifest: Manifest) -> Manifest:
    """The manifest with a ticket."""
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": {TICKET: ticket}}}


def create(cluster: Cluster, user: str, manifest: Manifest, **options: Any) -> Answer:
    client, namespace = client_of(cluster, user), manifest["metadata"]["namespace"]
    if manifest["kind"] == "Pod":
        return call(Core(client).create_namespaced_pod_with_http_info, namespace, manifest, **options)
    return call(Apps(client).create_namespaced_deployment_with_http_info, namespace, manifest, **options)


def change(cluster: Cluster, user: str, manifest: Manifest) -> Answer:
    client, metadata = client_of(cluster, user), manifest["metadata"]
    patch = Apps(client).patch_namespaced_deployment_with_http_info
    return call(patch, metadata["name"], metadata["namespace"], manifest)


def grants(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """The specs of the grants in a namespace."""
    custom = kubernetes.client.CustomObjectsApi(cluster.client)
    found = custom.list_namespaced_custom_object("bomgate.dev", "v1alpha1", namespace, "breakglassgrants")
    return [item["spec"] for item in found["items"]]


def end(cluster: Cluster, namespace: str, ticket: str) -> None:
    """End a grant now, however slow the machine is."""
    custom = kubernetes.client.CustomObjectsApi(cluster.client)
    there = custom.list_namespaced_custom_object("bomgate.dev", "v1alpha1", namespace, "breakglassgrants")["items"]
    (name,) = [item["metadata"]["name"] for item in there if item["spec"]["ticket"] == ticket]
    until = f"{dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    patch = ("patch", "breakglassgrant", name, "--type=merge", "-p", json.dumps({"spec": {"until": until}}))
    assert cluster.kubectl("-n", namespace, *patch).code == 0


def wait_for_denial(cluster: Cluster, namespace: str) -> None:
    """Wait until a further Pod of the ReplicaSet would be denied: what is known of an owner is believed for seconds."""
    (of,) = Apps(cluster.client).list_namespaced_replica_set(namespace).items
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
    late = pod(namespace, "late", BLOCKED)
    late["metadata"]["ownerReferences"] = [{**owner, "name": of.metadata.name, "uid": of.metadata.uid}]
    wait_until(lambda: create(cluster, "dora", late, dry_run="All").denied, 20, "the end of the grant")


def wait_for_running(core: Core, namespace: str, number: int) -> None:
    def running() -> bool:
        pods = [item for item in core.list_namespaced_pod(namespace).items if not item.metadata.deletion_timestamp]
        return [other_pod.status.phase for other_pod in pods] == ["Running"] * number

    wait_until(running, 30, f"{number} running Pods")


def test_a_denial_names_break_glass_and_its_right(cluster: Cluster, namespace: str) -> None:
    answer = create(cluster, "ben", pod(namespace, "web", BLOCKED))
    assert answer.denied
    assert f"annotate the object with {TICKET}: <ticket>" in answer.text
    assert "permission to use breakglass.bomgate.dev" in answer.text


def test_the_annotation_without_the_right_lets_nothing_in(bomgate: Bomgate, cluster: Cluster, namespace: str) -> None:
    before = bomgate.metric("bomgate_break_glass_total", result="refused")
    answer = create(cluster, "dora", under("INC-1", pod(namespace, "web", BLOCKED)))
    assert answer.denied
    assert "dora may not use breakglass.bomgate.dev" in answer.text
    assert grants(cluster, namespace) == []
    assert bomgate.metric("bomgate_break_glass_total", result="refused") == before + 1


@pytest.mark.parametrize("ticket", ["", "   ", "x" * 101, "line\nline"])
def test_a_ticket_that_says_nothing_or_too_much_does_not_count(cluster: Cluster, namespace: str, ticket: str) -> None:
    answer = create(cluster, "ben", under(ticket, pod(namespace, "web", BLOCKED)))
    assert answer.denied
    assert "does not count: the ticket" in answer.text


def test_who_has_the_right_lets_a_pod_in_and_it_is_written_down(
    bomgate: Bomgate, cluster: Cluster, namespace: str
) -> None:
    before = bomgate.metric("bomgate_break_glass_total", result="used")
    tried = create(cluster, "ben", under("INC-2", pod(namespace, "web", BLOCKED)), dry_run="All")
    assert tried.allowed
    assert grants(cluster, namespace) == []
    assert bomgate.metric("bomgate_break_glass_total", result="used") == before
    answer = create(cluster, "ben", under("INC-2", pod(namespace, "web", BLOCKED)))
    assert answer.allowed, answer.message
    assert "admitted by break-glass under ticket INC-2" in answer.warnings[0]
    assert "would be denied" in answer.warnings[1]
    (written,) = grants(cluster, namespace)
    metadata = answer.data.metadata
    assert written["workload"] == {"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": metadata.uid}
    assert (written["ticket"], written["user"], written["images"]) == ("INC-2", "ben", [BLOCKED])
    at, until = (dt.datetime.fromisoformat(written[key]) for key in ("at", "until"))
    assert until - at == dt.timedelta(hours=HOURS)
    assert bomgate.metric("bomgate_break_glass_total", result="used") == before + 1


def test_its_controllers_may_make_pods_until_the_grant_ends_and_again_under_a_new_ticket(
    bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str
) -> None:
    assert create(cluster, "ben", under("INC-3", deployment(namespace, "web", BLOCKED))).allowed
    wait_for_running(core, namespace, 1)
    (written,) = grants(cluster, namespace)
    assert [written["workload"]["kind"], written["workload"]["name"]] == ["Deployment", "web"]

    end(cluster, namespace, "INC-3")
    wait_for_denial(cluster, namespace)
    expired = bomgate.metric("bomgate_break_glass_total", result="expired")
    assert cluster.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=2").code == 0

    def told() -> list[str]:
        events = core.list_namespaced_event(namespace, field_selector="reason=FailedCreate").items
        return [event.message for event in events if "Break-glass under ticket INC-3 ended" in event.message]

    wait_until(told, 20, "the event that says that it ended")
    assert bomgate.metric("bomgate_break_glass_total", result="expired") > expired
    wait_for_running(core, namespace, 1)

    note = ("annotate", "--overwrite", "-n", namespace, "deployment/web")
    refused = cluster.kubectl("--as", "dora", *note, f"{TICKET}=INC-4")
    assert refused.code == 0, "an update that brings no image is never denied"
    assert "dora may not use" in refused.err
    again = cluster.kubectl("--as", "ben", *note, f"{TICKET}=INC-5")
    assert "under ticket INC-5" in again.err
    wait_for_running(core, namespace, 2)
    assert sorted(other_grant["ticket"] for other_grant in grants(cluster, namespace)) == ["INC-3", "INC-5"]


def test_a_grant_lets_in_only_the_images_that_it_names(cluster: Cluster, core: Core, namespace: str) -> None:
    replica_set = under("INC-6", workload("ReplicaSet", namespace, "web", BLOCKED))
    made = call(Apps(client_of(cluster, "ben")).create_namespaced_replica_set_with_http_info, namespace, replica_set)
    assert made.allowed
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True, "name": "web"}
    for image, allowed in ((BLOCKED, True), (BLOCKED.replace("/shop/", "/other/"), False)):
        manifest = pod(namespace, "other", image)
        manifest["metadata"]["ownerReferences"] = [{**owner, "uid": made.data.metadata.uid}]
        assert create(cluster, "dora", manifest, dry_run="All").allowed == allowed


def test_a_ticket_that_a_pod_has_already_lets_no_debugger_in(cluster: Cluster, namespace: str) -> None:
    assert create(cluster, "dora", under("INC-7", pod(namespace, "web", CLEAN))).allowed
    debug = {"spec": {"ephemeralContainers": [{"name": "debug", "image": BLOCKED, "targetContainerName": "c0"}]}}
    create_role(cluster, "debugger", "", ["pods/ephemeralcontainers"], ["patch", "update"])
    for user in ("dora", "ben"):
        grant(cluster, user, "debugger", namespace)
        patch = Core(client_of(cluster, user)).patch_namespaced_pod_ephemeralcontainers_with_http_info
        answer = call(patch, "web", namespace, debug)
        assert answer.denied
        assert "the object already had the ticket INC-7" in answer.text
    assert grants(cluster, namespace) == []


def test_a_ticket_is_not_replayed_by_an_update_of_an_account_that_may_everything(
    cluster: Cluster, namespace: str
) -> None:
    prepared = under("INC-20", deployment(namespace, "web", CLEAN))
    assert create(cluster, "dora", prepared).allowed
    for user in ACCOUNTS:
        grant(cluster, user, "cluster-admin", namespace)
        answer = change(cluster, user, under("INC-20", deployment(namespace, "web", BLOCKED)))
        assert answer.denied
        assert "the object already had the ticket INC-20" in answer.text
    listed, other = ACCOUNTS
    answer = change(cluster, other, under("INC-21", deployment(namespace, "web", BLOCKED)))
    assert answer.denied
    assert "is not listed in policy.breakGlass.accounts" in answer.text
    assert grants(cluster, namespace) == []
    assert change(cluster, listed, under("INC-21", deployment(namespace, "web", BLOCKED))).allowed
    assert [(other_grant["ticket"], other_grant["user"]) for other_grant in grants(cluster, namespace)] == [
        ("INC-21", listed)
    ]


def test_a_used_ticket_makes_no_second_grant_however_it_comes_back(cluster: Cluster, namespace: str) -> None:
    first = under("INC-22", deployment(namespace, "web", BLOCKED))
    assert create(cluster, "ben", first).allowed
    assert cluster.kubectl("-n", namespace, "delete", "deployment/web", "--wait").code == 0
    for manifest in (first, under("INC-22", deployment(namespace, "copy", BLOCKED))):
        answer = create(cluster, "ben", manifest)
        assert answer.denied
        assert "the ticket INC-22 was used for Deployment web" in answer.text
    owned = under("INC-23", pod(namespace, "owned", BLOCKED))
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True, "name": "web", "uid": "none"}
    owned["metadata"]["ownerReferences"] = [reference]
    assert create(cluster, "ben", owned).denied
    assert [other_grant["ticket"] for other_grant in grants(cluster, namespace)] == ["INC-22"]


def test_of_many_creations_under_one_ticket_at_once_one_is_let_in(cluster: Cluster, namespace: str) -> None:
    manifests = [under("INC-24", deployment(namespace, f"web-{number}", BLOCKED)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda manifest: create(cluster, "ben", manifest), manifests))
    assert sum(answer.allowed for answer in answers) == 1
    assert [other_grant["ticket"] for other_grant in grants(cluster, namespace)] == ["INC-24"]


def test_a_grant_can_be_ended_earlier_and_not_be_changed_otherwise(cluster: Cluster, namespace: str) -> None:
    assert create(cluster, "ben", under("INC-8", pod(namespace, "web", BLOCKED))).allowed
    custom, now = kubernetes.client.CustomObjectsApi(cluster.client), dt.datetime.now(dt.UTC)
    name = custom.list_namespaced_custom_object("bomgate.dev", "v1alpha1", namespace, "breakglassgrants")["items"][0][
        "metadata"
    ]["name"]

    def change(**spec: Any) -> int:
        ran = cluster.kubectl(
            *("-n", namespace, "patch", "breakglassgrant", name, "--type=merge", "-p", json.dumps({"spec": spec}))
        )
        return ran.code

    assert change(images=["*"]) == 1
    assert change(until=f"{now + dt.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}") == 1
    assert change(until=f"{now - dt.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}") == 0
