"""Stock: recorded assessments, found by what a further record may be about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import structs

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Entry, Same, age, same_scope

_GO = "pkg:golang/"


class Stock:
    """Records, found by what they may be about.

    Args:
        records: in any order.
    """

    def __init__(self, records: Iterable[Assessment]) -> None:
        self._same: dict[Same, list[Assessment]] = {}
        self._by_name: dict[str, dict[Same, None]] = {}
        self._by_package: dict[str | None, dict[Same, None]] = {}
        self._claims: dict[Same, Sequence[Entry]] = {}
        self._newest = 0
        self.add(sorted(records, key=age))

    def add(self, records: Iterable[Assessment]) -> None:
        """Add newer records."""
        for record in records:
            same = same_scope(record)
            there = self._same.setdefault(same, [])
            if not there:
                self._by_name.setdefault(record.vulnerability.casefold(), {})[same] = None
                self._by_package.setdefault(_key(record.scope.package), {})[same] = None
            there.append(record)
            self._claims.pop(same, None)
            self._newest = max(self._newest, record.sequence)

    def take_back(self, records: Sequence[Assessment]) -> None:
        """Take out the records that were added last."""
        for record in reversed(records):
            same = same_scope(record)
            self._same[same].pop()
            self._claims.pop(same, None)

    def numbered(self, records: Iterable[Assessment]) -> list[Assessment]:
        """Records as the store would number them next."""
        return [structs.replace(record, sequence=number) for number, record in enumerate(records, self._newest + 1)]

    def same(self, same: Same) -> Sequence[Assessment]:
        """The records of one scope, oldest first."""
        return tuple(self._same.get(same, ()))

    def meeting(self, record: Assessment, known: Sequence[Vulnerability]) -> list[Entry]:
        """What else may count for a finding that a record is about, one for each that makes a difference.

        Args:
            record: the newest of its scope.
            known: what sources say of its vulnerability; of none it may have any name.
        """
        mine, given = same_scope(record), structs.replace(record, type="")
        rivals = sorted(entry.rank for entry in (*self._claims_of(mine), *claims_of([given])))
        found: dict[tuple[object, ...], Entry] = {}
        for same in self._near(record, known):
            if same == mine or not _may_meet(record.scope, same[-1]):
                continue
            for entry in self._claims_of(same):
                one, above = entry.assessment, bisect_left(rivals, entry.rank)
                found.setdefault((one.type, one.until, one.until_fixed, entry.versions is None, above), entry)
        return list(found.values())

    def _claims_of(self, same: Same) -> Sequence[Entry]:
        claims = self._claims.get(same)
        if claims is None:
            claims = self._claims[same] = claims_of(self._same.get(same, ()))
        return claims

    def _near(self, record: Assessment, known: Sequence[Vulnerability]) -> Iterable[Same]:
        """The scopes that may meet that of a record, and perhaps others."""
        if known:
            names = {name.casefold() for vulnerability in known for name in vulnerability.identifiers}
            return dict.fromkeys(same for name in names for same in self._by_name.get(name, {}))
        package = _key(record.scope.package)
        if package is None:
            return self._same
        related = [package, None]
        if package.startswith(_GO):
            related += [other for other in self._by_package if other is not None and _is_part(package, other)]
        return dict.fromkeys(same for other in related for same in self._by_package.get(other, {}))


def claims_of(records: Iterable[Assessment]) -> list[Entry]:
    """Those of some records that can still matter, the strongest claim first."""
    entries = [entry for entries in AssessmentIndex.of(records).records().values() for entry in entries]
    return sorted(entries, key=lambda entry: entry.rank, reverse=True)


def _may_meet(one: Scope, other: Scope) -> bool:
    """Whether a finding may be in both scopes; a package may be spelled otherwise, or be a part of a Go module."""
    if None not in (one.namespace, other.namespace) and one.namespace != other.namespace:
        return False
    mine, theirs = _key(one.package), _key(other.package)
    return mine is None or theirs is None or mine == theirs or (mine.startswith(_GO) and _is_part(mine, theirs))


def _is_part(mine: str, theirs: str) -> bool:
    return mine.startswith(f"{theirs}/") or theirs.startswith(f"{mine}/")


@lru_cache(maxsize=4096)
def _key(package: str | None) -> str | None:
    if package is None:
        return None
    try:
        return parse_purl(package).casefold()
    except InvalidInput:
        return package.casefold()
