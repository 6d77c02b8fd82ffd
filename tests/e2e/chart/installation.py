"""The chart installed by helm on the light cluster, with the product's processes as its Pods say."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes.client
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e import catalogue
from tests.e2e.chart.kubelet import Kubelet
from tests.e2e.chart.pods import PodProcesses
from tests.e2e.cluster import Cluster, Options
from tests.e2e.deciding import pod_trier
from tests.e2e.processes import Ran
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.reading import Reader

CHART = Path(__file__).resolve().parents[3] / "charts" / "bomgate"
RELEASE, NAMESPACE = "bomgate", "bomgate-system"
PODS = f"app.kubernetes.io/instance={RELEASE}"
ACCOUNTS = f"system:serviceaccounts:{NAMESPACE}"
AUDITED = (
    {"level": "Metadata", "resources": [{"group": "", "resources": ["pods"]}]},
    {"level": "Metadata", "userGroups": [ACCOUNTS]},
    {"level": "Metadata", "users": ["admin", "system:anonymous"]},
)
CLUSTER = Options(audited=AUDITED, routed=True, left_alone=PODS)
"""The cluster that this needs: kwok leaves the product's Pods alone, and their requests are audited."""

WORKLOADS = {"webhook": "bomgate-webhook", "controller": "bomgate-controller"}
READY_SECONDS = 120.0


@dataclass(frozen=True)
class Request:
    """A request in the API server's audit log.

    Attributes:
        user: who made it.
        agent: the program, as it calls itself.
        verb: such as ``list``.
        path: with the query.
        code: of the answer; 0 while there is none.
    """

    user: str
    agent: str
    verb: str
    path: str
    code: int


