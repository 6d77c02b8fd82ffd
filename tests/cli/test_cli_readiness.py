"""``bomgate readiness``: the first sentence, the exit codes, other settings, and how the cluster is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import Installation, Ran, deployment, reference
from tests.doubles.kubeobjects import ObjectServer
from webhook.bootstrap.parts import open_parts
from webhook.model.assessments import Scope
from webhook.model.people import KUBERNETES, Person
from webhook.model.requests import Asker, ExceptionRequest
from webhook.policy.requests import asked
from webhook.settings import load_settings

REGISTRATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/bomgate"


@pytest.fixture
def cluster() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        for name in ("shop", "bank", "kube-system"):
            running.namespace(name)
        yield running


@pytest.fixture
def installed(filled: Installation, cluster: ObjectServer) -> Installation:
    """An installation whose settings lead to the cluster."""
    configure(filled, cluster)
    return filled


def configure(bomgate: Installation, cluster: ObjectServer, **groups: Any) -> None:
    path = cluster.kubeconfig(bomgate.folder / "kubeconfig")
    bomgate.configure(kube={"kubeconfig": str(path)}, **groups)


def add(cluster: ObjectServer, image: str, name: str = "", namespace: str = "shop") -> None:
    cluster.add(deployment(reference(image), name=name or image, namespace=namespace))


def mixed(cluster: ObjectServer) -> None:
    for image in ("blocked", "caution", "clean", "stranger"):
        add(cluster, image)
    add(cluster, "blocked", "other", "bank")
    add(cluster, "blocked", "system", "kube-system")


def test_the_first_sentence_says_what_would_happen_and_the_rest_why_and_what_helps(
    installed: Installation, cluster: ObjectServer
) -> None:
    mixed(cluster)
    ran = installed.run("readiness")
    first, *rest = ran.out.splitlines()
    assert first == (
        "If you enforce now, 2 workloads in 2 namespaces would be denied, 2 would get a warning, and 1 has no SBOM."
    )
    text = "\n".join(rest)
    for part in ("Namespace shop (mode deny)", "Deployment/blocked", "CVE-2026-10001", "Deployment/caution"):
        assert part in text
    for part in ("missing-sbom", "bomgate assess CVE-2026-10001", "1 workload that the webhook does not cover"):
        assert part in text
    assert "Deployment/clean" not in text
    assert ran.code == 1


def test_nothing_denied_is_exit_0(installed: Installation, cluster: ObjectServer) -> None:
    add(cluster, "caution")
    ran = installed.run("readiness")
    assert (ran.code, ran.out.splitlines()[0]) == (
        0,
        "If you enforce now, no workload would be denied, 1 would get a warning, and 0 have no SBOM.",
    )


def test_an_api_server_that_refuses_is_exit_3_and_names_the_right(
    installed: Installation, cluster: ObjectServer
) -> None:
    cluster.answers["/api/v1/pods"] = (403, {"kind": "Status", "message": "no"})
    ran = installed.run("readiness")
    assert ran.code == 3
    assert "list pods in the cluster" in ran.err


def test_labels_are_exemptions_unless_all_shall_enforce(installed: Installation, cluster: ObjectServer) -> None:
    for mode in ("deny", "warn", "audit", "off"):
        cluster.namespace(mode, enforce=mode)
        add(cluster, "blocked", namespace=mode)

    def modes(ran: Ran) -> dict[str, tuple[str, int]]:
        return {item["namespace"]: (item["mode"], item["denied"]) for item in ran.json["namespaces"]}

    assert modes(installed.run("readiness", "--output", "json")) == {
        "deny": ("deny", 1),
        "warn": ("warn", 0),
        "audit": ("audit", 0),
        "off": ("off", 0),
    }
    everything = modes(installed.run("readiness", "--enforce-all", "--output", "json"))
    assert everything == {"deny": ("deny", 1), "warn": ("deny", 1), "audit": ("deny", 1), "off": ("off", 0)}


def test_what_enforces_by_default_does_not_matter(installed: Installation, cluster: ObjectServer) -> None:
    configure(installed, cluster, policy={"enforce": "warn"})
    add(cluster, "blocked")
    assert installed.run("readiness").code == 1


def test_new_settings_are_judged_with_and_nothing_of_them_is_kept(
    installed: Installation, cluster: ObjectServer
) -> None:
    add(cluster, "caution")
    assert installed.run("readiness").code == 0
    assessed = {
        "vulnerability": "CVE-2026-10003",
        "package": "pkg:npm/%40shop/trim",
        "type": "Blocked",
        "comment": "never",
        "until": "2099-01-01",
    }
    before = installed.ok("db", "status", "--output", "json").json["revision"]
    configure(installed, cluster, assessments=[assessed])
    ran = installed.run("readiness", "--output", "json")
    assert (ran.code, ran.json["denied"]) == (1, 1)
    assert installed.ok("db", "status", "--output", "json").json["revision"] == before
    configure(installed, cluster)
    assert installed.run("readiness").code == 0
    configure(installed, cluster, policy={"missingSbom": "deny"})
    add(cluster, "stranger")
    assert installed.run("readiness").code == 1


def test_only_named_namespaces_and_only_real_ones(installed: Installation, cluster: ObjectServer) -> None:
    mixed(cluster)
    ran = installed.run("readiness", "--namespace", "bank", "--output", "json")
    assert [item["namespace"] for item in ran.json["namespaces"]] == ["bank"]
    ran = installed.run("readiness", "--namespace", "bnak")
    assert (ran.code, "no namespace 'bnak'" in ran.err) == (2, True)


def test_the_webhooks_registration_says_where_it_is_asked(installed: Installation, cluster: ObjectServer) -> None:
    mixed(cluster)
    never = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]}
    webhooks = [{"namespaceSelector": {"matchExpressions": [never]}}]
    cluster.answers[REGISTRATION] = (200, {"metadata": {"name": "bomgate"}, "webhooks": webhooks})
    ran = installed.run("readiness", "--output", "json")
    assert (ran.json["denied"], ran.json["not_looked_at"]) == (1, {"excluded": 5})


def test_namespaces_labelled_deny_that_the_registration_leaves_out_are_named(
    installed: Installation, cluster: ObjectServer
) -> None:
    for name, labels in (("shop", {}), ("bank", {"team": "pay"}), ("risk", {"team": "risk"}), ("dev", {"team": "x"})):
        cluster.namespace(name, enforce="warn" if name == "dev" else "deny", **labels)
    team = {"key": "team", "operator": "Exists"}
    entries = [
        {
            "name": "pay",
            "namespaceSelector": {"matchLabels": {"team": "pay"}},
            "objectSelector": {"matchLabels": {"a": "b"}},
        },
        {
            "name": "all",
            "namespaceSelector": {"matchExpressions": [team, {**team, "operator": "NotIn", "values": ["pay"]}]},
            "matchConditions": [{"name": "not-being-deleted"}, {"name": "not-by-robots"}],
        },
    ]
    cluster.answers[REGISTRATION] = (200, {"metadata": {"name": "bomgate"}, "webhooks": entries})
    assert installed.run("readiness", "--output", "json").json["left_out"] == [
        {"namespace": "bank", "by": "objectSelector", "entries": ["pay"]},
        {"namespace": "risk", "by": "matchConditions", "entries": ["all (not-by-robots)"]},
        {"namespace": "shop", "by": "namespaceSelector", "entries": []},
    ]
    ran = installed.run("readiness")
    assert "- shop: no namespaceSelector selects it" in ran.out
    assert "by the objectSelector of pay" in ran.out
    assert "dev:" not in ran.out
    entries[1] = {"name": "all", "matchConditions": [{"name": "not-being-deleted"}]}
    cluster.answers[REGISTRATION] = (200, {"metadata": {"name": "bomgate"}, "webhooks": entries})
    ran = installed.run("readiness")
    assert "leaves out" not in ran.out


def test_a_registration_that_cannot_be_read_is_pointed_out(installed: Installation, cluster: ObjectServer) -> None:
    cluster.answers[REGISTRATION] = (403, {"kind": "Status"})
    assert "No registration of the webhook could be read" in installed.run("readiness").out
    assert installed.run("readiness", "--output", "json").json["left_out"] is None


def test_without_settings_the_cluster_is_found_as_kubectl_finds_it(
    filled: Installation, cluster: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add(cluster, "blocked")
    path = cluster.kubeconfig(tmp_path / "elsewhere")
    ran = filled.run("readiness", "--kubeconfig", path)
    assert ran.code == 1, ran.err
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'missing'}:{path}")
    assert filled.run("readiness").code == 1
    monkeypatch.delenv("KUBECONFIG")
    home = tmp_path / "home" / ".kube"
    home.mkdir(parents=True)
    cluster.kubeconfig(home / "config")
    assert filled.run("readiness").code == 1
    assert filled.run("readiness", "--context", "other").code == 2


def test_without_any_way_to_a_cluster_it_says_so(filled: Installation) -> None:
    ran = filled.run("readiness")
    assert (ran.code, "kube.kubeconfig" in ran.err) == (2, True)


def test_a_database_that_knows_nothing_is_pointed_out(bomgate: Installation, cluster: ObjectServer) -> None:
    configure(bomgate, cluster)
    add(cluster, "blocked")
    bomgate.ok("db", "upgrade")
    ran = bomgate.run("readiness")
    assert ran.code == 3
    assert "The database has no images" in ran.err


def test_it_says_where_nobody_guards_tickets_of_break_glass(installed: Installation, cluster: ObjectServer) -> None:
    add(cluster, "clean")
    said = "No policy bomgate-break-glass-guard of the API server guards tickets of break-glass."
    assert said in installed.run("readiness").out
    assert installed.run("readiness", "--output", "json").json["tickets_guarded"] is False
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic{}/bomgate-break-glass-guard"
    made = {"name": "bomgate-break-glass-guard", "creationTimestamp": "2026-01-01T00:00:00Z"}
    binding = {"policyName": made["name"], "validationActions": ["Deny"]}
    cluster.answers[path.format("ies")] = (200, {"metadata": made, "spec": {}})
    cluster.answers[path.format("ybindings")] = (200, {"metadata": made, "spec": binding})
    assert "tickets of break-glass" not in installed.run("readiness").out
    assert installed.run("readiness", "--output", "json").json["tickets_guarded"] is True
    cluster.answers[path.format("ies")] = (403, {"kind": "Status", "message": "no"})
    assert "guards tickets of break-glass could not be read" in installed.run("readiness").out
    assert installed.run("readiness", "--output", "json").json["tickets_guarded"] is None


def test_it_says_where_user_names_are_of_different_claims(installed: Installation, cluster: ObjectServer) -> None:
    add(cluster, "clean")
    parts = open_parts(load_settings(installed.folder / "bomgate.yaml", environment={}))
    for issuer, user, package in ((KUBERNETES, "oidc:ana@corp", "a"), ("https://login.example", "oidc:00u1", "b")):
        assert "different claims" not in installed.run("readiness").err
        person = Person(user, "test", issuer=issuer, username=user)
        now, scope = parts.clock.now(), Scope(f"pkg:npm/{package}", namespace="shop")
        made = ExceptionRequest(0, ("CVE-1",), scope, now + dt.timedelta(days=1), (Asker(person, "why", now),), now)
        parts.store.requests.change(asked(made, "test"), now=now, namespace="shop")
    parts.store.close()
    assert "from different claims: oidc:00u1, oidc:ana@corp. Set oidc.usernameClaim" in installed.run("readiness").err
