"""The Pods of the chart: apart from each other, without rights, slow to go, and quick to be replaced."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.chart.rendering import HelmError, helm, objects, render, render_anew
from tests.chart.sets import DATABASE, SETS
from tests.chart.values import CHART
from webhook.settings import load_settings

Rendered = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    return objects(render(DATABASE))


def pods(rendered: Rendered) -> dict[str, dict[str, Any]]:
    """The Pod templates, by the name of their owner."""
    found = {}
    for (kind, name), entry in rendered.items():
        if kind == "CronJob":
            found[name] = entry["spec"]["jobTemplate"]["spec"]["template"]
        elif kind in ("Deployment", "StatefulSet", "Job"):
            found[name] = entry["spec"]["template"]
    return found


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


@pytest.mark.parametrize("name", SETS)
def test_every_container_keeps_to_the_restricted_level_and_cannot_write_to_its_image(name: str) -> None:
    for owner, pod in pods(objects(render(SETS[name]))).items():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, owner
        assert security["runAsUser"] > 0, owner
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, owner
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, owner
            assert {"requests", "limits"} <= set(container["resources"]), owner


def test_what_the_selectors_say_never_changes_with_the_version(rendered: Rendered) -> None:
    for (kind, name), entry in rendered.items():
        if kind in ("Deployment", "StatefulSet"):
            assert entry["spec"]["selector"]["matchLabels"] == {
                "app.kubernetes.io/name": "bomgate",
                "app.kubernetes.io/instance": "bomgate",
                "app.kubernetes.io/component": name.removeprefix("bomgate-"),
            }


def test_every_object_of_the_chart_has_the_recommended_labels(rendered: Rendered) -> None:
    for key, entry in rendered.items():
        if key[0] != "CustomResourceDefinition":
            wanted = {f"app.kubernetes.io/{word}" for word in ("name", "instance", "version", "part-of", "managed-by")}
            assert wanted <= set(entry["metadata"]["labels"]), key


def test_the_fixed_names_are_those_of_the_release(rendered: Rendered) -> None:
    assert {
        ("Deployment", "bomgate-webhook"),
        ("Deployment", "bomgate-controller"),
        ("CronJob", "bomgate-download"),
        ("StatefulSet", "bomgate-postgresql"),
        ("Service", "bomgate-webhook"),
        ("ValidatingWebhookConfiguration", "bomgate"),
    } <= set(rendered)


def test_two_releases_share_no_name() -> None:
    """But the custom resources, and those of the first release that were in the way of the second would be refused."""
    first, second = (set(objects(render(DATABASE, release))) for release in ("bomgate", "staging"))
    assert {key for key in first & second if key[0] != "CustomResourceDefinition"} == set()
    assert ("Deployment", "staging-bomgate-webhook") in second


@pytest.mark.parametrize("release", ["a" * 53, f"bomgate-{'b' * 45}"])
def test_a_long_release_name_gives_names_that_are_short_enough(release: str) -> None:
    """A CronJob adds eleven characters to its name for its Jobs; labels and names of Services end at 63."""
    for kind, name in objects(render(DATABASE, release)):
        assert len(name) <= (52 if kind == "CronJob" else 63), (kind, name)


def test_a_webhook_pod_has_time_for_the_pause_and_for_the_open_requests(rendered: Rendered) -> None:
    pod = pods(rendered)["bomgate-webhook"]["spec"]
    pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    graceful = load_settings(environment={"HOME": "/tmp"}).serve.graceful_seconds
    assert pod["terminationGracePeriodSeconds"] >= pause + graceful + 10


@pytest.mark.parametrize(("replicas", "kept"), [(1, False), (2, True), (3, True)])
def test_a_budget_for_disruptions_is_there_only_when_a_pod_can_be_spared(replicas: int, kept: bool) -> None:
    rendered = objects(render({**DATABASE, "replicas": replicas}))
    assert (("PodDisruptionBudget", "bomgate-webhook") in rendered) is kept
    assert rendered["Deployment", "bomgate-webhook"]["spec"]["replicas"] == replicas
    rolling = rendered["Deployment", "bomgate-webhook"]["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxUnavailable": 0, "maxSurge": 1}


def test_spreading_the_pods_never_keeps_one_from_running(rendered: Rendered) -> None:
    for owner in ("bomgate-webhook", "bomgate-controller"):
        spec = pods(rendered)[owner]["spec"]
        assert set(spec["affinity"]["podAntiAffinity"]) == {"preferredDuringSchedulingIgnoredDuringExecution"}
        assert {item["whenUnsatisfiable"] for item in spec["topologySpreadConstraints"]} == {"ScheduleAnyway"}


def test_a_changed_setting_replaces_the_pods_that_read_it(rendered: Rendered) -> None:
    changed = pods(objects(render({**DATABASE, "config": {"policy": {"unknown": "deny"}}})))
    for owner, pod in pods(rendered).items():
        reads = any("BOMGATE_CONFIG" in [item["name"] for item in each.get("env", [])] for each in containers(pod))
        assert (pod["metadata"] != changed[owner]["metadata"]) is reads, owner


def test_the_database_is_brought_up_to_date_before_the_webhook_and_the_downloader_start(rendered: Rendered) -> None:
    for owner in ("bomgate-webhook", "bomgate-download"):
        (migration,) = pods(rendered)[owner]["spec"]["initContainers"]
        assert migration["args"] == ["db", "upgrade", "--wait", "300"]


def test_the_controller_waits_for_nothing_because_the_webhook_waits_for_its_certificate(rendered: Rendered) -> None:
    spec = pods(rendered)["bomgate-controller"]["spec"]
    assert "initContainers" not in spec
    with_account = pods(objects(render(SETS["everything"])))["bomgate-controller"]["spec"]
    secrets = {item["secret"]["secretName"] for item in with_account["volumes"] if "secret" in item}
    assert secrets == {"bomgate-database"}


def test_the_downloader_never_runs_twice_at_once_nor_again_by_itself(rendered: Rendered) -> None:
    spec = rendered["CronJob", "bomgate-download"]["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("0 2 * * *", "Etc/UTC", "Forbid")
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_the_same_values_give_the_same_manifests_without_a_cluster() -> None:
    assert render_anew(SETS["everything"]) == render_anew(SETS["everything"])


def test_a_password_is_made_up_only_where_nobody_gives_one() -> None:
    first, second = (objects(render_anew({}))["Secret", "bomgate-database"] for _ in range(2))
    assert first["data"] != second["data"]
    assert first["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert ("Secret", "bomgate-database") not in objects(render(DATABASE))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"replicas": 1}, "replicas is 1"),
        ({"failurePolicy": "Ignore"}, "failurePolicy is Ignore"),
        ({"config": {"policy": {"enforce": "deny"}}}, "config.policy.enforce is deny"),
        ({"guard": {"enabled": False}}, "guard.enabled is false"),
        ({"postgresql": {"persistence": {"enabled": False}}}, "persistence.enabled is false"),
        ({"image": {"repository": "bomgate"}}, "image.repository is bomgate"),
        ({"ossindex": {"existingSecret": ""}}, "ossindex.existingSecret is empty"),
        ({"networkPolicy": {"enabled": False}}, "networkPolicy.enabled is false"),
        ({"timeoutSeconds": 20}, "timeoutSeconds is 20"),
        ({"download": {"suspend": True}}, "download.suspend is true"),
        ({"prometheusRule": {"enabled": False}}, "prometheusRule.enabled is false"),
        (
            {"config": {"policy": {"kinds": [{"group": "example.org", "kind": "Odd", "podSpecPath": "spec"}]}}},
            "config.policy.kinds names Odd of the group example.org, but no rule",
        ),
        (
            {
                "extraRules": [
                    {"apiGroups": ["b.org"], "apiVersions": ["*"], "resources": ["odds"], "operations": ["CREATE"]}
                ]
            },
            "extraRules names the group b.org, but config.policy.kinds does not",
        ),
    ],
)
def test_the_notes_warn_of_a_dangerous_value_and_of_no_other(values: dict[str, Any], word: str) -> None:
    safe = {"image": {"repository": "registry.example/bomgate"}, "ossindex": {"existingSecret": "ossindex"}}
    assert word not in notes(safe)
    assert word in notes({**safe, **values})


def notes(values: dict[str, Any]) -> str:
    command = ("install", "bomgate", CHART, "-n", "bomgate-system", "--dry-run=client", "--kubeconfig", "/nonexistent")
    return re.sub(r"\s+", " ", helm(*command, values=values).partition("\nNOTES:\n")[2])


def test_the_notes_name_the_next_three_steps() -> None:
    text = notes({"ossindex": {"existingSecret": "ossindex"}})
    assert "rollout status deployment/bomgate-webhook" in text
    assert "create job --from=cronjob/bomgate-download" in text
    assert "bomgate.dev/enforce=deny" in text


def test_an_older_cluster_is_refused() -> None:
    with pytest.raises(HelmError, match=r"kubeVersion: >=1.30.0-0 which is incompatible"):
        helm("template", "bomgate", CHART, "--kube-version", "1.29.9", values=DATABASE)
