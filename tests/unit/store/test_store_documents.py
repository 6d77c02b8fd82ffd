"""Documents beside the SBOMs that were read from them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, update

from tests.fakes import FakeClock
from tests.ports.samples import digest, make_sbom
from webhook.model.components import Sbom
from webhook.model.looks import Look
from webhook.sboms import READER, parse
from webhook.store import DocumentOptions, StoreOptions
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store, open_store
from webhook.store.tables.sboms import documents

Open = Callable[..., Store]


def written(*purls: str, remark: str = "") -> bytes:
    """A CycloneDX document."""
    components = [{"type": "library", "name": purl, "version": "1", "purl": purl} for purl in purls]
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components, "remark": remark}
    return json.dumps(content).encode()


def read(*purls: str, remark: str = "") -> Sbom:
    """The same, read."""
    return parse(written(*purls, remark=remark))


@pytest.fixture
def keeping(database_url: str, clock: FakeClock) -> Iterator[Open]:
    """Opens the same database with other options about documents."""
    stores: list[Store] = []

    def keeping_store(**options: int) -> Store:
        stores.append(open_store(StoreOptions(url=database_url), clock, documents=DocumentOptions(**options)))
        return stores[-1]

    yield keeping_store
    for store in stores:
        store.close()


def test_the_document_of_an_sbom_is_kept_byte_for_byte(keeping: Open, clock: FakeClock) -> None:
    store, sbom = keeping(), read("pkg:npm/a@1.0.0")
    store.sboms.add(digest(1), sbom, place="added")
    kept = store.documents.find(sbom.document_digest)
    assert kept is not None
    assert (kept.data, kept.size, kept.stored_at) == (
        written("pkg:npm/a@1.0.0"),
        len(written("pkg:npm/a@1.0.0")),
        clock.now(),
    )
    (record,) = store.sboms.list()
    assert record.has_document
    assert record.reader == READER


def test_all_documents_of_a_search_are_kept(keeping: Open) -> None:
    store, found = keeping(), [read("pkg:npm/a@1.0.0"), read("pkg:npm/b@1.0.0")]
    store.sboms.record(digest(1), Look("registry.example/web", {"referrers": found}))
    assert store.documents.counts().kept == 2
    assert all(record.has_document for record in store.sboms.show(digest(1)))


def test_a_document_of_two_images_is_kept_once(keeping: Open) -> None:
    store, sbom = keeping(), read("pkg:npm/a@1.0.0")
    store.sboms.add(digest(1), sbom, place="added")
    store.sboms.add(digest(2), sbom, place="added")
    assert store.documents.counts().kept == 1


def test_documents_are_compressed(keeping: Open) -> None:
    store, sbom = keeping(), read(*(f"pkg:npm/package-{number}@1.0.0" for number in range(500)))
    store.sboms.add(digest(1), sbom, place="added")
    assert store.documents.counts().bytes < len(sbom.document) / 5


def test_keeping_a_document_raises_no_revision(keeping: Open) -> None:
    store, sbom = keeping(keep_documents=False), read("pkg:npm/a@1.0.0")
    store.sboms.add(digest(1), sbom, place="added")
    before = store.feed.position()
    store.close()
    later = keeping()
    later.sboms.add(digest(1), sbom, place="added")
    assert later.sboms.list()[0].has_document
    assert later.feed.position() == before


def test_of_a_document_that_is_too_large_only_its_size_is_kept(keeping: Open) -> None:
    store, sbom = keeping(document_bytes=1000), read("pkg:npm/a@1.0.0", remark="x" * 1000)
    store.sboms.add(digest(1), sbom, place="added")
    kept = store.documents.find(sbom.document_digest)
    assert kept is not None
    assert (kept.data, kept.size) == (None, len(sbom.document))
    assert (store.documents.counts().kept, store.documents.counts().too_large) == (0, 1)


def test_a_raised_limit_takes_a_document_in_when_it_is_found_again(keeping: Open) -> None:
    sbom = read("pkg:npm/a@1.0.0", remark="x" * 1000)
    keeping(document_bytes=1000).sboms.add(digest(1), sbom, place="added")
    store = keeping()
    store.sboms.add(digest(1), sbom, place="added")
    kept = store.documents.find(sbom.document_digest)
    assert kept is not None
    assert kept.data == sbom.document


def test_a_document_that_exactly_fits_is_kept(keeping: Open) -> None:
    sbom = read("pkg:npm/a@1.0.0")
    store = keeping(document_bytes=len(sbom.document))
    store.sboms.add(digest(1), sbom, place="added")
    assert store.documents.counts().kept == 1


def test_nothing_is_kept_when_that_is_switched_off_and_what_was_goes(keeping: Open) -> None:
    sbom = read("pkg:npm/a@1.0.0")
    keeping().sboms.add(digest(1), sbom, place="added")
    store = keeping(keep_documents=False)
    store.sboms.add(digest(2), read("pkg:npm/b@1.0.0"), place="added")
    assert store.documents.counts().kept == 1
    assert store.documents.purge(10) == (1, "")
    assert store.documents.find(sbom.document_digest) is None
    assert len(store.sboms.list()) == 2


def test_only_documents_that_no_sbom_names_are_purged_a_few_at_a_time(keeping: Open, clock: FakeClock) -> None:
    store, named = keeping(), read("pkg:npm/named@1.0.0")
    store.sboms.add(digest(1), named, place="added")
    store.documents.keep([read(f"pkg:npm/left-{number}@1.0.0") for number in range(5)])
    assert store.documents.purge(10) == (0, ""), "their SBOM may be written in a moment"
    clock.advance(3601)
    after, removed = "", []
    for _ in range(4):
        number, after = store.documents.purge(2, after)
        removed.append(number)
    assert (sum(removed), max(removed), after) == (5, 2, "")
    assert store.documents.find(named.document_digest) is not None


def test_a_damaged_document_is_as_good_as_none(keeping: Open, database_url: str) -> None:
    store, sbom, other = keeping(), read("pkg:npm/a@1.0.0"), read("pkg:npm/b@1.0.0")
    store.documents.keep([sbom, other])
    engine = create_engine(parse_address(database_url))
    with engine.begin() as connection:
        query = select(documents.c.payload).where(documents.c.digest == other.document_digest)
        foreign = connection.execute(query).scalar_one()
        mine = update(documents).where(documents.c.digest == sbom.document_digest)
        connection.execute(mine.values(payload=foreign))
        connection.execute(update(documents).where(documents.c.digest == other.document_digest).values(payload=b"x"))
    engine.dispose()
    for other_sbom in (sbom, other):
        kept = store.documents.find(other_sbom.document_digest)
        assert kept is not None
        assert kept.data is None


def test_an_sbom_without_a_document_is_no_harm(keeping: Open) -> None:
    store = keeping()
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1.0.0"), place="added")
    assert not store.sboms.list()[0].has_document
    assert store.documents.find("sha256:0") is None


def test_no_text_of_a_document_is_readable_in_the_database(tmp_path: Path, clock: FakeClock) -> None:
    store = open_store(StoreOptions(url=f"sqlite:///{tmp_path / 'a.db'}"), clock)
    store.sboms.add(digest(1), read("pkg:npm/a@1.0.0", remark="secret" * 9), place="added")
    store.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        dumped = "\n".join(connection.iterdump())
    connection.close()
    assert "secretsecret" not in dumped
