"""Objects that are nested deeply on a real API server: no depth is a way past a denial."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.catalogue import BLOCKED, CLEAN
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.product import Bomgate


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate]) -> Bomgate:
    return install("deep")


@pytest.fixture(params=["Ignore", "Fail"])
def deep(request: pytest.FixtureRequest, cluster: Cluster, bomgate: Bomgate, new_namespace: Any) -> Iterator[str]:
    """A namespace whose objects are judged, under each ``failurePolicy``."""
    admission = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
    name = f"bomgate-{bomgate.name}"
    current = admission.read_validating_webhook_configuration(name)
    current.webhooks[0].failure_policy = request.param
    admission.replace_validating_webhook_configuration(name, current)
    errors = bomgate.metric("bomgate_admission_errors_total")
    yield new_namespace(bomgate.name)
    assert bomgate.metric("bomgate_admission_errors_total") == errors


def nested(manifest: dict[str, Any], levels: int) -> str:
    """A manifest whose ``managedFields``, which anybody may write, are nested so deeply."""
    fields = {"manager": "x", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": "@"}
    manifest["metadata"]["managedFields"] = [{**fields, "time": "2026-01-01T00:00:00Z"}]
    return json.dumps(manifest).replace('"@"', '{"f:a":' * levels + "{}" + "}" * levels)


@pytest.mark.parametrize("levels", [500, 1_000, 3_000, 9_900])
def test_what_the_api_server_takes_is_judged_however_deeply_it_is_nested(
    cluster: Cluster, deep: str, levels: int, tmp_path: Any
) -> None:
    for name, image in (("bad", BLOCKED), ("good", CLEAN)):
        file = tmp_path / f"{name}.json"
        file.write_text(nested(pod(deep, name, image), levels))
        ran = cluster.kubectl("create", "--raw", f"/api/v1/namespaces/{deep}/pods", "-f", str(file))
        assert (ran.code == 0) == (image == CLEAN), ran.err
        assert image == CLEAN or "CVE-2026-10001" in ran.err, ran.err
    kept = cluster.kubectl("get", "pod", "good", "-n", deep, "-o", "json", "--show-managed-fields")
    assert kept.out.count('"f:a"') == levels, "the API server took the nested fields"
