"""The product as a user has it: ``bomgate`` commands and a running ``bomgate serve``, each a separate process."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.certificates import Authority, Pair
from tests.e2e.processes import Process, Ran, free_port, patience, wait_until

READY_SECONDS = 60.0


class Secret:
    """A folder as the kubelet mounts a Secret: files that are links through ``..data``, which one rename swaps."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._versions = folder, 0
        folder.mkdir()
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(Path("..data") / name)

    def put(self, pair: Pair) -> None:
        """Make a pair the current one, at once and whole."""
        self._versions += 1
        version = self._folder / f"..version{self._versions}"
        pair.write(version)
        fresh = self._folder / "..data_tmp"
        fresh.symlink_to(version.name)
        fresh.rename(self._folder / "..data")


class Bomgate:
    """One installation: a database, a settings file, a folder of SBOMs, a certificate, and the server when started.

    Args:
        name: what to call it.
        folder: where all its files go.
        authority: signs its certificates.
        settings: groups of the settings file, such as ``policy``, on top of what it takes to listen.
    """

    def __init__(self, name: str, folder: Path, authority: Authority, settings: dict[str, Any] | None = None) -> None:
        self.name, self.folder, self.authority = name, folder, authority
        self.port, self._metrics_port = free_port(), free_port()
        self.database = folder / "database" / "bomgate.db"
        self.sboms = folder / "sboms"
        for made in (folder, self.database.parent, self.sboms, folder / "state", folder / "tmp"):
            made.mkdir()
        self.secret = Secret(folder / "tls")
        self.secret.put(authority.issue())
        self._config = folder / "bomgate.yaml"
        basics, given = self._basics(), settings or {}
        served = {"serve": {**basics["serve"], **given.get("serve", {})}}
        self._config.write_text(yaml.safe_dump({**basics, **given, **served}))
        self._process: Process | None = None

    def configure(self, **groups: dict[str, Any]) -> None:
        """Add settings to groups of the settings file, before the server is started."""
        settings = yaml.safe_load(self._config.read_text())
        for group, values in groups.items():
            settings.setdefault(group, {}).update(values)
        self._config.write_text(yaml.safe_dump(settings))

    def _basics(self) -> dict[str, Any]:
        return {
            "database": {"url": f"sqlite:///{self.database}"},
            "sbom": {"sources": ["directory"], "directory": str(self.sboms)},
            "serve": {
                "listen": f"127.0.0.1:{self.port}",
                "metricsListen": f"127.0.0.1:{self._metrics_port}",
                "tlsCert": str(self.folder / "tls" / "tls.crt"),
                "tlsKey": str(self.folder / "tls" / "tls.key"),
                "stateDirectory": str(self.folder / "state"),
                # The API server keeps idle connections open, and without this every stop would wait for them.
                "gracefulSeconds": 1,
            },
        }

    @property
    def _environment(self) -> dict[str, str]:
        """Nothing of the one who runs the tests: no settings, no proxies, no credentials."""
        python_path = str(Path(__file__).resolve().parents[2])
        own = {"HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"), "PYTHONPATH": python_path}
        return {"PATH": os.environ.get("PATH", ""), **own}

    # -- commands ---------------------------------------------------------------------------------------------------

    def run(self, *arguments: str | Path, environment: dict[str, str] | None = None, code: int = 0) -> Ran:
        """Run one ``bomgate`` command with this installation's settings file.

        Raises:
            AssertionError: it did not exit with ``code``; with what it wrote.
        """
        command = [sys.executable, "-m", "webhook", *map(str, arguments), "--config", str(self._config)]
        environment = {**self._environment, **(environment or {})}
        limit = patience(60)
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, cwd=self.folder, env=environment)
        assert done.returncode == code, (
            f"bomgate {' '.join(map(str, arguments))} exits {done.returncode}: {done.stderr}"
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str | Path) -> Any:
        """What a command writes with ``--output json``."""
        return json.loads(self.run(*arguments, "--output", "json").out)

    def copy_database(self, other: Bomgate) -> None:
        """Give another installation a copy of this one's SQLite database."""
        with closing(sqlite3.connect(self.database)) as source, closing(sqlite3.connect(other.database)) as target:
            source.backup(target)

    # -- the server -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start ``bomgate serve`` and wait until it says that it can decide.

        Raises:
            AssertionError: it ended, or did not become ready in time; with the end of its log.
        """
        command = [sys.executable, "-m", "webhook", "serve", "--config", self._config]
        self._process = Process(f"bomgate-{self.name}", command, self.folder, self._environment)
        try:
            wait_until(lambda: not self._process.running or self.ready(), READY_SECONDS, "readiness")
            assert self._process.running, "it ended"
        except (TimeoutError, AssertionError) as problem:
            tail = self._process.tail(40)
            self.stop()
            raise AssertionError(f"bomgate serve: {problem}\n{tail}") from problem

    def controller(self) -> Process:
        """Start ``bomgate controller``; whoever asks for it stops it."""
        command = [sys.executable, "-m", "webhook", "controller", "--config", self._config]
        return Process(f"bomgate-{self.name}-controller", command, self.folder, self._environment)

    def ready(self) -> bool:
        """Whether ``/readyz`` says so."""
        context = ssl.create_default_context(cadata=self.authority.pem.decode())
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=2, context=context)
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    def stop(self) -> None:
        """Ask the server to end, as ``kubectl delete pod`` does."""
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """Kill the server and its workers, as a node that is lost does."""
        assert self._process is not None
        self._process.kill()

    def workers(self) -> list[int]:
        """The ids of the server's own processes, oldest first."""
        assert self._process is not None
        listed = subprocess.run(["ps", "-o", "pid=,ppid=,stat=", "-A"], capture_output=True, text=True, check=True)
        rows = (line.split() for line in listed.stdout.splitlines())
        return sorted(int(pid) for pid, parent, state in rows if parent == str(self._process.pid) and state[0] != "Z")

    @property
    def log(self) -> str:
        """All that the server has written."""
        assert self._process is not None
        return self._process.log.read_text(encoding="utf-8")

    @property
    def metrics_address(self) -> str:
        """Where its metrics are."""
        return f"127.0.0.1:{self._metrics_port}"

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels, as Prometheus would scrape them."""
        answer = requests.get(f"http://{self.metrics_address}/metrics", timeout=5)
        assert answer.status_code == 200, f"{answer.text}\n{self.log[-3000:]}"
        samples = (sample for family in text_string_to_metric_families(answer.text) for sample in family.samples)
        return sum(
            sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
        )


def write_sbom(folder: Path, digest: str, purls: Iterable[str]) -> Path:
    """Write a CycloneDX document for an image into a folder, named after the image's digest."""
    components = [
        {"type": "library", "name": purl.rpartition("/")[2].partition("@")[0], "version": "0", "purl": purl}
        for purl in purls
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    path = folder / f"{digest.replace(':', '-')}.cdx.json"
    path.write_text(json.dumps(document))
    return path
