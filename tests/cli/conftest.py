"""Fixtures of the tests of the command line."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.installation import ADVISORIES, Installation
from tests.console.world import filled as fill
from tests.doubles.ossindex import Behaviour, OssIndexDouble


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of whoever runs the tests."""
    for name in ("BOMGATE_CONFIG", "BOMGATE_DATABASE_URL", "BOMGATE_OSSINDEX_TOKEN", "OSS_INDEX_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def double() -> Iterator[OssIndexDouble]:
    """OSS Index."""
    with OssIndexDouble(Behaviour(advisories=ADVISORIES)) as running:
        yield running


@pytest.fixture
def bomgate(tmp_path: Path, double: OssIndexDouble) -> Installation:
    """An installation with nothing in it."""
    return Installation(tmp_path, double)


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file as a team has it after a week; to be looked at, or to be copied."""
    folder = tmp_path_factory.mktemp("team")
    fill(f"sqlite:///{folder}/filled.db", str(folder)).store.close()
    return folder / "filled.db"


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the images, and with what OSS Index says about them; to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    with OssIndexDouble(Behaviour(advisories=ADVISORIES)) as running:
        installation = Installation(folder, running)
        installation.add_images()
        installation.ok("download")
    copy = folder / "copy.db"
    with contextlib.closing(sqlite3.connect(folder / "bomgate.db")) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    return copy


@pytest.fixture
def filled(bomgate: Installation, filled_database: Path) -> Installation:
    """An installation with the images, and with what OSS Index says about them."""
    shutil.copy(filled_database, bomgate.folder / "bomgate.db")
    return bomgate
