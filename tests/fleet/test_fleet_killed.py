"""A member that is killed at any step of taking a document over has all of it, or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.hubs import ROOT, Hub
from tests.fleet.members import Member, documented
from webhook.model.changes import Position


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def member(tmp_path: Path, url: str) -> Iterator[Member]:
    made = Member(tmp_path / "member", Hub(tmp_path / "hub"), url)
    yield made
    made.parts.store.close()


def documents(hub: Hub, folder: Path) -> list[tuple[int, int]]:
    """A snapshot and three deltas; the revision and the number of records after each."""
    folder.mkdir()
    found: list[tuple[int, int]] = []
    since: Position | None = None
    for number in range(4):
        for serial in range(3):
            hub.record(f"CVE-2026-{number}{serial}", "Blocked", package="pkg:npm/trim")
        if number == 2:
            hub.ok("types", "add", "Risky", "--action", "deny")
        document = documented(hub, since)
        (folder / f"{number}.bomgate").write_bytes(document)
        parts = hub.parts()
        since = parts.store.hub_feed.position()
        parts.store.close()
        found.append((since.revision, 3 * (number + 1)))
    return found


def test_a_member_that_is_killed_at_any_step_has_all_of_a_document_or_nothing(member: Member, tmp_path: Path) -> None:
    after = [(0, 0), *documents(member.hub, tmp_path / "documents")]
    member.parts.store.prepare()
    member.parts.store.close()
    command = [sys.executable, "-m", "tests.fleet.killed", str(member.config), str(tmp_path / "documents")]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert sum(was_killed for _, was_killed, *_ in lines) >= 100
    for name, was_killed, revision, records, _ in lines:
        number = int(name[0])
        assert (revision, records) in ((after[number], after[number + 1]) if was_killed else (after[number + 1],))
    assert len(member.records) == 12
    assert member.in_force == {(record.vulnerability, "Blocked") for record in member.records}
    assert member.parts.rules_now().types.get("Risky") is not None
