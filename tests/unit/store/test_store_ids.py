"""Component ids: none is ever given twice, whatever is deleted and whoever wrote before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine

from tests.ports.samples import digest, make_sbom
from tests.postgres import PostgresServer
from tests.unit.store.consistency import check
from tests.unit.store.test_store_schema import MIGRATIONS
from webhook.engines.readmodel import ReadModel
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store

A, B, C, D = (Purl(f"pkg:npm/{name}@1.0.0") for name in "abcd")
Open = Callable[..., Store]


def execute(url: str, *statements: str) -> None:
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_newest_ids_are_not_given_again_after_they_were_deleted(opened: Open, database_url: str) -> None:
    store = opened(database_url)
    store.sboms.add(digest(1), make_sbom(A, B, C), place="added")
    former = store.feed.component_ids([A, B, C])
    execute(database_url, "DELETE FROM sboms", "DELETE FROM sbom_places", "DELETE FROM components WHERE id >= 1")
    store.sboms.add(digest(2), make_sbom(B), place="added")
    store.close()
    execute(database_url, "DELETE FROM sboms", "DELETE FROM sbom_places", "DELETE FROM components")
    restarted = opened(database_url)
    restarted.sboms.add(digest(3), make_sbom(C, D), place="added")
    now = restarted.feed.component_ids([A, B, C, D])
    assert sorted(former.values()) == [0, 1, 2]
    assert sorted(now.values()) == [4, 5]
    check(database_url)


def test_a_model_that_is_loaded_from_a_store_with_holes_takes_none_of_them_for_a_component(
    opened: Open, database_url: str
) -> None:
    store = opened(database_url)
    store.sboms.add(digest(1), make_sbom(A, B, C), place="added")
    execute(database_url, "DELETE FROM sboms", "DELETE FROM sbom_places", "DELETE FROM components WHERE id = 1")
    model = ReadModel()
    model.apply(store.feed.changes())
    assert model.counts()[ComponentState.UNKNOWN] == 2
    facts = model.facts_of([0, 1], unknown=0, uncovered={}, unusable=0, stale_before=0)
    assert (facts.clean, facts.unknown) == (0, 2), "what has no row is never clean"


@pytest.fixture(params=["sqlite", "postgresql"])
def former_url(request: pytest.FixtureRequest, new_sqlite_url: str) -> str:
    """A database as the release before made it, with three components."""
    url = new_sqlite_url
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.url(server.new_database())
    engine: Engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0026")
        columns = "(id, purl, state, answered_at, asked_at, revision)"
        for number, purl in enumerate((A, B, C)):
            connection.exec_driver_sql(f"INSERT INTO components {columns} VALUES ({number}, '{purl}', 0, 0, 0, 0)")
    engine.dispose()
    return url


def test_an_upgrade_remembers_which_ids_were_given(opened: Open, former_url: str) -> None:
    store = opened(former_url)
    store.admin.upgrade()
    execute(former_url, "DELETE FROM components")
    store.sboms.add(digest(1), make_sbom(D), place="added")
    assert store.feed.component_ids([D]) == {D: 3}


def test_a_program_that_does_not_raise_the_mark_is_followed(opened: Open, database_url: str) -> None:
    store = opened(database_url)
    store.sboms.add(digest(1), make_sbom(A), place="added")
    columns = "(id, purl, state, answered_at, asked_at, revision)"
    execute(database_url, f"INSERT INTO components {columns} VALUES (1, '{B}', 0, 0, 0, 1)")
    store.sboms.add(digest(2), make_sbom(C), place="added")
    assert store.feed.component_ids([A, B, C]) == {A: 0, B: 1, C: 2}
