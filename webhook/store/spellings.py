"""Spellings and forms: what SBOMs call a component, and to which forms a source answered that it knows nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Insert, Select, Text, bindparam, delete, select, update

from webhook.model.components import ComponentState, Sbom
from webhook.model.downloads import Names
from webhook.model.purls import Purl
from webhook.store.bulk import change_each
from webhook.store.componentids import IdHints, NamedComponents, known_ids, known_purls
from webhook.store.database import Change, upserting
from webhook.store.queries import among, among_values, found_among, rows_among
from webhook.store.tables.components import components, forms, spellings
from webhook.store.values import to_seconds

MOST_SPELLINGS = 8
"""Spellings that are kept of one component."""


def names(
    connection: Connection, purls: Sequence[Purl], settled_after: dt.datetime, hints: IdHints
) -> dict[Purl, Names]:
    """What helps to ask for these components, for those of which there is anything."""
    by_number, others = hints.split(purls)
    read = {number: purl for purl, number in known_ids(connection, others).items()} if others else {}
    if not by_number.keys().isdisjoint(read):
        return names(connection, purls, settled_after, IdHints())  # the database was replaced
    by_number.update(read)
    numbers = list(by_number)
    written = spellings_of(connection, numbers)
    settled: dict[int, set[Purl]] = {}
    for portion in rows_among(connection, _settled_forms, numbers, settled_after=to_seconds(settled_after)):
        for number, form in portion:
            settled.setdefault(number, set()).add(Purl(form))
    named = list({**written, **settled})
    if any(purl != by_number[number] for number, purl in known_purls(connection, named).items()):
        return names(connection, purls, settled_after, IdHints())  # likewise
    return {
        by_number[number]: Names(tuple(map(Purl, sorted(written.get(number, ())))), frozenset(settled.get(number, ())))
        for number in named
    }


def spellings_of(connection: Connection, ids: Sequence[int]) -> dict[int, set[str]]:
    """The spellings of these components, for those that have any."""
    found: dict[int, set[str]] = {}
    for portion in rows_among(connection, _spellings_of, ids):
        for number, spelling in portion:
            found.setdefault(number, set()).add(spelling)
    return found


def _spellings_of(dialect: Dialect) -> Select[Any]:
    query = select(spellings.c.component_id, spellings.c.spelling)
    return query.where(among_values(dialect, spellings.c.component_id))


def _settled_forms(dialect: Dialect) -> Select[Any]:
    lately = forms.c.answered_at > bindparam("settled_after", type_=BigInteger())
    query = select(forms.c.component_id, forms.c.form)
    return query.where(among_values(dialect, forms.c.component_id), lately)


def note_spellings(change: Change, sbom: Sbom, named: NamedComponents) -> None:
    """Keep what an SBOM calls its components.

    A clean component whose new spelling was not asked for becomes unknown; a vulnerable one stays vulnerable.

    Args:
        change: the transaction.
        sbom: as parsed.
        named: its components.
    """
    there: dict[int, dict[str, int]] = {}
    if named.old:
        for number, spelling, revision in found_among(change.connection, _written, sorted(named.old)):
            there.setdefault(number, {})[spelling] = revision
    if not there and not sbom.spellings:
        return  # all by their keys, as everybody
    new: dict[int, list[str]] = {}
    for purl, number in named.ids.items():
        known, written = there.get(number), sbom.spellings.get(purl)
        if written is None and known is None:
            continue  # by its key, as everybody
        wanted = list(map(str, written or (purl,)))
        if known is None and number in named.old:
            wanted.append(str(purl))  # an SBOM before this one wrote the key
        if fresh := [spelling for spelling in wanted if spelling not in (known or ())]:
            new[number] = fresh
    if new:
        _keep(change, new, there)


def _written(dialect: Dialect) -> Select[Any]:
    query = select(spellings.c.component_id, spellings.c.spelling, spellings.c.revision)
    return query.where(among_values(dialect, spellings.c.component_id))


def _keep(change: Change, new: Mapping[int, Sequence[str]], there: Mapping[int, Mapping[str, int]]) -> None:
    connection = change.connection
    some = among(connection, components.c.id, list(new))
    states: dict[int, int] = dict(connection.execute(select(components.c.id, components.c.state).where(some)).all())
    asked = select(forms.c.component_id, forms.c.form).where(among(connection, forms.c.component_id, list(new)))
    settled = {(number, form) for number, form in connection.execute(asked)}
    rows, gone, unknown = list[dict[str, object]](), list[tuple[int, str]](), list[int]()
    for number, fresh in new.items():
        known = sorted(there.get(number, {}).items(), key=lambda item: (item[1], item[0]))
        room = MOST_SPELLINGS - len(known)
        if states[number] == ComponentState.VULNERABLE:
            fresh = fresh[: max(0, room)]  # what it is known by is what its findings came from
        else:
            fresh = fresh[-MOST_SPELLINGS:]
            gone += [(number, spelling) for spelling, _ in known[: max(0, len(fresh) - room)]]
        rows += [{"component_id": number, "spelling": spelling, "revision": change.revision} for spelling in fresh]
        if any((number, spelling) not in settled for spelling in fresh):
            unknown.append(number)
    for number, spelling in gone:
        one = (spellings.c.component_id == number) & (spellings.c.spelling == spelling)
        connection.execute(delete(spellings).where(one))
    if rows:
        connection.execute(spellings.insert(), rows)
    if unknown:
        clean = (components.c.state == ComponentState.CLEAN) & among(connection, components.c.id, unknown)
        never = {"state": ComponentState.UNKNOWN, "answered_at": 0, "asked_at": 0, "revision": change.revision}
        connection.execute(update(components).where(clean).values(**never))


def note_settled(connection: Connection, pairs: Iterable[tuple[Purl, Purl]], ids: Mapping[Purl, int], now: int) -> None:
    """Keep to which forms the source answered that it knows nothing.

    Args:
        connection: of the transaction.
        pairs: components and forms.
        ids: of the components.
        now: seconds since 1970.
    """
    known = [(ids[purl], str(form)) for purl, form in dict.fromkeys(pairs) if purl in ids]
    if known:
        numbers, texts = zip(*known, strict=True)
        change_each(connection, _settling, {"number": numbers, "text": texts, "now": [now] * len(known)})


def _settling(dialect: Dialect) -> Insert:
    of = {
        "component_id": bindparam("number", type_=BigInteger()),
        "form": bindparam("text", type_=Text()),
        "answered_at": bindparam("now", type_=BigInteger()),
    }
    settling = upserting(dialect, forms).values(of)
    return settling.on_conflict_do_update(
        index_elements=["component_id", "form"], set_={"answered_at": settling.excluded.answered_at}
    )
