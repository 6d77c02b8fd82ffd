"""Packages and components in any state, page by page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, true, tuple_

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.triage import ANY_TYPE, ComponentLine, Key, PackageLine, PackageScan
from webhook.policy.coverage import Said
from webhook.store.coverage import states_of
from webhook.store.queries import among, page_rows, snapshot_of
from webhook.store.tables.components import components, packages
from webhook.store.tables.vulnerabilities import findings
from webhook.store.triage.limits import matches

SHOWN_VERSIONS = 20
"""Versions that a line of the list of packages names."""
_P, _C = packages.c, components.c
_SEPARATORS = re.compile(r"[-_.]+")
_AFTER_AT = chr(ord("@") + 1)
_COLUMNS = (_C.id, _C.purl, _C.state, _C.answered_at)
_Row = tuple[int, str, int, int]


def package_lines(connection: Connection, scan: PackageScan, after: Key | None, most: int) -> list[PackageLine]:
    """A page in order of the names, or of the purls; the key has both."""
    order = (_P.package,) if scan.by_purl else (_P.name, _P.package)
    query = select(_P.package, _P.name).order_by(*order).limit(most)
    if scan.name:
        query = query.where(_named(scan.name))
    if scan.type:
        start = f"pkg:{scan.type}"
        query = query.where(_P.package >= f"{start}/", _P.package < f"{start}0")  # what comes after the slash
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*(literal(part) for part in after[-len(order) :])))
    chosen = page_rows(connection, query)
    versions: dict[str, list[ComponentLine]] = {}
    for line in _lines(connection, _versions(connection, [package for package, _ in chosen])):
        versions.setdefault(line.purl.package, []).append(line)
    return [
        PackageLine(package, name, tuple(known[:SHOWN_VERSIONS]), len(known) > SHOWN_VERSIONS)
        for package, name in chosen
        for known in (versions.get(package, []),)
    ]


def _named(name: str) -> ColumnElement[bool]:
    """Whether a package has a name; the names of Python packages are kept with hyphens (PEP 503)."""
    column: ColumnElement[str] = _P.name
    if name.startswith(ANY_TYPE):
        column = func.lower(_P.package)
    elif name.startswith("pkg:"):
        return matches(_P.package, name)
    folded = name.lower()
    hyphened = _SEPARATORS.sub("-", folded)
    if hyphened == folded:
        return matches(column, folded)
    of_python = (_P.package >= "pkg:pypi/") & (_P.package < "pkg:pypi0")
    return matches(column, folded) | (matches(column, hyphened) & of_python)


def version_lines(connection: Connection, package: str, after: str | None, most: int) -> list[ComponentLine]:
    """Components of one package."""
    query = _versions_of(literal(package), most)
    rows = _rows(connection, query if after is None else query.where(_C.purl > after))
    if after is None and len(rows) < most:  # one without a version stands under the package's own name
        rows = [*_rows(connection, select(*_COLUMNS).where(_C.purl == package)), *rows]
    return _lines(connection, rows)


def _versions(connection: Connection, chosen: Sequence[str]) -> list[_Row]:
    """The first components of each of some packages, one more than is shown."""
    if not chosen:
        return []
    rows = _rows(connection, select(*_COLUMNS).where(among(connection, _C.purl, list(chosen))))
    if connection.dialect.name == "postgresql":  # one way there and back, as each of them costs more than the look-up
        versions = _versions_of(_P.package, SHOWN_VERSIONS + 1).lateral()
        query = select(versions).select_from(packages.join(versions, true()))
        return rows + _rows(connection, query.where(among(connection, _P.package, list(chosen))))
    for package in chosen:
        rows += _rows(connection, _versions_of(literal(package), SHOWN_VERSIONS + 1))
    return rows


def _versions_of(package: ColumnElement[str], most: int) -> Select[Any]:
    first, end = package + literal("@"), package + literal(_AFTER_AT)
    return select(*_COLUMNS).where(_C.purl >= first, _C.purl < end).order_by(_C.purl).limit(most)


def component_lines(
    connection: Connection, numbers: Sequence[int], after: str | None, most: int
) -> list[ComponentLine]:
    """Some components, such as those of an image."""
    query = select(*_COLUMNS).where(among(connection, _C.id, list(numbers))).order_by(_C.purl).limit(most)
    return _lines(connection, _rows(connection, query if after is None else query.where(_C.purl > after)))


def _rows(connection: Connection, query: Select[Any]) -> list[_Row]:
    return list(page_rows(connection, query))


def _lines(connection: Connection, rows: Sequence[_Row]) -> list[ComponentLine]:
    united = states_of(snapshot_of(connection), {number: Said(state, answered) for number, _, state, answered in rows})
    vulnerable = [number for number, said in united.items() if said.state == ComponentState.VULNERABLE]
    found: dict[int, list[str]] = {}
    if vulnerable:
        those = select(findings.c.component_id, findings.c.vulnerability_id).order_by(findings.c.vulnerability_id)
        those = those.where(among(connection, findings.c.component_id, vulnerable))
        for number, key in page_rows(connection, those):
            found.setdefault(number, []).append(key)
    return [
        ComponentLine(
            number,
            Purl(purl),
            ComponentState(united[number].state),
            dt.datetime.fromtimestamp(at, dt.UTC) if (at := united[number].answered_at) else None,
            tuple(found.get(number, ())),
        )
        for number, purl, _, _ in rows
    ]
