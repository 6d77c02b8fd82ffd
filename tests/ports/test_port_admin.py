"""What every StoreAdmin does."""

from __future__ import annotations

import datetime as dt

from tests.fakes import NOON, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.model.downloads import DownloadReport
from webhook.model.records import RunRecord
from webhook.store.repositories import Store


def test_the_status_counts_what_is_there(store: Store | MemoryStore) -> None:
    store.admin.upgrade()
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/c@1", "pkg:deb/d@1"), place="added")
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1"), place="added")
    answers = [answer("pkg:npm/a@1", vulnerability("V-1")), answer("pkg:npm/b@1")]
    store.components.record(answers, assess=AutoRule(), now=NOON)
    lease = store.runs.acquire("run", duration=dt.timedelta(hours=1))
    store.runs.finish(DownloadReport(asked=2), started=NOON, finished=NOON, lease=lease)
    status = store.admin.status()
    assert status.schema == status.expected_schema
    assert status.revision == 3
    assert status.counts == {
        "components": 4,
        "sboms": 2,
        "images": 1,
        "vulnerabilities": 1,
        "assessments": 1,
        "unknown": 1,
        "clean": 1,
        "vulnerable": 1,
        "not_covered": 1,
    }
    assert status.last_run == RunRecord(NOON, NOON, DownloadReport(asked=2))
