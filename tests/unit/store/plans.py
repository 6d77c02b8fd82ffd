"""A PostgreSQL database with many rows of every kind, and the plans that it makes for what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from tests.fakes import NOON
from tests.postgres import PostgresServer
from webhook.store.addresses import parse_address

ROWS = 20_000
AT = int(NOON.timestamp()) * 1_000_000
DIGEST = "'sha256:' || lpad(to_hex(n), 64, '0')"
NAME = "'docker.io/shop/n' || n || ':1'"
DOCUMENT = "'sha256:d' || n"
NOTHING = "decode('00000000', 'hex')"
FILLED = (  # table, and an expression for each column that has no default
    ("components", {"id": "n", "purl": "'pkg:npm/p' || n || '@1'", "state": 0, "answered_at": 0, "asked_at": 0}),
    (
        "sboms",
        {"id": "n + 1", "digest": DIGEST, "document_digest": DOCUMENT, "added_at": AT, "component_ids": NOTHING}
        | dict.fromkeys(("format", "version", "tool", "place", "skipped"), "'{}'")
        | {"skipped_components": "'[]'"},
    ),
    (
        "sbom_places",
        {"digest": DIGEST, "document_digest": DOCUMENT, "place": "'added'", "origin": "'o'", "seen_at": AT},
    ),
    ("sbom_looks", {"digest": DIGEST, "origin": "'o'", "looked_at": AT, "trouble": "''"}),
    (
        "sbom_history",
        {"id": "n - 30000", "digest": DIGEST, "at": AT}
        | dict.fromkeys(("document_digest", "place", "origin", "author", "why"), "'x'"),
    ),
    ("tags", {"name": NAME, "digest": DIGEST}),
    ("tags", {"name": "'a-lost' || n", "digest": "'sha256:lost' || n"}),
    ("sightings", {"name": NAME, "digest": DIGEST, "last_seen": f"{AT} + n"}),
    ("admissions", {"uid": "'u' || n", "name": NAME, "digest": "'sha256:x' || n", "noted_at": AT}),
    ("documents", {"digest": DOCUMENT, "payload": NOTHING, "size": 1, "stored_at": AT}),
    ("documents", {"digest": "'sha256:unnamed' || n", "payload": NOTHING, "size": 1, "stored_at": AT}),
    ("unnamed_components", {"component_id": "n", "since": AT}),
    ("runs", {"id": "n + 1", "started": AT, "finished": AT, "complete": "true", "report": "'{}'"}),
    (
        "audit_log",
        {"id": "n + 1", "at": AT} | dict.fromkeys(("actor", "recorded_by", "action", "subject", "detail"), "'{}'"),
    ),
    (
        "announcements",
        {"id": "n + 1", "key": "'k' || n", "topic": "'blocked'", "at": AT, "seen_at": AT, "spread": "true"}
        | dict.fromkeys(("subject", "facts", "path", "destination"), "'{}'"),
    ),
    (
        "deliveries",
        {"id": "n + 1", "announcement_id": "n + 1", "destination": "'d'", "state": "'sent'", "due_at": AT, "tries": 1}
        | {"error": "''", "message": "'m' || n"},
    ),
    ("spellings", {"component_id": "n", "spelling": "'s'"}),
    ("forms", {"component_id": "n", "form": "'s'", "answered_at": 1}),
    ("matches", {"component_id": "n", "ecosystem": "'npm'", "state": 1, "answered_at": 1}),
    ("removals", {"revision": "n", "component_ids": NOTHING, "images": "'[]'", "tags": "'[]'"}),
    (
        "assessments",
        {
            "sequence": "n + 1",
            "vulnerability": "'V-' || n",
            "source": "'auto'",
            "package": "'pkg:npm/p' || n",
            "assessed_at": AT,
        }
        | dict.fromkeys(("author", "comment", "rule"), "''"),
    ),
)
WITH_REVISIONS = (
    "components",
    "sboms",
    "sbom_places",
    "sbom_looks",
    "sbom_history",
    "tags",
    "spellings",
    "assessments",
)
WITH_FINDINGS = (
    *FILLED,
    (
        "vulnerabilities",
        {"id": "'V-' || n", "first_seen": f"{AT} + n", "revision": 1, "cvss_score": 75, "source": "'OSS Index'"}
        | dict.fromkeys(("title", "description", "reference"), "'x'")
        | dict.fromkeys(("aliases", "external_references"), "'[]'"),
    ),
    ("identifiers", {"name": "'v-' || n", "vulnerability_id": "'V-' || n"}),
    ("findings", {"component_id": "n", "vulnerability_id": "'V-' || n"}),
    ("affected_packages", {"vulnerability_id": "'V-' || n", "package": "'pkg:npm/p' || n", "first_seen": AT}),
    ("searches", {"key": "'k' || n", "holder": "'h'", "until": AT, "status": "'none'", "detail": "''"}),
    (
        "requests",
        {"id": "n + 1", "phase": "'denied'", "namespace": "'team-' || mod(n, 40)", "created": AT, "until": AT}
        | {"user": "'ada'", "vulnerabilities": "'[]'", "content": "'{}'"},
    ),
)


def filled(postgres: PostgresServer, template: str, tables: Sequence[tuple[str, Mapping[str, object]]] = FILLED) -> str:
    """The address of a new database, filled."""
    address = postgres.url(postgres.new_database(template))
    engine = create_engine(parse_address(address))
    with engine.begin() as connection:
        for table, given in tables:
            columns = {**given, **({"revision": 1} if table in WITH_REVISIONS else {})}
            names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(map(str, columns.values()))
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(0, {ROWS - 1}) AS numbers(n)"
            )
        found = "id IN (SELECT component_id FROM findings)"
        connection.exec_driver_sql(f"UPDATE components SET state = 2, answered_at = 1 WHERE {found}")
        for table in ("announcements", "audit_log", "deliveries", "requests", "runs"):
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {ROWS})")
        connection.exec_driver_sql("UPDATE revision SET value = 25000")
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return address


@contextmanager
def explained() -> Iterator[list[tuple[str, str]]]:
    """Statements and their plans, of all that is asked meanwhile, through SQLAlchemy or straight of the driver."""
    plans: list[tuple[str, str]] = []
    asked, asked_at_once = psycopg.ServerCursor.execute, psycopg.Cursor.execute
    known: set[int] = set()  # connections that explain, or run what SQLAlchemy has told already

    def explain(driver: psycopg.Connection[Any], statement: str, parameters: Any) -> None:
        if re.match(r"(SELECT|INSERT|DELETE|UPDATE)\b", statement) and " FROM pg_class" not in statement:
            known.add(id(driver))
            with driver.cursor() as asking:
                # Without a bias for small tables: a sequential scan is planned only where there is no other way.
                asking.execute("SET LOCAL enable_seqscan = off")
                lines = asking.execute(f"EXPLAIN {statement}".encode(), parameters).fetchall()
                asking.execute("SET LOCAL enable_seqscan = on")
            known.discard(id(driver))
            plans.append((statement, "\n".join(line for (line,) in lines)))

    def before(connection: Connection, _: object, statement: str, parameters: object, *__: object) -> None:
        first = parameters[0] if isinstance(parameters, list) and parameters else parameters
        driver = cast("Any", connection.connection.driver_connection)
        explain(driver, statement, first)
        known.add(id(driver))

    def after(connection: Connection, *_: object) -> None:
        known.discard(id(connection.connection.driver_connection))

    def at_once(cursor: Any, query: str, parameters: Any = None, **more: Any) -> Any:
        if id(cursor.connection) not in known:
            explain(cursor.connection, query, parameters)
        return asked_at_once(cursor, query, parameters, **more)

    def straight(cursor: Any, query: str, parameters: Any = None, **more: Any) -> Any:
        explain(cursor.connection, query, parameters)
        return asked(cursor, query, parameters, **more)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.ServerCursor, "execute", straight)
        patch.setattr(psycopg.Cursor, "execute", at_once)
        try:
            yield plans
        finally:
            event.remove(Engine, "before_cursor_execute", before)
            event.remove(Engine, "after_cursor_execute", after)


def read_whole(plans: list[tuple[str, str]], small: Collection[str]) -> set[tuple[str, str]]:
    """Large tables that a statement reads from end to end.

    Args:
        plans: of :func:`explained`.
        small: tables that do not grow.
    """
    return {
        (table, statement)
        for statement, plan in plans
        for table in re.findall(r"Seq Scan on (\w+)", plan)
        if table not in small
    }
