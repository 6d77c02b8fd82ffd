"""Assessment types and assessments as objects: checked by a real API server, provisioned by a real controller."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import TURNING, reference
from tests.e2e.cluster import Cluster
from tests.e2e.conftest import Install, NewNamespace
from tests.e2e.controllers import ControllerProcess
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.e2e.reading import at

CRDS = Path(__file__).resolve().parents[2] / "charts" / "bomgate" / "files" / "crds"
SECONDS = 25.0
"""Within which the controller has seen a change and said what became of it, on a machine with much to do."""
NAME = "resources"
RESOURCES = "/apis/bomgate.dev/v1alpha1"
QUEUE_LIKE = TURNING[3].partition("@")[0]


@pytest.fixture(scope="module")
def definitions(cluster: Cluster) -> None:
    for plural in ("assessmenttypes", "assessments", "breakglassgrants"):
        assert cluster.kubectl("apply", "-f", str(CRDS / f"{plural}.yaml")).code == 0
        condition = ("wait", "--for=condition=Established", "--timeout=20s", f"crd/{plural}.bomgate.dev")
        assert cluster.kubectl(*condition).code == 0


@pytest.fixture(scope="module")
def bomgate(install: Install) -> Bomgate:
    """A webhook of the recommended settings."""
    return install(NAME)


@pytest.fixture(scope="module")
def namespace(bomgate: Bomgate, new_namespace: NewNamespace) -> str:
    return new_namespace(NAME)


@pytest.fixture(scope="module")
def controller(
    definitions: None, bomgate: Bomgate, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    """A controller on the webhook's database; it does no more than what is tested here."""
    settings = {
        "database": {"url": f"sqlite:///{bomgate.database}"},
        "kube": {"namespace": "default"},
        "audit": {"events": False, "reports": False},
        "controller": {"lease": "custom-resources", "urgentComponents": 0, "resourceSeconds": 0.5},
    }
    made = ControllerProcess(NAME, tmp_path_factory.mktemp("controller") / NAME, cluster.kubeconfig, settings)
    made.wait_for("leads")
    yield made
    made.process.stop()


def a_type(name: str, action: str = "deny", **spec: Any) -> dict[str, Any]:
    return thing("AssessmentType", name, {"action": action, **spec})


def an_assessment(name: str, vulnerability: str, kind: str, **spec: Any) -> dict[str, Any]:
    return thing("Assessment", name, {"vulnerability": vulnerability, "type": kind, **spec})


def thing(kind: str, name: str, spec: Any) -> dict[str, Any]:
    return {"apiVersion": "bomgate.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def apply(cluster: Cluster, *objects: dict[str, Any]) -> None:
    ran = cluster.kubectl("apply", "-f", "-", manifest=list(objects))
    assert (ran.code, ran.err) == (0, "")


def status(cluster: Cluster, plural: str, name: str) -> dict[str, Any]:
    """The status of an object, with its condition ``Ready`` unfolded, once it is about the present generation."""

    def told() -> Any:
        found = at(cluster, f"{RESOURCES}/{plural}/{name}")
        is_about = found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"]
        return found["status"] if is_about else None

    found: Any = wait_until(told, SECONDS, f"the status of {plural}/{name}", pause=0.2)
    (ready,) = [item for item in found["conditions"] if item["type"] == "Ready"]
    return {**found, "ready": ready["status"], "reason": ready["reason"], "message": ready["message"]}


def columns(cluster: Cluster, plural: str) -> dict[str, dict[str, str]]:
    """What ``kubectl get`` shows, by name."""
    lines = cluster.kubectl("get", plural).out.splitlines()
    head = lines[0]
    starts = [
        place for place, character in enumerate(head) if character != " " and (place == 0 or head[place - 1] == " ")
    ]
    ends = [*starts[1:], None]
    cells = [[line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines]
    return {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[1:]}


def try_pod(cluster: Cluster, namespace: str, image: str) -> Answer:
    create = kubernetes.client.CoreV1Api(cluster.client).create_namespaced_pod_with_http_info
    return call(create, namespace, pod(namespace, "web", image), dry_run="All")


# -- what the API server takes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (a_type("x", "forbid"), 'Unsupported value: "forbid"'),
        (thing("AssessmentType", "x", {"description": "no action"}), "spec.action: Required value"),
        (a_type("x", autoAssess={"min": 9.0, "max": 8.0}), "min is larger than max"),
        (a_type("x", autoAssess={"min": 9.0}), "a range has both min and max"),
        (a_type("x", autoAssess={}), "should have at least 1 properties"),
        (a_type("x", autoAssess={"epss": {"min": 2}}), "less than or equal to 1"),
        (a_type("x", autoAssess={"min": 9.05, "max": 9.9}), "at most one decimal"),
        (a_type("x", autoAssess={"min": 8, "max": 9.99}), "at most one decimal"),
        (a_type("x", autoAssess={"min": 9, "max": 11}), "less than or equal to 10"),
        (a_type("x", expiresAfterDays=0), "greater than or equal to 1"),
        (a_type("x", onExpiry="open"), "Unsupported value"),
        (a_type("x" * 61), "at most 60 characters"),
        (a_type("x", colour="red"), 'unknown field "spec.colour"'),
        (an_assessment("x", "CVE 1", "Blocked"), "spec.vulnerability"),
        (an_assessment("x", "CVE-1", "Blocked", package="log4j"), "spec.package"),
        (an_assessment("x", "CVE-1", "Blocked", until="soon"), "spec.until"),
        (an_assessment("x", "CVE-1", "Blocked", until="2027-02-30"), "spec.until"),
        (an_assessment("x", "CVE-1", "Blocked", namespace="Shop"), "spec.namespace"),
        (thing("Assessment", "x", {"vulnerability": "CVE-1"}), "spec.type: Required value"),
    ],
)
def test_what_no_object_can_mean_is_refused_with_a_reason(
    definitions: None, cluster: Cluster, broken: dict[str, Any], why: str
) -> None:
    ran = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", manifest=broken)
    assert ran.code != 0
    assert why in ran.err


