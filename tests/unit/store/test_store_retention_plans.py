"""No step of retention reads a large table from end to end, but for the survey of a pass: PostgreSQL's plans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.copies import replace
from tests.fakes import FakeClock
from tests.unit.store.plans import ROWS, explained, filled, read_whole
from tests.unit.store.retention import DAY, OPTIONS, audit, pruner
from webhook.model.retention import PruneKind
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store

SMALL = ("revision", "leases", "high_water", "deletable", "requests", "running_workloads", "readings")

SURVEY = "SELECT sboms.component_ids \nFROM sboms"
"""Once in a pass, to know which components no SBOM names."""


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """A database with many rows of every kind."""
    return filled(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template"))


@pytest.fixture
def store(url: str, clock: FakeClock) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=url), clock)
    yield opened
    opened.close()


def test_no_step_reads_a_large_table_from_end_to_end(store: Store, clock: FakeClock) -> None:
    clock.advance(40 * DAY)
    audit(store, clock)
    options = replace(OPTIONS, documents_days=5, audit_days=5, step_rows=100)
    seen = set[PruneKind]()
    with explained() as plans:
        lease, named = store.retention.hold("me"), store.retention.named()
        for kind in PruneKind:
            before, after = options.before(kind, clock.now()), ""
            for _ in range(2):
                if kind is PruneKind.NOTIFICATIONS:
                    deleted = store.outbox.prune(clock.now())
                else:
                    step = store.retention.prune(kind, before, after, 100, named, lease)
                    deleted, after = step.deleted, step.after or ""
                if deleted:
                    seen.add(kind)
        assert store.documents.purge(2 * ROWS)[0]
    assert seen == {*PruneKind} - {PruneKind.REQUESTS}, "each kind has shown its statements"
    assert pruner(store, clock, options).plan().counts[PruneKind.SIGHTINGS] == ROWS - 200
    assert read_whole(plans, SMALL) == {("sboms", SURVEY)}
