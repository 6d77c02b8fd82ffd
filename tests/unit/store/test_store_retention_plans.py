"""No step of retention reads a large table from end to end: the plans that PostgreSQL makes for what a pass does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, event

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.unit.store.retention import DAY, OPTIONS, audit, pruner
from webhook.model.retention import PruneKind
from webhook.store import StoreOptions
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store, open_store

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
        | dict.fromkeys(("format", "version", "tool", "place", "skipped", "skipped_components"), "'{}'"),
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
        {"id": "n + 1", "key": "'k' || n", "at": AT, "seen_at": AT, "spread": "true"}
        | dict.fromkeys(("topic", "subject", "facts", "path", "destination"), "'{}'"),
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
        {"sequence": "n + 1", "vulnerability": "'V-' || n", "source": "'auto'", "assessed_at": AT}
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


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A database with many rows of every kind."""
    postgres = request.getfixturevalue("postgres")
    address = str(postgres.url(postgres.new_database(request.getfixturevalue("postgres_template"))))
    engine = create_engine(parse_address(address))
    with engine.begin() as connection:
        for table, given in FILLED:
            columns = {**given, **({"revision": 1} if table in WITH_REVISIONS else {})}
            names, values = ", ".join(columns), ", ".join(map(str, columns.values()))
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(0, {ROWS - 1}) AS numbers(n)"
            )
        connection.exec_driver_sql("UPDATE revision SET value = 25000")
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return address


@pytest.fixture
def store(url: str, clock: FakeClock) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=url), clock)
    yield opened
    opened.close()


def test_no_step_reads_a_large_table_from_end_to_end(store: Store, clock: FakeClock) -> None:
    clock.advance(40 * DAY)
    audit(store, clock)
    plans: list[tuple[str, str]] = []

    def explain(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if re.match(r"(SELECT|DELETE|UPDATE)\b", statement) and " FROM pg_class" not in statement:
            first = parameters[0] if isinstance(parameters, list) and parameters else parameters
            with connection.connection.driver_connection.cursor() as asking:
                # Without a bias for small tables: a sequential scan is planned only where there is no other way.
                asking.execute("SET LOCAL enable_seqscan = off")
                lines = asking.execute(f"EXPLAIN {statement}", first).fetchall()
                asking.execute("SET LOCAL enable_seqscan = on")
            plans.append((statement, "\n".join(line for (line,) in lines)))

    options = replace(OPTIONS, documents_days=5, audit_days=5, step_rows=100)
    seen = set[PruneKind]()
    event.listen(Engine, "before_cursor_execute", explain)
    try:
        lease, named = store.retention.hold("me"), store.retention.named()
        for kind in PruneKind:
            before, after = options.before(kind, clock.now()), ""
            for _ in range(2):
                if kind is PruneKind.NOTIFICATIONS:
                    deleted = store.outbox.prune(clock.now())
                else:
                    step = store.retention.prune(kind, before, after, 100, named, lease)
                    deleted, after = step.deleted, step.after or ""
                if deleted:
                    seen.add(kind)
        assert store.documents.purge(2 * ROWS)[0]
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
    assert seen == {*PruneKind} - {PruneKind.REQUESTS}, "each kind has shown its statements"
    assert pruner(store, clock, options).plan().counts[PruneKind.SIGHTINGS] == ROWS - 200
    read = {
        (table, statement)
        for statement, plan in plans
        for table in re.findall(r"Seq Scan on (\w+)", plan)
        if table not in ("revision", "leases", "high_water", "deletable", "requests", "running_workloads", "readings")
    }
    assert read == set()
