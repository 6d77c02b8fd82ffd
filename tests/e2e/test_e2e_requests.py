"""Exceptions as objects: a developer is denied and asks, another person answers, and nobody gets around that."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest
import yaml

from tests.cli.installation import Ran, invoke
from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, PARSER
from tests.e2e.chart.users import client_of, create_role, grant
from tests.e2e.cluster import Cluster
from tests.e2e.conftest import Install
from tests.e2e.controllers import ControllerProcess
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.e2e.reading import at
from tests.e2e.registration import INSTANCE_LABEL
from tests.e2e.rights import ROOT, define
from webhook.bootstrap.parts import Parts, open_parts
from webhook.engines.requesting.reader import DraftAnswer
from webhook.errors import BomgateError
from webhook.model.people import KUBERNETES, Person
from webhook.model.records import AssessmentQuery
from webhook.policy.asking import ApprovalRefused
from webhook.settings import load_settings

SECONDS = 25.0
NAME, GUARD, AUTHOR_GUARD = "asking", "asking-request-guard", "asking-author-guard"
RESOURCES = "/apis/bomgate.dev/v1alpha1"
CRDS = ROOT / "charts" / "bomgate" / "files" / "crds"
CONTROLLER = "system:serviceaccount:bomgate-system:bomgate-controller"
PACKAGE = PARSER.partition("@")[0]
_numbers = itertools.count(1)


def person(user: str) -> Person:
    return Person(user, "token", issuer=KUBERNETES, username=user, uid=f"uid-{user}")


@pytest.fixture(scope="module")
def kind(cluster: Cluster) -> Iterator[None]:
    """The definitions, the guards of the manifests, and roles for developers."""
    for plural in ("assessmentrequests", "assessments"):
        define(cluster, CRDS / f"{plural}.yaml")
    verbs = ["get", "list", "create", "update", "patch", "delete"]
    create_role(cluster, "asker", "bomgate.dev", ["assessmentrequests"], verbs)
    create_role(cluster, "status-writer", "bomgate.dev", ["assessmentrequests/status"], ["update", "patch"])
    create_role(cluster, "assessor", "bomgate.dev", ["assessments"], verbs)
    documents = list(yaml.load_all((ROOT / "manifests" / "install.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader))
    for theirs, name in (("bomgate-request-guard", GUARD), ("bomgate-author-guard", AUTHOR_GUARD)):
        ours = [manifest for manifest in documents if manifest and manifest["metadata"]["name"] == theirs]
        assert len(ours) == 2
        for made in ours:
            text = json.dumps(made).replace(CONTROLLER, "admin")  # as whom the controller of the tests runs
            applied = cluster.kubectl("apply", "-f", "-", manifest=json.loads(text.replace(theirs, name)))
            assert applied.code == 0, applied.err
    probe = cluster.create_namespace("asking-probe", {INSTANCE_LABEL: "none"})
    grant(cluster, "dora", "asker", probe)
    forged = wish(probe, "probe", "somebody-else")
    wait_until(lambda: not ask(cluster, "dora", forged).allowed, 20, "the guard")
    for user in ("dora", "ben"):
        grant(cluster, user, "assessor")
    nameless = an_assessment("probe", author="")
    wait_until(lambda: not assess(cluster, "dora", nameless, dry_run="All").allowed, 20, "the guard of authors")
    yield
    cluster.kubectl("delete", "assessments", "--all")
    kinds = ("validatingadmissionpolicybinding", "validatingadmissionpolicy")
    assert all(cluster.kubectl("delete", kind, AUTHOR_GUARD).code == 0 for kind in kinds)
    wait_until(lambda: assess(cluster, "dora", nameless, dry_run="All").allowed, 20, "the end of the guard")


@pytest.fixture(scope="module")
def bomgate(kind: None, install: Install) -> Bomgate:
    return install(NAME)


@pytest.fixture(scope="module")
def controller(
    bomgate: Bomgate, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    settings = {
        "database": {"url": f"sqlite:///{bomgate.database}"},
        "kube": {"namespace": "default", "requestGuard": GUARD, "authorGuard": AUTHOR_GUARD},
        "requests": {"required": True},
        "audit": {"reports": False},
        "controller": {"lease": "asking", "urgentComponents": 0, "resourceSeconds": 0.5},
    }
    made = ControllerProcess(NAME, tmp_path_factory.mktemp("controller") / NAME, cluster.kubeconfig, settings)
    made.wait_for("leads")
    yield made
    made.process.stop()


@pytest.fixture(scope="module")
def parts(bomgate: Bomgate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """The desk at which people answer, on the same database; console and command line stand at the same one."""
    settings = load_settings(
        None, {"database.url": f"sqlite:///{bomgate.database}"}, {"HOME": str(tmp_path_factory.mktemp("home"))}
    )
    made = open_parts(settings)
    yield made
    made.store.close()


@pytest.fixture
def namespace(cluster: Cluster, controller: ControllerProcess) -> str:
    made = cluster.create_namespace(f"{NAME}-{next(_numbers)}", {INSTANCE_LABEL: NAME})
    for user in ("dora", "ben"):
        grant(cluster, user, "edit", made)
        grant(cluster, user, "asker", made)
    return made


def wish(namespace: str, name: str, requester: str, **spec: Any) -> dict[str, Any]:
    content = {
        "vulnerabilities": ["CVE-2026-10001"],
        "package": PACKAGE,
        "reason": "no untrusted input",
        "days": 30,
        "requester": requester,
        **spec,
    }
    return {
        "apiVersion": "bomgate.dev/v1alpha1",
        "kind": "AssessmentRequest",
        "metadata": {"name": name, "namespace": namespace},
        "spec": content,
    }


def custom(cluster: Cluster, user: str) -> kubernetes.client.CustomObjectsApi:
    return kubernetes.client.CustomObjectsApi(client_of(cluster, user))


def ask(cluster: Cluster, user: str, manifest: dict[str, Any]) -> Answer:
    create = custom(cluster, user).create_namespaced_custom_object_with_http_info
    where = manifest["metadata"]["namespace"]
    return call(create, "bomgate.dev", "v1alpha1", where, "assessmentrequests", manifest)


def an_assessment(name: str, author: str, **spec: Any) -> dict[str, Any]:
    content = {"vulnerability": "CVE-2026-10001", "package": PACKAGE, "type": "Ignore", "comment": "no input", **spec}
    return {
        "apiVersion": "bomgate.dev/v1alpha1",
        "kind": "Assessment",
        "metadata": {"name": name},
        "spec": {**content, "author": author},
    }


def assess(cluster: Cluster, user: str, manifest: dict[str, Any], **more: Any) -> Answer:
    create = custom(cluster, user).create_cluster_custom_object_with_http_info
    return call(create, "bomgate.dev", "v1alpha1", "assessments", manifest, **more)


def reason(cluster: Cluster, name: str, wanted: str) -> str:
    """The message of an assessment, once the reason of its condition is what is wanted."""

    def told() -> str:
        found = at(cluster, f"{RESOURCES}/assessments/{name}")
        said = found.get("status", {})
        is_now = said.get("observedGeneration") == found.get("metadata", {}).get("generation")
        (ready,) = said.get("conditions", [{}])
        return str(ready["message"]) if is_now and ready.get("reason") == wanted else ""

    message: str = wait_until(told, SECONDS, f"{name} to be {wanted}", pause=0.2)
    return message


def patch(cluster: Cluster, user: str, namespace: str, name: str, content: Any, part: str = "") -> Answer:
    client = custom(cluster, user)
    change = (
        client.patch_namespaced_custom_object_status_with_http_info
        if part
        else client.patch_namespaced_custom_object_with_http_info
    )
    return call(change, "bomgate.dev", "v1alpha1", namespace, "assessmentrequests", name, content)


def status(cluster: Cluster, namespace: str, name: str, phase: str, least: int = 0) -> dict[str, Any]:
    """The status of a request, once it is in a phase and about the present generation."""

    def told() -> Any:
        found = at(cluster, f"{RESOURCES}/namespaces/{namespace}/assessmentrequests/{name}")
        said = found.get("status", {})
        is_now = said.get("observedGeneration") == found.get("metadata", {}).get("generation")
        return said if is_now and said.get("phase") == phase and said.get("request", 0) >= least else None

    found: dict[str, Any] = wait_until(told, SECONDS, f"{name} to be {phase}", pause=0.2)
    return found


def admitted(cluster: Cluster, user: str, namespace: str) -> bool:
    create = kubernetes.client.CoreV1Api(client_of(cluster, user)).create_namespaced_pod_with_http_info
    return call(create, namespace, pod(namespace, "web", BLOCKED), dry_run="All").allowed


def test_denied_asked_approved_admitted_and_denied_again(cluster: Cluster, namespace: str, parts: Parts) -> None:
    assert not admitted(cluster, "dora", namespace)
    assert ask(cluster, "dora", wish(namespace, "parser", "dora")).allowed
    number = status(cluster, namespace, "parser", "waiting")["request"]
    assert not admitted(cluster, "dora", namespace)
    with pytest.raises(ApprovalRefused):
        parts.desk.approve(number, DraftAnswer("I may"), person("dora"), "test")
    parts.desk.approve(number, DraftAnswer("until the update"), person("ben"), "test")
    said = status(cluster, namespace, "parser", "approved")
    assert (said["answeredBy"], said["comment"]) == ("ben", "until the update")
    wait_until(lambda: admitted(cluster, "dora", namespace), SECONDS, "the exception to count")
    other = cluster.create_namespace(f"{namespace}-other", {INSTANCE_LABEL: NAME})
    grant(cluster, "dora", "edit", other)
    assert not admitted(cluster, "dora", other)
    told = {"RequestWaiting", "RequestApproved", "ExceptionRequested", "ExceptionApproved"}
    events = f"/api/v1/namespaces/{namespace}/events"
    wait_until(
        lambda: told <= {event.get("reason") for event in at(cluster, events).get("items", ())},
        SECONDS,
        "the events",
        pause=0.2,
    )
    # What is changed afterwards is not what was approved.
    assert patch(cluster, "dora", namespace, "parser", {"spec": {"reason": "and more", "days": 60}}).allowed
    assert status(cluster, namespace, "parser", "waiting")["request"] == number
    wait_until(lambda: not admitted(cluster, "dora", namespace), SECONDS, "the exception to end")


def test_nobody_asks_in_the_name_of_another_and_approves_it(cluster: Cluster, namespace: str, parts: Parts) -> None:
    forged = ask(cluster, "dora", wish(namespace, "forged", "ben"))
    assert not forged.allowed
    assert "spec.requester has to be your own user name: dora" in forged.message
    assert ask(cluster, "ben", wish(namespace, "of-ben", "ben")).allowed
    number = status(cluster, namespace, "of-ben", "waiting")["request"]
    # Whoever changes it is its requester, and cannot leave another's name on words of their own.
    assert not patch(cluster, "dora", namespace, "of-ben", {"spec": {"reason": "mine", "days": 90}}).allowed
    assert patch(cluster, "dora", namespace, "of-ben", {"metadata": {"annotations": {"x": "y"}}}).allowed
    assert patch(cluster, "dora", namespace, "of-ben", {"spec": {"reason": "mine", "requester": "dora"}}).allowed

    def is_changed() -> bool:
        request = parts.desk.named(number)
        return request.version == 2

    wait_until(is_changed, SECONDS, "the change")
    for user in ("dora", "ben", "DORA"):  # whoever ever asked for it
        with pytest.raises(ApprovalRefused):
            parts.desk.approve(number, DraftAnswer("fine"), person(user), "test")
    with pytest.raises(ApprovalRefused, match="only people"):
        parts.desk.approve(number, DraftAnswer("fine"), person("system:serviceaccount:ci:bot"), "test")


def test_what_others_write_into_a_status_has_no_effect(cluster: Cluster, namespace: str, parts: Parts) -> None:
    assert ask(cluster, "dora", wish(namespace, "parser", "dora")).allowed
    status(cluster, namespace, "parser", "waiting")
    grant(cluster, "dora", "status-writer", namespace)
    granted = {"status": {"phase": "approved", "answeredBy": "ben"}}
    refused = patch(cluster, "dora", namespace, "parser", granted, "status")
    assert not refused.allowed
    assert "only bomgate's controller writes the status" in refused.message
    born = wish(namespace, "born-approved", "dora", package="pkg:nuget/Shop.Legacy", vulnerabilities=["CVE-2026-10005"])
    assert ask(cluster, "dora", {**born, **granted}).allowed  # the API server drops a status at creation
    assert "answeredBy" not in status(cluster, namespace, "born-approved", "waiting")
    assert not admitted(cluster, "dora", namespace)


def test_an_object_that_is_made_again_is_a_new_request(cluster: Cluster, namespace: str, parts: Parts) -> None:
    assert ask(cluster, "dora", wish(namespace, "parser", "dora")).allowed
    number = status(cluster, namespace, "parser", "waiting")["request"]
    parts.desk.approve(number, DraftAnswer("fine"), person("ben"), "test")
    wait_until(lambda: admitted(cluster, "dora", namespace), SECONDS, "the exception to count")
    # A finalizer keeps the object, and not the exception.
    assert patch(cluster, "dora", namespace, "parser", {"metadata": {"finalizers": ["example.com/keep"]}}).allowed
    assert cluster.kubectl("delete", "assessmentrequest", "parser", "-n", namespace, "--wait=false").code == 0
    wait_until(lambda: not admitted(cluster, "dora", namespace), SECONDS, "the exception to end")
    assert patch(cluster, "dora", namespace, "parser", {"metadata": {"finalizers": None}}).allowed
    wait_until(lambda: ask(cluster, "dora", wish(namespace, "parser", "dora")).allowed, SECONDS, "the name to be free")
    assert status(cluster, namespace, "parser", "waiting", number + 1)["request"] > number
    assert not admitted(cluster, "dora", namespace)


def test_a_request_that_cannot_be_is_told_why(cluster: Cluster, namespace: str, parts: Parts) -> None:
    for name, spec, why in (
        ("long", {"days": 91}, "at most 90 days"),
        ("unknown", {"vulnerabilities": ["CVE-1999-0001"]}, "affects no known component"),
    ):
        assert ask(cluster, "dora", wish(namespace, name, "dora", **spec)).allowed

        def said(name: str = name) -> str:
            found = at(cluster, f"{RESOURCES}/namespaces/{namespace}/assessmentrequests/{name}")
            conditions = found.get("status", {}).get("conditions", ())
            return "".join(condition["message"] for condition in conditions)

        wait_until(lambda said=said, why=why: why in said(), SECONDS, f"why {name} is refused", pause=0.2)
    both = ask(cluster, "dora", wish(namespace, "both", "dora", until="2099-01-01"))
    assert not both.allowed
    assert "write either days or until" in both.message
    with pytest.raises(BomgateError):
        parts.desk.approve(10_000, DraftAnswer("fine"), person("ben"), "test")


def test_an_assessment_of_the_cluster_names_its_author_and_waits_for_another_person(
    cluster: Cluster, namespace: str, parts: Parts
) -> None:
    forged = assess(cluster, "dora", an_assessment("parser", "ben", namespace=namespace))
    assert not forged.allowed
    assert "spec.author has to be your own user name: dora" in forged.message
    assert assess(cluster, "dora", an_assessment("parser", "dora", namespace=namespace)).allowed
    message = reason(cluster, "parser", "ApprovalWaits")
    assert not admitted(cluster, "dora", namespace)
    (request,) = parts.desk.with_origin("Assessment")
    assert f"request {request.number}" in message
    with pytest.raises(ApprovalRefused):
        parts.desk.approve(request.number, DraftAnswer("I may"), person("dora"), "test")
    parts.desk.approve(request.number, DraftAnswer("until the update"), person("ben"), "test")
    assert "ben has approved it" in reason(cluster, "parser", "Provisioned")
    wait_until(lambda: admitted(cluster, "dora", namespace), SECONDS, "the exception to count")
    records = parts.store.assessments.find(AssessmentQuery(source="provisioned"))
    assert [record.author for record in records if record.rule == "Assessment parser"] == ["dora"]
    # Whoever changes it puts their own name on it, and waits again.
    change = custom(cluster, "ben").patch_cluster_custom_object_with_http_info
    where = ("bomgate.dev", "v1alpha1", "assessments", "parser")
    assert not call(change, *where, {"spec": {"comment": "mine"}}).allowed
    assert call(change, *where, {"metadata": {"annotations": {"x": "y"}}}).allowed
    assert call(change, *where, {"spec": {"comment": "mine", "author": "ben"}}).allowed
    reason(cluster, "parser", "ApprovalWaits")
    wait_until(lambda: not admitted(cluster, "dora", namespace), SECONDS, "the exception to end")


def test_the_command_line_asks_who_you_are_and_what_you_may_do(
    cluster: Cluster, bomgate: Bomgate, namespace: str, parts: Parts, tmp_path: Path
) -> None:
    settings = {
        "database": {"url": f"sqlite:///{bomgate.database}"},
        "kube": {"cluster": True, "kubeconfig": str(cluster.kubeconfig)},
        "console": {"tokenAudiences": [cluster.url]},
    }
    (tmp_path / "bomgate.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def run(user: str, *arguments: str) -> Ran:
        token = tmp_path / f"{user}.token"
        token.write_text(cluster.token_of(user) + "\n", encoding="utf-8")
        who = () if user == "admin" else ("--token-file", str(token))
        return invoke(*arguments, *who, "--config", str(tmp_path / "bomgate.yaml"))

    create = ("requests", "create", "CVE-2026-10001", "--package", PACKAGE, "--namespace", namespace)
    wish = (*create, "--reason", "no untrusted input", "--days", "30", "--output", "json")
    refused = run("dora", *wish)
    assert refused.code == 2 and f"dora may not create requests.bomgate.dev in namespace {namespace}" in refused.err
    grant(cluster, "dora", create_role(cluster, "requester", "bomgate.dev", ["requests"], ["create"]), namespace)
    made = wait_until(lambda: (ran := run("dora", *wish)).code == 0 and ran, 20, "the right to ask", pause=0.5)
    number = str(made.json["request"]["number"])
    person_made = made.json["request"]["askers"][0]["person"]
    assert (person_made["user"], person_made["issuer"], person_made["uid"]) == ("dora", "kubernetes", "dora-uid")
    approve = ("requests", "approve", number, "--comment", "fine")
    assert "ben may not approve requests.bomgate.dev" in run("ben", *approve).err
    role = create_role(cluster, "answerer", "bomgate.dev", ["requests"], ["approve"])
    for user in ("dora", "ben"):
        grant(cluster, user, role, namespace)
    own = wait_until(lambda: "asked" in (err := run("dora", *approve).err) and err, 20, "the right", pause=0.5)
    assert f"dora has asked for request {number}" in own
    forged = run("nobody", *approve)
    assert forged.code == 2 and "does not accept this token" in forged.err
    assert run("ben", *approve).code == 0
    answer = parts.desk.named(int(number)).answer
    assert answer is not None and (answer.person.username, answer.person.uid) == ("ben", "ben-uid")
    # The same for assessments; the author is whoever the API server says it is.
    assess_it = ("assess", "CVE-2026-10001", "--package", PACKAGE, "--type", "Ignore", "--comment", "why")
    denied = run("ben", *assess_it, "--namespace", namespace, "--override")
    assert denied.code == 2 and "ben may not create assessments/override.bomgate.dev" in denied.err
    assert "you are ben" in run("ben", *assess_it, "--namespace", namespace, "--author", "dora").err
    for user, proof in (("ben", "token"), ("admin", "kubeconfig")):
        assert run(user, *assess_it, "--namespace", f"{namespace}-{user}").code == 0
        newest = parts.store.assessments.find(AssessmentQuery(source="manual"))[-1]
        assert newest.author == user and newest.recorded_by.endswith(f", {proof}")
