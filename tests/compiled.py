"""Statements that are compiled for one engine of the tests count for every engine of the same kind.

A program has one engine, and the tests make one for each store: without this, they spend a quarter of their time on
compiling again what the test before has compiled. It is the same whichever file or server it goes to.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_MOST = 2_000


def install() -> None:
    """From now on, share what is compiled between the engines of this process."""
    statements, made = LRUCache[Any, Any](_MOST), Engine.__init__

    def make(self: Engine, *arguments: Any, **more: Any) -> None:
        made(self, *arguments, **more)
        self._compiled_cache = statements

    def is_of_kind(self: DefaultDialect, other: object) -> bool:
        return isinstance(other, DefaultDialect) and _kind(self) == _kind(other)

    Engine.__init__ = make
    DefaultDialect.__eq__ = is_of_kind  # by which this cache, and the product's own, find what is compiled
    DefaultDialect.__hash__ = lambda self: hash(_kind(self))


def _kind(dialect: DefaultDialect) -> tuple[str, str]:
    return dialect.name, dialect.driver
