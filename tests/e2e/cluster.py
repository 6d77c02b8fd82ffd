"""A real Kubernetes control plane on loopback: etcd, API server, controller manager, scheduler and kwok.

kwok stands in for the kubelet: Pods that the scheduler has placed become Running and Ready. Nothing here needs root,
a container runtime or a network beyond loopback.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes.client
import requests
from kubernetes.client import ApiException

from tests.e2e import controlplanefiles
from tests.e2e.controlplanefiles import SERVICES
from tests.e2e.processes import Process, Ran, free_port, wait_until

START_SECONDS = 60.0
PEOPLE = ("dora", "ben")
"""Users with tokens and without rights; their names are those that tests of requests use."""
CORE = ("etcd", "kube-apiserver", "kubectl")
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kwok")


class ClusterError(Exception):
    """The control plane did not start; the text ends with the tails of its logs."""


@dataclass(frozen=True)
class Options:
    """What differs between the clusters of the tests.

    Attributes:
        audited: rules of the audit policy; what none names is not logged.
        routed: webhooks that are registered with a Service are called at the addresses of its EndpointSlices; else at
            its cluster IP, behind which nothing is here.
        left_alone: label selector of Pods that kwok does not touch, because something else runs them; empty: none.
        bare: etcd and the API server alone; Pods stay Pending.
    """

    audited: tuple[dict[str, Any], ...] = ({"level": "Metadata", "resources": [{"group": "", "resources": ["pods"]}]},)
    routed: bool = False
    left_alone: str = ""
    bare: bool = False


class Cluster:
    """The control plane.

    Args:
        binaries: folder of the programs. Without the controller manager, scheduler and kwok, as in a folder meant for
            envtest, there are no controllers and Pods stay Pending.
        folder: for data, certificates and logs.
        options: what differs from other clusters.

    Attributes:
        url: of the API server.
        client: an ``ApiClient`` of the official library, as cluster-admin.
    """

    client: kubernetes.client.ApiClient

    def __init__(self, binaries: Path, folder: Path, options: Options | None = None) -> None:
        missing = [name for name in CORE if not (binaries / name).exists()]
        if missing:
            raise ClusterError(f"{binaries} holds no {', '.join(missing)}")
        self.folder, self._binaries, self._options = folder, binaries, options or Options()
        programs = all((binaries / name).exists() for name in CONTROLLERS) and (binaries / "stages").is_dir()
        self.controllers = programs and not self._options.bare
        self._token = secrets.token_hex(16)
        self._etcd = f"http://127.0.0.1:{free_port()}"
        self._port = free_port()
        self.url = f"https://127.0.0.1:{self._port}"
        self.kubeconfig, self.certificate = folder / "kubeconfig", folder / "certs" / "ca.crt"
        self._processes: list[Process] = []

    # -- starting and stopping ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and wait until a Pod could be created and, with controllers, be run.

        Raises:
            ClusterError: something ended, or was not ready in time; nothing is left running.
        """
        try:
            controlplanefiles.write(self.folder, self.url, self._accounts, self._options.audited)
            self._start_etcd()
            self._start_api_server()
            self._wait(self._api_is_ready, "the API server")
            self.client = self._make_client()
            if self.controllers:
                self._start_controllers()
                self._wait(lambda: self._has_account("default"), "the ServiceAccount default")
                self._wait(self._node_is_ready, "the node")
            else:
                self._create_account("default")
        except BaseException as problem:
            tails = "\n\n".join(f"--- {process.name} ---\n{process.tail()}" for process in self._processes)
            self.stop()
            raise ClusterError(f"{problem}\n\n{tails}") from problem

    def stop(self) -> None:
        """Stop everything in an order in which nothing waits for what is gone: etcd last."""
        for process in reversed(self._processes):
            process.stop(seconds=5.0)
        self._processes.clear()

    def _run(self, name: str, *arguments: str | Path) -> None:
        self._processes.append(Process(name, [self._binaries / name, *arguments], self.folder))

    def _wait(self, ready: Any, what: str) -> None:
        def answer() -> object:
            ended = [process.name for process in self._processes if not process.running]
            if ended:
                raise ClusterError(f"{', '.join(ended)} ended while waiting for {what}")
            return ready()

        wait_until(answer, START_SECONDS, what)

    def _start_etcd(self) -> None:
        peer = f"http://127.0.0.1:{free_port()}"
        self._run(
            "etcd",
            *("--data-dir", self.folder / "etcd", "--unsafe-no-fsync"),
            *("--listen-client-urls", self._etcd, "--advertise-client-urls", self._etcd),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        )

    def _start_api_server(self) -> None:
        self._run(
            "kube-apiserver",
            f"--etcd-servers={self._etcd}",
            f"--secure-port={self._port}",
            "--bind-address=127.0.0.1",
            f"--tls-cert-file={self.certificate.with_name('tls.crt')}",
            f"--tls-private-key-file={self.certificate.with_name('tls.key')}",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
            f"--service-account-issuer={self.url}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            *("--authorization-mode=RBAC", "--allow-privileged=true", "--profiling=false"),
            f"--service-cluster-ip-range={SERVICES}",
            f"--audit-policy-file={self.folder / 'audit-policy.yaml'}",
            f"--audit-log-path={self.folder / 'audit.log'}",
            f"--enable-aggregator-routing={str(self._options.routed).lower()}",
        )

    def _start_controllers(self) -> None:
        # Before any workload: the kubelet, which would do it, is not here.
        capacity = {"cpu": "64", "memory": "256Gi", "pods": "1000"}
        node = {"metadata": {"name": "node-1"}, "status": {"capacity": capacity, "allocatable": capacity}}
        kubernetes.client.CoreV1Api(self.client).create_node(node)
        kubeconfig = f"--kubeconfig={self.kubeconfig}"
        self._run(
            "kube-controller-manager",
            kubeconfig,
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            *("--use-service-account-credentials=true", f"--root-ca-file={self.certificate}", "--leader-elect=false"),
            *("--kube-api-qps=300", "--kube-api-burst=500", "--secure-port=0"),
        )
        self._run("kube-scheduler", kubeconfig, "--leader-elect=false", "--secure-port=0")
        configurations = sorted((self._binaries / "stages").glob("*.yaml"))
        if self._options.left_alone:
            configurations.append(controlplanefiles.write_kwok_options(self.folder, self._options.left_alone))
        self._run("kwok", kubeconfig, "--manage-all-nodes=true", *(f"--config={file}" for file in configurations))

    def _api_is_ready(self) -> bool:
        with suppress(requests.RequestException, OSError):
            return self.get("/readyz").status_code == 200
        return False

    def _make_client(self) -> kubernetes.client.ApiClient:
        configuration = kubernetes.client.Configuration()
        configuration.host = self.url
        configuration.ssl_ca_cert = str(self.certificate)
        configuration.api_key = {"authorization": f"Bearer {self._token}"}
        return kubernetes.client.ApiClient(configuration)

    def _has_account(self, namespace: str) -> bool:
        try:
            kubernetes.client.CoreV1Api(self.client).read_namespaced_service_account("default", namespace)
        except ApiException as problem:
            if problem.status != 404:
                raise
            return False
        return True

    def _create_account(self, namespace: str) -> None:
        """Create the account that Pods need, as the controller manager does where there is one."""
        wait_until(lambda: self._has_namespace(namespace), 20, f"the namespace {namespace}")
        core = kubernetes.client.CoreV1Api(self.client)
        core.create_namespaced_service_account(namespace, {"metadata": {"name": "default"}})

    def _has_namespace(self, name: str) -> bool:
        return any(
            item.metadata.name == name for item in kubernetes.client.CoreV1Api(self.client).list_namespace().items
        )

    def _node_is_ready(self) -> bool:
        node = kubernetes.client.CoreV1Api(self.client).read_node("node-1")
        conditions = {condition.type: condition.status for condition in node.status.conditions or ()}
        return conditions.get("Ready") == "True" and not node.spec.taints

    # -- using it ---------------------------------------------------------------------------------------------------

    def get(self, path: str, accept: str = "*/*") -> requests.Response:
        """Ask the API server, as cluster-admin, for something that the client library has no method for."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": accept}
        return requests.get(f"{self.url}{path}", headers=headers, verify=str(self.certificate), timeout=10)

    def audited(self, namespace: str, name: str) -> dict[str, str]:
        """The annotations of the newest entry about a Pod in the API server's audit log."""
        with (self.folder / "audit.log").open(encoding="utf-8") as log:
            entries = [json.loads(line) for line in log if name in line]  # a log of thousands is read again and again
        wanted = [
            entry
            for entry in entries
            if entry["objectRef"].get("namespace") == namespace and entry["objectRef"].get("name") == name
        ]
        return wanted[-1].get("annotations", {}) if wanted else {}

    @property
    def _accounts(self) -> dict[str, tuple[str, ...]]:
        """Token → user, UID and, where it has one, group."""
        people = {self.token_of(name): (name, f"{name}-uid") for name in PEOPLE}
        return {self._token: ("admin", "admin-uid", "system:masters"), **people}

    def token_of(self, person: str) -> str:
        """The token of one of the people that the API server knows, for itself as its audience."""
        return f"{self._token}-{person}"

    def kubectl(self, *arguments: str, manifest: Any = None) -> Ran:
        """Run kubectl as a user would, with one manifest or a list of them on its standard input.

        Args:
            arguments: of kubectl.
            manifest: an object, or several, that ``-f -`` reads.
        """
        objects = manifest if isinstance(manifest, list) else [manifest]
        done = subprocess.run(
            [self._binaries / "kubectl", f"--kubeconfig={self.kubeconfig}", "--cache-dir", self.folder, *arguments],
            input=None if manifest is None else "\n---\n".join(json.dumps(item) for item in objects),
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder)},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def create_namespace(self, name: str, labels: dict[str, str] | None = None) -> str:
        """Create a namespace and wait until Pods can be created in it; its name."""
        core = kubernetes.client.CoreV1Api(self.client)
        core.create_namespace({"metadata": {"name": name, "labels": labels or {}}})
        if not self.controllers:
            self._create_account(name)
        wait_until(lambda: self._has_account(name), 20, f"the ServiceAccount of {name}", pause=0.02)
        return name


@contextmanager
def running_cluster(binaries: Path, options: Options | None = None) -> Iterator[Cluster]:
    """A cluster for the time of the ``with`` block; its files are removed with it."""
    with tempfile.TemporaryDirectory(prefix="bomgate-cluster-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(binaries, Path(folder), options)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def _by_hand() -> None:
    """Run a cluster until Ctrl-C, to look at: ``python -m tests.e2e.cluster``."""
    from tests.e2e.controlplane.build import ensure

    began = time.monotonic()
    with running_cluster(ensure()) as cluster:
        print(f"ready after {time.monotonic() - began:.1f} s; export KUBECONFIG={cluster.kubeconfig}", flush=True)
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    _by_hand()
