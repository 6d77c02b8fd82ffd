"""Documents in the database: what was changed there weakens nothing, and none shows up where it does not belong."""

from __future__ import annotations

import json
import logging
import zlib

import pytest
from sqlalchemy import create_engine, update

from tests.copies import replace
from tests.fakes import FakeClock
from tests.ports.samples import AutoRule, answer, digest, vulnerability
from webhook.engines.controlling.documents import RereadDuty
from webhook.engines.rereader import Rereader
from webhook.model.components import ComponentState
from webhook.model.records import OutdatedCounts
from webhook.sboms import READER, parse
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store
from webhook.store.tables.sboms import documents

PARSER = "pkg:maven/org.example/parser@2.14.1"
HARMLESS = b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}'


def document() -> bytes:
    components = [{"type": "library", "name": "parser", "purl": PARSER, "description": "hush-hush"}]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}).encode()


def keep(store: Store, clock: FakeClock) -> None:
    """A vulnerable image as an older reader kept it."""
    store.sboms.add(digest(1), replace(parse(document()), reader=1), place="added")
    store.components.record(
        [answer(PARSER, vulnerability("CVE-2026-1", "9.8"), at=clock.now())], assess=AutoRule(), now=clock.now()
    )


def pass_of_duty(store: Store) -> OutdatedCounts:
    """One pass of the controller's duty; what it tells in metrics."""
    told: list[OutdatedCounts] = []
    RereadDuty(Rereader(store.readings, store.documents, parse, READER), store.documents, told.append).run()
    return told[0]


@pytest.mark.parametrize("changed", [HARMLESS, b"", document() + b" "])
def test_a_document_that_was_changed_in_the_database_takes_nothing_away(
    real_store: Store, clock: FakeClock, database_url: str, changed: bytes
) -> None:
    keep(real_store, clock)
    engine = create_engine(parse_address(database_url))
    with engine.begin() as connection:
        connection.execute(update(documents).values(payload=zlib.compress(changed), size=len(changed)))
    engine.dispose()
    told = pass_of_duty(real_store)
    (shown,) = real_store.sboms.show(digest(1))
    assert shown.contents == ((PARSER, ComponentState.VULNERABLE),)
    assert (shown.reader, told.unread) == (1, 1)


def test_a_document_that_expands_without_end_is_not_expanded(
    real_store: Store, clock: FakeClock, database_url: str
) -> None:
    keep(real_store, clock)
    engine = create_engine(parse_address(database_url))
    with engine.begin() as connection:
        connection.execute(update(documents).values(payload=zlib.compress(bytes(64 * 1024 * 1024))))
    engine.dispose()
    kept = real_store.documents.find(parse(document()).document_digest)
    assert kept is not None
    assert kept.data is None
    assert pass_of_duty(real_store).unread == 1


def test_no_log_line_holds_what_is_in_a_document(
    real_store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keep(real_store, clock)
    pass_of_duty(real_store)
    assert real_store.sboms.list()[0].reader == READER
    assert caplog.records
    assert not any("hush-hush" in str(vars(record)) for record in caplog.records)
