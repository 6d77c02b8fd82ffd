"""Advisories of a folder in the OSV format, on a real cluster: what they say of an image decides about its Pod."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import digest, reference
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import INSTANCE_LABEL
from tests.osv import affected, openssl, publish, record
from tests.vexdocuments import openvex, stated

INSTANCE = "advisories"
LIBSSL = "pkg:deb/debian/libssl3@3.0.{}-1?distro=debian-12.4&upstream=openssl"
CONTENTS = {
    "debian": LIBSSL.format(7),
    "debian-fixed": LIBSSL.format(8),
    "debian-stated": LIBSSL.format(7),
    "malicious": "pkg:npm/left-padd@1.0.0",
}


@pytest.fixture(scope="module")
def bomgate(install: Callable[..., Bomgate], tmp_path_factory: pytest.TempPathFactory) -> Bomgate:
    """An installation with a folder of advisories beside OSS Index."""
    folder: Path = tmp_path_factory.mktemp("osv")
    publish(folder, "Debian", [openssl()])
    publish(folder, "npm", [record("MAL-2026-1", affected("npm", "left-padd", {"introduced": "0"}))])
    osv = {"name": "osv", "kind": "osv", "location": str(folder), "ecosystems": ["Debian", "npm"]}
    installed = install(INSTANCE, sources=[{"name": "ossindex", "kind": "ossindex"}, osv])
    for name, purl in CONTENTS.items():
        file = write_sbom(installed.folder, digest(name), (purl,))
        installed.run("sbom", "add", file, "--image", reference(name))
    installed.run("download")
    return installed


@pytest.fixture(scope="module")
def namespace(cluster: Cluster, bomgate: Bomgate) -> str:
    return cluster.create_namespace(INSTANCE, {INSTANCE_LABEL: INSTANCE})


def create(cluster: Cluster, namespace: str, name: str) -> Answer:
    core = kubernetes.client.CoreV1Api(cluster.client)
    return call(
        core.create_namespaced_pod_with_http_info, namespace, pod(namespace, name, reference(name)), dry_run="All"
    )


def test_a_package_of_debian_is_denied_and_its_fixed_version_is_named_and_let_in(
    bomgate: Bomgate, cluster: Cluster, namespace: str
) -> None:
    wait_until(lambda: create(cluster, namespace, "debian").denied, 20, "the advisories")
    text = create(cluster, namespace, "debian").text
    assert "DEBIAN-CVE-2023-0286" in text
    assert "pkg:deb/debian/libssl3@3.0.7-1" in text
    assert "fixed in 3.0.8-1" in text
    answer = create(cluster, namespace, "debian-fixed")
    assert (answer.allowed, answer.warnings) == (True, ())


def test_a_malicious_package_is_denied_without_any_score(bomgate: Bomgate, cluster: Cluster, namespace: str) -> None:
    wait_until(lambda: create(cluster, namespace, "malicious").denied, 20, "the advisories")
    answer = create(cluster, namespace, "malicious")
    assert "MAL-2026-1" in answer.text
    assert "malicious package" in answer.text


def test_a_supplier_lets_the_image_in_that_a_vex_document_names_and_no_other(
    bomgate: Bomgate, cluster: Cluster, namespace: str
) -> None:
    wait_until(lambda: create(cluster, namespace, "debian-stated").denied, 20, "the advisories")
    product = {"@id": reference("debian-stated"), "subcomponents": [{"@id": LIBSSL.format(7)}]}
    statement = stated(vulnerability={"name": "CVE-2023-0286"}, products=[product])
    file = bomgate.folder / "supplier.json"
    file.write_bytes(openvex({key: value for key, value in statement.items() if value is not None}))
    bomgate.run("vex", "add", file, "--author", "ada")
    wait_until(lambda: create(cluster, namespace, "debian-stated").allowed, 20, "the VEX document")
    assert create(cluster, namespace, "debian").denied
    newer = stated("under_investigation", vulnerability={"name": "CVE-2023-0286"}, products=[product])
    file.write_bytes(openvex({**newer, "timestamp": "2026-11-02T00:00:00Z"}, **{"@id": "https://supplier.example/2"}))
    bomgate.run("vex", "add", file, "--author", "ada")
    wait_until(lambda: create(cluster, namespace, "debian-stated").denied, 20, "the newer statement")
