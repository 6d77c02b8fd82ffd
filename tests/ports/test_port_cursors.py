"""Cursors, on every store."""

from __future__ import annotations

import pytest

from tests.fakes import MemoryStore
from webhook.ports import CursorStore
from webhook.store.repositories import Store


@pytest.fixture
def cursors(store: Store | MemoryStore) -> CursorStore:
    return store.cursors


def test_a_cursor_never_goes_back_and_minds_no_other(cursors: CursorStore) -> None:
    assert cursors.position("events") is None
    for position, kept in ((5, 5), (9, 9), (7, 9), (9, 9)):
        cursors.advance("events", position)
        assert cursors.position("events") == kept
    assert cursors.position("other") is None
