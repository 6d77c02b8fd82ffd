"""A double of the API server that keeps objects: pages, selectors, creating, patching, deleting; HTTP on loopback.

For what a client of the API server sends, and what it makes of the answers; admission, validation and rights are the
business of the end-to-end tests, which have a real one.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import json
import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
PLURALS = {
    "Pod": "/api/v1/pods",
    "Namespace": "/api/v1/namespaces",
    "ReplicationController": "/api/v1/replicationcontrollers",
    "Deployment": "/apis/apps/v1/deployments",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "Job": "/apis/batch/v1/jobs",
    "CronJob": "/apis/batch/v1/cronjobs",
}
_SELECTED: dict[str, Callable[[Object], str]] = {
    "status.phase": lambda entry: entry.get("status", {}).get("phase", "Pending"),
    "status.successful": lambda entry: str(entry.get("status", {}).get("succeeded", 0)),
}


@dataclass
class ObjectServer:
    """The double.

    Attributes:
        objects: by (path of the collection without a namespace, namespace, name).
        collections: collections that are served although nothing is in them.
        answers: fixed answers by path, status first; they count more than the objects.
        sent: method and path of all that was asked, with the body.
        page: most objects on one page, whatever is asked for.
        changes: what a watch tells, one event after the other; None ends it.
        silent: beginnings of paths about which it accepts questions and says nothing.
    """

    objects: dict[tuple[str, str, str], Object] = field(default_factory=dict)
    collections: set[str] = field(default_factory=lambda: {*PLURALS.values(), "/api/v1/events"})
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    page: int = 500
    changes: queue.SimpleQueue[Object | None] = field(default_factory=queue.SimpleQueue)
    silent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._numbers, self._ended = itertools.count(1), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self) -> ObjectServer:
        return self

    def __exit__(self, *problem: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def add(self, manifest: Object) -> Object:
        """Have an object, with a UID that follows from its kind and names unless it has one."""
        made = copy.deepcopy(manifest)
        metadata = made.setdefault("metadata", {})
        namespace = metadata.get("namespace", "")
        metadata.setdefault("uid", f"{made['kind'].lower()}-{namespace}-{metadata['name']}")
        self.objects[PLURALS[made["kind"]], namespace, metadata["name"]] = made
        return made

    def namespace(self, name: str, **labels: str) -> None:
        """Have a namespace; an underscore in a label stands for what Python's names cannot have."""
        known = {key.replace("enforce", "bomgate.dev/enforce"): value for key, value in labels.items()}
        self.add({"kind": "Namespace", "metadata": {"name": name, "labels": known}})

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig file that leads here."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "double", "cluster": {"server": self.url}}],
            "users": [{"name": "someone", "user": {"token": "t"}}],
            "contexts": [{"name": "double", "context": {"cluster": "double", "user": "someone"}}],
            "current-context": "double",
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def paths(self, method: str) -> list[str]:
        """The paths that were asked with a method."""
        return [path for used, path, _ in self.sent if used == method]

    def kept(self, plural: str) -> list[Object]:
        """The objects of a collection."""
        return [item for (path, _, _), item in self.objects.items() if path.endswith(f"/{plural}")]

    # -- answering --------------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, body: Any, metadata_alone: bool) -> tuple[int, Any]:
        """Status and content of the answer to one request."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.sent.append((method, parts.path, body))
        if self.silent and parts.path.startswith(self.silent):
            self._ended.wait(30)
        if parts.path in self.answers:
            return self.answers[parts.path]
        collection, namespace, name = self._address(parts.path)
        if collection not in self.collections:
            return 404, _status(404, "the server could not find the requested resource")
        key = (collection, namespace, name)
        if method == "POST":
            return self._create(collection, namespace, body)
        if not name:
            return 200, self._list(collection, namespace, query, metadata_alone)
        if key not in self.objects:
            return 404, _status(404, f"{name} not found")
        if method == "PATCH" and isinstance(body, list):
            return self._patched(key, body)
        if method == "PATCH":
            self.objects[key] = _merged(self.objects[key], body)
        if method == "DELETE":
            wanted = ((body or {}).get("preconditions") or {}).get("uid")
            if wanted not in (None, self.objects[key]["metadata"].get("uid")):
                return 409, _status(409, "the UID in the precondition is another one")
            return 200, self.objects.pop(key)
        return 200, self.objects[key]

    def _address(self, path: str) -> tuple[str, str, str]:
        """Collection, namespace and name of a path."""
        words = path.strip("/").split("/")
        root, rest = words[: 2 if words[0] == "api" else 3], words[2 if words[0] == "api" else 3 :]
        namespace = ""
        if len(rest) >= 3 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        collection = f"/{'/'.join(root)}/{rest[0] if rest else ''}"
        return collection, namespace, rest[1] if len(rest) > 1 else ""

    def _create(self, collection: str, namespace: str, body: Object) -> tuple[int, Any]:
        key = (collection, namespace, body["metadata"]["name"])
        if key in self.objects:
            return 409, _status(409, "it exists already")
        made = _merged({}, body)
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made["metadata"] = {
            "uid": f"made-{next(self._numbers)}",
            "namespace": namespace,
            "creationTimestamp": now,
            **made["metadata"],
        }
        self.objects[key] = made
        return 201, made

    def _patched(self, key: tuple[str, str, str], operations: list[Any]) -> tuple[int, Any]:
        """RFC 6902, as far as it is used: ``test`` of a text, and ``add`` at the top."""
        one = self.objects[key]
        for operation in operations:
            *above, last = operation["path"].strip("/").split("/")
            part = one
            for word in above:
                part = part.get(word, {})
            if operation["op"] == "test" and part.get(last) != operation["value"]:
                return 422, _status(422, "the test failed")
            if operation["op"] == "add":
                part[last] = operation["value"]
        return 200, one

    def _list(self, collection: str, namespace: str, query: dict[str, str], metadata_alone: bool) -> Object:
        found = [
            entry
            for (path, where, _), entry in list(self.objects.items())  # others may add to them meanwhile
            if path == collection and namespace in ("", where) and _is_selected(entry, query)
        ]
        start, most = int(query.get("continue", 0)), min(self.page, int(query.get("limit", 500)))
        items = found[start : start + most]
        if metadata_alone:
            items = [{"kind": "PartialObjectMetadata", "metadata": item["metadata"]} for item in items]
        following = {"continue": str(start + most)} if start + most < len(found) else {}
        return {"kind": "List", "metadata": {"resourceVersion": str(next(self._numbers)), **following}, "items": items}


def _is_selected(one: Object, query: dict[str, str]) -> bool:
    for condition in filter(None, query.get("fieldSelector", "").split(",")):
        name, _, value = condition.partition("!=" if "!=" in condition else "=")
        if (_SELECTED[name](one) == value) is ("!=" in condition):
            return False
    labels = one["metadata"].get("labels") or {}
    wanted = filter(None, re.split(r",(?![^(]*\))", query.get("labelSelector", "")))
    return all(_has(labels, condition) for condition in wanted)


def _has(labels: dict[str, str], condition: str) -> bool:
    """Whether labels meet one condition of a selector."""
    among = re.fullmatch(r"(\S+) (in|notin) \((.*)\)", condition)
    if among:
        return (labels.get(among[1]) in among[3].split(",")) is (among[2] == "in")
    name, equals, value = condition.partition("=")
    if not equals:
        return (name.removeprefix("!") in labels) is not name.startswith("!")
    return labels.get(name) == value


def _merged(there: Object, patch: Object) -> Object:
    """RFC 7386."""
    made = dict(there)
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = _merged(made.get(key) or {}, value) if isinstance(value, dict) else value
    return made


def _status(code: int, message: str) -> Object:
    return {"kind": "Status", "status": "Failure", "message": message, "code": code}


def _handler(double: ObjectServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if "watch=true" in self.path:
                self._watch()
                return
            alone = "as=PartialObjectMetadataList" in self.headers.get("Accept", "")
            status, answer = double.answer(self.command, self.path, body, alone)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _watch(self) -> None:
            double.sent.append(("WATCH", urlsplit(self.path).path, None))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            while (event := double.changes.get()) is not None:
                self.wfile.write(json.dumps(event).encode() + b"\n")
                self.wfile.flush()
            self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def do_PUT(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler
