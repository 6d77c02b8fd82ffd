"""bomgate as a user installs it on a node: by helm, from the chart, with the image of the Dockerfile."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.doubles.ossindex.behaviour import PAT
from tests.e2e.processes import Ran, wait_until, within
from tests.node import catalogue
from tests.node.catalogue import BOMGATE, POSTGRESQL, Shelf
from tests.node.configuration import REGISTRY, REGISTRY_ADDRESS
from tests.node.node import ROOT, Node

CHART = ROOT / "charts" / "bomgate"
NAMESPACE, RELEASE = "bomgate-system", "bomgate"
WEBHOOK, CONTROLLER = "deployment/bomgate-webhook", "deployment/bomgate-controller"
COMPONENT = "app.kubernetes.io/component"
OVERLAP_SECONDS = 15
VERSIONS = ("1", "2")
"""Tags of bomgate's image in the registry, so that an upgrade has somewhere to go."""
OSSINDEX_URL = "http://ossindex.outside.svc:8080"


@dataclass
class Load:
    """What a client counted, see :mod:`tests.node.load`.

    Attributes:
        final: the last line that it wrote.
    """

    final: dict[str, Any] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        return sum(int(self.final[name]) for name in ("right", "wrong", "failed"))

    @property
    def told(self) -> str:
        """All of it in a line."""
        numbers = "{right} right, {wrong} wrong, {failed} failed in {seconds} s, p50 {p50_ms} p99 {p99_ms} ms"
        return f"{self.calls} calls: {numbers.format(**self.final)}"


