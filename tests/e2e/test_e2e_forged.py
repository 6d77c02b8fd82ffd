"""Reviews that no API server has sent, and changes that another webhook denies, on a real API server.

Whoever reaches the webhook's port can post a review about any object in any name. What that leaves behind turns no
denial into an admission, and uses nothing up.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sqlite3
import ssl
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import kubernetes.client
import pytest
import yaml

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CLEAN, CONTENTS, digest
from tests.e2e.chart.users import client_of, create_role, grant
from tests.e2e.cluster import Cluster
from tests.e2e.deciding import turn_bad
from tests.e2e.manifests import Manifest, deployment, pod, workload
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import GRANTS, ROOT, SERVE, account, define

pytestmark = pytest.mark.usefixtures("controllers")
INSTANCE, GUARD = "forged", "forged-break-glass-guard"
TICKET = "bomgate.dev/break-glass"
UNKNOWN = ("The tag of this image is not known", "No SBOM")
"""What is warned of as long as the server has not learned of a tag and its image."""
Core, Apps = kubernetes.client.CoreV1Api, kubernetes.client.AppsV1Api
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation with the guard of tickets; ben may use break-glass, dora may not, and both may edit."""
    define(cluster, GRANTS)
    create_role(cluster, "forged-breaker", "bomgate.dev", ["breakglass"], ["use"])
    create_role(cluster, "forged-writer", "apps", ["deployments/status"], ["patch", "update"])
    guard(cluster)
    kubeconfig = account(cluster, INSTANCE, SERVE, tmp_path_factory.mktemp("rights"))
    kube = {"cluster": True, "kubeconfig": str(kubeconfig), "ticketGuard": GUARD}
    return install(INSTANCE, kube=kube, serve={"workers": 1})


@pytest.fixture
def namespace(bomgate: Bomgate, cluster: Cluster) -> str:
    made = cluster.create_namespace(f"{INSTANCE}-{next(_numbers)}", {INSTANCE_LABEL: INSTANCE})
    for user in ("dora", "ben"):
        grant(cluster, user, "edit", made)
        grant(cluster, user, "forged-writer", made)
    grant(cluster, "ben", "forged-breaker", made)
    return made


