"""A large store of made-up images, the same with each run: what the benchmarks of the read model and the lists run on.

``python -m bench.store_fill URL [IMAGES COMPONENTS]`` fills a database by hand.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

from tests.doubles.clock import RealClock
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.sboms.parsing import READER
from webhook.store import tables
from webhook.store.database import Database
from webhook.store.options import StoreOptions
from webhook.store.rows import assessment_columns, vulnerability_columns
from webhook.store.values import pack

_NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
_KINDS = (
    ("npm/%40team{g}/package-{n}", 40),
    ("maven/org.example.group{g}/artifact-{n}", 20),
    ("pypi/package-{n}", 15),
    ("golang/code.example/team{g}/module-{n}", 15),
    ("deb/debian/package-{n}", 10),
)
_VERSIONS_EACH = 4
_SENTENCE = (
    "A crafted message makes the parser read beyond the end of its buffer, so that an attacker can learn secrets. "
)


@dataclass(frozen=True)
class Shape:
    """How large the store is; see :func:`fill`."""

    images: int
    components: int
    per_image: int
    vulnerable: float
    moment: dt.datetime


def fill(
    url: str,
    images: int = 10_000,
    components: int = 1_000_000,
    *,
    per_image: int = 300,
    vulnerable: float = 0.02,
    seed: int = 1,
    moment: dt.datetime = _NOW,
) -> None:
    """Fill an empty database; its tables are made when they are not there.

    Args:
        url: of the database, as in the setting ``database.url``.
        images: how many, with one SBOM and one tag each.
        components: how many distinct ones; every one is in some image.
        per_image: about how many components an image has, at least its share of all components.
        vulnerable: which part of the components has vulnerabilities, one to four each.
        seed: of the random numbers.
        moment: when everything was answered and assessed (UTC, aware).
    """
    shape, dice = Shape(images, components, per_image, vulnerable, moment), random.Random(seed)
    database = Database(StoreOptions(url=url), RealClock())
    database.upgrade()
    with database.change() as change:
        if database.is_sqlite:
            change.connection.exec_driver_sql("PRAGMA cache_size = -200000")
        else:  # between two tables it computes for longer than a writer may be idle
            change.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _Filler(change.connection, change.revision, shape, dice).fill()
        if not database.is_sqlite:
            change.connection.exec_driver_sql("ANALYZE")  # as autovacuum does by itself
    if database.is_sqlite:
        with database.read() as connection:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


class _Filler:
    def __init__(self, connection: Connection, revision: int, shape: Shape, dice: random.Random) -> None:
        self._connection, self._revision, self._shape, self._dice = connection, revision, shape, dice

    def fill(self) -> None:
        """Write everything, what others refer to first."""
        purls = self._purls()
        found = self._findings(purls)
        known = self._vulnerabilities(max((key for keys in found.values() for key in keys), default=-1) + 1)
        self._write(tables.components.components, self._component_rows(purls, found))
        moment = {"first_seen": self._shape.moment, "revision": self._revision}
        self._write(
            tables.vulnerabilities.vulnerabilities, ({**row, **moment} for row in _rows(vulnerability_columns(known)))
        )
        names = sorted({(name.casefold(), item.id) for item in known for name in item.identifiers})
        self._write(
            tables.vulnerabilities.identifiers, ({"name": name, "vulnerability_id": key} for name, key in names)
        )
        rows = sorted((number, known[key].id) for number, keys in found.items() for key in keys)
        self._write(
            tables.vulnerabilities.findings, ({"component_id": number, "vulnerability_id": key} for number, key in rows)
        )
        self._assessments(
            sorted({(key, purls[number].package) for number, keys in found.items() for key in keys}), known
        )
        self._images(len(purls))

    def _purls(self) -> list[Purl]:
        kinds, weights = zip(*_KINDS, strict=True)
        templates = self._dice.choices(kinds, weights, k=self._shape.components)
        purls: list[Purl] = []
        for n, template in enumerate(templates):
            package, version = divmod(n, _VERSIONS_EACH)
            purls.append(Purl(f"pkg:{template.format(g=package % 997, n=package)}@1.{version}.{n % 7}"))
        self._dice.shuffle(purls)
        return purls

    def _findings(self, purls: Sequence[Purl]) -> dict[int, list[int]]:
        """Numbers of vulnerabilities by component; versions of one package share theirs."""
        covered = [number for number, purl in enumerate(purls) if purl.is_covered]
        wanted = min(len(covered), round(self._shape.vulnerable * len(purls)))
        distinct = max(1, wanted // 2)
        return {
            number: sorted({self._dice.randrange(distinct) for _ in range(self._dice.randint(1, 4))})
            for number in sorted(self._dice.sample(covered, wanted))
        }

    def _vulnerabilities(self, count: int) -> list[Vulnerability]:
        return [
            Vulnerability(
                id=f"CVE-{2015 + n % 11}-{10_000 + n}",
                title=f"[CVE-{2015 + n % 11}-{10_000 + n}] CWE-125: Out-of-bounds Read",
                cvss_score=Decimal(self._dice.randint(10, 100)) / 10,
                cvss_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                reference=f"https://guide.example/vulnerability/CVE-{2015 + n % 11}-{10_000 + n}",
                description=_SENTENCE * self._dice.randint(1, 8),
                cwe="CWE-125",
                external_references=(f"https://advisories.example/{n}",),
            )
            for n in range(count)
        ]

    def _component_rows(self, purls: Sequence[Purl], found: Mapping[int, object]) -> Iterator[dict[str, object]]:
        answered = int(self._shape.moment.timestamp())
        for number, purl in enumerate(purls):
            state, at = ComponentState.CLEAN, answered
            if number in found:
                state = ComponentState.VULNERABLE
            elif not purl.is_covered:
                state, at = ComponentState.NOT_COVERED, 0
            elif number % 50 == 0:
                state, at = ComponentState.UNKNOWN, 0
            yield {
                "id": number,
                "purl": str(purl),
                "state": int(state),
                "answered_at": at,
                "asked_at": at,
                "revision": self._revision,
            }

    def _assessments(self, pairs: Sequence[tuple[int, str]], known: Sequence[Vulnerability]) -> None:
        rows = (
            {"vulnerability_id": known[key].id, "package": package, "score": known[key].cvss_score}
            for key, package in pairs
        )
        self._write(
            tables.vulnerabilities.affected_packages, ({**row, "first_seen": self._shape.moment} for row in rows)
        )
        made = [
            record
            for key, package in pairs
            if (record := _assessed(known[key], package, self._shape.moment)) is not None
        ]
        self._write(tables.decisions.assessments, _rows(assessment_columns(made, revision=self._revision, after=0)))

    def _images(self, components: int) -> None:
        order = list(range(components))
        self._dice.shuffle(order)
        share = -(-components // self._shape.images)
        self._write(
            tables.sboms.sboms,
            (self._sbom_row(n, order[n * share : (n + 1) * share]) for n in range(self._shape.images)),
        )
        names = (
            {"name": f"registry.example/shop/app-{n}:1.0", "digest": _digest(n)} for n in range(self._shape.images)
        )
        self._write(tables.sboms.tags, ({**row, "revision": self._revision} for row in names))

    def _sbom_row(self, number: int, own: Iterable[int]) -> dict[str, object]:
        """An image has its own components and popular ones, some of which are in very many images."""
        ids, total = set(own), self._shape.components
        while len(ids) < min(self._shape.per_image, total):
            ids.add(int(total * self._dice.random() ** 4))
        return {
            "id": number + 1,
            "digest": _digest(number),
            "document_digest": f"sha256:{number:064x}",
            "format": "cyclonedx-json",
            "version": "1.6",
            "tool": "bench",
            "place": "added",
            "added_at": self._shape.moment,
            "component_ids": pack(sorted(ids)),
            "skipped": '{"no-version":3}',
            "skipped_components": "[]",
            "reader": READER,
            "revision": self._revision,
        }

    def _write(self, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert rows through the driver, in portions; the columns' types convert the values."""
        rest = iter(rows)
        first = next(rest, None)
        if first is None:
            return
        dialect, given = self._connection.dialect, [column for column in table.columns if column.name in first]
        names = [column.name for column in given]  # the others have the table's defaults
        converters = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in given]
        values = (
            tuple(
                row.get(name) if convert is None else convert(row.get(name))
                for name, convert in zip(names, converters, strict=True)
            )
            for row in chain((first,), rest)
        )
        driver: Any = self._connection.connection.driver_connection
        cursor, columns = driver.cursor(), ", ".join(names)
        if dialect.name == "postgresql":
            with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                for value in values:
                    copy.write_row(value)
        else:
            cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(names))})", values)
        cursor.close()


def _rows(columns: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))


def _assessed(one: Vulnerability, package: str, moment: dt.datetime) -> Assessment | None:
    """As the recommended types assess: low scores are ignored, medium ones left to people."""
    score = one.cvss_score or Decimal(0)
    if Decimal("4.0") <= score < Decimal("7.0"):
        return None
    kind, days = ("Ignore", 90) if score < 4 else ("Caution", 30) if score < 9 else ("Blocked", 30)
    until = moment + dt.timedelta(days=days)
    source = AssessmentSource.AUTO
    return Assessment(one.id, kind, Scope(package), source, "auto-assess", "", moment, until, f"{kind} range", score)


def _digest(number: int) -> str:
    return f"sha256:{number + 1:064x}"


if __name__ == "__main__":
    began = time.perf_counter()
    fill(sys.argv[1], *map(int, sys.argv[2:4]))
    print(f"{time.perf_counter() - began:.1f} s")
