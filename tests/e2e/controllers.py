"""Controllers as processes of their own, and a webhook whose certificate comes from the Secret that they keep."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import kubernetes.client
import requests
import yaml
from kubernetes.client import ApiException
from prometheus_client.parser import text_string_to_metric_families

from tests.certificates import Authority, Pair
from tests.e2e.answers import call
from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.processes import Process, free_port, wait_until
from tests.e2e.product import Bomgate

SERVICE = "bomgate-webhook"


class ControllerProcess:
    """One ``bomgate controller``.

    Args:
        name: what to call it.
        folder: for its files, made here.
        kubeconfig: as whom it speaks to the API server.
        settings: groups of its settings file.
    """

    def __init__(self, name: str, folder: Path, kubeconfig: Path, settings: dict[str, Any]) -> None:
        folder.mkdir()
        self.port = free_port()
        content: dict[str, Any] = {"database": {"url": f"sqlite:///{folder / 'bomgate.db'}"}, **settings}
        content["kube"] = {"kubeconfig": str(kubeconfig), **settings.get("kube", {})}
        content["controller"] = {"listen": f"127.0.0.1:{self.port}", **settings.get("controller", {})}
        self._config = folder / "bomgate.yaml"
        self._config.write_text(yaml.safe_dump(content))
        root = Path(__file__).resolve().parents[2]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "PYTHONPATH": str(root)}
        command = [sys.executable, "-m", "webhook", "controller", "--config", self._config]
        self.process = Process(f"controller-{name}", command, folder, environment)

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page; 0 while nothing answers."""
        try:
            answer = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=5)
        except requests.RequestException:
            assert self.process.running, self.process.tail(30)
            return 0, ""
        return answer.status_code, answer.text

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of a metric; None while there is none."""
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return float(sample.value)
        return None

    @property
    def leads(self) -> bool:
        return self.metric("bomgate_leader") == 1

    def wait_for(self, *words: str, seconds: float = 20.0) -> str:
        """Wait until ``/readyz`` says all of this; its text."""

        def said() -> str:
            text = self.get("/readyz")[1]
            return text if all(word in text for word in words) else ""

        return str(wait_until(said, seconds, f"/readyz saying {words}: {self.get('/readyz')}"))


def entry(namespace: str, port: int, **more: Any) -> dict[str, Any]:
    """A webhook that calls the Service, for Pods of one namespace."""
    return {
        "name": f"{namespace}.controller.bomgate.dev",
        "clientConfig": {
            "service": {"namespace": namespace, "name": SERVICE, "path": "/validate", "port": port},
        },
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 5,
        "admissionReviewVersions": ["v1"],
        **more,
    }


class Registered:
    """A ValidatingWebhookConfiguration of one test, named like its namespace.

    Args:
        cluster: where it is.
        namespace: names it, and is the only one in which it is asked.
        port: of loopback, where the webhook listens.
    """

    def __init__(self, cluster: Cluster, namespace: str, port: int = 443) -> None:
        self.name, self._cluster = namespace, cluster
        self._api = kubernetes.client.AdmissionregistrationV1Api(cluster.client)
        # The API server, which runs outside of any cluster network, goes where the external name leads.
        service = {"type": "ExternalName", "externalName": "localhost"}
        core = kubernetes.client.CoreV1Api(cluster.client)
        core.create_namespaced_service(namespace, {"metadata": {"name": SERVICE}, "spec": service})
        self._api.create_validating_webhook_configuration(
            {"metadata": {"name": namespace}, "webhooks": [entry(namespace, port)]}
        )

    @property
    def bundle(self) -> str:
        """The authorities that it trusts."""
        found = self._api.read_validating_webhook_configuration(self.name)
        return base64.b64decode(found.webhooks[0].client_config.ca_bundle or "").decode()

    @property
    def authorities(self) -> int:
        """How many they are."""
        return self.bundle.count("BEGIN CERTIFICATE")

    def wipe(self) -> None:
        """Take the bundle away, as a tool does that knows only its own manifests."""
        patch = [{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]
        self._api.patch_validating_webhook_configuration(self.name, patch)

    @property
    def exists(self) -> bool:
        with suppress(ApiException):
            return bool(self._api.read_validating_webhook_configuration(self.name))
        return False


def secret_data(cluster: Cluster, namespace: str, name: str) -> dict[str, bytes]:
    """What a Secret holds; nothing when there is none."""
    try:
        found = kubernetes.client.CoreV1Api(cluster.client).read_namespaced_secret(name, namespace)
    except ApiException as problem:
        assert problem.status == 404
        return {}
    return {key: base64.b64decode(text) for key, text in found.data.items()}


class Served(Bomgate):
    """A webhook that serves with the Secret, which comes to it some time later, as a kubelet brings it.

    Args:
        cluster: where the Secret is.
        namespace: of the Secret.
        folder: for its files.
        delay: seconds from a change of the Secret to that of the files.
    """

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, delay: float) -> None:
        super().__init__("served", folder, Authority("nobody trusts it"))
        self._cluster, self._namespace, self._delay = cluster, namespace, delay
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self.served: list[bytes] = []

    def ready(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def start(self) -> None:
        self._thread.start()
        wait_until(lambda: self.served, 20, "the Secret")
        super().start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        super().stop()

    def _copy(self) -> None:
        while not self._stopping.wait(0.1):
            data = secret_data(self._cluster, self._namespace, "bomgate-webhook-tls")
            if data and data["tls.crt"] not in self.served:
                if self._stopping.wait(self._delay if self.served else 0):
                    return
                self.secret.put(Pair(data["tls.crt"], data["tls.key"]))
                self.served.append(data["tls.crt"])


class Load:
    """Creates Pods, as dry runs, again and again; each has to be answered by the webhook."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._create = kubernetes.client.CoreV1Api(cluster.client).create_namespaced_pod_with_http_info
        self._namespace = namespace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.made = 0
        self.failures: list[str] = []

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.02):
            answer = call(
                self._create,
                self._namespace,
                pod(self._namespace, f"load-{self.made}", "registry.example/app:1"),
                dry_run="All",
            )
            self.made += 1
            if answer.status != 201:
                self.failures.append(f"{time.strftime('%X')} {answer.status} {json.dumps(answer.message)[:300]}")
