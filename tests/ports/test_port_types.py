"""What every TypeStore does: keep the types of the cluster and of people, and those that were retired."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.fakes import NOON, MemoryStore
from webhook.errors import ChangedMeanwhile
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, OnExpiry, StoredType, TypeOrigin
from webhook.model.triage import AuditNote
from webhook.store.repositories import Store

AnyStore = Store | MemoryStore
FULL = AssessmentType(
    name="accepted-risk",
    action=Action.DENY,
    auto_assess=CvssRange(Decimal("9.0"), Decimal("10.0")),
    expires_after_days=30,
    color="#ff0000",
    on_expiry=OnExpiry.REASSESS,
    description="it's “signed off”: 100% \\ ; --",
)
PLAIN = AssessmentType("watched", Action.WARN)


def test_types_come_back_as_they_were_given_in_order_of_their_names(store: AnyStore) -> None:
    assert store.types.list() == []
    assert store.types.provision([PLAIN, FULL]) == 2
    assert store.types.list() == [StoredType(FULL), StoredType(PLAIN)]
    assert store.feed.position().revision == 1


def test_the_same_types_again_change_nothing(store: AnyStore) -> None:
    store.types.provision([PLAIN, FULL])
    assert store.types.provision([FULL, PLAIN]) == 0
    assert store.feed.position().revision == 1


def test_a_type_that_is_no_longer_named_is_retired_with_its_last_definition(store: AnyStore) -> None:
    store.types.provision([PLAIN, FULL])
    assert store.types.provision([PLAIN]) == 1
    assert store.types.list() == [StoredType(FULL, retired=True), StoredType(PLAIN)]
    assert store.types.provision([PLAIN]) == 0
    assert store.types.provision([PLAIN, FULL]) == 1
    assert store.types.list() == [StoredType(FULL), StoredType(PLAIN)]


def test_read_models_are_told_what_changed(store: AnyStore) -> None:
    store.types.provision([PLAIN])
    first = store.feed.changes()
    assert first.types == (StoredType(PLAIN),)
    store.types.provision([FULL])
    second = store.feed.changes(first.position)
    assert second.types == (StoredType(FULL), StoredType(PLAIN, retired=True))
    assert store.feed.changes(second.position).types == ()
    assert store.feed.changes().types == second.types


def edit(store: AnyStore, one: AssessmentType, *, retired: bool = False, since: int | None = None) -> int:
    newest = store.feed.position().revision if since is None else since
    return store.types.edit(one, retired=retired, note=NOTE, at=NOON, since=newest)


NOTE = AuditNote("ana", "console", "create-type", "assessment type watched")
MADE = StoredType(PLAIN, origin=TypeOrigin.CONSOLE)


def test_what_people_made_is_neither_retired_nor_replaced_by_the_cluster(store: AnyStore) -> None:
    edit(store, PLAIN)
    assert store.types.provision([FULL]) == 1
    assert store.types.list() == [StoredType(FULL), MADE]
    for name in ("watched", "Watched"):
        assert store.types.provision([FULL, AssessmentType(name, Action.ALLOW)]) == 0
    assert store.types.provision([]) == 1
    assert store.types.list() == [StoredType(FULL, retired=True), MADE]


def test_a_retired_name_can_be_taken_from_either_side(store: AnyStore) -> None:
    edit(store, PLAIN)
    edit(store, PLAIN, retired=True)
    assert store.types.list() == [StoredType(PLAIN, True, TypeOrigin.CONSOLE)]
    assert store.types.provision([PLAIN]) == 1
    assert store.types.list() == [StoredType(PLAIN)]
    store.types.provision([])
    edit(store, PLAIN)
    assert store.types.list() == [MADE]


def test_whoever_comes_second_is_told_and_changes_nothing(store: AnyStore) -> None:
    edit(store, PLAIN)
    before = store.feed.position().revision
    store.types.provision([FULL])
    with pytest.raises(ChangedMeanwhile):
        edit(store, AssessmentType("watched", Action.ALLOW), since=before)
    assert store.types.list() == [StoredType(FULL), MADE]
    told = store.feed.changes().types
    assert told == (StoredType(FULL), MADE)
