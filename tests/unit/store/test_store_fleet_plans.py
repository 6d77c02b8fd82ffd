"""No page and no question of a fleet reads a large table from end to end: the plans that both databases make."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import Engine, event

from tests.fakes import NOON, FakeClock
from tests.ports.test_port_clusters import LOG4J, A, content, digest, first, workload
from tests.ports.test_port_fleet_reports import ask, record
from tests.unit.store.plans import WITH_FINDINGS, explained, filled, read_whole
from tests.unit.store.test_store_fleet_decisions import append, made
from webhook.model.actions import Action
from webhook.model.fleetinventory import ClusterReport, ImageContent
from webhook.policy.fleetinventory import read_report
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store
from webhook.store.values import to_json

_RECORD = to_json(made("ana"))
_LARGE = "components|packages|fleet_(?:decisions|reports|wanted|workloads|uses|images|contents|holdings)"
_OF_A_HUB = (
    (
        "fleet_decisions",
        {"id": "n + 1", "cluster": "'c-' || mod(n, 100)", "revision": "n", "record": "'" + _RECORD + "'"},
    ),
    (
        "fleet_reports",
        {"id": "n + 1", "coordinates": "'pkg:npm/asked' || n || '@1'", "state": 1, "answered_at": 1, "asked_at": 1}
        | {"wanted_at": 1, "is_running": "true", "vulnerabilities": "'[]'", "changed": "n"},
    ),
)


@pytest.fixture
def traced(sqlite_url: str, clock: FakeClock) -> Iterator[tuple[Store, list[str]]]:
    """A store, and the statements that it has executed."""
    statements: list[str] = []

    def trace(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(Engine, "connect", trace)
    try:
        opened = open_store(StoreOptions(url=sqlite_url), clock)
        yield opened, statements
        opened.close()
    finally:
        event.remove(Engine, "connect", trace)


def test_everything_is_found_by_an_index(traced: tuple[Store, list[str]], sqlite_url: str) -> None:
    store, statements = traced
    clusters, log4j = store.clusters, content(LOG4J, A)
    reports = (
        first(workload("1", "web"), images=(ImageContent(digest(1), log4j.content),)),
        ClusterReport(
            "0123abcd", 2, NOON, (workload("2", "api"),), ("1",), gone_images=(digest(7),), contents=(log4j,)
        ),
    )
    for report in reports:
        checked = read_report(msgspec.json.encode(report, enc_hook=str))
        assert clusters.take("eu", checked, now=NOON, ceiling=10) is not None
    key = ("shop", "Deployment", "api", "eu", "2")
    for cluster, namespace, action in (
        (None, None, None),
        ("eu", None, None),
        (None, "shop", None),
        ("eu", "shop", Action.WARN),
    ):
        for after in (None, key):
            clusters.workloads(cluster=cluster, namespace=namespace, action=action, after=after, most=10)
    numbers = list(store.feed.component_ids([A]).values())
    clusters.users(numbers, None, 10)
    clusters.users(numbers, key, 10)
    clusters.holders(numbers)
    clusters.clusters("", 10)
    ask(store, "eu", A)
    ask(store, "eu", A, running=True)
    record(store)
    append(store, made("ana"), [])
    for cluster, before in (("eu", None), ("eu", 9), (None, 9)):
        store.fleet_decisions.page(cluster, before, 10)
    store.fleet_reports.changed(0, 5)
    store.fleet_pending.take(10)
    store.fleet_pending.components([str(A)])
    store.fleet_pending.settle([str(A)], 5)
    assert _scans(statements, sqlite_url) == set()


@pytest.fixture
def large(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Store]:
    """A hub on PostgreSQL with many decisions and answers."""
    postgres, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    address = filled(postgres, template, (*WITH_FINDINGS, *_OF_A_HUB))
    opened = open_store(StoreOptions(url=address), clock)
    opened.feed.position()
    yield opened
    opened.close()


def test_postgresql_pages_decisions_by_an_index_and_gives_answers_in_order_of_one(large: Store) -> None:
    with explained() as plans:
        for cluster, before in ((None, None), (None, 9_000), ("c-7", None), ("c-7", 9_000)):
            assert large.fleet_decisions.page(cluster, before, 10)
        few, is_all = large.fleet_reports.answers(set, 10, 2**20)
        assert len(few) == 10 and not is_all
        assert large.fleet_reports.answers(set, 10**6, 2**30)[1]
    assert len(plans) > 6
    assert read_whole(plans, ("revision",)) == set()
    pages = [(statement, plan) for statement, plan in plans if "fleet_decisions" in statement]
    assert len(pages) == 4 and not [plan for _, plan in pages if "Sort" in plan]
    of_one = [plan for statement, plan in pages if "cluster = " in statement]
    assert len(of_one) == 2 and all("using ix_fleet_decisions_cluster" in plan for plan in of_one), of_one
    answers = [plan for statement, plan in plans if "FROM fleet_reports" in statement]
    # The first rows come before the last ones were read.
    assert len(answers) == 2 and all("using uq_fleet_reports_coordinates" in plan for plan in answers), answers


def _scans(statements: list[str], url: str) -> set[tuple[str, str]]:
    """Statements that read a large table from end to end, with the line of the plan that says so."""
    found, seen = set(), 0
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        for statement in dict.fromkeys(statements):
            if not re.match(r"(?:SELECT|DELETE|UPDATE)\b", statement) or "sqlite_master" in statement:
                continue
            seen += 1
            for *_, line in database.execute(f"EXPLAIN QUERY PLAN {statement}"):
                if re.match(rf"SCAN (?:{_LARGE})\b(?!.*USING)", line):
                    found.add((line, statement))
    assert seen > 30
    return found
