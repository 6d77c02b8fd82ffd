"""A real ``bomgate serve`` between a double of the API server and registries that mean no good."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.certificates import Authority
from tests.doubles.kubeobjects import ObjectServer
from tests.doubles.ossindex import Behaviour, OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e import catalogue
from tests.e2e.product import Bomgate, write_sbom

NAMESPACE = "shop"
CONTROLLER = "system:serviceaccount:kube-system:replicaset-controller"
FORGED = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "nope", "uid": "no-such-uid", "controller": True}


@dataclass
class Listener:
    """A server on loopback that treats each connection in the same way.

    Attributes:
        treat: what is done with a connection, on a separate thread.
        accepted: connections so far.
    """

    treat: Callable[[socket.socket], None]
    accepted: int = 0
    _kept: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.accepted += 1
                self._kept.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self.treat(connection)

    def close(self) -> None:
        """Close the listener and all connections."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # ends accept(), which closing alone does not
        self._accepting.join(10)
        self._socket.close()
        for connection in self._kept:
            connection.close()


def silence(_: socket.socket) -> None:
    """Accept, and say nothing."""


@contextlib.contextmanager
def silent_registry() -> Iterator[Listener]:
    """A registry that accepts connections and says nothing; its host is ``host``."""
    listener = Listener(silence)
    try:
        yield listener
    finally:
        listener.close()


@dataclass
class Guarded:
    """An installation that decides in a cluster that is a double.

    Attributes:
        bomgate: the product.
        cluster: the double of the API server.
    """

    bomgate: Bomgate
    cluster: ObjectServer

    def assess(self, *arguments: str) -> None:
        """Decide as the user of this machine, because the double knows no people."""
        everywhere = ("assess", "CVE-2026-10001", "--comment", "test", *arguments)
        self.bomgate.run(*everywhere, environment={"BOMGATE_KUBE_CLUSTER": "false"})

    def ask(self, review: dict[str, Any], *, timeout: str = "5s", path: str = "/validate/deny") -> dict[str, Any]:
        """The response to a review, over HTTPS."""
        return self.send(json.dumps(review).encode(), timeout=timeout, path=path)

    def send(self, review: bytes, *, timeout: str = "5s", path: str = "/validate/deny") -> dict[str, Any]:
        """The response to a review as bytes, over HTTPS."""
        context = ssl.create_default_context(cadata=self.bomgate.authority.pem.decode())
        connection = http.client.HTTPSConnection("127.0.0.1", self.bomgate.port, timeout=30, context=context)
        with closing(connection):
            headers = {"Content-Type": "application/json"}
            connection.request("POST", f"{path}?timeout={timeout}", review, headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body[:500]
        response: dict[str, Any] = json.loads(body)["response"]
        return response


@contextlib.contextmanager
def guarded(folder: Path, **settings: dict[str, Any]) -> Iterator[Guarded]:
    """An installation with the images of the catalogue; registries on loopback may be asked.

    Args:
        folder: a new one.
        settings: groups of the settings file.
    """
    with OssIndexDouble(Behaviour(advisories=catalogue.ADVISORIES)) as double, ObjectServer() as cluster:
        cluster.namespace(NAMESPACE)
        folder.mkdir(exist_ok=True)
        kubeconfig = cluster.kubeconfig(folder / "kubeconfig")
        bomgate = Bomgate(
            "security",
            folder / "bomgate",
            Authority(),
            {
                "ossindex": {"url": double.url, "token": PAT},
                "kube": {"cluster": True, "kubeconfig": str(kubeconfig), **settings.pop("kube", {})},
                "sbom": {"sources": ["referrers", "buildkit"]},
                "registries": [{"prefix": "127.0.0.1", "plainHttp": True, "allowPrivate": True}]
                if "registries" not in settings
                else settings.pop("registries"),
            },
        )
        bomgate.configure(**settings)
        documents = bomgate.folder / "to-import"
        documents.mkdir()
        for image in ("clean", "blocked"):
            write_sbom(documents, catalogue.digest(image), catalogue.CONTENTS[image])
        bomgate.run("sbom", "import", documents)
        bomgate.run("download")
        bomgate.start()
        try:
            yield Guarded(bomgate, cluster)
        finally:
            bomgate.stop()


def plain(*hosts: str) -> list[dict[str, Any]]:
    """Rules for registries on loopback, of which each port is a separate host."""
    return [{"prefix": host, "plainHttp": True, "allowPrivate": True} for host in hosts]


def pod(
    *images: str,
    owner: dict[str, Any] | None = None,
    user: str = "mallory",
    old: tuple[str, ...] = (),
    annotations: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A review of a Pod with these images; of an update where it had others before."""
    return review("", "Pod", _spec(images), owner, user, _spec(old) if old else None, annotations)


def replica_set(*images: str, owner: dict[str, Any] | None = None, user: str = "mallory") -> dict[str, Any]:
    """A review of a ReplicaSet whose template has these images."""
    return review("apps", "ReplicaSet", {"template": {"spec": _spec(images)}}, owner, user)


def _spec(images: tuple[str, ...]) -> dict[str, Any]:
    return {"containers": [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]}


def review(
    group: str,
    kind: str,
    spec: dict[str, Any],
    owner: dict[str, Any] | None,
    user: str,
    old: dict[str, Any] | None = None,
    annotations: dict[str, str] | None = None,
) -> dict[str, Any]:
    """An AdmissionReview as the API server writes it."""
    metadata: dict[str, Any] = {"name": "attack", "namespace": NAMESPACE, "uid": "u-attack"}
    if owner is not None:
        metadata["ownerReferences"] = [owner]
    if annotations:
        metadata["annotations"] = annotations
    version = f"{group}/v1" if group else "v1"
    object_ = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
    request = {
        "uid": "r-1",
        "kind": {"group": group, "version": "v1", "kind": kind},
        "resource": {"group": group, "version": "v1", "resource": f"{kind.lower()}s"},
        "name": "attack",
        "namespace": NAMESPACE,
        "operation": "CREATE" if old is None else "UPDATE",
        "userInfo": {"username": user, "groups": ["system:authenticated"]},
        "object": object_,
        "oldObject": None if old is None else {**object_, "spec": old},
        "dryRun": False,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
