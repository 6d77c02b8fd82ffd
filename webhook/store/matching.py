"""Matching: what advisories say of components, stored beside the answers of sources and never over them.

Each step reads what is there for the whole page, compares, and writes only what differs, so that what did not change
keeps its revision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs
from msgspec.structs import replace
from sqlalchemy import Connection, Delete, Dialect, Integer, Select, Text, Update, bindparam, delete, select, update

from webhook.model.components import ComponentState
from webhook.model.downloads import RecordResult
from webhook.model.support import release_past_support
from webhook.model.uncovered import Uncovered
from webhook.model.vulnerabilities import ASKED, ComponentAnswer
from webhook.store.bulk import change_among, change_each, insert_columns
from webhook.store.coverage import PAST_SUPPORT_MARK
from webhook.store.descriptions import write_vulnerabilities
from webhook.store.exploited import with_exploitation
from webhook.store.fixends import end_fixed
from webhook.store.matchprogress import note_ecosystems
from webhook.store.queries import among, among_values, rows_among
from webhook.store.recording import Batch, assess_answers
from webhook.store.tables.advisories import advisory_state, matches
from webhook.store.tables.components import components
from webhook.store.tables.vulnerabilities import findings, vulnerabilities
from webhook.store.unreadsets import FindingKey, Said, state_of_match, with_unread
from webhook.store.values import to_seconds

if TYPE_CHECKING:
    from webhook.model.advisories import ComponentMatch
    from webhook.model.vulnerabilities import Vulnerability
    from webhook.ports import AutoAssess
    from webhook.store.database import Change, Database

_Row = tuple[str, int]
"""Ecosystem, or why there is none, and state."""


def record_matches(
    database: Database,
    change: Change,
    found: Sequence[ComponentMatch],
    assess: AutoAssess,
    now: dt.datetime,
    *,
    reassess: bool,
) -> tuple[RecordResult, bool]:
    """Write what advisories say of some components.

    Args:
        database: which one.
        change: a transaction.
        found: what they say.
        assess: today's CVSS ranges.
        now: the time, UTC.
        reassess: see ``ComponentStore.record``.

    Returns:
        What that changed, and whether a decision may depend on it.
    """
    found = _present(change.connection, found)
    is_first = _begin(database, change)
    note_ecosystems(change.connection, _checks(found))
    found = _with_own_ids(change.connection, found)
    vulnerable = [
        ComponentAnswer(match.purl, match.vulnerabilities, match.answered_at)
        for match in found
        if match.vulnerabilities
    ]
    new = assessed = 0
    described = 0
    renamed: Sequence[str] = ()
    if vulnerable:
        vulnerable = with_exploitation(change.connection, vulnerable)
        before = change.connection.execute(_newest_vulnerability).scalar()
        renamed = write_vulnerabilities(change, vulnerable, now)
        batch = Batch((), (), (), assess, now, reassess)
        new, assessed = assess_answers(change, vulnerable, batch)
        described = int(change.connection.execute(_newest_vulnerability).scalar() != before)
    written, fixed, staying = _write_findings(change.connection, found)
    moved = written | _write_states(change.connection, found, staying)
    ended = end_fixed(change, {*fixed, *renamed}, now)
    if moved:
        change_among(change.connection, _touched, sorted(moved), now_revision=change.revision)
    result = RecordResult(new, assessed, len(vulnerable), change.revision)
    return result, bool(is_first or moved or assessed or described or ended)


_newest_vulnerability = select(vulnerabilities.c.revision).order_by(vulnerabilities.c.revision.desc()).limit(1)


def _begin(database: Database, change: Change) -> bool:
    """From the first match on every component is unknown until it was matched; whether this is the first."""
    connection = change.connection
    if connection.execute(select(advisory_state.c.id)).first() is not None:
        return False
    values = {"id": 1, "fingerprint": "", "through": -1, "asks": True}
    connection.execute(database.upsert(advisory_state).values(values).on_conflict_do_nothing())
    connection.execute(update(components).values(revision=change.revision))
    return True


def _present(connection: Connection, found: Sequence[ComponentMatch]) -> Sequence[ComponentMatch]:
    """Without components that were deleted since they were read."""
    numbers = [match.number for match in found]
    there = {number for rows in rows_among(connection, _there, numbers) for (number,) in rows}
    return found if len(there) == len(found) else [match for match in found if match.number in there]


def _there(dialect: Dialect) -> Select[Any]:
    return select(components.c.id).where(among_values(dialect, components.c.id))


def _with_own_ids(connection: Connection, found: Sequence[ComponentMatch]) -> list[ComponentMatch]:
    """Vulnerabilities under other ids where an asked source has one of the same id: each takes back its own alone."""
    names = sorted({held.id for match in found for held in match.vulnerabilities})
    taken = {key for rows in rows_among(connection, _of_asked, names) for (key,) in rows} if names else set[str]()
    if not taken:
        return list(found)
    return [_with_names(match, taken) for match in found]


def _with_names(match: ComponentMatch, taken: Collection[str]) -> ComponentMatch:
    names = {held.id: f"{held.source}:{held.id}" for held in match.vulnerabilities if held.id in taken}
    return replace(
        match,
        vulnerabilities=tuple(_renamed(held) if held.id in taken else held for held in match.vulnerabilities),
        fixed={names.get(key, key): version for key, version in match.fixed.items()},
        sources={names.get(key, key): said for key, said in match.sources.items()},
    )


def _renamed(one: Vulnerability) -> Vulnerability:
    return structs.replace(one, id=f"{one.source}:{one.id}", aliases=tuple(sorted({*one.aliases, one.id})))


def _of_asked(dialect: Dialect) -> Select[Any]:
    named = among_values(dialect, vulnerabilities.c.id)
    return select(vulnerabilities.c.id).where(named, vulnerabilities.c.source == ASKED)


def _write_findings(connection: Connection, found: Sequence[ComponentMatch]) -> tuple[set[int], set[str], set[int]]:
    """Make the findings that come from advisories equal to what they say; what an unread set said stays.

    Returns:
        The components that have others now, the vulnerabilities of which a fixed version is new, and the components
        with findings of sources alone whose set cannot be read.
    """
    wanted: dict[FindingKey, Said] = {
        (match.number, held.id): (match.fixed.get(held.id), match.sources.get(held.id) or (held.source,))
        for match in found
        for held in match.vulnerabilities
    }
    numbers = [match.number for match in found]
    there: dict[FindingKey, Said] = {
        (number, key): (fixed, tuple((sources or source).split(",")))
        for rows in rows_among(connection, _found, numbers)
        for number, key, fixed, sources, source in rows
    }
    staying = with_unread(wanted, there, {match.number: match.unread.sources for match in found if match.unread})
    gone = sorted(set(there) - set(wanted))
    new = sorted(set(wanted) - set(there))
    moved = sorted(pair for pair, said in wanted.items() if pair in there and there[pair] != said)
    if gone or moved:
        pairs = [*gone, *moved]
        change_each(connection, _gone, {"number": [one for one, _ in pairs], "key": [key for _, key in pairs]})
    if added := [*new, *moved]:
        insert_columns(
            connection,
            findings,
            {
                "component_id": [number for number, _ in added],
                "vulnerability_id": [key for _, key in added],
                "fixed": [wanted[pair][0] for pair in added],
                "sources": [",".join(wanted[pair][1]) for pair in added],
            },
        )
    others = [pair for pair in moved if wanted[pair][0] != there[pair][0]]  # who says so is no news
    fixed = {key for number, key in (*new, *others) if wanted[number, key][0]}
    return {number for number, _ in (*gone, *new, *others)}, fixed, staying


def _found(dialect: Dialect) -> Select[Any]:
    columns = (findings.c.component_id, findings.c.vulnerability_id, findings.c.fixed, findings.c.sources)
    joined = select(*columns, vulnerabilities.c.source).join(
        vulnerabilities, vulnerabilities.c.id == findings.c.vulnerability_id
    )
    return joined.where(among_values(dialect, findings.c.component_id), vulnerabilities.c.source != ASKED)


def _gone(_: Dialect) -> Delete:
    return delete(findings).where(
        findings.c.component_id == bindparam("number", type_=Integer()),
        findings.c.vulnerability_id == bindparam("key", type_=Text()),
    )


def _write_states(connection: Connection, found: Sequence[ComponentMatch], staying: Collection[int]) -> set[int]:
    """Write states; the components of which something is other than before.

    Args:
        connection: inside a transaction.
        found: what is said of them.
        staying: the components with findings of sources whose set cannot be read.
    """
    numbers = [match.number for match in found]
    there: dict[int, _Row] = {
        number: (ecosystem, state)
        for rows in rows_among(connection, _states, numbers)
        for number, ecosystem, state in rows
    }
    state_of = {
        match.number: state_of_match(match, there.get(match.number, ("", None))[1], match.number in staying)
        for match in found
    }
    wanted: dict[int, _Row] = {
        match.number: (_row_text(match), int(state_of[match.number]))
        for match in found
        if match.ecosystem or match.uncovered is not Uncovered.NO_SOURCE
    }
    gone = sorted(set(there) - set(wanted))
    moved = sorted(number for number, row in wanted.items() if there.get(number) != row)
    if old := [*gone, *(number for number in moved if number in there)]:
        connection.execute(delete(matches).where(among(connection, matches.c.component_id, old)))
    if moved:
        ecosystems, states = zip(*(wanted[number] for number in moved), strict=True)
        at = {match.number: _answered(match, state_of[match.number]) for match in found}
        insert_columns(
            connection,
            matches,
            {
                "component_id": moved,
                "ecosystem": ecosystems,
                "state": states,
                "answered_at": [at[number] for number in moved],
            },
        )
    return {*gone, *moved}


def _row_text(match: ComponentMatch) -> str:
    """The ecosystem whose advisories are about a component, or why none are."""
    if not match.ecosystem:
        return match.uncovered.value
    return f"{match.ecosystem}{PAST_SUPPORT_MARK}" if release_past_support(match.purl) else match.ecosystem


def _checks(found: Sequence[ComponentMatch]) -> dict[str, dt.datetime]:
    """By ecosystem when its sets were last checked."""
    checks: dict[str, dt.datetime] = {}
    for match in found:
        if match.ecosystem and match.ecosystem not in checks:
            checks[match.ecosystem] = match.answered_at
    return checks


def _answered(match: ComponentMatch, state: ComponentState) -> int:
    return 0 if state is ComponentState.UNKNOWN else to_seconds(match.answered_at)


def _states(dialect: Dialect) -> Select[Any]:
    query = select(matches.c.component_id, matches.c.ecosystem, matches.c.state)
    return query.where(among_values(dialect, matches.c.component_id))


def _touched(dialect: Dialect) -> Update:
    written = {"revision": bindparam("now_revision", type_=components.c.revision.type)}
    return update(components).where(among_values(dialect, components.c.id)).values(written)
