"""A mirror of advisories on loopback, as OSV's bucket is laid out, with answers that a test can spoil."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.osv import zipped


def modified_list(records: Iterable[Mapping[str, Any]]) -> bytes:
    """``modified_id.csv``, as the exporter of OSV writes it: newest first, without a heading."""
    rows = sorted((record["modified"], record["id"]) for record in records)
    return "".join(f"{modified},{name}\n" for modified, name in reversed(rows)).encode()


class Mirror:
    """Files by path; each answer has an ETag.

    Attributes:
        files: what is served, below ``/osv/``.
        asked: the requests, as method and path.
        down_after: after so many further requests it answers 503; None never.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.down_after: int | None = None
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self._answer(has_body=False)

            def do_GET(self) -> None:
                self._answer(has_body=True)

            def _answer(self, *, has_body: bool) -> None:
                path = self.path.removeprefix("/osv/")
                mirror.asked.append(f"{self.command} {path}")
                content = mirror.files.get(path, b"")
                status = 200 if path in mirror.files else 404
                if mirror.down_after is not None:
                    status = status if mirror.down_after > 0 else 503
                    mirror.down_after -= 1
                content = content if status == 200 else b""
                self.send_response(status)
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()[:20]}"')
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if has_body:
                    self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/osv"

    def publish(self, ecosystem: str, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Serve the archive, the list and each record; what was served before is gone."""
        self.files = {f"{ecosystem}/{name}.json": json.dumps(record).encode() for name, record in records.items()}
        self.files[f"{ecosystem}/all.zip"] = zipped([records[name] for name in sorted(records)])
        self.files[f"{ecosystem}/modified_id.csv"] = modified_list(records.values())
        self.asked.clear()


@contextmanager
def serving() -> Iterator[Mirror]:
    """A mirror that answers."""
    mirror = Mirror()
    thread = threading.Thread(target=mirror.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mirror
    finally:
        mirror.server.shutdown()
        mirror.server.server_close()
        thread.join()


def stamp(moment: dt.datetime) -> str:
    """A time as OSV writes it."""
    return moment.isoformat().replace("+00:00", "Z")
