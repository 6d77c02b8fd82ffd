"""The command line on the store of the release before: what an upgrade assesses, and what it leaves."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from tests.cli.installation import Installation
from tests.unit.store.formerrelease import PACKAGES, images
from tests.unit.store.test_store_upgraded import FOLDER

WIDER = [
    {"name": "Ignore", "action": "allow", "autoAssess": {"min": 0.1, "max": 3.9}, "expiresAfterDays": 90},
    {"name": "Caution", "action": "warn", "autoAssess": {"min": 4.0, "max": 8.9}, "expiresAfterDays": 30},
    {"name": "Blocked", "action": "deny", "autoAssess": {"min": 9.0, "max": 10.0}, "expiresAfterDays": 30},
]
"""The recommended types, without the gap below 7.0."""
MIDDLE = sorted(image.vulnerability.id for image in images() if image.kind == "middle")
"""Vulnerabilities whose score lay in no range in the former release, so that nobody and nothing has assessed them."""


@pytest.fixture
def upgraded(bomgate: Installation) -> Installation:
    """An installation on the database of the former release."""
    with contextlib.closing(sqlite3.connect(bomgate.folder / "bomgate.db")) as connection:
        connection.executescript((FOLDER / "store.sql").read_text(encoding="utf-8"))
    return bomgate


def records(bomgate: Installation) -> int:
    """How many records of assessments the database has, seen from outside."""
    with contextlib.closing(sqlite3.connect(bomgate.folder / "bomgate.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM assessments").fetchone()[0])


def existing(bomgate: Installation, *more: str) -> Any:
    """What ``assess --existing`` says."""
    return bomgate.ok("assess", "--existing", *more, "--output", "json").json


def test_the_upgrade_assesses_nothing_and_a_dry_run_shows_what_is_left(upgraded: Installation) -> None:
    before = records(upgraded)
    upgraded.configure(assessmentTypes=WIDER)
    upgraded.ok("db", "upgrade")
    assert records(upgraded) == before
    planned = existing(upgraded, "--dry-run")
    assert planned["dry_run"]
    assert sorted(item["vulnerability"] for item in planned["assessments"]) == MIDDLE
    assert {(item["type"], item["score"], item["source"]) for item in planned["assessments"]} == {
        ("Caution", 5.0, "auto")
    }
    assert all(item["now"] == ["unassessed"] for item in planned["changes"])
    assert len(planned["changes"]) == len(MIDDLE)
    left = planned["left_alone"]
    assert left["unmatched"] == 0
    assert sum(left.values()) + len(MIDDLE) == len(list(images()))
    assert records(upgraded) == before, "it was a dry run"
    for identifier in MIDDLE:
        assert identifier in upgraded.ok("assess", "--existing", "--dry-run").out


def test_with_the_ranges_of_the_former_release_nothing_is_left(upgraded: Installation) -> None:
    upgraded.ok("db", "upgrade")
    planned = existing(upgraded, "--dry-run")
    assert planned["assessments"] == []
    assert planned["left_alone"]["unmatched"] == len(MIDDLE) == len(PACKAGES)


def test_what_the_dry_run_shows_is_what_is_done(upgraded: Installation) -> None:
    upgraded.configure(assessmentTypes=WIDER)
    planned, before = existing(upgraded, "--dry-run"), records(upgraded)
    done = existing(upgraded)
    assert [item["vulnerability"] for item in done["assessments"]] == [
        item["vulnerability"] for item in planned["assessments"]
    ]
    assert records(upgraded) == before + len(MIDDLE)
    assert existing(upgraded, "--dry-run")["assessments"] == []
