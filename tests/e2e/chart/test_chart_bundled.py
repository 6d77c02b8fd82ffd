"""A second release, with the values of the chart: the API server takes every object, and the password stays.

Its Pods are kwok's, which run nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.chart.installation import CHART, Installation

NAMESPACE, RELEASE = "second", "second"
NAME = f"{RELEASE}-bomgate"
VALUES = {
    "crds": {"install": False},  # those of the first release are there
    "namespaceSelector": {"matchLabels": {"second": "only"}},
    "postgresql": {"persistence": {"enabled": False}},  # nobody makes volumes here
}


@pytest.fixture
def second(installation: Installation) -> Iterator[Installation]:
    helm(installation, "install", RELEASE, str(CHART), "--create-namespace")
    yield installation
    helm(installation, "uninstall", RELEASE)


def helm(installation: Installation, *arguments: str) -> str:
    values = VALUES if arguments[0] in ("install", "upgrade") else None
    return installation.helm(*arguments, namespace=NAMESPACE, values=values).out


def passwords(installation: Installation) -> dict[str, str]:
    found = [item for item in installation.get("secrets", namespace=NAMESPACE) if "password" in item.get("data", {})]
    return {item["metadata"]["name"]: item["data"]["password"] for item in found}


def test_the_password_of_the_bundled_database_is_made_up_once(second: Installation) -> None:
    before = passwords(second)
    assert len(before) == 1
    helm(second, "upgrade", RELEASE, str(CHART))
    assert passwords(second) == before


def test_all_three_replicas_and_the_database_are_wanted(second: Installation) -> None:
    deployments = {item["metadata"]["name"]: item["spec"] for item in second.get("deployments", namespace=NAMESPACE)}
    assert {name: spec["replicas"] for name, spec in deployments.items()} == {
        f"{NAME}-webhook": 3,
        f"{NAME}-controller": 2,
    }
    (database,) = second.get("statefulsets", namespace=NAMESPACE)
    assert database["metadata"]["name"] == f"{NAME}-postgresql"
    assert len(second.get("poddisruptionbudgets", namespace=NAMESPACE)) >= 1
    assert len(second.get("networkpolicies", namespace=NAMESPACE)) >= 1
