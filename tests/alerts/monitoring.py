"""A real Prometheus and a real Alertmanager on loopback, set up as docs/how-to/alerts.md says, and who is told."""

from __future__ import annotations

import copy
import json
import re
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.alerts.rules import ROOT, shipped
from tests.e2e.processes import Process, free_port, wait_until
from tests.parts import unavailable

HOW_TO = ROOT / "docs" / "how-to" / "alerts.md"
START_SECONDS = 30.0


def documented(name: str) -> Any:
    """A configuration file as the documentation shows it."""
    text = HOW_TO.read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```yaml\n(# {re.escape(name)}\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return yaml.safe_load(block)


def program(name: str, package: str) -> str:
    """A program of Debian's monitoring packages."""
    found = shutil.which(name)
    if found is None:
        unavailable(f"{name} is not installed; Debian has it in the package {package}")
    return found


def hurried() -> dict[str, Any]:
    """The shipped rules, with alerts that do not wait."""
    content = copy.deepcopy(shipped())
    for group in content["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    return content


class Receiver:
    """What a chat bridge or a pager is to Alertmanager: it takes messages by HTTP and keeps them, by receiver."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.path.strip("/"), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def alerts(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Firing alerts of a name, each with the receiver that it went to."""
        return [
            (receiver, alert)
            for receiver, message in list(self.received)
            for alert in message["alerts"]
            if alert["labels"]["alertname"] == name and alert["status"] == "firing"
        ]


@dataclass
class Monitoring:
    """Prometheus, Alertmanager and the receiver, while they run.

    Attributes:
        url: of Prometheus.
        receiver: who is told.
    """

    url: str
    receiver: Receiver
    processes: list[Process] = field(default_factory=list)

    def get(self, path: str, **parameters: str) -> Any:
        """Ask Prometheus; the data of its answer.

        Raises:
            AssertionError: it refused.
        """
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=10).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression now."""
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def firing(self) -> set[str]:
        """Names of the alerts that fire."""
        return {item["labels"]["alertname"] for item in self.get("alerts")["alerts"] if item["state"] == "firing"}

    def told(self, alert: str, seconds: float = 60.0) -> tuple[str, dict[str, Any]]:
        """Wait until an alert has reached somebody: the receiver and the alert."""

        def found() -> object:
            return self.receiver.alerts(alert)

        try:
            wait_until(found, seconds, f"{alert} reaching somebody", pause=0.2)
        except TimeoutError as problem:
            tails = "\n".join(process.tail() for process in self.processes)
            raise AssertionError(f"{problem}; firing: {sorted(self.firing())}\n{tails}") from problem
        return self.receiver.alerts(alert)[0]

    def all_targets_up(self) -> bool:
        """Whether every target was scraped without trouble."""
        targets = self.get("targets", state="active")["activeTargets"]
        return bool(targets) and all(target["health"] == "up" for target in targets)


def prometheus_settings(scrapes: Sequence[Mapping[str, Any]], alertmanager: int) -> dict[str, Any]:
    """The documented settings, with targets and a pace of the test's own."""
    content: dict[str, Any] = documented("prometheus.yml")
    content["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    content["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{alertmanager}"]}]
    content["scrape_configs"] = list(scrapes)
    return content


def alertmanager_settings(receiver: str) -> dict[str, Any]:
    """The documented settings, at once instead of after a while, and to the test's own receiver."""
    content: dict[str, Any] = documented("alertmanager.yml")
    for route in (content["route"], *content["route"]["routes"]):
        route.update({"group_wait": "0s", "group_interval": "1s"})
        route.pop("mute_time_intervals", None)  # tests run at any time of the day
    for item in content["receivers"]:
        for hook in item.get("webhook_configs", ()):
            hook["url"] = f"{receiver}/{item['name']}"
    return content


@contextmanager
def monitored(folder: Path, *scrapes: Mapping[str, Any]) -> Iterator[Monitoring]:
    """Prometheus and Alertmanager for the time of the ``with`` block.

    Args:
        folder: for their files.
        scrapes: entries of ``scrape_configs``.
    """
    prometheus, alertmanager = (
        program("prometheus", "prometheus"),
        program("prometheus-alertmanager", "prometheus-alertmanager"),
    )
    port, manager_port = free_port(), free_port()
    receiver = Receiver()
    made = Monitoring(f"http://127.0.0.1:{port}", receiver)
    files = {
        "alerts.yaml": hurried(),
        "prometheus.yml": prometheus_settings(scrapes, manager_port),
        "alertmanager.yml": alertmanager_settings(receiver.url),
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    try:
        made.processes += [
            Process(
                "alertmanager",
                [
                    alertmanager,
                    "--config.file=alertmanager.yml",
                    f"--web.listen-address=127.0.0.1:{manager_port}",
                    "--cluster.listen-address=",
                    "--storage.path=alertmanager",
                ],
                folder,
            ),
            Process(
                "prometheus",
                [
                    prometheus,
                    "--config.file=prometheus.yml",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--storage.tsdb.path=prometheus",
                ],
                folder,
            ),
        ]
        for process, url in zip(made.processes, (f"http://127.0.0.1:{manager_port}", made.url), strict=True):
            _wait_until_ready(process, url)
        yield made
    finally:
        for process in made.processes:
            process.stop()
        receiver.close()


def _wait_until_ready(process: Process, url: str) -> None:
    def ready() -> bool:
        assert process.running, process.tail()
        with suppress(requests.RequestException):
            return requests.get(f"{url}/-/ready", timeout=2).status_code == 200
        return False

    wait_until(ready, START_SECONDS, f"readiness of {process.name}", pause=0.1)
