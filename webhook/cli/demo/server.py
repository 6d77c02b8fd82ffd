"""A real ``bomgate serve`` for the demo, as a separate process, and calls to it over TLS as an API server makes."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from webhook.errors import SourceError
from webhook.settings.process import environment_without_settings

_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_REMEDY = "Run `bomgate demo` again; if it happens again, report it with the log above."


class DemoServer:
    """A running webhook; use it in a ``with`` statement.

    Args:
        config: its settings file; it has to listen on port 0 and to log JSON.
        authority: the certificate authority to trust.
        log: the file for its log, in a folder that is also for its temporary files.
    """

    def __init__(self, config: Path, authority: Path, log: Path) -> None:
        self._config, self._log = config, log
        self._context = ssl.create_default_context(cafile=str(authority))
        self.url = ""

    def __enter__(self) -> DemoServer:
        command = [sys.executable, "-m", "webhook", "serve", "--config", str(self._config)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**environment_without_settings(), "TMPDIR": str(self._log.parent)},
                start_new_session=True,  # Ctrl-C is for the demo, which then ends the server in good order
            )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def post(self, review: dict[str, Any]) -> dict[str, Any]:
        """Send an AdmissionReview; the ``response`` of the answer.

        Raises:
            SourceError: there was no answer.
        """
        body = self._ask("POST", "/validate?timeout=10s", json.dumps(review).encode())
        answer: dict[str, Any] = json.loads(body)["response"]
        return answer

    def wait_for_end(self) -> None:
        """Wait until the server ends, which it does not do by itself.

        Raises:
            SourceError: it did.
        """
        code = self._process.wait()
        raise self._error(f"ended with {code}")

    def _wait(self) -> None:
        """Wait until the server says that it can decide."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise self._error("did not start")
            self.url = self.url or self._listening()
            if self.url:
                with suppress(SourceError):
                    self._ask("GET", "/readyz", None)
                    return
            time.sleep(0.05)
        raise self._error(f"was not ready within {_READY_SECONDS:g} s")

    def _listening(self) -> str:
        """The address that the server logged; empty before it did."""
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                entry = json.loads(line)
                if entry.get("message") == "listening":
                    return str(entry["url"])
        return ""

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        place = urlsplit(self.url)
        connection = http.client.HTTPSConnection(place.hostname or "", place.port, timeout=15, context=self._context)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as problem:
            raise self._error(f"does not answer ({problem})") from problem
        finally:
            connection.close()
        if response.status != 200:
            raise self._error(f"answers with status {response.status}")
        return content

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # its workers, too
            self._process.wait()

    def _error(self, what: str) -> SourceError:
        """The error for what the server did, with the end of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n".join(line[:400] for line in lines[-10:])
        return SourceError(f"The webhook of the demo {what}.\n{tail}", remedy=_REMEDY)
