"""A hub for tests: a real process on loopback, with an SQLite file or any other store."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.cli.installation import Ran, invoke
from webhook.bootstrap import Parts, open_parts
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.settings import load_settings


def assessment(
    vulnerability: str,
    kind: str | None,
    *,
    at: dt.datetime,
    package: str | None = None,
    source: AssessmentSource = AssessmentSource.MANUAL,
    until: dt.datetime | None = None,
    **scope: str | None,
) -> Assessment:
    """A record, as a person makes it."""
    return Assessment(
        vulnerability, kind, Scope(package, **scope), source, "alice", "For a test.", at, until, batch="b1"
    )


ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 60.0
_LISTENS = '"message":"listening"'


class Hub:
    """A hub, and the folder that it has everything in.

    Args:
        folder: for its key, its settings file and its log.
        url: of its database; an SQLite file in the folder when left out.
        fleet: further settings of the fleet.
        settings: further groups.

    Attributes:
        ca_file: authorities that its certificate is verified with; None: the usual ones.
    """

    ca_file: Path | None = None

    def __init__(self, folder: Path, url: str = "", fleet: Mapping[str, Any] | None = None, **settings: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.config, self.key = folder, folder / "hub.yaml", folder / "hub.key"
        self.public = folder / "hub.pub"
        if not self.key.exists():
            self.public.write_text(invoke("fleet", "key", str(self.key)).out)
        own = {
            "mode": "hub",
            "listen": "127.0.0.1:0",
            "metricsListen": "",
            "signingKey": str(self.key),
            "gracefulSeconds": 1,  # members keep connections open, for which it would wait
            **(fleet or {}),
        }
        content = {"database": {"url": url or f"sqlite:///{folder}/hub.db"}, "fleet": own, **settings}
        self.config.write_text(yaml.safe_dump(content))
        self.url, self.pid = "", 0
        if url:
            self.ok("db", "upgrade")

    def ok(self, *arguments: str) -> Ran:
        """Run a command at the hub that has to succeed."""
        ran = invoke(*arguments, "--config", str(self.config))
        assert ran.code == 0, f"{arguments} exits with {ran.code}: {ran.err}"
        return ran

    def token(self, name: str) -> str:
        """The token of a new member."""
        return self.ok("fleet", "add", name).out.strip()

    def parts(self) -> Parts:
        """Its parts, in this process."""
        return open_parts(load_settings(self.config, environment={}))

    def record(
        self,
        vulnerability: str,
        kind: str | None,
        *,
        package: str | None = None,
        ahead: dt.timedelta = dt.timedelta(),
        **more: Any,
    ) -> Assessment:
        """Record an assessment by hand at the hub, by a clock that is ahead; None withdraws."""
        parts = self.parts()
        try:
            made = assessment(vulnerability, kind, package=package, at=parts.clock.now() + ahead, **more)
            parts.store.assessments.append([made])
            return made
        finally:
            parts.store.close()

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        """Run ``bomgate hub`` for as long as this lasts."""
        log = (self.folder / "hub.log").open("ab")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "webhook", "--config", str(self.config), "hub"]
        process = subprocess.Popen(command, stderr=log, stdout=log, env=environment)
        self.pid = process.pid
        try:
            self.url = self._wait(process)
            yield self
        finally:
            process.terminate()
            process.wait(30)
            log.close()

    def _wait(self, process: subprocess.Popen[bytes]) -> str:
        started = (self.folder / "hub.log").read_text().count(_LISTENS)
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until and process.poll() is None:
            lines = [line for line in (self.folder / "hub.log").read_text().splitlines() if _LISTENS in line]
            if len(lines) > started:
                url = str(yaml.safe_load(lines[-1])["url"])
                try:
                    if (
                        requests.get(
                            f"{url}/readyz", timeout=5, verify=self.ca_file is None or str(self.ca_file)
                        ).status_code
                        == 200
                    ):
                        return url
                except requests.RequestException:
                    pass
            time.sleep(0.05)
        raise AssertionError((self.folder / "hub.log").read_text())