def guard(cluster: Cluster) -> None:
    """Apply the policy of the manifests for the namespaces of these tests alone, and wait until it is in force."""
    documents = yaml.load_all((ROOT / "manifests" / "install.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    ours = [
        manifest for manifest in documents if manifest and manifest["metadata"]["name"] == "bomgate-break-glass-guard"
    ]
    assert sorted(manifest["kind"] for manifest in ours) == [
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]
    for manifest in ours:
        manifest["metadata"]["name"] = GUARD
        if manifest["kind"].endswith("Binding"):
            manifest["spec"]["policyName"] = GUARD
        else:
            manifest["spec"]["matchConstraints"]["namespaceSelector"] = {"matchLabels": {INSTANCE_LABEL: INSTANCE}}
        applied = cluster.kubectl("apply", "-f", "-", manifest=manifest)
        assert applied.code == 0, applied.err
    probe = cluster.create_namespace("forged-probe", {INSTANCE_LABEL: INSTANCE})
    grant(cluster, "dora", "edit", probe)
    tried = under("INC-0", deployment(probe, "web", CLEAN))
    wait_until(lambda: not create(cluster, "dora", tried, dry_run="All").allowed, 20, "the guard")


def under(ticket: str, manifest: Manifest) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": {TICKET: ticket}}}


def create(cluster: Cluster, user: str, manifest: Manifest, **options: Any) -> Answer:
    client, namespace = client_of(cluster, user), manifest["metadata"]["namespace"]
    make = {
        "Pod": Core(client).create_namespaced_pod_with_http_info,
        "Deployment": Apps(client).create_namespaced_deployment_with_http_info,
        "CronJob": kubernetes.client.BatchV1Api(client).create_namespaced_cron_job_with_http_info,
    }
    return call(make[manifest["kind"]], namespace, manifest, **options)


def forge(bomgate: Bomgate, manifest: Manifest, uid: str, *, user: str = "ben", old: Manifest | None = None) -> Any:
    """Post a review about an object to the webhook, as anybody in the cluster can; its response."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    metadata = {**manifest["metadata"], "uid": uid}
    review = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": str(uuid.uuid4()),
            "kind": {"group": group, "version": version, "kind": manifest["kind"]},
            "resource": {"group": group, "version": version, "resource": f"{manifest['kind'].lower()}s"},
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "operation": "CREATE" if old is None else "UPDATE",
            "userInfo": {"username": user, "groups": ["system:authenticated"]},
            "object": {**manifest, "metadata": metadata},
            "oldObject": None if old is None else {**old, "metadata": {**old["metadata"], "uid": uid}},
        },
    }
    context = ssl.create_default_context(cadata=bomgate.authority.pem.decode())
    connection = http.client.HTTPSConnection("127.0.0.1", bomgate.port, timeout=30, context=context)
    with closing(connection):
        connection.request("POST", "/validate?timeout=10s", json.dumps(review), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())["response"]


def grants(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    custom = kubernetes.client.CustomObjectsApi(cluster.client)
    items = custom.list_namespaced_custom_object("bomgate.dev", "v1alpha1", namespace, "breakglassgrants")["items"]
    return [{**item["spec"], **item.get("status", {})} for item in items]


def point(bomgate: Bomgate, tag: str, name: str) -> None:
    """Move a tag, as a registry would have it."""
    file = write_sbom(bomgate.folder, digest(name), CONTENTS[name])
    bomgate.run("sbom", "add", file, "--image", f"{tag}@{digest(name)}")


def is_known(cluster: Cluster, manifest: Manifest) -> bool:
    """Whether an object is admitted with all known of its tags and images."""
    answer = create(cluster, "dora", manifest, dry_run="All")
    return answer.allowed and not any(unknown in warning for unknown in UNKNOWN for warning in answer.warnings)


def denied_pod(cluster: Cluster, namespace: str, image: str) -> Answer:
    """What becomes of a further Pod of the only ReplicaSet in a namespace."""
    (of,) = Apps(cluster.client).list_namespaced_replica_set(namespace).items
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
    late = pod(namespace, "late", image)
    late["metadata"]["ownerReferences"] = [{**owner, "name": of.metadata.name, "uid": of.metadata.uid}]
    return create(cluster, "dora", late, dry_run="All")


def made(cluster: Cluster, user: str, manifest: Manifest) -> str:
    """Create a Deployment and wait for its ReplicaSet; the UID of the Deployment."""
    answer = create(cluster, user, manifest)
    assert answer.allowed, answer.message
    sets = Apps(cluster.client).list_namespaced_replica_set
    wait_until(lambda: sets(manifest["metadata"]["namespace"]).items, 20, "the ReplicaSet")
    return str(answer.data.metadata.uid)


# -- the guard of tickets -------------------------------------------------------------------------------------------


def test_only_who_may_use_break_glass_sets_a_ticket_in_whatever_way(cluster: Cluster, namespace: str) -> None:
    plain = deployment(namespace, "web", CLEAN)
    made(cluster, "dora", plain)
    refused = cluster.kubectl("--as", "dora", "-n", namespace, "annotate", "deployment/web", f"{TICKET}=INC-1")
    assert refused.code == 1
    assert "can be set only by who may use breakglass.bomgate.dev" in refused.err
    patch = json.dumps({"metadata": {"annotations": {TICKET: "INC-1"}}})
    status = ("patch", "deployment/web", "--subresource=status", "--type=merge", "-p", patch)
    assert "can be set only by" in cluster.kubectl("--as", "dora", "-n", namespace, *status).err
    applied = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    assert "can be set only by" in cluster.kubectl("--as", "dora", *applied, manifest=under("INC-1", plain)).err
    copied = workload("CronJob", namespace, "nightly", CLEAN)
    copied["spec"]["jobTemplate"]["metadata"] = {"annotations": {TICKET: "INC-1"}}
    inner = deployment(namespace, "inner", CLEAN)
    inner["spec"]["template"]["metadata"]["annotations"] = {TICKET: "INC-1"}
    for manifest in (under("INC-1", pod(namespace, "one", CLEAN)), copied, inner):
        answer = create(cluster, "dora", manifest)
        assert not answer.allowed
        assert "can be set only by" in answer.message
    assert cluster.kubectl("--as", "ben", "-n", namespace, "annotate", "deployment/web", f"{TICKET}=INC-1").code == 0


def test_a_ticket_that_is_there_keeps_nobody_from_changing_copying_and_removing_the_object(
    cluster: Cluster, namespace: str
) -> None:
    made(cluster, "ben", under("INC-2", deployment(namespace, "web", CLEAN)))
    (copy,) = Apps(cluster.client).list_namespaced_replica_set(namespace).items
    assert copy.metadata.annotations[TICKET] == "INC-2", "Kubernetes' own controller copies it"
    for command in (
        ("label", "deployment/web", "a=b"),
        ("scale", "deployment/web", "--replicas=2"),
        ("rollout", "restart", "deployment/web"),
        ("annotate", "deployment/web", f"{TICKET}-"),
        ("delete", "deployment/web", "--wait", "--cascade=orphan"),
    ):
        ran = cluster.kubectl("--as", "dora", "-n", namespace, *command)
        assert ran.code == 0, ran.err


# -- grants ---------------------------------------------------------------------------------------------------------


def test_a_forged_use_of_break_glass_lets_no_moved_tag_in(
    bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str
) -> None:
    tag = "registry.example/shop/forged:1"
    point(bomgate, tag, "clean")
    web = deployment(namespace, "web", tag, replicas=0)
    wait_until(lambda: is_known(cluster, web), 20, "the tag")
    uid = made(cluster, "dora", web)
    point(bomgate, tag, "blocked")
    wait_until(lambda: denied_pod(cluster, namespace, tag).denied, 20, "the moved tag")
    answer = forge(bomgate, under("INC-3", web), uid, old=deployment(namespace, "web", CLEAN))
    assert answer["allowed"], answer
    assert [made["ticket"] for made in grants(cluster, namespace)] == ["INC-3"]
    annotated = cluster.kubectl("--as", "dora", "-n", namespace, "annotate", "deployment/web", f"{TICKET}=INC-3")
    assert annotated.code == 1, "the guard"
    for _ in range(3):
        late = denied_pod(cluster, namespace, tag)
        assert late.denied
        assert "nobody gave Deployment web this ticket" in late.text
    assert cluster.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=1").code == 0

    def told() -> bool:
        events = core.list_namespaced_event(namespace, field_selector="reason=FailedCreate").items
        return any("nobody gave Deployment web this ticket" in str(event.message) for event in events)

    wait_until(told, 30, "the event of the denied Pod")
    assert core.list_namespaced_pod(namespace).items == []
    # Somebody with the right uses the very ticket after all: what was forged is not in the way.
    assert cluster.kubectl("--as", "ben", "-n", namespace, "annotate", "deployment/web", f"{TICKET}=INC-3").code == 0
    wait_until(lambda: denied_pod(cluster, namespace, tag).allowed, 20, "the grant")
    wait_until(lambda: [made for made in grants(cluster, namespace) if "confirmedAt" in made], 20, "its confirmation")
    point(bomgate, tag, "caution")
    turn_bad(bomgate, core, namespace, 0)
    point(bomgate, tag, "turning-0")
    wait_until(lambda: denied_pod(cluster, namespace, tag).denied, 20, "the tag that was moved again")


def test_without_the_guard_only_digests_pass_a_grant_on(bomgate: Bomgate, cluster: Cluster, namespace: str) -> None:
    tag = "registry.example/shop/forged:2"
    point(bomgate, tag, "blocked")
    web = under("INC-4", deployment(namespace, "web", tag))
    wait_until(lambda: create(cluster, "dora", deployment(namespace, "web", tag), dry_run="All").denied, 20, "the tag")
    binding = json.dumps({"spec": {"validationActions": ["Warn"]}})
    there = ("patch", "validatingadmissionpolicybinding", GUARD, "--type=merge", "-p")
    assert cluster.kubectl(*there, binding).code == 0
    time.sleep(11)  # bomgate keeps for 10 seconds what it knows of the guard
    try:
        made_by_ben = create(cluster, "ben", web)
        assert made_by_ben.allowed, made_by_ben.message

        def refuses() -> bool:
            # Not from an event, which keeps no more than the first 1,024 bytes of a message.
            conditions = Apps(cluster.client).read_namespaced_deployment("web", namespace).status.conditions or []
            return any("no policy that guards tickets" in str(condition.message) for condition in conditions)

        wait_until(refuses, 40, "the refusal of what the grant would pass on")
    finally:
        assert cluster.kubectl(*there, json.dumps({"spec": {"validationActions": ["Deny"]}})).code == 0
    pinned = under("INC-5", deployment(namespace, "pinned", BLOCKED))
    assert create(cluster, "ben", pinned).allowed


def test_a_ticket_that_a_forged_review_used_is_free_for_a_real_one(
    bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str
) -> None:
    other = under("INC-6", deployment(namespace, "other", BLOCKED))
    assert forge(bomgate, other, str(uuid.uuid4()))["allowed"]
    answer = create(cluster, "ben", under("INC-6", deployment(namespace, "web", BLOCKED)))
    assert answer.allowed, answer.message

    def runs() -> bool:
        return [made.status.phase for made in core.list_namespaced_pod(namespace).items] == ["Running"]

    wait_until(runs, 30, "its Pod")
    (kept,) = grants(cluster, namespace)
    assert (kept["workload"]["name"], "confirmedAt" in kept) == ("web", True)
    assert "was used for Deployment web" in forge(bomgate, other, str(uuid.uuid4()))["status"]["message"]


# -- notes of what tags stood for -----------------------------------------------------------------------------------


def notes_of(bomgate: Bomgate, uid: str) -> int:
    """How many digests the tags of an object are noted with."""
    with closing(sqlite3.connect(bomgate.database)) as connection:
        return int(connection.execute("SELECT count(*) FROM admissions WHERE uid = ?", (uid,)).fetchone()[0])


def test_a_forged_note_proves_nothing(bomgate: Bomgate, cluster: Cluster, core: Core, namespace: str) -> None:
    tag = "registry.example/shop/forged:3"
    point(bomgate, tag, "turning-1")
    web = deployment(namespace, "web", tag, replicas=0)
    wait_until(lambda: is_known(cluster, web), 20, "the tag")
    uid = made(cluster, "dora", web)

    def pins(name: str) -> Any:
        words = ("set", "image", "deployment/web", f"c0={tag}@{digest(name)}", "--dry-run=server")
        return cluster.kubectl("--as", "dora", "-n", namespace, *words)

    point(bomgate, tag, "turning-2")

    def is_noted() -> bool:
        return bool(forge(bomgate, web, uid, user="dora")["allowed"] and notes_of(bomgate, uid) == 2)

    wait_until(is_noted, 60, "a forged note beside the real one", pause=0.5)
    for number in (1, 2):
        turn_bad(bomgate, core, namespace, number)
    wait_until(lambda: pins("turning-1").code == 0, 20, "an update with what was admitted")
    for _ in range(5):
        forge(bomgate, web, uid, user="dora")
        assert pins("turning-2").code == 1, "the object was never admitted with this one"
    assert pins("turning-1").code == 0
