"""The roles of the chart give exactly what the enabled features need, as the product itself says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.chart.rendering import NAMESPACE, objects, render
from tests.chart.sets import DATABASE, SETS
from webhook.engines.controlling.rights import Features, Needs, console_needs, controller_needs, webhook_needs
from webhook.model.rights import Right

Rendered = dict[tuple[str, str], dict[str, Any]]

LEAST: dict[str, Any] = {
    **DATABASE,
    "certificates": {"mode": "certManager"},
    "config": {"policy": {"breakGlass": False}, "audit": {"events": False, "reports": False}},
}
REPORTS = (("wgpolicyk8s.io", "policyreports"), ("openreports.io", "reports"))
PLAIN = Features(
    namespace=NAMESPACE,
    lease="bomgate-controller",
    certificates=True,
    secrets=("bomgate-ca", "bomgate-webhook-tls"),
    configurations=("bomgate",),
    break_glass=True,
    events=True,
    reports=REPORTS,
)
ALL = Features(
    **{
        name: getattr(PLAIN, name)
        for name in PLAIN.__slots__
        if name not in ("cluster_reports", "node_platforms", "secrets")
    },
    secrets=("bomgate-ca", "bomgate-webhook-tls", "bomgate-console-tls"),
    cluster_reports=True,
    node_platforms=True,
)
FEW = Features(namespace=NAMESPACE, lease="bomgate-controller", configurations=("bomgate",))
CASES = {"default": (SETS["default"], PLAIN), "everything": (SETS["everything"], ALL), "least": (LEAST, FEW)}

cases = pytest.mark.parametrize(("values", "features"), CASES.values(), ids=CASES)


def granted(rendered: Rendered, account: str) -> set[Right]:
    """All that the roles bound to an account give it."""
    rights: set[Right] = set()
    for (kind, name), binding in rendered.items():
        if kind in ("ClusterRoleBinding", "RoleBinding") and account in [item["name"] for item in binding["subjects"]]:
            namespace = binding["metadata"].get("namespace", "")
            for rule in rendered[binding["roleRef"]["kind"], name]["rules"]:
                rights |= {
                    Right(verb, resource, group, namespace, only)
                    for verb in rule["verbs"]
                    for resource in rule["resources"]
                    for group in rule["apiGroups"]
                    for only in rule.get("resourceNames", [""])
                }
    return rights


def needed(needs: Needs) -> set[Right]:
    return {right for rights in needs.values() for right in rights}


def pull_secrets(values: dict[str, Any]) -> set[Right]:
    """What reading pull secrets takes, which the product does not ask about: it is given where it is wanted."""
    return {
        Right("get", resource, "", namespace)
        for resource in ("secrets", "serviceaccounts")
        for namespace in values.get("pullSecretNamespaces", [])
    }


@cases
def test_the_webhook_may_do_what_it_needs_and_no_more(values: dict[str, Any], features: Features) -> None:
    rights = granted(objects(render(values)), "bomgate-webhook")
    assert rights == needed(webhook_needs(features)) | pull_secrets(values)


@cases
def test_the_controller_may_do_what_it_needs_and_no_more(values: dict[str, Any], features: Features) -> None:
    rights = granted(objects(render(values)), "bomgate-controller")
    assert rights == needed(controller_needs(features)) | pull_secrets(values)


def test_the_console_may_ask_about_people_tell_events_begin_runs_and_no_more() -> None:
    needs = console_needs("bomgate-system", "bomgate-download")
    assert granted(objects(render(SETS["everything"])), "bomgate-console") == needed(needs)
    unguarded = {**SETS["everything"], "guard": {"enabled": False}}
    assert granted(objects(render(unguarded)), "bomgate-console") == needed(console_needs())
    assert granted(objects(render(DATABASE)), "bomgate-console") == set()


ROLES = {
    # resource → verbs, beside reading
    "viewer": {},
    "triager": {"assessments": "create delete", "assessments/override": "create", "requests": "create"},
    "approver": {"requests": "approve"},
    "admin": {
        "assessments": "create delete",
        "assessments/override": "create",
        "requests": "create approve",
        "types": "create update delete",
        "runs": "create delete",
    },
}
READ = {"vulnerabilities", "packages", "images", "sbomdocuments", "workloads", "assessments", "requests", "types"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_for_people_gives_what_its_name_says(role: str) -> None:
    rules = objects(render(DATABASE))["ClusterRole", f"bomgate-{role}"]["rules"]
    given = {(resource, verb) for rule in rules for resource in rule["resources"] for verb in rule["verbs"]}
    assert {(resource, verb) for resource in READ for verb in ("get", "list")} <= given
    asked = {(resource, verb) for resource, verb in given if resource in {*READ, "runs", "assessments/override"}}
    writes = {pair for pair in asked if pair[1] not in ("get", "list", "watch", "update", "patch")}
    writes |= {pair for pair in asked if pair == ("types", "update")}
    assert writes == {(resource, verb) for resource, verbs in ROLES[role].items() for verb in verbs.split()}
    assert {rule["apiGroups"][0] for rule in rules} == {"bomgate.dev"}


def test_pull_secrets_of_all_namespaces_are_opened_only_when_the_settings_ask_for_it() -> None:
    rights = granted(objects(render({**DATABASE, "config": {"kube": {"pullSecrets": True}}})), "bomgate-webhook")
    assert Right("get", "secrets") in rights
    for account in ("webhook", "controller"):
        plain = granted(objects(render(DATABASE)), f"bomgate-{account}")
        assert not [right for right in plain if right.resource == "secrets" and not right.namespace]


def test_the_downloader_and_the_database_may_do_nothing_and_get_no_token() -> None:
    rendered = objects(render(DATABASE))
    for account in ("bomgate-download", "bomgate-postgresql"):
        assert granted(rendered, account) == set()
        assert rendered["ServiceAccount", account]["automountServiceAccountToken"] is False
    pods = [
        rendered["CronJob", "bomgate-download"]["spec"]["jobTemplate"]["spec"]["template"],
        rendered["StatefulSet", "bomgate-postgresql"]["spec"]["template"],
    ]
    assert [pod["spec"]["automountServiceAccountToken"] for pod in pods] == [False, False]


def test_the_hook_may_delete_the_registrations_of_its_release_only() -> None:
    assert granted(objects(render(DATABASE)), "bomgate-unregister") == {
        Right("delete", f"{kind}webhookconfigurations", "admissionregistration.k8s.io", "", "bomgate")
        for kind in ("validating", "mutating")
    }


def test_no_role_for_people_is_bound_and_only_the_one_to_look_is_part_of_others() -> None:
    rendered = objects(render(DATABASE))
    people = [
        f"bomgate-{name}" for name in ("viewer", "triager", "approver", "admin", "editor", "break-glass", "exempter")
    ]
    bound = {entry["roleRef"]["name"] for entry in rendered.values() if "roleRef" in entry}
    assert bound.isdisjoint(people)
    aggregated = [name for name in people if _aggregated(rendered["ClusterRole", name])]
    assert aggregated == ["bomgate-viewer"]
    verbs = {verb for rule in rendered["ClusterRole", "bomgate-viewer"]["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}


def _aggregated(role: dict[str, Any]) -> Iterable[str]:
    return [
        label for label in role["metadata"]["labels"] if label.startswith("rbac.authorization.k8s.io/aggregate-to-")
    ]


def test_nobody_but_the_webhook_may_write_a_grant() -> None:
    rendered = objects(render(SETS["everything"]))
    writers = {
        name
        for (kind, name), role in rendered.items()
        if kind in ("ClusterRole", "Role")
        for rule in role["rules"]
        if "breakglassgrants" in rule["resources"] and {"create", "update", "patch", "*"} & set(rule["verbs"])
    }
    assert writers == {"bomgate-webhook"}
