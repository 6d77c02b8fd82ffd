"""The downloader, run by the chart's CronJob: with its own account, environment and Secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.ossindex import OssIndexDouble
from tests.e2e.catalogue import PARSER, digest
from tests.e2e.chart.installation import Installation
from tests.e2e.product import Bomgate, write_sbom


@pytest.fixture
def refusing(ossindex: OssIndexDouble) -> Iterator[OssIndexDouble]:
    """OSS Index, which does not take the token any more."""
    before, ossindex.behaviour.pats = ossindex.behaviour.pats, frozenset()
    yield ossindex
    ossindex.behaviour.pats = before


def test_what_the_job_downloaded_is_known(installation: Installation, operator: Bomgate) -> None:
    first = next(
        pod for pod in installation.kubelet.pods("download") if pod.pod["metadata"]["labels"]["job-name"] == "first"
    )
    assert first.pod["status"]["phase"] == "Succeeded", first.log
    assert "BOMGATE_KUBE_CLUSTER" not in {item["name"] for item in first.containers[0].spec["env"]}
    listed = operator.json("vulns", "list", "--purl", PARSER)
    assert "CVE-2026-10001" in str(listed)


@pytest.mark.usefixtures("refusing")
def test_a_download_that_fails_makes_its_job_fail_at_once_and_decisions_go_on(
    installation: Installation, operator: Bomgate
) -> None:
    documents = operator.folder / "later"
    documents.mkdir()
    write_sbom(documents, digest("later"), ["pkg:pypi/never-asked@1.0"])
    operator.run("sbom", "import", documents)
    pod = installation.download("refused")
    assert pod.containers[0].exit_code == 3, pod.log
    installation.kubelet.wait(lambda: failed(installation, "refused"), 20, "the failure of the Job")
    assert len(installation.ready("webhook")) == 2


def failed(installation: Installation, job: str) -> bool:
    conditions = installation.get("job", job)["status"].get("conditions", [])
    return any(condition["type"] == "Failed" and condition["status"] == "True" for condition in conditions)
