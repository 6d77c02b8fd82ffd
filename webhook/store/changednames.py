"""Names of packages about which a set says something else than the set that components were matched with.

They are kept with the set, from the set that its ecosystem was last matched with up to the present one. What a
program wrote that does not know them is noticed by the digests, and then nobody knows which names have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, select

from webhook.model.purls import Purl
from webhook.policy.advisorykeys import DISTRIBUTIONS, LANGUAGES, may_be_under
from webhook.policy.advisorymarks import digest_in
from webhook.policy.advisorynames import folded
from webhook.store.snapshots import Snapshot
from webhook.store.tables.advisories import advisory_ecosystems, advisory_sets

_S, _E = advisory_sets.c, advisory_ecosystems.c
_RANGES = """
SELECT components.id, components.purl FROM {} AS name
JOIN components ON components.purl >= name.value || '@' AND components.purl < name.value || 'A'
"""
"""A is what follows @ in the order of both databases."""
_RESPELT = """
SELECT id, purl FROM components
WHERE purl >= :first AND purl < :last AND purl <> replace(lower(purl), '_', '-')
"""
"""All others have no other spelling than what is looked up."""


class ChangedNames(msgspec.Struct, array_like=True):
    """What changed from one version of a set to another.

    Attributes:
        since: digest of the first.
        until: digest of the second.
        names: as advisories are kept under, sorted.
    """

    since: str
    until: str
    names: list[str]


_DECODER = msgspec.msgpack.Decoder(ChangedNames)


def merged_names(
    connection: Connection, key: tuple[str, str], former: str, until: str, names: Collection[str] | None
) -> bytes | None:
    """What is to be kept with a set that takes the place of another; None when not all names are known.

    Args:
        connection: inside a transaction.
        key: source and ecosystem.
        former: digest of the set that is replaced.
        until: digest of the new one.
        names: of what differs between the two; None when that is not known.
    """
    if names is None or not former:
        return None
    matched = matched_digest(connection, key)
    if matched == former:
        return msgspec.msgpack.encode(ChangedNames(former, until, sorted(names)))
    before = kept_names(connection, key)
    if before is None or (before.since, before.until) != (matched, former):
        return None
    return msgspec.msgpack.encode(ChangedNames(matched, until, sorted({*before.names, *names})))


def matched_digest(connection: Connection, key: tuple[str, str]) -> str:
    """Digest of the set that the components of its ecosystem were matched with; empty when that is not known."""
    source, ecosystem = key
    mark = connection.execute(select(_E.mark).where(_E.ecosystem == ecosystem)).scalar()
    return digest_in(mark or "", source)


def kept_names(connection: Connection, key: tuple[str, str]) -> ChangedNames | None:
    """What is kept with a set."""
    source, ecosystem = key
    query = select(_S.changed_names).where(_S.source == source, _S.ecosystem == ecosystem)
    try:
        return _DECODER.decode(connection.execute(query).scalar() or b"")
    except msgspec.DecodeError:
        return None


def components_under(snapshot: Snapshot, ecosystem: str, names: Sequence[str]) -> Iterator[tuple[int, Purl]]:
    """Components whose advisories may be kept under one of some names, and possibly others.

    Args:
        snapshot: a transaction.
        ecosystem: whose advisories.
        names: as advisories are kept under.
    """
    if ecosystem not in DISTRIBUTIONS:
        yield from _packages_under(snapshot, ecosystem, names)
        return
    # Which source package a component is of stands in the middle of its key, so all of the type are looked at.
    kind, may_be = DISTRIBUTIONS[ecosystem][0], may_be_under(names)
    query = "SELECT id, purl FROM components WHERE purl >= :first AND purl < :last"
    for rows in snapshot.rows(query, first=f"pkg:{kind}/", last=f"pkg:{kind}0"):
        yield from ((number, Purl(purl)) for number, purl in rows if may_be(purl))


def _packages_under(snapshot: Snapshot, ecosystem: str, names: Sequence[str]) -> Iterator[tuple[int, Purl]]:
    """Components by their name, and those whose name may be another spelling of it."""
    folds = {folded(name) for name in names}
    listed = "(SELECT unnest(CAST(:names AS text[])) AS value)"
    query = _RANGES.format("json_each(:names)" if snapshot.is_sqlite else listed)
    exact = {*names, *folds}
    for rows in snapshot.rows(query, names=sorted(exact)):
        yield from ((number, Purl(purl)) for number, purl in rows)
    kind = LANGUAGES.get(ecosystem, "")
    for rows in snapshot.rows(_RESPELT, first=f"pkg:{kind}/", last=f"pkg:{kind}0"):
        for number, text in rows:
            package = Purl(text).package
            if package not in exact and folded(package) in folds:
                yield number, Purl(text)
