"""Former keys: packages that older programs kept in a spelling that is not their key any more.

Their rows stay as they are until their SBOM is read again. A decision about the package is therefore recorded for each
spelling that the database holds; a decision from before stays with the spelling for which it was made.

A pair of a vulnerability and a package that was seen under a former key is not new, so the ranges of today are not
applied to it: what a range gave to it, or did not, stays what it was. Else an upgrade could give an automatic
``Ignore`` to what somebody has left unassessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import structs
from sqlalchemy import Connection, or_, select

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, AssessmentSource
from webhook.model.former import may_have_been
from webhook.model.purls import Purl, parse_common, parse_purl
from webhook.policy.answeredpairs import AnsweredPair
from webhook.store.queries import ASSESSMENT_COLUMNS, among, raw_rows
from webhook.store.rows import read_assessment
from webhook.store.tables.components import components
from webhook.store.tables.decisions import assessments

if TYPE_CHECKING:
    from webhook.ports import AutoAssess


Seen = Mapping[tuple[str, str], Decimal | None]


def for_former_keys(connection: Connection, records: Sequence[Assessment]) -> list[Assessment]:
    """Records made by hand, each followed by the same for the former spellings of its package."""
    packages = {record.scope.package for record in records if record.by_hand and record.scope.package is not None}
    former = _former(connection, packages) if packages else {}
    found: list[Assessment] = []
    for record in records:
        found.append(record)
        if record.by_hand and record.scope.package in former:
            spellings = sorted(former[record.scope.package])
            found += [
                structs.replace(record, scope=structs.replace(record.scope, package=package)) for package in spellings
            ]
    return found


def _former(connection: Connection, packages: Iterable[str]) -> dict[str, set[str]]:
    """The spellings that the database holds of these packages, other than their keys."""
    wanted = set(packages)
    prefixes = sorted({f"pkg:{Purl(package).type}/" for package in wanted})
    query = select(components.c.purl).where(or_(*(components.c.purl.startswith(prefix) for prefix in prefixes)))
    found: dict[str, set[str]] = {}
    for portion in raw_rows(connection, query):
        texts = [purl for (purl,) in portion]
        for text, common in zip(texts, parse_common(texts), strict=True):
            if common:
                continue  # a key as it stands
            try:
                key = parse_purl(text).package
            except InvalidInput:
                continue
            if key in wanted and (package := Purl(text).package) != key:
                found.setdefault(key, set()).add(package)
    return found


def with_former(
    connection: Connection, pairs: Sequence[AnsweredPair], seen: Seen, assess: AutoAssess
) -> tuple[list[AnsweredPair], list[Assessment]]:
    """Pairs of which some are no longer new, and the assessments that others inherit.

    A pair that was seen under a former key gets what a range has given to it there, with the same end, if today's
    ranges give the same type; otherwise nothing. A record for the former key itself goes on counting where it is
    stricter, see ``policy.matching``.

    Args:
        connection: of the transaction.
        pairs: what answers name.
        seen: (vulnerability, package) that were seen before these answers, with their scores; at least all of the
            vulnerabilities that the answers name.
        assess: applies today's ranges.
    """
    packages: dict[str, list[str]] = {}
    for key, package in seen:
        packages.setdefault(key, []).append(package)
    former = {
        (pair.vulnerability.id, pair.package): there
        for pair in pairs
        if pair.is_new
        and (
            there := [other for other in packages.get(pair.vulnerability.id, ()) if may_have_been(pair.package, other)]
        )
    }
    if not former:
        return list(pairs), []
    given = _given(connection, sorted({package for there in former.values() for package in there}))
    settled, made = list[AnsweredPair](), list[Assessment]()
    for pair in pairs:
        key = pair.vulnerability.id
        known = former.get((key, pair.package))
        if known is None:
            settled.append(pair)
            continue
        settled.append(pair._replace(is_new=False, former=seen[key, known[0]]))
        records = [given.get((key.casefold(), package)) for package in known]
        today = assess(pair.vulnerability, pair.package)
        if today is None or any(record is None or record.type != today.type for record in records):
            continue
        ends = [record.until for record in records if record is not None and record.until is not None]
        made.append(structs.replace(today, until=min(ends, default=None)))
    return settled, made


def _given(connection: Connection, packages: Sequence[str]) -> dict[tuple[str, str], Assessment]:
    """What ranges gave last, by vulnerability and package."""
    query = select(*ASSESSMENT_COLUMNS).where(
        assessments.c.source == AssessmentSource.AUTO.value, among(connection, assessments.c.package, packages)
    )
    records = [read_assessment(row) for portion in raw_rows(connection, query) for row in portion]
    return {
        (record.vulnerability.casefold(), record.scope.package or ""): record
        for record in sorted(records, key=lambda record: record.sequence)
    }
