"""Guessed groups: Maven components whose group equals their artifact, and what the source ever told of them.

Scanners that find no POM in a JAR write its name for the group, too. Some packages are really named so, such as
log4j:log4j; a vulnerability that the source once told of the package shows that it knows it under that name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.elements import ColumnElement

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.store.queries import among, raw_rows
from webhook.store.tables import affected_packages, components

_MAVEN = "pkg:maven/"


def doubtful(connection: Connection, after: int | None) -> dict[int, Purl]:
    """Components whose group equals their artifact, by id.

    Args:
        connection: of the transaction.
        after: only those that changed after this revision; None means all.
    """
    purl = components.c.purl
    query = select(components.c.id, purl).where(purl.like(f"{_MAVEN}%"), _repeats(connection))
    if after is not None:
        query = query.where(components.c.revision > after)
    elif connection.dialect.name == "sqlite":  # by its index, which has both columns; LIKE does not use it
        query = query.where(purl >= _MAVEN, purl < "pkg:maven0")
    return {number: Purl(text) for rows in raw_rows(connection, query) for number, text in rows}


def told(connection: Connection, packages: Collection[str]) -> frozenset[str]:
    """Those of the packages of which the source ever told a vulnerability."""
    if not packages:
        return frozenset()
    mine = among(connection, affected_packages.c.package, sorted(packages))
    return frozenset(connection.execute(select(affected_packages.c.package).where(mine).distinct()).scalars())


def guessed(connection: Connection, contents: Iterable[tuple[Purl, ComponentState]]) -> frozenset[Purl]:
    """The clean components whose group was perhaps guessed."""
    clean = (purl for purl, state in contents if state is ComponentState.CLEAN)
    found = [purl for purl in clean if purl.type == "maven" and purl.namespace == purl.name]
    known = told(connection, {purl.package for purl in found})
    return frozenset(purl for purl in found if purl.package not in known)


def _repeats(connection: Connection) -> ColumnElement[bool]:
    """The condition that a Maven purl has its group twice."""
    purl = components.c.purl
    if connection.dialect.name == "postgresql":
        repeated: ColumnElement[bool] = func.split_part(func.split_part(purl, "/", 3), "@", 1) == func.split_part(
            purl, "/", 2
        )
        return repeated
    rest = func.substr(purl, len(_MAVEN) + 1)
    slash = func.instr(rest, "/")
    return func.substr(rest, slash, slash + 1) == "/" + func.substr(rest, 1, slash - 1) + "@"
