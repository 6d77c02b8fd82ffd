"""Matching in a store with a million components: all of them, a check that finds nothing new, and an update.

The components are those of the real SBOMs and others that no advisory is about, in the same ecosystems. The sets are
the real ones under several names. The update changes a thousand advisories of one source: a third has other fixed
versions, a third is gone, a third has another score.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import structs

from bench import Row
from webhook.clients.machine import SystemClock
from webhook.engines.matching.matcher import Matcher
from webhook.model.advisories import AdvisorySet, AdvisorySetInfo, AffectedVersions, FetchedSet, Interval
from webhook.model.assessments import Assessment
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.typetable import default_types
from webhook.store import StoreOptions
from webhook.store.repositories import open_store

COMPONENTS, CHANGED = 1_000_000, 1_000
_SHAPES = (
    "pkg:golang/example.com/module{}@v1.0.0",
    "pkg:pypi/package{}@1.0.0",
    "pkg:rpm/alma/package{}@1.0-1.el8?distro=alma-8",
    "pkg:apk/wolfi/package{}@1.0-r0?distro=wolfi",
    "pkg:bitnami/package{}@1.0.0",
)
_VECTOR = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
_Sets = Mapping[tuple[str, str], AdvisorySet]


class _Shelf:
    """A source with sets in memory."""

    def __init__(self, name: str, sets: dict[str, AdvisorySet]) -> None:
        self.name, self.sets, self.version = name, sets, 1

    @property
    def ecosystems(self) -> Sequence[str]:
        """What it has."""
        return sorted(self.sets)

    def fetch(self, ecosystem: str, known: AdvisorySetInfo | None, former: object = None) -> FetchedSet:
        """What it has, unless it is known."""
        content = self.sets[ecosystem]
        digest = f"sha256:{ecosystem}-{self.version if ecosystem == 'Go' else 1}"
        is_known = known is not None and known.digest == digest
        return FetchedSet(self.name, ecosystem, digest, "", None if is_known else content)


def rows(sets: _Sets, keys: Sequence[Purl]) -> Iterator[Row]:
    """Measure.

    Args:
        sets: by name of the source and ecosystem.
        keys: real components.
    """
    by_source: dict[str, dict[str, AdvisorySet]] = {}
    for (source, ecosystem), content in sets.items():
        by_source.setdefault(source, {})[ecosystem] = content
    shelves = [_Shelf(source, some) for source, some in sorted(by_source.items())]
    count = sum(len(content.advisories) for content in sets.values())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bomgate.db"
        store = open_store(StoreOptions(url=f"sqlite:///{path}"), SystemClock())
        store.prepare()
        _fill(path, keys)
        types = default_types()

        def assess(found: Vulnerability, package: str) -> Assessment | None:
            return auto_assessment(types, found, package, _NOW)

        matcher = Matcher(shelves, store.advisories, SystemClock(), lambda: assess)
        what = f"{count:,} advisories with {COMPONENTS:,} components in a store"
        seconds = _taken(matcher.update)
        yield Row(f"{what}, all, CPU", f"{seconds:.1f} s")
        yield Row("  a check that finds nothing new, CPU", f"{_taken(matcher.update):.2f} s")
        shelves[0].sets["Go"], shelves[0].version = _changed(shelves[0].sets["Go"]), 2
        start = time.process_time()
        report = matcher.update()
        seconds = time.process_time() - start
        yield Row(f"  {CHANGED:,} changed advisories, CPU", f"{seconds:.2f} s", "<= 2 s", seconds <= 2)
        yield Row("    components matched again", f"{report.matched:,}")
        store.close()


_NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def _fill(path: Path, keys: Sequence[Purl]) -> None:
    made = (_SHAPES[number % len(_SHAPES)].format(number) for number in itertools.count())
    purls = itertools.islice(itertools.chain(dict.fromkeys(map(str, keys)), made), COMPONENTS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO components (id, purl, state, answered_at, asked_at, revision) VALUES (?, ?, 0, 0, 0, 1)",
            enumerate(purls),
        )


def _taken(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _changed(content: AdvisorySet) -> AdvisorySet:
    """The set with other versions, without some advisories, and with other scores of some."""
    advisories = list(content.advisories)
    for number in range(2, CHANGED, 3):
        advisories[number] = structs.replace(advisories[number], vector=_VECTOR)
    return AdvisorySet(
        advisories,
        {
            name: [_moved(said) for said in affected if said.advisory >= CHANGED or said.advisory % 3 != 1]
            for name, affected in content.packages.items()
        },
        content.counts,
        content.newest,
    )


def _moved(affected: AffectedVersions) -> AffectedVersions:
    if affected.advisory >= CHANGED or affected.advisory % 3:
        return affected
    intervals = tuple(Interval(interval.introduced, fixed="999999.0.0") for interval in affected.intervals)
    return structs.replace(affected, intervals=intervals)