class Installation:
    """One release of the chart.

    Args:
        cluster: made with the options ``CLUSTER``.
        helm: the program.
        folder: for helm's files and those of the Pods.
        values: of the chart; change them and ``upgrade``.

    Attributes:
        folder: for files.
        kubelet: runs its Pods.
    """

    def __init__(self, cluster: Cluster, helm: Path, folder: Path, values: dict[str, Any]) -> None:
        self.cluster, self.values, self._helm, self.folder = cluster, values, helm, folder
        self.kubelet = Kubelet(cluster, NAMESPACE, PODS, folder / "pods")
        self._reader = Reader(cluster)

    # -- helm -------------------------------------------------------------------------------------------------------

    def helm(self, *arguments: str, namespace: str = NAMESPACE, values: dict[str, Any] | None = None) -> Ran:
        """Run helm as a cluster's administrator does.

        Raises:
            AssertionError: it did not exit with 0; with what it wrote, and the state of the Pods.
        """
        command = [str(self._helm), "--kubeconfig", str(self.cluster.kubeconfig), "-n", namespace, *arguments]
        given = None if values is None else yaml.safe_dump(values)
        home = {"HOME": str(self.folder), "PATH": os.environ.get("PATH", "")}
        done = subprocess.run(
            [*command, *(["--values", "-"] if given else [])],
            input=given,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS + 20,
            env=home,
        )
        told = f"helm {arguments[0]}: {done.stderr}\n{done.stdout}"
        assert done.returncode == 0, f"{told}\n{self.kubelet.describe()}"
        return Ran(done.returncode, done.stdout, done.stderr)

    def install(self) -> str:
        """``helm install``, and wait as helm does until everything is ready; the notes."""
        options = ("--create-namespace", "--wait", "--timeout", f"{READY_SECONDS:g}s")
        return self.helm("install", RELEASE, str(CHART), *options, values=self.values).out

    def upgrade(self) -> None:
        """``helm upgrade`` to the values as they are now, and wait as helm does."""
        self.helm("upgrade", RELEASE, str(CHART), "--wait", "--timeout", f"{READY_SECONDS:g}s", values=self.values)

    def download(self, name: str) -> PodProcesses:
        """Run the downloader now, as the documentation says; its Pod, when it has ended."""
        ran = self.cluster.kubectl("create", "job", "--from=cronjob/bomgate-download", name, "-n", NAMESPACE)
        assert ran.code == 0, ran.err

        def ended() -> PodProcesses | None:
            of_job = [pod for pod in self.kubelet.pods("download") if pod.pod["metadata"]["labels"]["job-name"] == name]
            return next((pod for pod in of_job if pod.ended), None)

        found: PodProcesses = self.kubelet.wait(ended, READY_SECONDS, f"the end of the download {name}")
        return found

    # -- what it needs ----------------------------------------------------------------------------------------------

    def prepare(self, secrets: dict[str, dict[str, str]]) -> None:
        """Create the namespace, with Secrets that the values name."""
        self.cluster.create_namespace(NAMESPACE)
        core = kubernetes.client.CoreV1Api(self.cluster.client)
        # As the kubelet does; the chart selects nodes by it.
        core.patch_node("node-1", {"metadata": {"labels": {"kubernetes.io/os": "linux"}}})
        for name, data in secrets.items():
            core.create_namespaced_secret(NAMESPACE, {"metadata": {"name": name}, "stringData": data})

    def fill(self, operator: Bomgate) -> None:
        """Get the catalogue in: SBOMs by hand, and what is known of their components by a download that is run now.

        Webhooks follow the database within a second or so; all of them know the catalogue then.
        """
        documents = operator.folder / "to-import"
        documents.mkdir()
        for image, purls in catalogue.CONTENTS.items():
            write_sbom(documents, catalogue.digest(image), purls)
        operator.run("sbom", "import", documents)
        self.download("first")
        ask = pod_trier(
            self.cluster.client, self.cluster.create_namespace("catalogue", {"bomgate.dev/enforce": "deny"})
        )
        blocked = catalogue.BLOCKED
        self.kubelet.wait(lambda: all(ask(blocked).denied for _ in range(8)), 90, "every webhook to know the catalogue")

    # -- looking ----------------------------------------------------------------------------------------------------

    def get(self, kind: str, name: str = "", namespace: str = NAMESPACE) -> Any:
        """An object, or the items of a kind, as ``kubectl get -o json`` has them."""
        return self._reader.object(kind, name, namespace) if name else self._reader.objects(kind, namespace)

    def ready(self, component: str) -> list[PodProcesses]:
        """The ready Pods of a component, oldest first."""
        return [pod for pod in self.kubelet.pods(component) if pod.ready]

    def leader(self) -> PodProcesses:
        """The controller's Pod that holds the Lease; waits until there is one whose process lives."""

        def holder() -> PodProcesses | None:
            # Host, process and a random part: the hosts of these Pods are one.
            held = self.get("lease", "bomgate-controller")["spec"].get("holderIdentity") or "//"
            return next((pod for pod in self.kubelet.pods("controller") if held.split("/")[1] in pod.pids), None)

        found: PodProcesses = self.kubelet.wait(holder, 30, "a leader")
        return found

    def metric(self, component: str, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels, over all ready Pods of a component."""
        return sum(
            sample.value
            for pod in self.ready(component)
            for sample in _samples(pod)
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def requests(self) -> Iterator[Request]:
        """What the API server was asked so far, by its audit log: by the Pods' accounts, by admin, and by nobody."""
        with (self.cluster.folder / "audit.log").open(encoding="utf-8") as log:
            for line in log:
                entry = json.loads(line)
                code = entry.get("responseStatus", {}).get("code", 0)
                agent = entry.get("userAgent", "")
                yield Request(entry["user"].get("username", ""), agent, entry["verb"], entry["requestURI"], code)


def _samples(one: PodProcesses) -> Iterator[Any]:
    url = f"http://{one.places.address}:{one.port(9090)}/metrics"
    for family in text_string_to_metric_families(requests.get(url, timeout=5).text):
        yield from family.samples
