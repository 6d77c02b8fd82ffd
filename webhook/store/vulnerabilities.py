"""Vulnerabilities with the components and images that they affect, for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.records import VulnerabilityQuery, VulnerabilityRecord
from webhook.policy.scores import round_score
from webhook.store.database import Database
from webhook.store.fixes import fixed_in
from webhook.store.names import same_vulnerabilities
from webhook.store.queries import VULNERABILITY_COLUMNS, among, raw_rows
from webhook.store.rows import read_vulnerability
from webhook.store.sbomrows import names_of
from webhook.store.tables.components import components
from webhook.store.tables.sboms import sboms, tags
from webhook.store.tables.vulnerabilities import findings, identifiers, vulnerabilities
from webhook.store.values import to_moment, unpack
from webhook.store.workorder import images

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment
    from webhook.model.vulnerabilities import Vulnerability

_AFTER_AT = chr(ord("@") + 1)


@dataclass(slots=True)
class _Affected:
    """What one vulnerability affects."""

    components: dict[int, Purl] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)


class VulnerabilityRepository:
    """The vulnerabilities of the database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: VulnerabilityQuery) -> Sequence[VulnerabilityRecord]:
        """Vulnerabilities that affect a known component now, worst score first.

        With a package or an image in the query, a record names only those affected components that match; its images
        are all that contain one of them.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            affected = _affected(connection, query)
            known = {
                key: row for key, row in _described(connection, sorted(affected)).items() if _in_range(row[0], query)
            }
            return _records(connection, known, {key: affected[key] for key in known})

    def knows_image(self, image: str) -> bool:
        """Whether an SBOM of this image, named by digest or by tag, is in the store.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return connection.execute(select(sboms.c.digest).where(_of_image(image)).limit(1)).first() is not None

    def knows_package(self, package: str) -> bool:
        """Whether a component of this package (a purl; with a version, of this version) is in the store.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return connection.execute(select(components.c.id).where(_of_package(package)).limit(1)).first() is not None

    def show(self, identifier: str) -> VulnerabilityRecord | None:
        """One vulnerability by id or alias, in any case; also one that affects nothing any more.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            named = connection.execute(_named(identifier)).scalars().all()
            if not named:
                return None
            key = min(named, key=lambda text: (text.casefold() != identifier.casefold(), text))  # an id before an alias
            affected = _affected(connection, VulnerabilityQuery(identifier=key)).get(key, _Affected())
            return _records(connection, _described(connection, [key]), {key: affected})[0]

    def fixed_in(self, records: Sequence[Assessment]) -> Sequence[str]:
        """For each record the fixed versions that sources tell for what it is about; empty where none does.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return fixed_in(connection, records)

    def same(self, names: Collection[str]) -> Mapping[str, Sequence[Vulnerability]]:
        """What sources say of vulnerabilities that affect a known component, by their names in lower case.

        Args:
            names: in any case; what shares one is the same vulnerability, and what nobody knows is left out.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            return same_vulnerabilities(connection, names)


def _named(identifier: str) -> Select[str]:
    return select(identifiers.c.vulnerability_id).where(identifiers.c.name == identifier.casefold())


def _affected(connection: Connection, query: VulnerabilityQuery) -> dict[str, _Affected]:
    """What each vulnerability affects, as far as the query asks for it."""
    rows = select(findings.c.vulnerability_id, components.c.id, components.c.purl).join_from(findings, components)
    if query.identifier is not None:
        named = connection.execute(_named(query.identifier)).scalars().all()
        rows = rows.where(among(connection, findings.c.vulnerability_id, named))
    if query.package is not None:
        rows = rows.where(_of_package(query.package))
    inside = None if query.image is None else _contents(connection, query.image)
    found: dict[str, _Affected] = {}
    purls: dict[int, Purl] = {}
    for portion in raw_rows(connection, rows):
        for key, number, purl in portion:
            if inside is None or number in inside:
                shared = purls.setdefault(number, Purl(purl))
                found.setdefault(key, _Affected()).components[number] = shared
    _add_images(connection, found)
    return found


def _of_package(package: str) -> ColumnElement[bool]:
    # "?" comes right before "@": with a version its contexts are meant, without one all versions.
    first, after = f"{package}?", f"{package}{_AFTER_AT}"
    return or_(components.c.purl == str(package), (components.c.purl >= first) & (components.c.purl < after))


def _of_image(image: str) -> ColumnElement[bool]:
    by_tag = select(tags.c.digest).where(tags.c.name == str(image))
    return or_(sboms.c.digest == str(image), sboms.c.digest.in_(by_tag))


def _contents(connection: Connection, image: str) -> set[int]:
    """Ids of the components of an image, named by digest or by tag."""
    query = select(sboms.c.component_ids).where(_of_image(image))
    return {number for portion in raw_rows(connection, query) for (packed,) in portion for number in unpack(packed)}


def _add_images(connection: Connection, found: Mapping[str, _Affected]) -> None:
    by_component: dict[int, list[_Affected]] = {}
    for row in found.values():
        for number in row.components:
            by_component.setdefault(number, []).append(row)
    if not by_component:
        return
    affected = by_component.keys()
    for digest, ids in images(connection):
        for number in affected & ids:
            for row in by_component[number]:
                row.digests.add(digest)


def _described(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[Vulnerability, int]]:
    """Vulnerabilities with when they were first seen (microseconds)."""
    query = select(*VULNERABILITY_COLUMNS, vulnerabilities.c.first_seen)
    rows = raw_rows(connection, query.where(among(connection, vulnerabilities.c.id, keys)))
    return {row[0]: (read_vulnerability(row[:-1]), row[-1]) for portion in rows for row in portion}


def _in_range(one: Vulnerability, query: VulnerabilityQuery) -> bool:
    if query.score_low is None and query.score_high is None:
        return True
    score = one.cvss_score
    if score is None or not score.is_finite():
        return False
    rounded = round_score(score)
    above = query.score_low is None or rounded >= query.score_low
    return above and (query.score_high is None or rounded <= query.score_high)


def _records(
    connection: Connection, known: Mapping[str, tuple[Vulnerability, int]], affected: Mapping[str, _Affected]
) -> list[VulnerabilityRecord]:
    digests = {digest for row in affected.values() for digest in row.digests}
    names = names_of(connection, sorted(digests))
    # One pair for each image, shared by all records.
    shown = {digest: (Digest(digest), tuple(names.get(digest, ()))) for digest in digests}
    records = [
        VulnerabilityRecord(
            vulnerability=vulnerability,
            components=tuple(sorted(affected[key].components.values())),
            images=tuple(shown[digest] for digest in sorted(affected[key].digests)),
            first_seen=to_moment(first_seen),
        )
        for key, (vulnerability, first_seen) in known.items()
    ]
    return sorted(records, key=_worst_first)


def _worst_first(one: VulnerabilityRecord) -> tuple[Any, ...]:
    score = one.vulnerability.cvss_score
    return (-(score if score is not None and score.is_finite() else Decimal(-1)), one.vulnerability.id)
