"""What every TypeStore does: keep the types that the cluster names, and those that it named once."""

from __future__ import annotations

from decimal import Decimal

from tests.fakes import MemoryStore
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, OnExpiry, StoredType
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
