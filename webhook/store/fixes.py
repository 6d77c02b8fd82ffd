"""Fixed versions that are known, looked up for assessments that are to last until one is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, select

from webhook.model.assessments import Assessment
from webhook.model.purls import Purl
from webhook.policy.fixes import KnownFix, fix_known, version_of
from webhook.store.queries import among_values, raw_rows, rows_among
from webhook.store.tables.components import components
from webhook.store.tables.decisions import UNTIL_FIXED, assessments
from webhook.store.tables.vulnerabilities import findings, identifiers

Fixes = Mapping[str, Sequence[KnownFix]]
"""By the name of a vulnerability in lower case."""


def waiting_names(connection: Connection) -> Mapping[str, Collection[str]]:
    """Of what something was ever to last until a fixed version is known: spellings by names in lower case."""
    found: dict[str, set[str]] = {}
    query = select(assessments.c.vulnerability).where(UNTIL_FIXED).distinct()
    for portion in raw_rows(connection, query):
        for (name,) in portion:
            found.setdefault(name.casefold(), set()).add(name)
    return found


def known_fixes(connection: Connection, names: Iterable[str]) -> Fixes:
    """What is known of fixed versions of vulnerabilities, by any of their names."""
    wanted = sorted({name.casefold() for name in names})
    keys: dict[str, list[str]] = {}
    for portion in rows_among(connection, _named, wanted) if wanted else ():
        for name, key in portion:
            keys.setdefault(key, []).append(name)
    found: dict[str, list[KnownFix]] = {}
    for portion in rows_among(connection, _fixed, sorted(keys)) if keys else ():
        for key, purl, version in portion:
            fix = KnownFix(Purl(purl), version)
            for name in keys[key]:
                found.setdefault(name, []).append(fix)
    return found


def names_of(connection: Connection, keys: Collection[str]) -> set[str]:
    """All names of vulnerabilities, in lower case."""
    rows = rows_among(connection, _names, sorted(keys)) if keys else ()
    return {name for portion in rows for (name,) in portion}


def fixed_in(connection: Connection, records: Sequence[Assessment]) -> list[str]:
    """For each record the fixed versions that are known for what it is about; empty where none is."""
    fixes = known_fixes(connection, [record.vulnerability for record in records])
    return [version_of(record.scope, fixes.get(record.vulnerability.casefold(), ())) for record in records]


def refuse_fixed(connection: Connection, records: Iterable[Assessment]) -> None:
    """Refuse records that are to last until a fixed version is known where one is.

    Raises:
        FixKnown: it is, for one of them.
    """
    waiting = [record for record in records if record.until_fixed and record.type is not None and not record.fixed_in]
    if waiting and (known := _known(waiting, fixed_in(connection, waiting))):
        raise fix_known(known)


def _known(records: Sequence[Assessment], versions: Sequence[str]) -> list[tuple[Assessment, str]]:
    return [(record, version) for record, version in zip(records, versions, strict=True) if version]


def _named(dialect: Dialect) -> Select[Any]:
    named = among_values(dialect, identifiers.c.name)
    return select(identifiers.c.name, identifiers.c.vulnerability_id).where(named)


def _names(dialect: Dialect) -> Select[Any]:
    return select(identifiers.c.name).where(among_values(dialect, identifiers.c.vulnerability_id))


def _fixed(dialect: Dialect) -> Select[Any]:
    query = select(findings.c.vulnerability_id, components.c.purl, findings.c.fixed)
    joined = query.join(components, components.c.id == findings.c.component_id)
    return joined.where(among_values(dialect, findings.c.vulnerability_id), findings.c.fixed.is_not(None))
