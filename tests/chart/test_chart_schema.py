"""values.schema.json: what Helm refuses before anything changes, and that the settings inside are bomgate's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rendering import HelmError, objects, render
from tests.chart.sets import DATABASE, SETS
from tests.chart.settings_schema import SET_BY_CHART, settings_schema
from webhook.settings import all_lists, all_settings, load_settings


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"replica": 2}, "replica"),
        ({"image": {"name": "x"}}, "name"),
        ({"replicas": "three"}, "replicas"),
        ({"replicas": 0}, "replicas"),
        ({"failurePolicy": "Retry"}, "failurePolicy"),
        ({"timeoutSeconds": 31}, "timeoutSeconds"),
        ({"excludedNamespaces": ["Not a name"]}, "excludedNamespaces"),
        ({"namespaceSelector": {"matchLabels": {"bomgate.dev/enforce": "warn"}}}, "bomgate.dev/enforce"),
        ({"namespaceSelector": {"matchExpressions": [{"key": "bomgate.dev/enforce", "operator": "Exists"}]}}, "key"),
        ({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "in"}]}}, "operator"),
        ({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "value": "a"}]}}, "value"),
        ({"image": {"digest": "sha256:abc"}}, "digest"),
        ({"certificates": {"mode": "hand"}}, "mode"),
        ({"config": {"polcy": {}}}, "polcy"),
        ({"config": {"policy": {"unasessed": "deny"}}}, "unasessed"),
        ({"config": {"policy": {"enforce": "block"}}}, "enforce"),
        ({"config": {"search": {"seconds": "long"}}}, "seconds"),
        ({"config": {"assessmentTypes": [{"nmae": "x"}]}}, "nmae"),
        ({"config": {"serve": {"listen": "0.0.0.0:1"}}}, "listen"),
        ({"config": {"database": {"url": "sqlite:///x"}}}, "url"),
    ],
)
def test_helm_refuses_a_wrong_value_and_names_it(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmError, match=named):
        render({**DATABASE, **values})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"database": {"url": "postgresql://h/d"}}, "postgresql.enabled to false"),
        ({"postgresql": {"enabled": False}}, "There is no database"),
        (
            {"postgresql": {"enabled": False}, "database": {"url": "postgresql://h/d", "existingSecret": "x"}},
            "exclude each other",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused_with_a_remedy(values: dict[str, Any], why: str) -> None:
    with pytest.raises(HelmError, match=re.escape(why)):
        render(values)


def test_every_setting_can_stand_in_the_values_or_is_set_by_the_chart() -> None:
    groups = settings_schema()["properties"]
    lists = {name for name, _ in all_lists() if "." not in name}
    known = {f"{group}.{key}" for group in set(groups) - lists for key in groups[group]["properties"]}
    settings = {setting.name for setting in all_settings()}
    assert known == settings - SET_BY_CHART
    assert settings >= SET_BY_CHART
    assert lists <= set(groups)


@pytest.mark.parametrize("name", SETS)
def test_bomgate_reads_the_settings_of_every_process(name: str, tmp_path: Path) -> None:
    rendered = objects(render(SETS[name]))
    file = tmp_path / "config.yaml"
    file.write_text(rendered["ConfigMap", "bomgate-config"]["data"]["config.yaml"], encoding="utf-8")
    pods = [
        rendered["Deployment", "bomgate-webhook"]["spec"]["template"],
        rendered["Deployment", "bomgate-controller"]["spec"]["template"],
        rendered["CronJob", "bomgate-download"]["spec"]["jobTemplate"]["spec"]["template"],
    ]
    for container in (container for pod in pods for container in _containers(pod)):
        environment = {item["name"]: _value(item, tmp_path) for item in container["env"]} | {"HOME": str(tmp_path)}
        load_settings(file, environment=environment)


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def _value(variable: dict[str, Any], folder: Path) -> str:
    """The variable as the Pod would have it; a mounted Secret is a file of the test."""
    value = str(variable.get("value", "something"))
    if not variable["name"].endswith("_FILE"):
        return value
    mounted = folder / Path(value).name
    mounted.write_text("postgresql://bomgate@db/bomgate", encoding="utf-8")
    return str(mounted)


def test_every_variable_that_the_chart_sets_is_one_that_bomgate_knows() -> None:
    known = {setting.environment for setting in all_settings()} | {"BOMGATE_CONFIG", "HTTPS_PROXY"}
    used = {
        variable["name"]
        for item in objects(render(SETS["everything"])).values()
        for container in _find(item, "env")
        for variable in container
    }
    assert used - known == {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS", "PGDATA"}


def _find(content: Any, key: str) -> list[Any]:
    """Every value of a key, anywhere inside."""
    if isinstance(content, dict):
        return ([content[key]] if key in content else []) + [
            item for value in content.values() for item in _find(value, key)
        ]
    return [item for value in content for item in _find(value, key)] if isinstance(content, list) else []


def test_a_plain_off_is_the_mode_off() -> None:
    text = yaml.safe_load("{policy: {enforce: off}}")
    rendered = objects(render({**DATABASE, "config": text}))
    policy = rendered["ValidatingAdmissionPolicy", "bomgate-namespace-guard"]
    assert {"name": "unlabelled", "expression": "0"} in policy["spec"]["variables"]
