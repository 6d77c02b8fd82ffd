"""Taking SBOM documents in."""

from __future__ import annotations

from collections.abc import Callable

from tests.copies import replace
from tests.fakes import FakeClock, MemoryStore
from tests.worlds import LEFTPAD, digest_of
from webhook.engines.importer import Document, Outcome, SbomImporter
from webhook.errors import InvalidInput
from webhook.model.components import Sbom
from webhook.model.images import parse_image
from webhook.sboms import READER, parse

GOOD = (
    b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "a", "purl": "%s"}]}'
)
CONTENT = GOOD % LEFTPAD.encode()


def importer(store: MemoryStore, reader: Callable[[bytes], Sbom] = parse) -> SbomImporter:
    return SbomImporter(store.sboms, reader)


def raising(problem: Exception) -> Callable[[], bytes]:
    def read() -> bytes:
        raise problem

    return read


def test_one_bad_document_does_not_stop_the_rest(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    documents = [
        Document("words", digest_of("a"), lambda: b"words"),
        Document("gone", digest_of("b"), raising(FileNotFoundError(2, "No such file or directory"))),
        Document("large", digest_of("c"), raising(InvalidInput("It is too large.", remedy="Split it."))),
        Document("good", digest_of("d"), lambda: CONTENT),
    ]
    done = list(importer(store).run(documents, place="imported"))
    assert [imported.outcome for imported in done] == [Outcome.FAILED, Outcome.FAILED, Outcome.FAILED, Outcome.ADDED]
    assert [imported.reason for imported in done[1:3]] == [
        "It cannot be read: No such file or directory.",
        "It is too large.",
    ]
    assert done[2].remedy == "Split it."
    assert (done[3].format, done[3].components) == ("cyclonedx-json", 1)
    assert [record.digest for record in store.sboms.list()] == [digest_of("d")]


def test_a_document_that_is_there_is_not_even_parsed(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    document = Document("good", digest_of("d"), lambda: CONTENT)
    list(importer(store).run([document], place="imported"))

    def unexpected(_: bytes) -> Sbom:
        raise AssertionError("it was parsed")

    (again,) = importer(store, unexpected).run([document], place="imported")
    assert (again.outcome, again.components, again.format) == (Outcome.UNCHANGED, 1, "cyclonedx-json")


def test_a_known_document_with_a_new_tag_is_taken_in_for_the_tag(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    list(importer(store).run([Document("good", digest_of("d"), lambda: CONTENT)], place="imported"))
    tagged = Document("good", digest_of("d"), lambda: CONTENT, parse_image("shop/web:2"))
    (again,) = importer(store).run([tagged], place="added")
    assert again.outcome is Outcome.UNCHANGED
    assert store.sboms.list()[0].names == ("docker.io/shop/web:2",)


def test_another_document_of_the_same_image_is_added_to_it(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    other = GOOD % b"pkg:npm/other@1.0.0"
    documents = [Document("a", digest_of("d"), lambda: CONTENT), Document("b", digest_of("d"), lambda: other)]
    assert [imported.outcome for imported in importer(store).run(documents, place="imported")] == [
        Outcome.ADDED,
        Outcome.ADDED,
    ]


def test_a_document_that_an_older_reader_read_is_read_again(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    document = Document("good", digest_of("d"), lambda: CONTENT)
    older = SbomImporter(store.sboms, lambda data: replace(parse(data), reader=1), reader=1)
    assert [imported.outcome for imported in older.run([document], place="added")] == [Outcome.ADDED]
    assert [imported.outcome for imported in older.run([document], place="added")] == [Outcome.UNCHANGED]
    (again,) = SbomImporter(store.sboms, parse, reader=READER).run([document], place="added")
    assert (again.outcome, again.components) == (Outcome.REREAD, 1)