@pytest.mark.parametrize(
    "good",
    [
        *(a_type("x", autoAssess={"min": low / 10, "max": low / 10}) for low in range(101)),
        a_type("x", autoAssess={"kev": True}),
        a_type("x", autoAssess={"min": 4, "max": 5, "kev": True, "epss": {"min": 0.1}}),
        a_type("x", autoAssess={"min": 4, "max": 5}),
        a_type("x", autoAssess={"min": 0, "max": 10}),
        a_type("x", "allow", color="#00ff7f", onExpiry="reassess", expiresAfterDays=36500, description="words"),
        an_assessment("x", "CVE-1", "Blocked", until="2020-01-01"),
        an_assessment("x", "sonatype-2020-1", "Ignore", until="2020-01-01T12:00:00Z", versionRange=">=1,<2"),
        an_assessment("x", "CVE-1", "Ignore", image="registry.corp/shop/*", namespace="shop", comment="c" * 2000),
        an_assessment("x", "CVE-1", "Ignore", package="pkg:npm/%40shop/trim@1.2.0"),
    ],
)
def test_what_an_object_can_mean_is_taken_a_date_in_the_past_too(
    definitions: None, cluster: Cluster, good: dict[str, Any]
) -> None:
    custom = kubernetes.client.CustomObjectsApi(cluster.client)
    plural = f"{good['kind'].lower()}s"
    custom.create_cluster_custom_object("bomgate.dev", "v1alpha1", plural, good, dry_run="All")


