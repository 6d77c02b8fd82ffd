"""A double of the API server: holds objects by path and answers as the test says; over HTTP, on loopback."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.copies import replace

REPORTS = "/apis/aquasecurity.github.io/v1alpha1"
NODES = "/api/v1/nodes?limit=500"


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        status: HTTP status.
        content: the object, or bytes as they are.
        headers: further headers.
        chunk_seconds: pause between two bytes of the body; without one it is sent whole.
        cut: end the connection after this many bytes of the body.
    """

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    chunk_seconds: float = 0.0
    cut: int | None = None

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


class ApiServer:
    """The double.

    Attributes:
        url: its address.
        answers: what it answers, by path; anything else does not exist.
        asked: the paths that were asked for.
        tokens: the ``Authorization`` headers that came with them.
        accepted: the ``Accept`` headers that came with them.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.accepted: list[str] = []
        self._versions = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def secret(self, namespace: str, name: str, document: Any, **more: Any) -> None:
        """Create a Secret of type dockerconfigjson, or change it; further fields replace those that it has."""
        self._versions += 1
        data = base64.b64encode(document if isinstance(document, bytes) else json.dumps(document).encode()).decode()
        content = {
            "kind": "Secret",
            "metadata": {"name": name, "uid": f"uid-{namespace}-{name}", "resourceVersion": str(self._versions)},
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": data},
            **more,
        }
        self.answers[f"/api/v1/namespaces/{namespace}/secrets/{name}"] = Answer(content=content)

    def service_account(self, namespace: str, name: str, *secrets: str) -> None:
        content = {"kind": "ServiceAccount", "imagePullSecrets": [{"name": secret} for secret in secrets]}
        self.answers[f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"] = Answer(content=content)

    def nodes(self, *nodes: dict[str, Any], page: str = "", following: str = "") -> None:
        """Have these Nodes on a page of their list.

        Args:
            nodes: whole objects.
            page: the token that asks for this page; empty for the first one.
            following: the token of the next page; empty for the last one.
        """
        metadata = {"resourceVersion": "1"} | ({"continue": following} if following else {})
        content = {"kind": "NodeList", "metadata": metadata, "items": list(nodes)}
        self.answers[NODES.replace("?", f"?continue={page}&") if page else NODES] = Answer(content=content)

    def refuse(self, path: str, status: int, message: str = "", **headers: str) -> None:
        """Answer with a ``Status`` object, as the API server says no."""
        content = {"kind": "Status", "status": "Failure", "message": message, "code": status}
        self.answers[path] = Answer(status, content, {name.replace("_", "-"): text for name, text in headers.items()})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(self.path)
                double.asked.append(path)
                double.tokens.append(self.headers.get("Authorization", ""))
                double.accepted.append(self.headers.get("Accept", ""))
                missing = Answer(404, {"kind": "Status", "message": "the server could not find the requested resource"})
                answer = double.answers.get(path, missing)
                if "as=PartialObjectMetadataList" in double.accepted[-1]:
                    answer = _metadata_alone(answer)
                self._send(answer)

            def _send(self, answer: Answer) -> None:
                body = answer.body
                self.send_response(answer.status)
                for name, text in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if answer.cut is not None:
                    self.wfile.write(body[: answer.cut])
                    self.close_connection = True
                elif answer.chunk_seconds:
                    with suppress(OSError):  # the client hangs up
                        for byte in body:
                            self.wfile.write(bytes([byte]))
                            time.sleep(answer.chunk_seconds)
                else:
                    self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler


def _metadata_alone(answer: Answer) -> Answer:
    """What is left of a list for callers that ask for metadata only; anything else as it is."""
    if not isinstance(answer.content, dict) or "items" not in answer.content:
        return answer
    items = [{"kind": "PartialObjectMetadata", "metadata": item["metadata"]} for item in answer.content["items"]]
    return replace(answer, content={**answer.content, "kind": "PartialObjectMetadataList", "items": items})
