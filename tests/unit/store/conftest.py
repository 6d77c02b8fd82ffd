"""Stores that are closed at the end of a test, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.fakes import FakeClock
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Opens stores; further arguments are options of the store."""
    stores: list[Store] = []

    def opened_store(url: str, *, create: bool = True, **options: int) -> Store:
        settings = {"busy_timeout_ms": 300, **options}
        store = open_store(StoreOptions(url=url, **settings), FakeClock(), create=create)
        stores.append(store)
        return store

    yield opened_store
    for store in stores:
        store.close()
