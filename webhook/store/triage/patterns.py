"""Patterns that people write, as conditions of the database."""

from __future__ import annotations

from sqlalchemy import ColumnElement

ESCAPE = "\\"
_LAST = "\U0010ffff"


def containing(text: str) -> str:
    """A pattern for LIKE that holds what contains a text, in lower case."""
    return f"%{_escaped(text.lower())}%"


def matches(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Whether a column matches a pattern with ``*`` wildcards; the part before the first is looked up by an index."""
    start, star, _ = pattern.partition("*")
    if not star:
        return column == pattern
    like = column.like(_escaped(pattern).replace("*", "%"), escape=ESCAPE)
    return like if not start else (column >= start) & (column < start + _LAST) & like


def _escaped(text: str) -> str:
    return text.replace(ESCAPE, ESCAPE * 2).replace("%", f"{ESCAPE}%").replace("_", f"{ESCAPE}_")
