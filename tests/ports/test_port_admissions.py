"""What tags stood for when objects were admitted, on every store."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON, MemoryStore
from tests.worlds import digest_of
from webhook.model.records import AdmittedImage
from webhook.ports import AdmissionStore
from webhook.store.repositories import Store

ONE, TWO = digest_of("one"), digest_of("two")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def admissions(store: Store | MemoryStore) -> AdmissionStore:
    return store.admissions


def test_what_was_noted_is_found_by_object_and_name_oldest_first(admissions: AdmissionStore) -> None:
    later, first = AdmittedImage("a", "web:1", ONE, NOON + HOUR), AdmittedImage("a", "web:1", TWO, NOON)
    others = [AdmittedImage("a", "web:2", ONE, NOON), AdmittedImage("b", "web:1", ONE, NOON)]
    admissions.record([later, first, *others])
    assert list(admissions.find(["a", "c"], ["web:1", "web:3"])) == [first, later]
    assert list(admissions.find([], ["web:1"])) == list(admissions.find(["a"], [])) == []
    admissions.record([])


def test_of_equal_notes_the_latest_time_stays(admissions: AdmissionStore) -> None:
    note = AdmittedImage("a", "web:1", ONE, NOON)
    for at in (NOON, NOON + HOUR, NOON - HOUR):
        admissions.record([AdmittedImage("a", "web:1", ONE, at), note])
    assert list(admissions.find(["a"], ["web:1"])) == [AdmittedImage("a", "web:1", ONE, NOON + HOUR)]


def test_of_equal_notes_that_of_the_latest_write_stays_and_of_one_write_the_first(admissions: AdmissionStore) -> None:
    first, again = (AdmittedImage("a", "web:1", ONE, NOON + n * HOUR, written=NOON) for n in (2, 3))
    for notes in ([again], [first], [again], [again, first]):
        admissions.record(notes)
    assert list(admissions.find(["a"], ["web:1"])) == [first]
    rewritten = AdmittedImage("a", "web:1", ONE, NOON + HOUR, written=NOON + HOUR)
    for notes in ([rewritten, again], [first]):
        admissions.record(notes)
    assert list(admissions.find(["a"], ["web:1"])) == [rewritten]


def test_what_is_too_old_is_forgotten(admissions: AdmissionStore) -> None:
    kept = AdmittedImage("a", "web:2", ONE, NOON)
    admissions.record([AdmittedImage("a", "web:1", ONE, NOON - HOUR), kept])
    assert admissions.prune(NOON) == 1
    assert admissions.prune(NOON) == 0
    assert list(admissions.find(["a"], ["web:1", "web:2"])) == [kept]