def test_a_date_in_yaml_needs_no_quotes(definitions: None, cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "assessment.yaml"
    path.write_text(
        "apiVersion: bomgate.dev/v1alpha1\nkind: Assessment\nmetadata: {name: unquoted}\n"
        "spec: {vulnerability: CVE-2020-1, type: Blocked, until: 2020-01-31}\n"
    )
    ran = cluster.kubectl("apply", "--dry-run=server", "-f", str(path), "-o", "json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["spec"]["until"] == "2020-01-31"


# -- what the controller makes of it --------------------------------------------------------------------------------


@pytest.mark.usefixtures("controller")
def test_a_replica_decides_by_a_new_type_and_a_deny_outlives_its_type(
    cluster: Cluster, bomgate: Bomgate, namespace: str
) -> None:
    image = reference("turning-3")
    assert try_pod(cluster, namespace, image).allowed
    apply(cluster, a_type("banned", expiresAfterDays=30, autoAssess={"min": 4.0, "max": 5.0}))
    apply(cluster, an_assessment("turning", "CVE-2026-20003", "banned", package=QUEUE_LIKE, comment="no more of it"))
    denied: Any = wait_until(lambda: _denial(cluster, namespace, image), SECONDS, "the denial")
    assert "banned" in denied.text
    assert "Assessment turning" in denied.text
    shown = columns(cluster, "assessmenttypes")["banned"]
    assert {name: shown[name] for name in ("ACTION", "RANGE", "EXPIRES", "READY", "REASON")} == {
        "ACTION": "deny",
        "RANGE": "4.0–5.0",
        "EXPIRES": "30",
        "READY": "True",
        "REASON": "Loaded",
    }
    told = status(cluster, "assessments", "turning")
    assert (told["ready"], told["reason"], told["images"], told["expired"]) == ("True", "Provisioned", 1, False)
    row = columns(cluster, "bga")["turning"]
    assert (row["VULNERABILITY"], row["TYPE"], row["IMAGES"]) == ("CVE-2026-20003", "banned", "1")
    assert (row["PACKAGE"], row["UNTIL"]) == (QUEUE_LIKE, told["until"])
    names = [item["name"] for item in bomgate.json("types", "list")["types"]]
    assert names == ["Ignore", "Caution", "Blocked", "banned"]

    assert cluster.kubectl("delete", "assessmenttype", "banned").code == 0
    wait_until(lambda: "is gone" in try_pod(cluster, namespace, image).text, SECONDS, "the word of it")
    assert try_pod(cluster, namespace, image).denied, "a deny does not open because its type was deleted"
    assert cluster.kubectl("delete", "assessment", "turning").code == 0
    wait_until(lambda: try_pod(cluster, namespace, image).allowed, SECONDS, "the permission")


def _denial(cluster: Cluster, namespace: str, image: str) -> Answer | None:
    answer = try_pod(cluster, namespace, image)
    return answer if answer.denied else None


def test_what_does_not_go_together_is_told_in_the_status_and_harms_nothing_else(
    controller: ControllerProcess, cluster: Cluster
) -> None:
    good = a_type("watched", "warn", autoAssess={"min": 5.5, "max": 6.0})
    apply(cluster, good)
    assert status(cluster, "assessmenttypes", "watched")["ready"] == "True"
    apply(
        cluster,
        a_type("wider", "warn", autoAssess={"min": 6.0, "max": 6.5}),
        a_type("blocked", "allow"),
        an_assessment("unknown", "CVE-2026-20004", "nobody-knows"),
        an_assessment("unreadable", "CVE-2026-20004", "watched", versionRange="^1.2"),
        an_assessment("first", "CVE-2026-20004", "watched"),
        an_assessment("old", "CVE-2026-20005", "Blocked", until="2020-01-31"),
    )
    overlapping = status(cluster, "assessmenttypes", "wider")
    assert (overlapping["ready"], overlapping["reason"]) == ("False", "Overlaps")
    assert "watched (5.5–6.0) and wider (6.0–6.5) overlap" in overlapping["message"]
    shadowed = status(cluster, "assessmenttypes", "blocked")
    assert (shadowed["reason"], "settings file" in shadowed["message"]) == ("Shadowed", True)
    reasons = {name: status(cluster, "assessments", name)["reason"] for name in ("unknown", "unreadable", "first")}
    assert reasons == {"unknown": "UnknownType", "unreadable": "BadDefinition", "first": "Provisioned"}
    assert status(cluster, "assessmenttypes", "watched")["ready"] == "True"
    old = status(cluster, "assessments", "old")
    assert (old["ready"], old["reason"], old["expired"], old["until"]) == (
        "True",
        "Expired",
        True,
        "2020-01-31T00:00:00Z",
    )
    apply(cluster, an_assessment("second", "cve-2026-20004", "watched"))
    second = status(cluster, "assessments", "second")
    assert (second["reason"], "Assessment first" in second["message"]) == ("Duplicate", True)
    counts = [
        controller.metric("bomgate_custom_resources", kind=kind, valid=valid)
        for kind in ("AssessmentType", "Assessment")
        for valid in ("true", "false")
    ]
    assert counts == [1.0, 2.0, 2.0, 3.0]
    apply(cluster, a_type("wider", "warn", autoAssess={"min": 6.1, "max": 6.5}))
    assert status(cluster, "assessmenttypes", "wider")["ready"] == "True"


@pytest.mark.usefixtures("controller")
def test_the_status_is_written_when_it_changes_and_not_again(cluster: Cluster) -> None:
    apply(cluster, an_assessment("steady", "CVE-2026-29999", "Caution"), an_assessment("later", "CVE-2026-29998", "x"))
    status(cluster, "assessments", "steady")
    before = _version(cluster, "steady")
    apply(cluster, an_assessment("later", "CVE-2026-29998", "Caution"))  # two further passes
    assert status(cluster, "assessments", "later")["ready"] == "True"
    assert _version(cluster, "steady") == before


def _version(cluster: Cluster, name: str) -> str:
    return str(at(cluster, f"{RESOURCES}/assessments/{name}")["metadata"]["resourceVersion"])
