"""Packages and components in any state, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, literal, select, tuple_

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.triage import ComponentLine, Key, PackageLine, PackageScan
from webhook.store.queries import among, raw_rows
from webhook.store.tables import components, findings, packages
from webhook.store.triage.patterns import matches

SHOWN_VERSIONS = 20
"""Versions that a line of the list of packages names."""
_P, _C = packages.c, components.c
_AFTER_AT = chr(ord("@") + 1)
_COLUMNS = (_C.id, _C.purl, _C.state, _C.answered_at)


def package_lines(connection: Connection, scan: PackageScan, after: Key | None, most: int) -> list[PackageLine]:
    """A page in order of the names."""
    is_purl = scan.name is not None and scan.name.startswith("pkg:")
    order = (_P.package,) if is_purl else (_P.name, _P.package)
    query = select(_P.package, _P.name).order_by(*order).limit(most)
    if scan.name:
        query = query.where(matches(_P.package, scan.name) if is_purl else matches(_P.name, scan.name.lower()))
    if scan.type:
        start = f"pkg:{scan.type}"
        query = query.where(_P.package >= f"{start}/", _P.package < f"{start}0")  # what comes after the slash
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*(literal(part) for part in (after[-1:] if is_purl else after))))
    found = [row for portion in raw_rows(connection, query) for row in portion]
    return [
        PackageLine(package, name, tuple(versions[:SHOWN_VERSIONS]), len(versions) > SHOWN_VERSIONS)
        for package, name in found
        for versions in (version_lines(connection, package, None, SHOWN_VERSIONS + 1),)
    ]


def version_lines(connection: Connection, package: str, after: str | None, most: int) -> list[ComponentLine]:
    """Components of one package."""
    first, end = f"{package}@", f"{package}{_AFTER_AT}"
    query = select(*_COLUMNS).where(_C.purl >= first, _C.purl < end).order_by(_C.purl).limit(most)
    found = _lines(connection, query if after is None else query.where(_C.purl > after))
    if after is None and len(found) < most:  # one without a version stands under the package's own name
        found = [*_lines(connection, select(*_COLUMNS).where(_C.purl == package)), *found]
    return found


def component_lines(
    connection: Connection, numbers: Sequence[int], after: str | None, most: int
) -> list[ComponentLine]:
    """Some components, such as those of an image."""
    query = select(*_COLUMNS).where(among(connection, _C.id, list(numbers))).order_by(_C.purl).limit(most)
    return _lines(connection, query if after is None else query.where(_C.purl > after))


def _lines(connection: Connection, query: Select[Any]) -> list[ComponentLine]:
    rows = [row for portion in raw_rows(connection, query) for row in portion]
    vulnerable = [number for number, _, state, _ in rows if state == ComponentState.VULNERABLE]
    found: dict[int, list[str]] = {}
    if vulnerable:
        those = select(findings.c.component_id, findings.c.vulnerability_id).order_by(findings.c.vulnerability_id)
        for portion in raw_rows(connection, those.where(among(connection, findings.c.component_id, vulnerable))):
            for number, key in portion:
                found.setdefault(number, []).append(key)
    return [
        ComponentLine(
            number,
            Purl(purl),
            ComponentState(state),
            dt.datetime.fromtimestamp(answered, dt.UTC) if answered else None,
            tuple(found.get(number, ())),
        )
        for number, purl, state, answered in rows
    ]
