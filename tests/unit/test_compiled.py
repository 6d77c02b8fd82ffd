"""What is compiled for one engine is used by the others of its kind, and by no other kind."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import bindparam, create_engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import CacheStats

from webhook.store.queries import Statement, statement


def question(_: object) -> object:
    return select(bindparam("asked", 7).label("only_of_this_test"))


def test_engines_of_a_kind_share_what_is_compiled(tmp_path: Path) -> None:
    found = []
    for name in "ab":
        engine = create_engine(f"sqlite:///{tmp_path / name}.db")
        with engine.connect() as connection:
            answer = connection.execute(question(None), {"asked": name})
            found.append((answer.scalar(), answer.context.cache_hit))
        engine.dispose()
    assert found == [("a", CacheStats.CACHE_MISS), ("b", CacheStats.CACHE_HIT)]


def test_each_kind_has_statements_for_itself() -> None:
    first, again, other = (statement(question, kind.dialect()) for kind in (sqlite, sqlite, postgresql))
    assert first is again
    assert isinstance(other, Statement)
    assert other.text != first.text
