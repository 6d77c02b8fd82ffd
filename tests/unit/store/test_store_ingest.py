"""What an image costs the store when it comes in: statements, whose number does not grow with what it contains."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.ports.samples import digest, make_sbom
from webhook.model.components import Sbom
from webhook.model.images import parse_image
from webhook.model.looks import Look
from webhook.model.platforms import Coverage
from webhook.model.purls import Purl
from webhook.store import StoreOptions
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store, open_store

_READ_OR_WRITTEN = re.compile(r"(?:SELECT|INSERT|UPDATE|DELETE)\b")
OPENING = 2
"""Of each transaction on PostgreSQL: whether the server is a standby, and limits of a writer."""


@pytest.fixture
def statements(database_url: str) -> Iterator[list[str]]:
    """All that reaches a database, through SQLAlchemy or straight of the driver."""
    said: list[str] = []

    def note(text: object) -> None:
        # SQLite tells a statement again for each of its triggers.
        if _READ_OR_WRITTEN.match(str(text)) and said[-1:] != [str(text)]:
            said.append(str(text))

    def trace(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(note)

    event.listen(Engine, "connect", trace)
    with pytest.MonkeyPatch.context() as patch:
        for kind in (psycopg.Cursor, psycopg.ServerCursor):
            _note(patch, kind, "execute", note)
            _note(patch, kind, "executemany", note)
        yield said
    event.remove(Engine, "connect", trace)


def _note(patch: pytest.MonkeyPatch, kind: Any, name: str, note: Any) -> None:
    inner = getattr(kind, name)

    def noted(cursor: Any, query: Any, *arguments: Any, **more: Any) -> Any:
        note(query)
        return inner(cursor, query, *arguments, **more)

    patch.setattr(kind, name, noted)


@pytest.fixture
def store(statements: list[str], database_url: str, clock: FakeClock) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=database_url), clock)
    opened.sboms.add(digest(1), known("first"), place="added", image=parse_image("shop/first:1"))
    statements.clear()
    yield opened
    opened.close()


def known(own: str) -> Sbom:
    """An SBOM with 40 components that all images have, and one that no other has."""
    return make_sbom(*(f"pkg:npm/all-{number}@1" for number in range(40)), f"pkg:npm/{own}@1")


@contextmanager
def at_most(statements: list[str], number: int, on_postgresql: int) -> Iterator[None]:
    """Expect no more statements than this, and some of PostgreSQL alone."""
    statements.clear()
    yield
    limit = number + (on_postgresql if any("set_config" in text for text in statements) else 0)
    assert 0 < len(statements) <= limit, "\n".join(statements)


def test_a_new_image_costs_few_statements(store: Store, statements: list[str]) -> None:
    with at_most(statements, 13, OPENING + 2):
        store.sboms.add(digest(2), known("second"), place="added", image=parse_image("shop/web:1"))
    with at_most(statements, 11, OPENING + 1):
        store.sboms.add(digest(3), make_sbom("pkg:npm/all-1@1"), place="added", image=parse_image("shop/web:2"))


def test_what_a_look_finds_of_a_new_image_costs_few_statements(store: Store, statements: list[str]) -> None:
    with at_most(statements, 15, OPENING + 1):
        store.sboms.record(digest(2), Look("o", {"referrers": [known("x")]}), image=parse_image("shop/web:1"))


def test_the_same_image_again_is_only_read(store: Store, statements: list[str]) -> None:
    store.sboms.add(digest(2), known("x"), place="added", image=parse_image("shop/web:1"))
    statements.clear()
    store.sboms.add(digest(2), known("x"), place="added", image=parse_image("shop/web:1"))
    assert 0 < len(statements) <= 5
    assert not [text for text in statements if not text.startswith("SELECT")]


def test_the_first_document_is_given_back_as_it_is_kept(real_store: Store) -> None:
    both = Coverage(("linux/amd64", "linux/arm64"), ("linux/amd64",))
    sbom = replace(known("x"), coverage=both, format="cyclonedx-json", not_in_image=3)
    stored = real_store.sboms.add(digest(1), sbom, place="referrers", image=parse_image("shop/web:1"))
    assert stored == real_store.sboms.add(digest(1), sbom, place="referrers")
    assert list(real_store.feed.changes().sboms) == [stored]


def test_a_tag_that_moves_is_news_and_one_that_stays_is_none(real_store: Store) -> None:
    image = parse_image("shop/web:1")
    real_store.sboms.add(digest(1), known("x"), place="added", image=image)
    before = real_store.feed.position()
    real_store.sboms.point(image, digest(1))
    real_store.sboms.record(digest(1), Look("o", {}), image=image)
    real_store.sboms.record(digest(1), Look("o", {}), image=image)
    settled = real_store.feed.position()
    real_store.sboms.record(digest(1), Look("o", {}), image=image)
    assert real_store.feed.position() == settled
    real_store.sboms.point(image, digest(2))
    assert real_store.feed.position() != settled != before
    assert real_store.feed.changes(before).tags == {image.tagged: digest(2)}


def test_a_component_that_is_named_again_is_not_noted_as_unnamed_any_more(real_store: Store, database_url: str) -> None:
    real_store.sboms.add(digest(1), make_sbom("pkg:npm/a@1", "pkg:npm/b@1"), place="added")
    ids = real_store.feed.component_ids([Purl("pkg:npm/a@1"), Purl("pkg:npm/b@1")])
    engine = create_engine(parse_address(database_url))
    at = int(NOON.timestamp()) * 1_000_000
    with engine.begin() as connection:
        for number in ids.values():
            connection.exec_driver_sql(f"INSERT INTO unnamed_components (component_id, since) VALUES ({number}, {at})")
    real_store.sboms.add(digest(2), make_sbom("pkg:npm/b@1"), place="added")
    with engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT component_id FROM unnamed_components").scalars().all()
    engine.dispose()
    assert list(left) == [ids[Purl("pkg:npm/a@1")]]
