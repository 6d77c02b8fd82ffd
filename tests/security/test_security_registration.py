"""The registration: what every variant of it leaves out, and what its conditions may never look at."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.chart.rendering import HelmError, helm, is_built
from tests.chart.sets import DATABASE, SETS
from tests.chart.values import CHART, ROOT
from tests.parts import unavailable
from webhook.model.reviews import Operation, is_judged

KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
NAMESPACE = "somewhere-else"
ROLLOUTS = {
    "apiGroups": ["argoproj.io"],
    "apiVersions": ["*"],
    "resources": ["rollouts"],
    "operations": ["CREATE", "UPDATE"],
}
EXTRAS: dict[str, Any] = {
    "extraRules": [ROLLOUTS],
    "mutate": {"enabled": True},
    "namespaceSelector": {
        "matchLabels": {"team": "web"},
        "matchExpressions": [{"key": "stage", "operator": "Exists"}],
    },
    "certificates": {"mode": "certManager"},
    "excludedNamespaces": ["storage"],
}


def variants() -> Iterator[Any]:
    """Values of the chart that change its registration, each way of failing and each mode with and without the rest."""
    for name, values in SETS.items():
        yield pytest.param(values, id=name)
    for policy, mode, extras in itertools.product(("Fail", "Ignore"), ("deny", "warn", "audit", "off"), ({}, EXTRAS)):
        values = {**DATABASE, "failurePolicy": policy, "config": {"policy": {"enforce": mode}}, **extras}
        yield pytest.param(values, id=f"{policy}-{mode}-{'extras' if extras else 'plain'}")


def entries(text: str) -> list[dict[str, Any]]:
    """The webhooks that a manifest registers."""
    found = [item for item in yaml.load_all(text, yaml.CSafeLoader) if item and item["kind"] in KINDS]
    return [entry for item in found for entry in item["webhooks"]]


def how_to() -> str:
    """The registration that the guide tells people to save."""
    text = (ROOT / "docs" / "how-to" / "register-the-webhook.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if "kind: ValidatingWebhookConfiguration" in block)


def excluded(entry: dict[str, Any]) -> set[str]:
    """The namespaces that an entry leaves out by name, whatever their labels are."""
    return {
        name
        for item in entry["namespaceSelector"]["matchExpressions"]
        if (item["key"], item["operator"]) == ("kubernetes.io/metadata.name", "NotIn")
        for name in item["values"]
    }


def rendered(values: dict[str, Any], namespace: str = NAMESPACE) -> list[dict[str, Any]]:
    """The webhooks that the chart registers when it is installed into a namespace."""
    if not is_built():
        unavailable("no helm is built; `python tests/e2e/controlplane/build.py helm` builds it, with Go")
    return entries(helm("template", "other", CHART, "--namespace", namespace, values=values))


def manifests() -> Iterator[Any]:
    """Every manifest of the repository that registers a webhook, and the guide's."""
    yield pytest.param(how_to(), id="how-to")
    for path in sorted((ROOT / "manifests").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if any(f"kind: {kind}" in text for kind in KINDS):
            yield pytest.param(text, id=str(path.relative_to(ROOT)))


@pytest.mark.parametrize("values", list(variants()))
def test_the_chart_never_asks_about_its_own_namespace_and_kube_system(values: dict[str, Any]) -> None:
    found = rendered(values)
    assert len(found) >= 2
    for entry in found:
        assert excluded(entry) >= {NAMESPACE, "kube-system", "kube-public", "kube-node-lease"}, entry["name"]


@pytest.mark.parametrize("text", list(manifests()))
def test_no_manifest_asks_about_bomgates_own_namespace_and_kube_system(text: str) -> None:
    found = entries(text)
    assert found
    for entry in found:
        assert excluded(entry) >= {"bomgate-system", "kube-system", "kube-public", "kube-node-lease"}, entry["name"]


def test_only_creations_and_updates_of_what_is_in_a_namespace_are_registered() -> None:
    texts = [entries(param.values[0]) for param in manifests()]
    for entry in itertools.chain(rendered({**DATABASE, **EXTRAS}), *texts):
        for rule in entry["rules"]:
            assert set(rule["operations"]) <= {"CREATE", "UPDATE"}, entry["name"]
            assert rule["scope"] == "Namespaced", entry["name"]


@pytest.mark.parametrize(
    "change",
    [
        {"operations": ["*"]},
        {"operations": ["DELETE"]},
        {"operations": ["CREATE", "CONNECT"]},
        {"operations": []},
        {"apiGroups": ["*"]},
        {"apiGroups": [""]},
        {"resources": ["*"]},
        {"resources": ["*/*"]},
        {"resources": ["rollouts/status"]},
        {"resources": ["rollouts/scale"]},
        {"scope": "Cluster"},
        {"scope": "*"},
        {"matchConditions": []},
    ],
)
def test_a_rule_that_could_hold_up_the_cluster_is_refused(change: dict[str, Any]) -> None:
    assert rendered({**DATABASE, "extraRules": [{**ROLLOUTS, "scope": "Namespaced"}]})
    with pytest.raises(HelmError, match=rf"extraRules.*{next(iter(change))}"):
        rendered({**DATABASE, "extraRules": [{**ROLLOUTS, **change}]})


def test_no_condition_looks_at_what_a_request_could_leave_itself_out_with() -> None:
    """But for the ticket of break-glass, whose change can only add a question."""
    texts = [entries(param.values[0]) for param in manifests()]
    for entry in itertools.chain(rendered({**DATABASE, **EXTRAS}), *texts):
        for condition in entry["matchConditions"]:
            looks = re.findall(r"(?:annotations|labels|ownerReferences|status)\b", condition["expression"])
            assert not looks or condition["name"] == "new-or-with-other-containers", condition


def test_every_variant_leaves_out_the_subresources_that_are_not_judged() -> None:
    """So that an eviction passes under hand-written rules, too, while the webhook is down."""
    texts = [entries(param.values[0]) for param in manifests()]
    for entry in itertools.chain(rendered({**DATABASE, **EXTRAS}), *texts):
        if [item["resources"] for item in entry["rules"]] == [["pods"]]:
            continue  # the mutating webhook's own rule, which names no subresource
        conditions = {item["name"]: item["expression"] for item in entry["matchConditions"]}
        listed = re.findall(r'"([a-z]+)"', conditions["object-or-ephemeral-containers"])
        assert [item for item in listed if not is_judged(Operation.CREATE, item)] == [], entry["name"]
        assert is_judged(Operation.UPDATE, "ephemeralcontainers")
        assert "ephemeralcontainers" in listed, entry["name"]


def test_every_condition_that_reads_an_object_asks_first_whether_there_is_one() -> None:
    texts = [entries(param.values[0]) for param in manifests()]
    for entry in itertools.chain(rendered({**DATABASE, **EXTRAS}), *texts):
        names = {condition["name"] for condition in entry["matchConditions"]}
        assert "not-by-a-node" in names
        for condition in entry["matchConditions"]:
            expression = condition["expression"]
            for name in ("object", "oldObject"):
                if re.search(rf"\b{name}\.", expression):
                    guard = re.search(rf"\b{name} == null", expression)
                    use = re.search(rf"\b{name}\.", expression)
                    assert guard is not None and use is not None and guard.start() < use.start(), condition
