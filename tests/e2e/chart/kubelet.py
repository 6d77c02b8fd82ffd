"""What the kubelet, and kube-proxy with it, are to the product's Pods: it runs them, on this machine.

kwok leaves these Pods alone. What it does not do: liveness probes, limits and security contexts, and networks, for
which there is the real node.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kubernetes.client
from kubernetes.client import ApiException

from tests.e2e.chart.pods import Machine, PodProcesses
from tests.e2e.chart.watching import Object, Watched
from tests.e2e.cluster import Cluster
from tests.e2e.processes import wait_until

STEP_SECONDS = 0.2


class Kubelet:
    """Runs the Pods of a namespace that carry a label, in a separate thread.

    Args:
        cluster: where they are.
        namespace: of the Pods and their Services.
        selector: label selector of the Pods; kwok has to leave them alone.
        folder: for their volumes and logs.

    Attributes:
        past: the Pods that are gone, for their logs.
    """

    def __init__(self, cluster: Cluster, namespace: str, selector: str, folder: Path) -> None:
        self._core = kubernetes.client.CoreV1Api(cluster.client)
        self._slices = kubernetes.client.DiscoveryV1Api(cluster.client)
        self._namespace, self._folder = namespace, folder
        self._watched_pods = Watched(self._core.list_namespaced_pod, namespace, label_selector=selector)
        self._services = Watched(self._core.list_namespaced_service, namespace)
        named = {
            "secret": Watched(self._core.list_namespaced_secret, namespace),
            "configMap": Watched(self._core.list_namespaced_config_map, namespace),
        }
        self._watches = (*named.values(), self._services, self._watched_pods)
        self._machine = Machine(cluster.client, {"server": cluster.url}, self._own_address(), named)
        self._pods: dict[str, PodProcesses] = {}
        self.past: list[PodProcesses] = []
        self._routes: set[str] = set()
        self._stop = threading.Event()
        self._trouble = ""
        self._thread = threading.Thread(target=self._loop, name="kubelet", daemon=True)

    def _own_address(self) -> str:
        """The address that the API server itself has in its EndpointSlice, where no loopback address may be."""
        found = self._slices.read_namespaced_endpoint_slice("kubernetes", "default")
        return str(found.endpoints[0].addresses[0])

    def start(self) -> None:
        for watched in self._watches:
            watched.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop, and kill what runs."""
        self._stop.set()
        self._thread.join()
        for watched in self._watches:
            watched.stop()
        with ThreadPoolExecutor() as together:
            list(together.map(PodProcesses.kill, self._pods.values()))

    # -- what the tests look at -------------------------------------------------------------------------------------

    def pods(self, component: str = "") -> list[PodProcesses]:
        """The Pods that are not being deleted: all, or those of a component; oldest first."""
        assert not self._trouble, self._trouble
        wanted = {"app.kubernetes.io/component": component} if component else {}
        return [
            pod
            for pod in list(self._pods.values())
            if wanted.items() <= pod.pod["metadata"]["labels"].items()
            and not pod.pod["metadata"].get("deletionTimestamp")
        ]

    def wait(self, ready: Callable[[], object], seconds: float, what: str) -> Any:
        """``wait_until``, and tell what the Pods said when it does not happen."""

        def answer() -> object:
            assert not self._trouble, self._trouble
            return ready()

        try:
            return wait_until(answer, seconds, what, pause=0.3)
        except TimeoutError as late:
            raise AssertionError(f"{late}\n{self.describe()}") from late

    def describe(self) -> str:
        """Each Pod with its state and the end of its log."""
        return "\n\n".join(
            f"--- {pod.name}: {'ready' if pod.ready else pod.why or 'not ready'} ---\n{pod.log[-3000:]}"
            for pod in list(self._pods.values())
        )

    # -- the loop ---------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while not self._stop.wait(STEP_SECONDS):
            try:
                self._step()
            except Exception:
                self._trouble = traceback.format_exc()
                return

    def _step(self) -> None:
        self._trouble = next((watched.trouble for watched in self._watches if watched.trouble), "")
        pods = self._watched_pods.all()
        there = {pod["metadata"]["uid"] for pod in pods}
        for gone in self._pods.keys() - there:
            self._pods[gone].kill()
            self.past.append(self._pods.pop(gone))
        for pod in pods:
            uid = pod["metadata"]["uid"]
            if uid not in self._pods and pod["spec"].get("nodeName"):
                self._pods[uid] = PodProcesses(self._machine, pod, self._folder / f"{pod['metadata']['name']}-{uid}")
            if uid in self._pods:
                try:
                    self._pods[uid].step(pod)
                except ApiException as problem:
                    if problem.status not in (404, 409):  # deleted, or changed, since it was listed
                        raise
        self._route()

    # -- Services ---------------------------------------------------------------------------------------------------

    def _route(self) -> None:
        """Keep one EndpointSlice for each Service and ready Pod of it: each Pod has separate ports."""
        wanted: dict[str, Object] = {}
        for service in self._services.all():
            selector = service["spec"].get("selector") or {}
            for pod in self._pods.values():
                if selector and pod.ready and selector.items() <= pod.pod["metadata"]["labels"].items():
                    made = self._slice(service, pod)
                    wanted[made["metadata"]["name"]] = made
        for name in self._routes - wanted.keys():
            try:
                self._slices.delete_namespaced_endpoint_slice(name, self._namespace)
            except ApiException as problem:
                if problem.status != 404:  # it goes with its Service
                    raise
        for name in wanted.keys() - self._routes:
            self._slices.create_namespaced_endpoint_slice(self._namespace, wanted[name])
        self._routes = set(wanted)

    def _slice(self, service: Object, one: PodProcesses) -> Object:
        name, meta = service["metadata"]["name"], service["metadata"]
        owner = {"apiVersion": "v1", "kind": "Service", "name": name, "uid": meta["uid"]}
        ports = [
            {"name": port.get("name", ""), "protocol": "TCP", "port": one.port(port.get("targetPort", port["port"]))}
            for port in service["spec"]["ports"]
        ]
        address = self._machine.address
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{name}-{one.name}",
                "namespace": self._namespace,
                "labels": {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "tests"},
                "ownerReferences": [owner],
            },
            "addressType": "IPv6" if ":" in address else "IPv4",
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
            "ports": ports,
        }