class Installation:
    """A release of the chart on a node.

    Args:
        node: that is up.
        shelf: what its registry holds.
    """

    def __init__(self, node: Node, shelf: Shelf) -> None:
        self.node, self.shelf = node, shelf
        self.figures: list[str] = []

    # -- installing -----------------------------------------------------------------------------------------------

    def values(self, version: str = VERSIONS[0], **more: Any) -> dict[str, Any]:
        """What differs from the chart's own values."""
        registry = {"prefix": REGISTRY, "rewrite": REGISTRY_ADDRESS, "plainHttp": True, "allowPrivate": True}
        return {
            "image": {"repository": BOMGATE, "tag": version},
            "postgresql": {"image": ":".join(POSTGRESQL)},
            "ossindex": {"url": OSSINDEX_URL, "existingSecret": "ossindex"},
            "config": {
                "policy": {"enforce": "warn"},
                "registries": [registry],
                # A rotation takes three overlaps, which are hours by default; the kubelet here is quick.
                "certificates": {"overlapSeconds": OVERLAP_SECONDS},
                # All Pods share the processors of one node, and most tests wait for some of them to end.
                "serve": {"workers": 1, "gracefulSeconds": 5},
                # So that it is the run of the downloader that has asked.
                "controller": {"urgentComponents": 0},
            },
            **more,
        }

    def release(self, verb: str, **values: Any) -> Ran:
        """``helm install`` or ``helm upgrade`` with these values."""
        file = self.node.folder / "values.json"
        file.write_text(json.dumps(self.values(**values)))
        created = ["--create-namespace"] if verb == "install" else []
        return self.node.helm(verb, RELEASE, CHART, "-n", NAMESPACE, *created, "-f", file, seconds=240)

    def prepare(self) -> None:
        """What a cluster has before bomgate comes: storage, OSS Index, and the account there."""
        volume = self.node.folder / "volume"
        volume.mkdir()
        os.chown(volume, 999, 999)
        persistent = {
            "capacity": {"storage": "8Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": str(volume)},
        }
        labels = {"app": "ossindex"}
        container = {"name": "ossindex", "image": catalogue.OSSINDEX, "ports": [{"containerPort": 8080}]}
        self.node.pull(f"{BOMGATE}:{VERSIONS[0]}", ":".join(POSTGRESQL), catalogue.OSSINDEX)
        self.node.apply(
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "data"}, "spec": persistent},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "outside"}},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "ossindex", "namespace": "outside"},
                "spec": {
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                },
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "ossindex", "namespace": "outside"},
                "spec": {"selector": labels, "ports": [{"port": 8080}]},
            },
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "ossindex", "namespace": NAMESPACE},
                "stringData": {"token": PAT},
            },
        )

    # -- waiting --------------------------------------------------------------------------------------------------

    def settled(self, seconds: float = 600) -> None:
        """Wait until all that was asked for runs, and nothing else, and the webhook answers."""
        try:
            wait_until(
                self._only_current, seconds, "readiness of everything that was asked for, and of nothing else", 0.4
            )
        except TimeoutError as problem:
            raise AssertionError(f"{problem}\n{self.explanation()}") from None

    def explanation(self, *components: str) -> str:
        """What somebody would look at who wonders why something is not ready, or was restarted."""
        looks = [("get", "pods", "-o", "wide"), ("get", "events", "--sort-by=.lastTimestamp")]
        for component in components or ("webhook", "controller", "postgresql"):
            label = f"--selector=app.kubernetes.io/component={component}"
            looks.append(("logs", label, "--all-containers", "--prefix", "--tail=5", "--ignore-errors"))
            looks.append(("logs", label, "--previous", "--prefix", "--tail=8", "--ignore-errors"))
            looks.append(("get", "pods", label, "-o", "jsonpath={.items[*].status.containerStatuses[*].lastState}"))
        said = [self.kubectl(*look, check=False) for look in looks]
        return "\n\n".join("\n".join(line[:300] for line in (ran.out + ran.err).splitlines()[-25:]) for ran in said)

    def _only_current(self) -> bool:
        wanted = {"webhook": 3, "controller": 2, "postgresql": 1}
        apps = f"/apis/apps/v1/namespaces/{NAMESPACE}"
        owners = [owner for kind in ("deployments", "statefulsets") for owner in self.node.listed(f"{apps}/{kind}")]
        # On a busy machine the controllers may not have seen yet what was asked for.
        if any(owner["status"].get("observedGeneration", 0) < owner["metadata"]["generation"] for owner in owners):
            return False
        pods = self.pods(*wanted)  # after those who make them
        return Counter(map(component_of, pods)) == wanted and all(map(is_ready, pods))

    def decides(self, seconds: float = 120) -> None:
        """Wait until the webhook is asked and gives the right answers."""
        self.namespace("probe")
        wait_until(self._is_right, seconds, "the right answers", pause=0.5)

    def _is_right(self) -> bool:
        allowed, blocked = (self.dry_run("probe", self.shelf.pinned(name)) for name in ("allowed", "blocked"))
        return allowed.code == 0 and is_denied(blocked)

    def dry_run(self, namespace: str, image: str) -> Ran:
        """Ask for a Pod without getting one."""
        return self.node.kubectl("-n", namespace, "run", "asked", f"--image={image}", "--dry-run=server", check=False)

    # -- looking and acting ---------------------------------------------------------------------------------------

    def kubectl(self, *arguments: str, **options: Any) -> Ran:
        """kubectl in bomgate's namespace."""
        return self.node.kubectl("-n", NAMESPACE, *arguments, **options)

    def pods(self, *components: str) -> list[Any]:
        """The Pods of components, those on their way out as well."""
        label = quote(f"{COMPONENT} in ({','.join(components)})")
        return self.node.listed(f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector={label}")

    def uids(self, *components: str) -> set[str]:
        """The UIDs of the components' Pods."""
        return {pod["metadata"]["uid"] for pod in self.pods(*components)}

    def bomgate(self, *arguments: str) -> Ran:
        """Run a command of bomgate in a webhook Pod."""
        return self.kubectl("exec", WEBHOOK, "-c", "webhook", "--", "bomgate", *arguments)

    def download(self, name: str) -> str:
        """Run the downloader now, as the documentation says; what it logged."""
        self.kubectl("create", "job", "--from=cronjob/bomgate-download", name)
        self.kubectl("wait", "--for=condition=Complete", f"job/{name}", within(60))
        return self.kubectl("logs", f"job/{name}").out

    def namespace(self, name: str, mode: str = "deny") -> str:
        """Make a namespace in a mode."""
        labels = {"bomgate.dev/enforce": mode}
        self.node.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

        def found() -> bool:
            return self.node.asked(f"/api/v1/namespaces/{name}/serviceaccounts/default")[0] == 200

        wait_until(found, 20, f"the ServiceAccount of {name}")
        return name

    def leader(self) -> str:
        """The name of the controller Pod that holds the lease; empty when nobody does."""
        leases = self.node.listed(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")
        spec = next(lease["spec"] for lease in leases if lease["metadata"]["name"] == "bomgate-controller")
        return str(spec.get("holderIdentity") or "")

    @contextmanager
    def load(self, namespace: str, least: int = 50) -> Iterator[Load]:
        """Clients that create Pods as long as the block lasts.

        Args:
            namespace: one that is protected.
            least: calls that must have been answered before the block begins, and again at its end.
        """
        folder = self.node.folder
        settings = {
            "api": "127.0.0.1:6443",
            "authority": str(folder / "ca" / "tls.crt"),
            "certificate": str(folder / "user-admin" / "tls.crt"),
            "key": str(folder / "user-admin" / "tls.key"),
            "namespace": namespace,
            "allowed": self.shelf.pinned(catalogue.ALLOWED),
            "blocked": self.shelf.pinned(catalogue.BLOCKED),
        }
        load, client = Load(), self.node.started("python3", Path(__file__).with_name("load.py"), json.dumps(settings))
        assert client.stdin is not None and client.stdout is not None
        try:
            while not load.final or load.calls < least:
                load.final = json.loads(client.stdout.readline())
            yield load
            time.sleep(1.0)
        finally:
            client.stdin.close()
            for line in client.stdout:
                load.final = json.loads(line)
            client.stdout.close()
            client.wait(30)

    def tell(self, figure: str) -> None:
        """Keep a figure for the summary, and show it at once."""
        self.figures.append(figure)
        print(f"\n[node] {figure}", flush=True)


def component_of(pod: Any) -> str:
    """The component that a Pod's labels name; empty when they name none."""
    return str(pod["metadata"].get("labels", {}).get(COMPONENT, ""))


def is_ready(pod: Any) -> bool:
    """Whether a Pod is ready and stays."""
    conditions = {item["type"]: item["status"] for item in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def is_denied(ran: Ran) -> bool:
    """Whether kubectl was told no by bomgate, which is another thing than that bomgate could not be asked."""
    return ran.code != 0 and "denied the request: " in ran.err


def seconds_of(began: float) -> str:
    """The time since, for figures."""
    return f"{time.monotonic() - began:.0f} s"
