"""``bomgate db prune`` and the sizes in ``bomgate db status``, as people and scripts see them."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from tests.cli.installation import CONTENTS, Installation
from tests.cli.test_cli_sources import checks_of


def execute(bomgate: Installation, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(bomgate.folder / "bomgate.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def aged(bomgate: Installation) -> Installation:
    """An installation whose images were added long ago, but for one."""
    bomgate.add_images()
    newest = "(SELECT digest FROM sboms ORDER BY id DESC LIMIT 1)"
    execute(
        bomgate,
        f"UPDATE sboms SET added_at = 1000000 WHERE digest <> {newest}",
        f"UPDATE sbom_places SET seen_at = 1000000 WHERE digest <> {newest}",
    )
    return bomgate


def test_a_dry_run_shows_what_would_go_and_deletes_nothing(aged: Installation) -> None:
    shown = aged.ok("db", "prune", "--dry-run")
    assert "images" in shown.out
    assert "Next: bomgate db prune" in shown.err
    told = aged.ok("db", "prune", "--dry-run", "--output", "json").json
    assert told["dry_run"] is True
    assert told["to_delete"]["images"] == len(CONTENTS) - 1
    assert told["deleted"] == {}
    assert told["kept"] == ""
    assert aged.ok("db", "status", "--output", "json").json["counts"]["images"] == len(CONTENTS)


def test_what_is_old_goes_and_the_self_check_says_when(aged: Installation) -> None:
    assert checks_of(aged)["Retention"].level == "note"
    told = aged.ok("db", "prune", "--output", "json").json
    assert told["deleted"]["images"] == len(CONTENTS) - 1
    assert aged.ok("db", "status", "--output", "json").json["counts"]["images"] == 1
    assert checks_of(aged)["Retention"].level == "good"
    again = aged.ok("db", "prune")
    assert again.out == ""
    assert "There is nothing to delete." in again.err
    shown = aged.ok("sbom", "list", "--output", "json").json
    assert len(shown) == 1 or len(shown["sboms"]) == 1


def test_images_stay_and_the_command_says_so_while_nobody_knows_what_runs(aged: Installation) -> None:
    execute(aged, "INSERT INTO sightings (name, digest, last_seen) VALUES ('docker.io/shop/x:1', '', 1000000)")
    ran = aged.ok("db", "prune")
    assert "it is not known what runs: no controller has audited the cluster" in ran.err
    assert aged.ok("db", "status", "--output", "json").json["counts"]["images"] == len(CONTENTS)
    assert checks_of(aged)["Retention"].level == "bad"


def test_the_status_says_how_large_and_how_old_the_tables_are(aged: Installation) -> None:
    tables = {table["name"]: table for table in aged.ok("db", "status", "--output", "json").json["tables"]}
    assert tables["sboms"]["rows"] == len(CONTENTS)
    assert tables["sboms"]["oldest"].startswith("1970-01-01")
    assert tables["components"]["bytes"] is None or tables["components"]["bytes"] >= 4096
    assert "8.0 KiB" in aged.ok("db", "status").out or tables["components"]["bytes"] is None


def test_settings_that_would_forget_when_images_were_seen_are_refused(bomgate: Installation) -> None:
    bomgate.configure(retention={"sightingsDays": 30})
    ran = bomgate.run("db", "prune", "--dry-run")
    assert ran.code == 2
    assert "retention.sightingsDays is 30, less than imagesDays" in ran.err


def test_another_process_that_deletes_is_not_disturbed(aged: Installation) -> None:
    execute(
        aged, "INSERT INTO leases (name, holder, until, fence) VALUES ('retention', 'controller', 9999999999000000, 1)"
    )
    ran = aged.run("db", "prune")
    assert ran.code == 3
    assert "controller is already pruning" in ran.err
