"""A vulnerability database of Grype with records of our own, which ``grype db import`` takes.

Grype adds the tables and indexes that are missing while it imports.
Source: Grype 0.121, ``grype/db/v6/models.go`` and ``blobs.go``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_BUILT = "2026-11-01 00:00:00+00:00"
_TABLES = """
CREATE TABLE db_metadata (build_timestamp datetime NOT NULL, model integer NOT NULL, revision integer NOT NULL,
    addition integer NOT NULL);
CREATE TABLE blobs (id integer PRIMARY KEY AUTOINCREMENT, value text NOT NULL);
CREATE TABLE providers (id text PRIMARY KEY, version text, processor text, date_captured datetime, input_digest text);
CREATE TABLE vulnerability_handles (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL, status text NOT NULL,
    published_date datetime, modified_date datetime, withdrawn_date datetime, provider_id text NOT NULL,
    blob_id integer);
CREATE TABLE operating_systems (id integer PRIMARY KEY AUTOINCREMENT, name text, release_id text, major_version text,
    minor_version text, label_version text, codename text, channel text, eol_date datetime, eoas_date datetime);
CREATE TABLE packages (id integer PRIMARY KEY AUTOINCREMENT, ecosystem text, name text);
CREATE TABLE affected_package_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL,
    operating_system_id integer, package_id integer, blob_id integer);
"""


class Advised(NamedTuple):
    """A package all of whose versions are vulnerable.

    Attributes:
        id: of the vulnerability.
        kind: type of the package, as Syft calls it, such as ``deb`` or ``go-module``.
        name: of the package.
        system: name of the distribution and its release in one or two numbers; empty for a language's package.
    """

    id: str
    kind: str
    name: str
    system: tuple[str, str] | None = None


def write(path: Path, records: Iterable[Advised]) -> None:
    """Write a database."""
    connection = sqlite3.connect(path)
    connection.executescript(_TABLES)
    add = connection.execute
    add("INSERT INTO db_metadata VALUES (?, 6, 1, 10)", (_BUILT,))
    add("INSERT INTO providers VALUES ('own', '1', 'own', ?, 'sha256:0')", (_BUILT,))
    systems: dict[tuple[str, str], int | None] = {}
    for number, record in enumerate(records, start=1):
        if record.system is not None and record.system not in systems:
            name, release = record.system
            major, _, minor = release.partition(".")
            row = (name, name, major, minor, "", "", "")
            columns = "name, release_id, major_version, minor_version, label_version, codename, channel"
            found = add(f"INSERT INTO operating_systems ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            systems[record.system] = found.lastrowid
        said = {"id": record.id, "severities": [{"scheme": "CHMLN", "value": "high", "rank": 1}]}
        affected = {"cves": [record.id], "ranges": [{"version": {"constraint": ""}, "fix": {"state": "not-fixed"}}]}
        add("INSERT INTO blobs VALUES (?, ?)", (2 * number, json.dumps(said)))
        add("INSERT INTO blobs VALUES (?, ?)", (2 * number + 1, json.dumps(affected)))
        dates = (_BUILT, _BUILT, None)
        handle = (number, record.id, "active", *dates, "own", 2 * number)
        add("INSERT INTO vulnerability_handles VALUES (?, ?, ?, ?, ?, ?, ?, ?)", handle)
        add("INSERT INTO packages VALUES (?, ?, ?)", (number, record.kind, record.name))
        system = None if record.system is None else systems[record.system]
        affects = (number, number, system, number, 2 * number + 1)
        add("INSERT INTO affected_package_handles VALUES (?, ?, ?, ?, ?)", affects)
    connection.commit()
    connection.close()
