"""Which assessment is in force for a vulnerability in a component.

An assessment matches when its vulnerability is the vulnerability's id or one of its aliases (without case) and every
part of its scope that is not None holds. Of those that match and have not expired, the one in force is, in this
order:

1. one made by hand (manual or provisioned) before an automatic one;
2. the narrower scope before the wider one: the number of narrowed parts (package, versions, image, namespace, and that
   the hub recorded it for one cluster alone) decides, then the narrower image (a digest, then the name with more
   characters written out), then versions named exactly before ranges, then versions, a namespace, a package, in this
   order;
3. the newer one before the older one: the store's sequence decides, then the time of the assessment, then its text, so
   that the order of any two records is fixed.

Whether a range of versions holds a version is not known where one of them has no place in the order of their ecosystem
(``policy.ranges``). Such an assessment is *doubtful*: ``policy.evaluation`` counts it only where that is stricter.

A record that was made for a former spelling of a package or of its version, or for the Go module that the package was
once taken for, is doubtful, too: a denying one counts for every part of what it was made for, an allowing one only as
written.

What VEX documents state is evidence between the records made by hand and the automatic ones (``policy.evaluation``).

A record that is to last until a fixed version is known has ended for a component whose fixed version is known, also
before the store has written that down (``policy.fixes``), unless its type has come to warn or to deny.

A record of type None withdraws what was recorded before it by the same source for the same vulnerability and scope; an
automatic one that it had hidden then counts again. Of those provisioned, each author is a source. A record whose
narrowing cannot be read matches nothing.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

from webhook.model.assessments import Assessment
from webhook.model.bases import KeptAssessments, Key
from webhook.model.overlays import Overlay
from webhook.model.purls import Purl
from webhook.policy.entries import KeptEntries, RecentChanges, merged
from webhook.policy.places import FEW, PlaceIndexes
from webhook.policy.precedence import (
    Effective,
    Entry,
    Place,
    Same,
    Weight,
    age,
    claims_above,
    former_packages,
    package_key,
    read_entry,
    same_scope,
)
from webhook.policy.vex import NO_VEX, VexIndex

if TYPE_CHECKING:
    from webhook.model.vulnerabilities import Vulnerability


Records = Mapping[Key, Sequence[Entry]]
"""Entries by vulnerability (in lower case) and package."""


class AssessmentIndex:
    """All assessments that can still matter, found by vulnerability and package.

    One thread at a time adds; others may ask meanwhile and see, for each vulnerability and package, either the old
    records or the new ones. What cannot matter any more (withdrawn, or outlived by a newer record of the same source
    and scope) is left out.

    Attributes:
        changed: whose records changed of late.
    """

    def __init__(self) -> None:
        self.changed = RecentChanges()
        self._entries: Overlay[Key, tuple[Entry, ...]] = Overlay()
        self._withdrawals: dict[Same, Assessment] = {}
        self._weights: dict[Weight, Weight] = {}  # equal weights share one object, since most records are alike
        self._places = PlaceIndexes()
        self._writing = threading.Lock()
        self.namespaces: frozenset[str] = frozenset()
        self._has_images = False
        self.vex: VexIndex = NO_VEX
        self._former: dict[str, frozenset[str]] = {}  # package as its key → other spellings that records use

    @classmethod
    def of(cls, assessments: Iterable[Assessment]) -> AssessmentIndex:
        """An index of these records, in any order."""
        index = cls()
        index.add(assessments)
        return index

    @classmethod
    def on(cls, kept: KeptAssessments) -> AssessmentIndex:
        """An index of what another kept, which reads a record when it is asked for."""
        index = cls()
        index._entries = Overlay(KeptEntries(kept.records, index._weights))
        index._withdrawals = {same_scope(assessment): assessment for assessment in kept.withdrawals}
        index._former, index.namespaces = dict(kept.former), kept.namespaces
        index._has_images = kept.has_images
        return index

    def kept(self) -> KeptAssessments:
        """All that can still matter, for :meth:`on`."""
        base = self._entries.base
        records = self._entries.converted(base.records if isinstance(base, KeptEntries) else {}, _assessments)
        withdrawals = tuple(self._withdrawals.values())
        return KeptAssessments(records, withdrawals, dict(self._former), self.namespaces, self._has_images)

    def add(self, assessments: Iterable[Assessment]) -> None:
        """Add records in any order; adding one twice changes nothing."""
        by_key: dict[Key, list[Assessment]] = {}
        for assessment in assessments:
            by_key.setdefault((assessment.vulnerability.casefold(), assessment.scope.package), []).append(assessment)
        with self._writing, self.changed.noting(by_key):
            self._note_scopes(by_key)
            for key, records in by_key.items():
                self._add(key, records)

    def __iter__(self) -> Iterator[Assessment]:
        """All records that can still matter, including withdrawals, oldest first. They make an equal index."""
        kept = [entry.assessment for _, entries in list(self._entries.items()) for entry in entries]
        return iter(sorted([*kept, *self._withdrawals.values()], key=age))

    def __len__(self) -> int:
        return len(self._withdrawals) + sum(len(entries) for _, entries in self._entries.items())

    def supposing(self, assessments: Iterable[Assessment]) -> AssessmentIndex:
        """A copy of this index with further records."""
        other = AssessmentIndex()
        with self._writing:
            other._entries, other._withdrawals = self._entries.copy(), dict(self._withdrawals)
            other._weights, other._former = dict(self._weights), dict(self._former)
            other.namespaces, other._has_images = self.namespaces, self._has_images
            other.vex = self.vex
        other.add(assessments)
        return other

    def with_vex(self, vex: VexIndex) -> AssessmentIndex:
        """Take the statements of VEX documents in the place of those before; the same index."""
        with self._writing, self.changed.noting(None):
            self.vex = vex
            self.namespaces |= vex.namespaces
        return self

    def records(self) -> Records:
        """All records that can still matter. What did not change between two calls is the same object in both."""
        return dict(self._entries.items())

    def records_of(self, key: Key) -> Sequence[Entry]:
        """Those for one vulnerability and package, likewise."""
        entries: Sequence[Entry] = self._entries.get(key, ())
        return entries

    def carries(self, name: str) -> bool:
        """Whether a record that can still matter carries the name of a type, also one that has expired."""
        folded = name.strip().casefold()
        return any(
            (entry.assessment.type or "").strip().casefold() == folded
            for entries in list(self._entries.values())
            for entry in entries
        )

    def holds(self, assessment: Assessment) -> bool:
        """Whether a stored record can still matter: neither withdrawn nor outlived by a newer one."""
        entries = self._entries.get((assessment.vulnerability.casefold(), assessment.scope.package), ())
        return any(entry.assessment.sequence == assessment.sequence for entry in entries)

    @property
    def has_image_scopes(self) -> bool:
        """Whether some assessment is narrowed to images: two names of one digest can then be judged differently."""
        return self._has_images or self.vex.has_image_scopes

    def effective(
        self,
        vulnerability: Vulnerability,
        purl: Purl,
        place: Place,
        now: dt.datetime,
        passes: Callable[[Assessment], bool] | None = None,
        lasts: Callable[[Assessment], bool] | None = None,
    ) -> Effective:
        """What is in force.

        Args:
            vulnerability: its id and its aliases count.
            purl: the component; without a version, assessments that are narrowed to versions do not match.
            place: where the component is.
            now: UTC, aware.
            passes: which records are looked at; None for all.
            lasts: which records a fixed version does not end; None for none.
        """
        package, has_fix = purl.package, bool(vulnerability.fixed)
        best: Entry | None = None
        lapsed: Entry | None = None
        doubtful, given = list[Entry](), list[Entry]()
        for entries in self._near(vulnerability, (package, None), place):
            for entry in entries:
                if best is not None and best.rank >= entry.rank:
                    break  # entries are in order, best first
                matches = entry.matches(purl, place) if passes is None or passes(entry.assessment) else False
                if not matches:
                    if matches is None:
                        doubtful.append(entry)
                    continue
                is_fixed = has_fix and entry.assessment.until_fixed and not (lasts and lasts(entry.assessment))
                if not entry.assessment.expired(now) and not is_fixed:
                    best = entry
                    break
                if lapsed is None or lapsed.rank < entry.rank:
                    lapsed = entry
        # Automatic ones for a former spelling are given apart: today's ranges did not decide about them.
        for entries in self._near(vulnerability, self._related(package), place):
            for entry in entries:
                if (passes is None or passes(entry.assessment)) and entry.matches(purl, place) is not False:
                    (doubtful if entry.assessment.by_hand else given).append(entry)
        open_claims = claims_above(best, doubtful)
        if given and (best is None or not best.assessment.by_hand):
            open_claims = (*claims_above(None, given), *open_claims)
        if best is not None:
            return Effective(best.assessment, None, open_claims)
        return Effective(None, None if lapsed is None else lapsed.assessment, open_claims)

    def _near(
        self, vulnerability: Vulnerability, packages: Iterable[str | None], place: Place
    ) -> Iterator[Sequence[Entry]]:
        """Entries that may match, in lists, each the strongest claim first."""
        names = [identifier.casefold() for identifier in vulnerability.identifiers]
        for key in ((name, package) for package in packages for name in names):
            entries: tuple[Entry, ...] = self._entries.get(key, ())
            if len(entries) <= FEW:
                yield entries
            else:
                yield from self._places.near(key, entries, place)

    def decided(self, vulnerability: Vulnerability, purl: Purl) -> Iterator[Assessment]:
        """What people recorded about a vulnerability in a component, whatever else it is narrowed to."""
        entries = self.everywhere(map(str.casefold, vulnerability.identifiers), purl.package)
        return (entry.assessment for entry in entries if entry.assessment.by_hand)

    def everywhere(self, names: Iterable[str], package: str) -> Iterator[Entry]:
        """Every entry that may match vulnerabilities of these names (in lower case) in a package at some place."""
        for key in product(names, (package, None, *self._related(package))):
            yield from self._entries.get(key, ())

    def former(self, vulnerability: Vulnerability, package: str) -> Iterator[Assessment]:
        """Records for another spelling that may have meant this package."""
        keys = ((name.casefold(), other) for other in self._related(package) for name in vulnerability.identifiers)
        return (entry.assessment for key in keys for entry in self._entries.get(key, ()))

    def _related(self, package: str) -> Iterator[str]:
        """Other packages whose records may have meant this one."""
        yield from self._former.get(package, ())
        yield from former_packages(package)

    def _note_scopes(self, by_key: Mapping[Key, Sequence[Assessment]]) -> None:
        """Note what records are narrowed to, before any of them counts."""
        for package in {package for _, package in by_key if package is not None}:
            if (key := package_key(package)) != package:
                self._former[key] = self._former.get(key, frozenset()) | {package}
        scopes = [record.scope for records in by_key.values() for record in records if record.type is not None]
        self.namespaces |= {scope.namespace for scope in scopes if scope.namespace is not None}
        self._has_images = self._has_images or any(scope.image is not None for scope in scopes)

    def _add(self, key: Key, records: Sequence[Assessment]) -> None:
        there: tuple[Entry, ...] = self._entries.get(key, ())
        withdrawn = {record.scope for record in records if record.type is None and self._withdraw(record)}
        made = there
        if any(entry.assessment.scope in withdrawn for entry in (there if withdrawn else ())):
            made = tuple(entry for entry in there if not self._is_withdrawn(entry.assessment))
        stated = [record for record in records if record.type is not None and not self._is_withdrawn(record)]
        added = [entry for record in stated if (entry := read_entry(record, self._weights)) is not None]
        if added:
            made = merged(made, added)
        if made is not there:
            self._entries[key] = made

    def _withdraw(self, withdrawal: Assessment) -> bool:
        """Note a withdrawal; whether it is newer than what was known for its scope."""
        same = same_scope(withdrawal)
        known = self._withdrawals.get(same)
        if known is not None and age(known) >= age(withdrawal):
            return False
        self._withdrawals[same] = withdrawal
        return True

    def _is_withdrawn(self, assessment: Assessment) -> bool:
        withdrawal = self._withdrawals.get(same_scope(assessment))
        return withdrawal is not None and age(withdrawal) >= age(assessment)


def _assessments(entries: tuple[Entry, ...]) -> tuple[Assessment, ...]:
    return tuple(entry.assessment for entry in entries)
