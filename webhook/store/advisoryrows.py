"""Rows about advisories: what is kept of sets beside their content, and what they say of vulnerabilities."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Dialect, Select, Text, literal, select

from webhook.model.advisories import FORMAT, AdvisorySet, AdvisorySetInfo, RecordList
from webhook.model.vulnerabilities import ASKED
from webhook.policy.advisoryindex import Rating
from webhook.policy.advisorymarks import fingerprint_of
from webhook.store.queries import among_values, raw_rows
from webhook.store.rows import read_texts
from webhook.store.tables.advisories import advisory_sets
from webhook.store.tables.components import components
from webhook.store.tables.vulnerabilities import findings, vulnerabilities
from webhook.store.values import to_moment

_COUNTS = msgspec.json.Decoder(dict[str, int])
_S, _V = advisory_sets.c, vulnerabilities.c


def is_of(fingerprint: str, connection: Connection) -> bool:
    """Whether a fingerprint is of the sets that are kept; what the settings make of them stands behind a plus sign."""
    return fingerprint_of(infos_of(connection)) == fingerprint.partition("+")[0]


def infos_of(connection: Connection) -> list[AdvisorySetInfo]:
    """What is kept, by source and ecosystem, without the advisories."""
    names = (_S.source, _S.ecosystem, _S.digest, _S.tag, _S.checked_at, _S.changed_at, _S.advisories, _S.counts)
    query = select(*names, _S.newest, _S.is_unreadable, _S.signature).order_by(_S.source, _S.ecosystem)
    return [_info(*row) for rows in raw_rows(connection, query) for row in rows]


def _info(
    source: str,
    ecosystem: str,
    digest: str,
    tag: str,
    checked: int,
    changed: int,
    advisories: int,
    counts: str,
    newest: str,
    is_unreadable: object,
    signature: str,
) -> AdvisorySetInfo:
    """From the columns of a row."""
    return AdvisorySetInfo(
        source,
        ecosystem,
        digest,
        tag,
        to_moment(checked),
        to_moment(changed),
        advisories,
        _COUNTS.decode(counts),
        newest,
        bool(is_unreadable),
        signature,
    )


def asked_scores_of(connection: Connection) -> dict[str, Decimal]:
    """The highest score that an asked source gives, by id and alias in upper case."""
    scores: dict[str, Decimal] = {}
    asked = (_V.source == ASKED) & (_V.rank > 0)
    for key, aliases, score in connection.execute(select(_V.id, _V.aliases, _V.cvss_score).where(asked)):
        for name in (key, *read_texts(aliases)):
            scores[name.upper()] = max(score, scores.get(name.upper(), score))
    return scores


def having(dialect: Dialect) -> Select[Any]:
    """Components with their findings; for ``rows_among`` with ids of vulnerabilities."""
    query = select(components.c.id, components.c.purl).join(findings, findings.c.component_id == components.c.id)
    return query.where(among_values(dialect, findings.c.vulnerability_id))


def ratings_of(connection: Connection) -> Mapping[tuple[str, str], Rating]:
    """The ratings of vulnerabilities that advisories are about, by source and id."""
    columns = (_V.source, _V.id, _V.cvss_score, _V.cvss_vector, _V.score_origin)
    query = select(*columns).where(_V.source != literal(ASKED, type_=Text()))
    return {
        (source, key): Rating(None if score is None else Decimal(score), vector or "", origin)
        for rows in raw_rows(connection, query)
        for source, key, score, vector, origin in rows
    }


_Kept = TypeVar("_Kept", bound=msgspec.Struct)
_SET, _LISTED = msgspec.msgpack.Decoder(AdvisorySet), msgspec.msgpack.Decoder(RecordList)
_LEVEL = 6
_MOST_BYTES = 2 * 1024 * 1024 * 1024


def packed(content: msgspec.Struct) -> bytes:
    """A set, or a list of records, as a row keeps it."""
    return zlib.compress(msgspec.msgpack.encode(content), _LEVEL)


def read_set(payload: bytes | None) -> AdvisorySet | None:
    """A set as it was packed; None for nothing, and for what another program has packed."""
    found = _unpacked(payload, _SET)
    return found if found is not None and found.format == FORMAT else None


def read_list(payload: bytes | None) -> RecordList | None:
    """A list of records as it was packed; None for nothing, and for what this program cannot read."""
    return _unpacked(payload, _LISTED)


def _unpacked(payload: bytes | None, decoder: msgspec.msgpack.Decoder[_Kept]) -> _Kept | None:
    """What was packed; None for nothing, and for what this program cannot read."""
    if payload is None:
        return None
    try:
        return decoder.decode(zlib.decompressobj().decompress(payload, _MOST_BYTES))
    except (zlib.error, msgspec.DecodeError):
        return None
