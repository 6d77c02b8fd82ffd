"""The console on a filled store, in this process."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from tests.console.world import filled, settings_of
from tests.postgres import PostgresServer
from webhook.bootstrap.console import console_face
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.triage import Triage, open_triage
from webhook.console.app import create_console
from webhook.console.sessions import Sessions
from webhook.console.signing import SignIn
from webhook.model.people import Person
from webhook.ports import RunStarter
from webhook.telemetry.metrics import Metrics

HOST = "127.0.0.1:8470"


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled in this process: hundreds of consoles show the same pages."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = CompiledTemplates()


def console_app(*parts: Any) -> Flask:
    """The application; the arguments are those of :func:`create_console`."""
    app = create_console(*parts)
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


@dataclass
class Console:
    """A console, and a browser that has signed in, as far as HTTP goes."""

    parts: Parts
    triage: Triage
    client: FlaskClient
    sessions: Sessions
    announced: list[str] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, headers={"Host": HOST, **more.pop("headers", {})}, **more)

    @property
    def token(self) -> str:
        """The form token of the session."""
        return re.findall(r'name="form_token" value="([^"]+)"', self.get("/types").text)[0]

    def post(self, path: str, form: Any = None, *, token: str | None = None, **more: Any) -> Any:
        headers = {"Host": HOST, "Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        data = {"form_token": self.token if token is None else token, **(form or {})}
        return self.client.post(path, data=data, headers=headers, **more)

    def send(self, path: str, body: Any) -> Any:
        headers = {"Host": HOST, "Origin": f"http://{HOST}", "X-Form-Token": self.token}
        return self.client.post(path, json=body, headers=headers)

    def put(self, path: str, body: Any, method: str = "PUT") -> Any:
        headers = {"Host": HOST, "Origin": f"http://{HOST}", "X-Form-Token": self.token}
        return self.client.open(path, method=method, json=body, headers=headers)

    def sign_in(self) -> None:
        assert self.get(f"/sign-in?token={self.sessions.new_link()}").status_code == 303


def console_on(parts: Parts, starter: RunStarter | None = None) -> Console:
    """A console in this process."""
    parts.refresher.refresh()
    triage = open_triage(parts)
    triage.boards.refresh()
    sessions = Sessions(3600, parts.clock.monotonic)
    announced: list[str] = []
    metrics = Metrics()
    sign_in = SignIn(
        sessions,
        "127.0.0.1",
        8470,
        parts.clock,
        Person("ana", "one-time link", username="ana"),
        announce=announced.append,
    )
    app = console_app(console_face(parts, triage, metrics, starter), sign_in)
    return Console(parts, triage, app.test_client(), sessions, announced, metrics)


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled SQLite file, to be copied."""
    folder = tmp_path_factory.mktemp("console")
    filled(f"sqlite:///{folder}/filled.db", str(folder)).store.close()
    return folder / "filled.db"


@pytest.fixture
def stranger(filled_file: Path, tmp_path: Path) -> Iterator[Console]:
    """A console on a copy of the file, and nobody has signed in."""
    shutil.copy(filled_file, tmp_path / "b.db")
    made = console_on(open_parts(settings_of(f"sqlite:///{tmp_path}/b.db", str(tmp_path))))
    yield made
    made.parts.store.close()


@pytest.fixture
def console(stranger: Console) -> Console:
    """The same, signed in."""
    stranger.sign_in()
    return stranger


@pytest.fixture(scope="module")
def shown(filled_file: Path) -> Iterator[Console]:
    """A console that is only looked at."""
    made = console_on(open_parts(settings_of(f"sqlite:///{filled_file}", str(filled_file.parent))))
    made.sign_in()
    yield made
    made.parts.store.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shown_on_any(request: pytest.FixtureRequest, filled_file: Path) -> Iterator[Console]:
    """The same on each kind of database."""
    if request.param == "sqlite":
        parts = open_parts(settings_of(f"sqlite:///{filled_file}", str(filled_file.parent)))
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.url(server.new_database(request.getfixturevalue("postgres_template")))
        parts = filled(url, str(filled_file.parent))
    made = console_on(parts)
    made.sign_in()
    yield made
    made.parts.store.close()
